//! Overwriting one environment's rows with another's: atomic, backed up, compared before it is committed.

mod apply;
mod observe;
mod order;
mod plan;
mod report;
mod undo;

pub use apply::apply;
pub use observe::{Side, observe};
pub use order::{LoadOrder, by_foreign_keys};
pub use plan::{Method, Options, PlanError, SyncPlan, plan};
pub use report::{ApplyError, SyncReport, SyncedTable};
