//! What goes over the wire in a sync, in order, on both sides.

use std::collections::VecDeque;

use crate::parity;
use crate::pg::{Begin, ChunkReceiver, CopySink, CopySource, PgError, PgResult, Session, Writer, identifier};
use crate::sync::carried::Carried;
use crate::sync::copied::Copied;
use crate::sync::emptying;
use crate::sync::locked::{Numbers, SETTINGS};
use crate::sync::plan::SyncPlan;
use crate::sync::undo::{self, column_list, temporary_name};

/// What streams through one flight to the target.
pub(crate) struct Streams<'a> {
    pub(crate) copies: &'a [Copied],
    pub(crate) numbers: &'a Numbers,
    pub(crate) to_file: Vec<CopySink>,
    pub(crate) from_source: VecDeque<ChunkReceiver>,
}

pub(crate) fn send_source(
    source: &mut Session,
    plan: &SyncPlan,
    copies: &[Copied],
    sinks: Vec<CopySink>,
) -> PgResult<()> {
    for (copied, sink) in copies.iter().zip(sinks) {
        source.send_copy_out(&format!("copy ({}) to stdout", copied.select), sink)?;
    }
    source.send(&parity::relations_query(plan.details.tables.iter().map(Carried::there)))?;
    source.send(&undo::users_digest(plan))
}

pub(crate) fn send_target(
    writer: &mut Writer<'_>,
    plan: &SyncPlan,
    begin: &Begin,
    streams: Streams<'_>,
) -> PgResult<()> {
    let Streams { copies, numbers, to_file, mut from_source } = streams;
    let tables = &plan.details.tables;
    writer.begin(begin, SETTINGS)?;
    numbers.send_lock(writer, plan, &emptying::lock(tables))?;
    writer.send(&parity::relations_query(tables.iter().map(|carried| (&carried.target).into())))?;
    for (copied, sink) in copies.iter().zip(to_file) {
        writer.send_copy_out(&format!("copy ({}) to stdout", copied.backup_select), sink)?;
    }
    let (user_copies, table_copies) = copies.split_at(plan.details.auth_columns.len());
    for copied in user_copies {
        let name = identifier(&temporary_name(&copied.table));
        let create = format!(
            "create temp table {name} on commit drop as select {} from {} with no data",
            copied.columns, copied.table
        );
        writer.send(&create)?;
        copy_in(writer, &format!("pg_temp.{name}"), &copied.columns, from_source.pop_front())?;
    }
    writer.send(&joined(undo::spare_users(plan).into_iter().chain(undo::clear(plan))))?;
    for copied in table_copies {
        copy_in(writer, &copied.table, &copied.columns, from_source.pop_front())?;
    }
    writer.send(&joined(plan.details.after_load().cloned()))?;
    writer.send(&parity::relations_query(tables.iter().map(Carried::here)))?;
    writer.send(&undo::users_digest(plan))
}

fn copy_in(writer: &mut Writer<'_>, table: &str, columns: &str, rows: Option<ChunkReceiver>) -> PgResult<()> {
    let rows = rows.ok_or_else(|| PgError::Protocol("a copied table has no source".to_owned()))?;
    writer
        .send_copy_in(&format!("copy {table} {} from stdin", column_list(columns)), CopySource::Channel(rows))
}

pub(crate) fn joined(statements: impl Iterator<Item = String>) -> String {
    statements.collect::<Vec<_>>().join(";\n")
}
