//! Overwriting one environment's rows with another's: atomic, backed up, compared before it is committed.

mod apply;
mod flight;
mod observe;
mod order;
mod plan;
mod refusal;
mod report;
mod statements;
mod undo;

pub use apply::apply;
pub use observe::{Side, observe};
pub use order::{LoadOrder, by_foreign_keys};
pub use plan::{Method, Options, SyncPlan, plan};
pub use refusal::PlanError;
pub use report::{ApplyError, SyncReport, SyncedTable};
