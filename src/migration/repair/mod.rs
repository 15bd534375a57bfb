//! Repair: where files and history disagree, what would mend it, and mending the history.
//!
//! `advice` and `plan` are pure; `apply` writes the history and nothing else.

mod advice;
mod apply;
mod plan;
mod refusal;

pub use advice::{Advice, Disagreement, Way, advise};
pub use apply::{RepairReport, apply};
pub use plan::{Change, RepairPlan, Request, plan};
pub use refusal::RepairError;
