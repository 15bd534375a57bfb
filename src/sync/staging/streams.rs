//! Several streams at once, which read one snapshot of the source and work under one lock of the target.

use std::collections::VecDeque;
use std::sync::Mutex;

use futures_util::future::{join, join_all};

use crate::cancel::Cancel;
use crate::error::{Failure, Result};
use crate::pg::{Companion, PgError, PgResult, Session, Writer, channel, literal};
use crate::plan::Progress;
use crate::sync::carried::Carried;
use crate::sync::plan::SyncPlan;
use crate::sync::staging::batch::{batches, streams};
use crate::sync::staging::room::{FREE_CONNECTIONS, berths, open};
use crate::sync::staging::stream::{Came, Done, Work};
use crate::sync::staging::{Staged, room};
use crate::sync::watched::watched;

/// A server that has lost its client notices it while it works.
const NOTICE_A_LOST_CLIENT: &str = "set client_connection_check_interval = '1s'";

/// Stages the rows of all tables. No lock on them is held meanwhile, but for an instant while staged tables are made.
pub(crate) async fn stage(
    source: &mut Session,
    target: &mut Writer<'_>,
    plan: &SyncPlan,
    progress: &dyn Progress,
) -> Result<Vec<Staged>> {
    let tables = &plan.details.tables;
    let (room, free) = tokio::try_join!(room::observe(target), free_connections(source))?;
    let berths = berths(tables, &room);
    target.run(&open(tables, &berths, &room)).await?;

    let bytes: Vec<u64> = plan.details.transfers.iter().map(|transfer| transfer.bytes).collect();
    let batches = batches(&bytes);
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let count = streams(batches.len(), cores, [room.free_connections, free]);
    let count = if plan.selected.is_steady() { count } else { 1 };
    let mut others = companions(source, target, count - 1, progress).await?;
    progress.transfer("staging", &plan.details.transfers);
    let channels: Vec<_> = tables.iter().map(|_| channel()).collect();
    let meters: Vec<_> = channels.iter().map(|(sink, _)| sink.meter()).collect();
    let work = Work {
        tables,
        berths: &berths,
        channels: Mutex::new(channels.into_iter().map(Some).collect()),
        waiting: Mutex::new(VecDeque::from(batches)),
        failed: Cancel::default(),
    };
    let lead = work.carry(source, target);
    let work = &work;
    let rest = others.iter_mut().map(|(source, target)| async move {
        let mut target = target.writer();
        work.carry(source, &mut target).await
    });
    let (first, rest) = watched(join(lead, join_all(rest)), &meters, progress).await;
    progress.finish();
    let mut done = Vec::with_capacity(tables.len());
    for part in std::iter::once(first).chain(rest) {
        done.extend(part?);
    }
    for (source, target) in others {
        tokio::join!(source.close(), target.close());
    }
    done.sort_by_key(|done| done.number);
    tell(&done, tables, progress);
    let staged = done.into_iter().zip(berths).map(|(done, berth)| Staged { berth, digest: done.digest });
    Ok(staged.collect())
}

async fn free_connections(session: &mut Session) -> PgResult<u64> {
    let rows = session.query(&format!("select {FREE_CONNECTIONS} as free")).await?;
    let free = rows.first().map(|row| row.get::<i64>("free")).transpose()?.unwrap_or(0);
    Ok(free.try_into().unwrap_or(0))
}

/// More connections to both sides. Where a server or a pooler allows fewer, fewer do the work.
async fn companions(
    source: &mut Session,
    target: &mut Writer<'_>,
    count: usize,
    progress: &dyn Progress,
) -> PgResult<Vec<(Session, Companion)>> {
    let mut others = Vec::new();
    // Who does not know the setting does without.
    target.run(NOTICE_A_LOST_CLIENT).await.ok();
    if count == 0 {
        return Ok(others);
    }
    let rows = source.query("select pg_catalog.pg_export_snapshot() as snapshot").await?;
    let snapshot: String = rows
        .first()
        .ok_or_else(|| PgError::Protocol("no snapshot was exported".to_owned()))?
        .get("snapshot")?;
    for _ in 0..count {
        match tokio::try_join!(reader(source, &snapshot), companion(target)) {
            Ok(pair) => others.push(pair),
            Err(PgError::Interrupted) => return Err(PgError::Interrupted),
            Err(error) => {
                progress.notice(&format!("fewer connections at once than wanted: {error}"));
                break;
            }
        }
    }
    Ok(others)
}

/// A session that reads what the source's snapshot shows.
async fn reader(source: &Session, snapshot: &str) -> PgResult<Session> {
    let mut session = source.another().await?;
    session
        .run(&format!(
            "begin transaction isolation level repeatable read read only; set transaction snapshot {}",
            literal(snapshot)
        ))
        .await?;
    Ok(session)
}

async fn companion(target: &Writer<'_>) -> PgResult<Companion> {
    let mut companion = target.companion().await?;
    match companion.writer().run(NOTICE_A_LOST_CLIENT).await {
        Ok(_) | Err(PgError::Server(_)) => Ok(companion),
        Err(error) => Err(error),
    }
}

/// Says what became of the tables of an earlier run.
fn tell(done: &[Done], tables: &[Carried], progress: &dyn Progress) {
    let names = |origin: Came| -> Vec<String> {
        let of = done.iter().filter(|done| done.origin == origin);
        of.map(|done| format!("`{}`", tables[done.number].target.name)).collect()
    };
    let (reused, lost) = (names(Came::Reused), names(Came::Lost));
    if !reused.is_empty() {
        progress.notice(&format!("re-used what an earlier run had staged: {}", reused.join(", ")));
    }
    if !lost.is_empty() {
        progress.notice(&format!(
            "staged anew what an earlier run had staged and the server has lost: {}",
            lost.join(", ")
        ));
    }
}

/// Where a failure leaves what is staged.
pub(crate) fn kept(failure: Failure) -> Failure {
    match failure.help() {
        None => failure.with_help(
            "nothing was changed in the target's tables; rows that were staged whole are re-used by the next `crmctl sync`",
        ),
        Some(_) => failure,
    }
}
