//! Carries a sync out, the way that was chosen for it.

use crate::backup::Partial;
use crate::error::Result;
use crate::guard::Approved;
use crate::pg::Session;
use crate::plan::Progress;
use crate::sync::pipeline;
use crate::sync::plan::SyncPlan;
use crate::sync::report::SyncReport;
use crate::sync::route::Route;

/// The two ends of a sync. `source` holds an open snapshot, from which the plan was made.
pub struct Ends<'a> {
    /// Where the rows come from.
    pub source: &'a mut Session,
    /// Where they go.
    pub target: &'a mut Session,
}

/// Replaces the target's rows by the source's.
pub async fn apply(
    ends: Ends<'_>,
    approved: &Approved<SyncPlan>,
    backup: Partial,
    progress: &dyn Progress,
) -> Result<SyncReport> {
    match approved.plan().route {
        Route::Pipeline => pipeline::apply(ends, approved, backup, progress).await,
    }
}
