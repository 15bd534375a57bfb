//! Carries out a sync of many rows into tables that nobody needs meanwhile: one transaction that takes indexes and keys
//! down, fills the tables, puts everything up again, and is committed when both sides hold the same.
//!
//! A fault at any point leaves the target wholly old: all of it is in one transaction, and the backup streams out of that
//! very transaction and is on disk before COMMIT is sent. Memory is bounded: rows go from one connection to the other
//! through channels of a fixed size.
//!
//! Where time goes: the target's one process writes rows, fed by the source's COPY. Then it builds indexes with the help
//! of others while the source digests its rows; foreign keys are checked by it alone, and its digest is taken by several.

mod flight;
mod format;
mod ground;
mod supply;

use std::collections::VecDeque;

use futures_util::future::join3;

use self::flight::{Flight, Rows};
use self::ground::Ground;
use self::supply::Supply;
use crate::backup::{Origin, Partial};
use crate::cancel::Cancel;
use crate::error::Result;
use crate::guard::Approved;
use crate::pg::channel;
use crate::plan::Progress;
use crate::sync::apply::Ends;
use crate::sync::cause;
use crate::sync::copied::copies;
use crate::sync::finish::{backup_file, check, commit, description, report};
use crate::sync::locked::Numbers;
use crate::sync::pipeline::write_backup;
use crate::sync::plan::SyncPlan;
use crate::sync::rebuild::Schema;
use crate::sync::report::{ApplyError, SyncReport};
use crate::sync::watched::watched;

/// Replaces the target's rows by the source's.
pub(crate) async fn apply(
    Ends { source, target }: Ends<'_>,
    approved: &Approved<SyncPlan>,
    backup: Partial,
    progress: &dyn Progress,
) -> Result<SyncReport> {
    let plan = approved.plan();
    let (mut writer, begin) = target.unlock_in_transaction(approved)?;
    let numbers = Numbers::default();
    let preparing = Ground::prepare(&mut writer, (&begin, &numbers), plan, progress);
    let (supply, ground) = tokio::join!(Supply::open(source, plan), preparing);
    let (mut supply, ground) = (supply?, ground?);

    let copies = copies(plan);
    let users = plan.details.auth_columns.len();
    progress.transfer("copying", &plan.details.transfers);
    let (to_target, from_source): (Vec<_>, VecDeque<_>) = copies.iter().map(|_| channel()).unzip();
    let (to_file, from_target): (Vec<_>, Vec<_>) = copies.iter().map(|_| channel()).unzip();
    let meters: Vec<_> = to_target.iter().map(crate::pg::CopySink::meter).collect();
    let rows = Rows { copies: &copies, formats: supply.formats(), from_source };
    let flight = Flight::send(&mut writer, plan, &ground.rebuild, (rows, to_file))?;
    supply.send(plan, &copies, to_target)?;

    let (file, compression) = backup_file(ground.old_bytes());
    let part = backup.part(file, compression)?;
    let failed = Cancel::default();
    let work = join3(
        supply.read(plan, copies.len(), &failed),
        cause::taking(&failed, flight.read(&mut writer, plan, progress)),
        write_backup(plan, &copies, from_target, (part, &numbers)),
    );
    let (left, right, written) = watched(work, &meters[users..], progress).await;
    let (left, right, part) = cause::first(left, right, written)?;

    check(plan, &left, &right)?;
    let schema = Schema::read(&mut writer, ground.rebuild.relations()).await?;
    if let Some(object) = ground.schema.first_difference(&schema) {
        return Err(ApplyError::NotRebuilt { object: object.to_string() }.into());
    }
    progress.finish();
    // On disk, complete and named before COMMIT: from here on there is always a way back.
    let origin = Origin::of(&writer.target().url, None);
    let backup = backup.finish(description(plan, origin, &right.before), vec![part])?;
    commit(&mut writer, plan, backup.manifest.id.as_str()).await?.tell(progress);
    supply.close().await;
    Ok(report(plan, &right, &backup))
}
