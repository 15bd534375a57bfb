//! Baseline: a database that has a schema and no history gets one, proved and without running anything.
//!
//! `observe` reads the database, `script` makes a migration of its schema (pure), `prove` replays migrations on a
//! throwaway server and compares, `plan` says what is to be recorded (pure), `apply` records it.

mod apply;
mod observe;
mod plan;
mod prove;
mod script;

pub use apply::{BaselineReport, apply};
pub use observe::{Observed, observe};
pub use plan::{BaselineError, BaselinePlan, Proof, check, plan};
pub use prove::{Draft, prove_dump, prove_files};
