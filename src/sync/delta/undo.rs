//! The backup of a delta: the rows that it changed or took away, and the keys of those that it put in, as SQL that
//! `psql -1 -f` carries out.

use crate::backup::{Part, PartWriter};
use crate::error::Result;
use crate::pg::ChunkReceiver;
use crate::sync::delta::change::{Changed, replace};
use crate::sync::locked::Numbers;
use crate::sync::plan::SyncPlan;
use crate::sync::undo::{Outgoing, header, write_rows};

/// What streams out of the target into the file, in the order of the tables.
pub(crate) struct Leaving {
    /// The rows that go.
    pub(crate) rows: Vec<ChunkReceiver>,
    /// The keys of those that came.
    pub(crate) keys: Vec<ChunkReceiver>,
}

/// Writes the file, and flushes it to the disk while the server is still busy. `None` when a stream ended early: the
/// transaction failed, and its answer says why.
pub(crate) async fn write(
    plan: &SyncPlan,
    mut part: PartWriter,
    tables: &[Changed<'_>],
    (leaving, numbers): (Leaving, &Numbers),
) -> Result<Option<Part>> {
    part.write(header(plan).as_bytes()).await?;
    for (table, rows) in tables.iter().zip(leaving.rows) {
        part.write(format!("{};\n", table.create_rows()).as_bytes()).await?;
        let columns = table.carried.columns_sql();
        if !write_rows(&mut part, &table.rows(), Outgoing { table: table.rows(), columns, rows }).await? {
            return Ok(None);
        }
    }
    for (table, rows) in tables.iter().zip(leaving.keys) {
        part.write(format!("{};\n", table.create_keys(None)).as_bytes()).await?;
        let columns = table.key_columns();
        if !write_rows(&mut part, &table.keys(), Outgoing { table: table.keys(), columns, rows }).await? {
            return Ok(None);
        }
    }
    let replacing = replace(plan, tables);
    let numbers = numbers.setvals(plan);
    let before = plan.details.resting.before.iter();
    for statement in before.chain(&replacing).chain(plan.details.after_changes_undone(&numbers)) {
        part.write(statement.as_bytes()).await?;
        part.write(b";\n").await?;
    }
    part.finish().await.map(Some)
}
