//! The backup of the old rows, taken while nobody may write to them and everybody may read them.

use std::collections::VecDeque;

use crate::backup::{Part, Partial};
use crate::cancel::Cancel;
use crate::error::Result;
use crate::parity;
use crate::pg::{
    Answer, Begin, ChunkReceiver, CopySource, PgError, PgResult, Session, TableName, Writer, channel,
    identifier,
};
use crate::sync::cause;
use crate::sync::copied::{Copied, copies};
use crate::sync::finish::backup_file;
use crate::sync::locked::{Numbers, SETTINGS};
use crate::sync::plan::SyncPlan;
use crate::sync::report::ApplyError;
use crate::sync::undo::{self, Outgoing, temporary_name};

/// What the target held when its writers were stopped.
pub(crate) struct Old {
    /// The digests of its tables.
    pub(crate) digests: Answer,
    /// The auth users that match.
    pub(crate) users: Answer,
    /// Whether some of them, or some shells, are not among those that came.
    pub(crate) has_stale_users: bool,
    /// Whether shells came that are not there.
    pub(crate) has_new_shells: bool,
    /// The file.
    pub(crate) part: Part,
}

/// Stops the writers, backs the old rows up, and brings the auth users of the source along.
pub(crate) async fn back_up(
    source: &mut Session,
    writer: &mut Writer<'_>,
    plan: &SyncPlan,
    begin: &Begin,
    backup: &Partial,
) -> Result<Old> {
    let copies = copies(plan);
    let users = plan.details.auth_columns.len();
    let mut to_target = VecDeque::new();
    for copied in &copies[..users] {
        let (sink, rows) = channel();
        source.send_copy_out(&format!("copy ({}) to stdout", copied.select), sink)?;
        to_target.push_back(rows);
    }
    let numbers = Numbers::default();
    let mut outgoing = send(writer, plan, (begin, &numbers), &copies)?;
    bring_users(writer, &copies[..users], to_target)?;
    writer.send(&stale_users(plan))?;

    let (file, compression) = backup_file(plan.target_bytes);
    let part = backup.part(file, compression)?;
    let tables = outgoing.split_off(users);
    let failed = Cancel::default();
    let there = async {
        tokio::select! {
            biased;
            there = drain(source) => there.map(drop),
            () = failed.raised() => Ok(()),
        }
    };
    let here = cause::taking(&failed, drain(writer));
    let writing = undo::write(plan, part, (outgoing, tables), &numbers);
    let (there, here, written) = tokio::join!(there, here, writing);
    let part = written?;
    let ((), mut answers) = cause::of_two(there, here, "backing up the target")?;
    let part = part.ok_or(ApplyError::BackupIncomplete)?;
    let stale = answers.pop().unwrap_or_default().rows();
    let mut answers = answers.into_iter().skip(3);
    let mut next = || answers.next().ok_or_else(|| PgError::Protocol("an answer is missing".to_owned()));
    Ok(Old {
        digests: next()?,
        users: next()?,
        has_stale_users: stale.first().is_some_and(|row| row.flag("stale")),
        has_new_shells: stale.first().is_some_and(|row| row.flag("new")),
        part,
    })
}

/// Sends what begins the transaction and what the old rows are; gives what comes out of it.
fn send(
    writer: &mut Writer<'_>,
    plan: &SyncPlan,
    (begin, numbers): (&Begin, &Numbers),
    copies: &[Copied],
) -> PgResult<Vec<Outgoing>> {
    let tables = plan.details.tables.iter();
    writer.begin(begin, SETTINGS)?;
    numbers.send_lock(writer, plan, &stop_writers(plan))?;
    writer.send(&parity::relations_query(tables.map(|carried| (&carried.target).into())))?;
    writer.send(&undo::users_digest(plan))?;
    let outgoing = copies.iter().map(|copied| {
        let (sink, rows) = channel();
        writer.send_copy_out(&format!("copy ({}) to stdout", copied.backup_select), sink)?;
        let (table, columns) = (copied.table.clone(), copied.backup_columns.clone());
        Ok(Outgoing { table, columns, rows })
    });
    outgoing.collect()
}

/// Everybody may read from here on, and nobody else write.
fn stop_writers(plan: &SyncPlan) -> String {
    let tables: Vec<String> = plan.tables.iter().map(TableName::sql).collect();
    if tables.is_empty() {
        return String::new();
    }
    format!("lock table {} in share row exclusive mode", tables.join(", "))
}

fn bring_users(writer: &mut Writer<'_>, users: &[Copied], mut rows: VecDeque<ChunkReceiver>) -> PgResult<()> {
    for copied in users {
        let name = identifier(&temporary_name(&copied.table));
        writer.send(&format!(
            "create temp table {name} on commit drop as select {} from {} with no data",
            copied.columns, copied.table
        ))?;
        let rows =
            rows.pop_front().ok_or_else(|| PgError::Protocol("a copied table has no source".to_owned()))?;
        let into = format!("copy pg_temp.{name} ({}) from stdin", copied.columns);
        writer.send_copy_in(&into, CopySource::Channel(rows))?;
    }
    Ok(())
}

fn stale_users(plan: &SyncPlan) -> String {
    if plan.details.auth_columns.is_empty() {
        return "select false as stale, false as new".to_owned();
    }
    let new = match &plan.selected.referred_users {
        Some(_) => undo::has_new_shells(),
        None => "false".to_owned(),
    };
    format!(
        "select exists (select from \"auth\".\"users\" where {}) as stale, {new} as new",
        undo::is_stale_user(plan)
    )
}

/// Fetches all answers in flight, or the first error among them.
pub(crate) async fn drain(session: &mut Session) -> PgResult<Vec<Answer>> {
    let (mut first, mut answers) = (None, Vec::new());
    while session.in_flight() > 0 {
        match session.receive().await.and_then(Answer::ok) {
            Ok(answer) => answers.push(answer),
            Err(error @ (PgError::Lost { .. } | PgError::Protocol(_))) => return Err(first.unwrap_or(error)),
            Err(error) => {
                first.get_or_insert(error);
            }
        }
    }
    first.map_or(Ok(answers), Err)
}
