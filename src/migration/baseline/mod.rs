//! Baseline: a database that has a schema and no history gets one, proved and without running anything.
//!
//! `observe` reads the database; `propose` says which migrations are to be recorded, makes one of the schema where there
//! is none (`script`, pure), and has them proved on a throwaway server (`prove`); `plan` is what comes of it; `apply`
//! records it.

mod apply;
mod observe;
mod plan;
mod propose;
mod prove;
mod rows;
mod script;

pub use apply::{BaselineReport, apply};
pub use observe::{Observed, observe};
pub use plan::{BaselineError, BaselinePlan, Proof};
pub use propose::{Request, propose};
