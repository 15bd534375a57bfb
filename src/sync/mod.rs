//! Overwriting one environment's rows with another's: atomic, backed up, compared before it is committed.

mod apply;
mod carried;
mod copied;
mod difference;
mod emptying;
mod family;
mod finish;
mod note;
mod observe;
mod obstacle;
mod order;
mod pipeline;
mod plan;
mod refresh;
mod refusal;
mod report;
mod route;
mod statements;
mod surroundings;
mod switches;
mod undo;
mod watched;

pub use apply::{Ends, apply};
pub use observe::{Side, Size, observe};
pub use obstacle::Obstacle;
pub use order::{LoadOrder, by_foreign_keys};
pub use plan::{Method, Options, SyncPlan, plan};
pub use refusal::PlanError;
pub use report::{ApplyError, SyncReport, SyncedTable};
pub use route::{Mode, Route};
