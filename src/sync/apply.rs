//! Carries a sync out, the way that was chosen for it.

use crate::backup::Partial;
use crate::error::Result;
use crate::guard::Approved;
use crate::pg::Session;
use crate::plan::Progress;
use crate::sync::delta;
use crate::sync::hold::hold;
use crate::sync::plan::SyncPlan;
use crate::sync::report::SyncReport;
use crate::sync::route::Route;
use crate::sync::{bulk, pipeline, staging};

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
    let plan = approved.plan();
    hold(ends.source, plan).await?;
    if plan.details.has_leftovers && plan.route != Route::Staging {
        Box::pin(staging::sweep(ends.target, approved, progress)).await?;
    }
    match plan.route {
        Route::Pipeline => Box::pin(pipeline::apply(ends, approved, backup, progress)).await,
        Route::Bulk => Box::pin(bulk::apply(ends, approved, backup, progress)).await,
        Route::Delta => Box::pin(delta::apply(ends, approved, backup, progress)).await,
        Route::Staging => Box::pin(staging::apply(ends, approved, backup, progress)).await,
    }
}
