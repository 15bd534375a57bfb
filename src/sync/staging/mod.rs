//! Carries a big sync out: rows are staged in a schema of our own in the target, by several streams and without a lock
//! on the tables that are in use; then one short transaction puts them into place.
//!
//! A run that dies leaves what it has staged whole, and the next one re-uses what the source still holds. The live
//! tables change in the last transaction only, which begins with the backup and ends with the comparison; the schema
//! goes in the same transaction. So a target is wholly old with or without that schema, or wholly new without it.

mod backup;
mod batch;
mod choice;
mod ground;
mod place;
mod room;
mod stream;
mod streams;
mod swap;

use crate::backup::Partial;
use crate::error::Result;
use crate::guard::Approved;
use crate::parity::TableDigest;
use crate::pg::Session;
use crate::plan::Progress;
use crate::sync::apply::Ends;
use crate::sync::finish::{check, commit, description, report};
use crate::sync::plan::SyncPlan;
use crate::sync::report::SyncReport;
use crate::sync::staging::room::Berth;

/// The rows of a table, staged.
#[derive(Debug)]
pub(crate) struct Staged {
    pub(crate) berth: Berth,
    pub(crate) digest: TableDigest,
}

/// Replaces the target's rows by the source's.
pub(crate) async fn apply(
    Ends { source, target }: Ends<'_>,
    approved: &Approved<SyncPlan>,
    backup: Partial,
    progress: &dyn Progress,
) -> Result<SyncReport> {
    let plan = approved.plan();
    // The lock is this session's until it ends, and all others work under it.
    let mut writer = target.unlock(approved, progress).await?;
    let staged = streams::stage(source, &mut writer, plan, progress).await.map_err(streams::kept)?;
    let samples = swap::sample(&mut writer, plan, &staged).await.map_err(streams::kept)?;

    // Staging takes its time: whether the plan still fits is asked once more, in the transaction itself.
    let (mut writer, begin) = target.unlock_in_transaction(approved)?;
    let work = swap::Swap { plan, staged: &staged, samples: &samples, progress };
    let (content, backup, part) =
        work.swap(source, &mut writer, &begin, backup).await.map_err(streams::kept)?;
    let left = work.source_content(&content);
    check(plan, &left, &content.target).map_err(streams::kept)?;
    let origin = crate::backup::Origin::of(&writer.target().url, None);
    let backup = backup.finish(description(plan, origin, &content.target.before), vec![part])?;
    // The source has said all it had to say: it is let go meanwhile, and nothing that happens to it is a failure any more.
    let (committed, _) =
        tokio::join!(commit(&mut writer, plan, backup.manifest.id.as_str()), source.run("rollback"));
    committed?.tell(progress);
    Ok(report(plan, &content.target, &backup))
}

/// Removes what an earlier run has staged, for a run that goes another way.
pub(crate) async fn sweep(
    target: &mut Session,
    approved: &Approved<SyncPlan>,
    progress: &dyn Progress,
) -> Result<()> {
    let mut writer = target.unlock(approved, progress).await?;
    room::sweep(&mut writer).await?;
    progress.notice("removed rows that an earlier run had staged in the target");
    Ok(())
}
