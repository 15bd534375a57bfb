//! Folding many migrations into one, which is proved to make the same: the same schema and the same rows.
//!
//! `fold` and `history` talk to databases, `folder` writes files; everything else is pure.

mod carry;
mod compose;
mod error;
mod fold;
pub mod folded;
mod folder;
mod history;
mod plan;
mod report;
mod state;

pub use error::SquashError;
pub use fold::{Folded, fold};
pub use folded::{folded, unfolded};
pub use folder::{ARCHIVE, archived, finish, put_in_place};
pub use history::rewrite;
pub use plan::{HistoryPlan, SquashPlan, plan, plan_history};
pub use report::SquashReport;
