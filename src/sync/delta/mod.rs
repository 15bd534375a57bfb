//! Only the rows that differ go over the wire, with the guarantees of a full copy.
//!
//! 1. `weigh`, before anybody is asked: digests of buckets of both sides, in one round trip, tell which tables differ
//!    and in about how many rows ([`estimate`]).
//! 2. [`find`]: under a lock that keeps writers out and lets readers in, both servers make a sketch of those tables,
//!    whose difference names the classes of rows that differ ([`sketch`], [`class`]).
//! 3. [`apply`]: the source's rows of those classes take the place of the target's ([`change`]), whose rows stream out
//!    into the backup ([`undo`]). Then the target digests all tables in full; COMMIT is sent only if the digests are
//!    those of the source's snapshot, whatever a hash may have missed before.

mod change;
mod class;
mod error;
mod estimate;
mod find;
mod flight;
mod look;
mod render;
mod sketch;
mod undo;
mod weigh;

use std::collections::BTreeMap;

use futures_util::future::join3;

pub use self::error::DeltaError;
pub use self::look::{ChangedTable, Changes};
pub(crate) use self::weigh::weigh;

use self::find::{Found, find};
use self::flight::Flight;
use crate::backup::{BackupKind, Description, Origin, Partial};
use crate::cancel::Cancel;
use crate::error::Result;
use crate::guard::Approved;
use crate::parity::TableDigest;
use crate::pg::{PgError, TableName};
use crate::plan::Progress;
use crate::sync::apply::Ends;
use crate::sync::cause;
use crate::sync::finish::{Content, backup_file, commit, description, report};
use crate::sync::locked::Numbers;
use crate::sync::plan::SyncPlan;
use crate::sync::report::SyncReport;
use crate::sync::watched::watched;

/// Replaces the rows of the target that differ by the source's.
pub(crate) async fn apply(
    Ends { source, target }: Ends<'_>,
    approved: &Approved<SyncPlan>,
    backup: Partial,
    progress: &dyn Progress,
) -> Result<SyncReport> {
    let plan = approved.plan();
    let not_weighed = || PgError::Protocol("a delta was planned without a look".to_owned());
    let changes = plan.changes.as_ref().ok_or_else(not_weighed)?;
    let (mut writer, begin) = target.unlock_in_transaction(approved)?;
    let numbers = Numbers::default();
    progress.phase("finding the rows that differ", 0);
    let found = find(source, &mut writer, (&begin, &numbers), plan, changes).await?;
    progress.finish();

    let flight = Flight::new(plan, &found);
    progress.transfer("copying what differs", &flight.transfers());
    let (streams, leaving, meters) = flight.streams();
    flight.send(source, &mut writer, streams)?;
    let (file, compression) = backup_file(changes.old_bytes(plan.target_bytes));
    let part = backup.part(file, compression)?;
    let failed = Cancel::default();
    let work = join3(
        flight.read_source(source, &failed),
        cause::taking(&failed, flight.read_target(&mut writer)),
        undo::write(plan, part, &flight.tables, (leaving, &numbers)),
    );
    let (left, right, written) = watched(work, &meters, progress).await;
    progress.finish();
    let (_, right, part) = cause::first(left, right, written)?;

    check(plan, changes, &found, &right)?;
    let right = Content { before: before(&right, &found), ..right };
    // On disk, complete and named before COMMIT: from here on there is always a way back.
    let origin = Origin::of(&writer.target().url, None);
    let description = Description { kind: BackupKind::Changes, ..description(plan, origin, &right.before) };
    let backup = backup.finish(description, vec![part])?;
    // The source has said all it had to say: it is let go meanwhile, and nothing that happens to it is a failure any more.
    let (committed, _) =
        tokio::join!(commit(&mut writer, plan, backup.manifest.id.as_str()), source.run("rollback"));
    committed?.tell(progress);
    Ok(report(plan, &right, &backup))
}

/// Before COMMIT: the target holds what the source holds, or nothing is committed.
fn check(plan: &SyncPlan, changes: &Changes, found: &[Found<'_>], right: &Content) -> Result<()> {
    for table in &plan.tables {
        let (there, here) = (changes.source.get(table), right.after.get(table));
        if there.is_some() && there == here {
            continue;
        }
        let table = table.clone();
        return Err(if found.iter().any(|found| found.carried.target.name == table) {
            DeltaError::Incomplete { table }.into()
        } else {
            DeltaError::Moved { table, to: plan.to.clone() }.into()
        });
    }
    if changes.source_users != right.users {
        let table = TableName::new("auth", "users");
        return Err(DeltaError::Moved { table, to: plan.to.clone() }.into());
    }
    Ok(())
}

/// What the target held under the lock: tables that were not touched hold it still.
fn before(right: &Content, found: &[Found<'_>]) -> BTreeMap<TableName, TableDigest> {
    let mut before = right.after.clone();
    for found in found {
        before.insert(found.carried.target.name.clone(), found.before.clone());
    }
    before
}
