//! Back to a clean state with fresh test data: backed up, then one transaction.

mod apply;
mod plan;
mod report;

pub use apply::{Held, apply, hold};
pub use plan::{Method, ResetPlan, plan};
pub use report::{ResetReport, ResetReports};
