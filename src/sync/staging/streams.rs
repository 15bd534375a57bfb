//! Several streams at once, which read one snapshot of the source and work under one lock of the target.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Mutex;

use futures_util::future::{join, join_all};

use crate::cancel::Cancel;
use crate::error::{Failure, Result};
use crate::pg::{Companion, PgError, PgResult, Session, TableName, Writer, literal};
use crate::plan::Progress;
use crate::sync::carried::Carried;
use crate::sync::plan::SyncPlan;
use crate::sync::staging::batch::{batches, streams};
use crate::sync::staging::room::{FREE_CONNECTIONS, berths, open};
use crate::sync::staging::stream::{Came, Done, Work};
use crate::sync::staging::{Staged, room};

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
    let (room, facts) = tokio::try_join!(room::observe(target), Facts::read(source, tables))?;
    let berths = berths(tables, &room);
    target.run(&open(tables, &berths, &room)).await?;

    let batches = batches(&facts.bytes);
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let count = streams(batches.len(), cores, [room.free_connections, facts.free_connections]);
    progress.phase("staging", tables.len() as u64);
    let mut others = companions(source, target, count - 1, progress).await?;
    let work = Work {
        tables,
        berths: &berths,
        progress,
        waiting: Mutex::new(VecDeque::from(batches)),
        failed: Cancel::default(),
    };
    let lead = work.carry(source, target);
    let work = &work;
    let rest = others.iter_mut().map(|(source, target)| async move {
        let mut target = target.writer();
        work.carry(source, &mut target).await
    });
    let (first, rest) = join(lead, join_all(rest)).await;
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

/// What is known of the source.
struct Facts {
    free_connections: u64,
    /// Of each table.
    bytes: Vec<u64>,
}

impl Facts {
    async fn read(source: &mut Session, tables: &[Carried]) -> PgResult<Self> {
        let names: Vec<String> = tables.iter().map(|carried| carried.target.name.sql()).collect();
        source.send(&format!("select {FREE_CONNECTIONS} as free"))?;
        source.send(&format!(
            "select n.nspname, c.relname, (select coalesce(sum(pg_catalog.pg_table_size(p.relid)), 0)::bigint \
             from pg_catalog.pg_partition_tree(c.oid) p) + case c.relkind when 'r' then pg_catalog.pg_table_size(c.oid) \
             else 0 end as bytes from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace \
             where c.oid = any (array(select pg_catalog.to_regclass(t)::oid from pg_catalog.unnest({}) t))",
            crate::pg::text_array(&names)
        ))?;
        let free = source.receive().await?.ok()?.rows();
        let free = free.first().map(|row| row.get::<i64>("free")).transpose()?.unwrap_or(0);
        let mut bytes = BTreeMap::new();
        for row in source.receive().await?.ok()?.rows() {
            let name = TableName::new(row.get::<String>("nspname")?, row.get::<String>("relname")?);
            bytes.insert(name, row.get::<u64>("bytes")?);
        }
        let of = |carried: &Carried| bytes.get(&carried.target.name).copied().unwrap_or(0);
        Ok(Self { free_connections: free.try_into().unwrap_or(0), bytes: tables.iter().map(of).collect() })
    }
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
