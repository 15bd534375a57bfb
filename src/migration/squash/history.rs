//! Folds a history: the rows of the old files become the one of the new file, in one transaction.

use crate::error::Result;
use crate::guard::Approved;
use crate::migration::Version;
use crate::migration::history::{BEGIN, CREATE, forget, record};
use crate::migration::squash::plan::HistoryPlan;
use crate::pg::Session;
use crate::plan::Progress;

/// Rewrites the history that was approved. Nothing else of the database is touched.
pub async fn rewrite(
    session: &mut Session,
    approved: &Approved<HistoryPlan>,
    progress: &dyn Progress,
) -> Result<()> {
    let plan = approved.plan();
    let mut writer = session.unlock(approved, progress).await?;
    let removed: Vec<&Version> = plan.removes.iter().collect();
    // Two messages: should the second fail, nothing of it was done and the transaction is there to be rolled back.
    writer.run(BEGIN).await?;
    let fold = format!("{CREATE}; {}; {}", forget(&removed), record(&plan.file));
    if let Err(error) = writer.run_with_witness(&fold).await {
        // A connection that is lost has rolled back by itself.
        let _ = writer.roll_back().await;
        return Err(error.into());
    }
    writer.commit().await?.tell(progress);
    Ok(())
}
