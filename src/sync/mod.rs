//! Overwriting one environment's rows with another's: atomic, backed up, compared before it is committed.

mod apply;
mod carried;
mod copied;
mod emptying;
mod filter;
mod finish;
mod observe;
mod order;
mod pipeline;
mod plan;
mod refusal;
mod report;
mod route;
mod selected;
mod selection;
mod selection_error;
mod statements;
mod subset;
mod trial;
mod undo;
mod watched;

pub use apply::{Ends, apply};
pub use filter::Filter;
pub(crate) use filter::{expression, filters};
pub use observe::{Side, Size, observe};
pub use order::{LoadOrder, by_foreign_keys};
pub use plan::{Method, Options, SyncPlan, plan};
pub use refusal::PlanError;
pub(crate) use refusal::matches;
pub use report::{ApplyError, SyncReport, SyncedTable};
pub use route::{Mode, Route};
pub use selected::{Narrowed, Selected};
pub use selection::{Columns, Selection};
pub use selection_error::SelectionError;
pub use trial::rehearse;
