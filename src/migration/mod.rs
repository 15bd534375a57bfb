//! Migrations: the files, the statements in them, the history of a database, and what is to be done.
//!
//! `history`, `apply` and `barrier` talk to a database, `directory` reads files; everything else is pure.

mod applied;
pub mod apply;
pub(crate) mod barrier;
pub mod baseline;
mod blockers;
pub mod class;
pub mod directive;
mod directive_problem;
pub mod directory;
pub mod down;
mod envelope;
mod fate;
pub mod fetch;
pub mod file;
pub(crate) mod flight;
mod folded;
pub(crate) mod git;
pub mod history;
pub mod history_row;
mod index_build;
mod lone;
mod pieces;
pub mod place;
pub mod plan;
pub mod refusal;
pub mod repair;
pub mod report;
pub mod scanner;
pub mod script;
pub(crate) mod settings;
pub mod squash;
pub mod statement;
pub mod states;
pub mod status;
pub mod verify;
pub mod version;
pub(crate) mod word;
mod words;

pub use applied::AppliedVersions;
pub use apply::apply;
pub use class::Class;
pub use directive::{Directives, DownSection};
pub use directive_problem::DirectiveProblem;
pub use directory::{Directory, DirectoryError, new_file};
pub use file::{Barrier, BarrierReason, MigrationFile};
pub use history_row::{ExtraRow, History, HistoryRow, RunState};
pub use plan::{MigrationPlan, Options, Step, plan};
pub use refusal::PlanError;
pub use report::{AppliedFile, MigrationReport, PartlyApplied};
pub use script::ScriptError;
pub use statement::{Statement, split};
pub use states::{Entry, State, states};
pub use status::StatusReport;
pub use version::{Checksum, Version};
