//! What goes over the wire once it is known which rows differ, in order, on both sides.

use std::collections::VecDeque;

use crate::cancel::Cancel;
use crate::parity::relations_query;
use crate::pg::{
    Answer, ChunkReceiver, CopySink, CopySource, Meter, PgError, PgResult, Session, Writer, channel,
};
use crate::plan::Transfer;
use crate::sync::carried::Carried;
use crate::sync::delta::change::{Changed, replace};
use crate::sync::delta::class::{key, of_classes};
use crate::sync::delta::find::Found;
use crate::sync::delta::undo::Leaving;
use crate::sync::finish::Content;
use crate::sync::pipeline::{Answers, digests, users};
use crate::sync::plan::SyncPlan;
use crate::sync::undo::{column_list, users_digest};

/// The flight that changes the target.
pub(crate) struct Flight<'a> {
    plan: &'a SyncPlan,
    found: &'a [Found<'a>],
    pub(crate) tables: Vec<Changed<'a>>,
}

/// The ends of the streams that the two sessions hold, in the order of the tables.
#[derive(Default)]
pub(crate) struct Streams {
    to_target: Vec<CopySink>,
    from_source: VecDeque<ChunkReceiver>,
    rows_to_file: VecDeque<CopySink>,
    keys_to_file: Vec<CopySink>,
}

impl<'a> Flight<'a> {
    pub(crate) fn new(plan: &'a SyncPlan, found: &'a [Found<'a>]) -> Self {
        let changed = |(number, found): (usize, &Found<'a>)| Changed { carried: found.carried, number };
        Self { plan, found, tables: found.iter().enumerate().map(changed).collect() }
    }

    /// What is expected to move.
    pub(crate) fn transfers(&self) -> Vec<Transfer> {
        let transfer = |found: &Found<'_>| Transfer {
            table: found.carried.target.name.to_string(),
            rows: Some(found.classes.len() as u64),
            bytes: 0,
        };
        self.found.iter().map(transfer).collect()
    }

    pub(crate) fn streams(&self) -> (Streams, Leaving, Vec<Meter>) {
        let mut streams = Streams::default();
        let mut leaving = Leaving { rows: Vec::new(), keys: Vec::new() };
        let mut meters = Vec::new();
        for _ in &self.tables {
            let (sink, receiver) = channel();
            meters.push(sink.meter());
            streams.to_target.push(sink);
            streams.from_source.push_back(receiver);
            let (sink, receiver) = channel();
            streams.rows_to_file.push_back(sink);
            leaving.rows.push(receiver);
            let (sink, receiver) = channel();
            streams.keys_to_file.push(sink);
            leaving.keys.push(receiver);
        }
        (streams, leaving, meters)
    }

    /// Queues everything on both sides. The classes, which may be many, go once to each.
    pub(crate) fn send(
        &self,
        source: &mut Session,
        writer: &mut Writer<'_>,
        mut streams: Streams,
    ) -> PgResult<()> {
        for (found, sink) in self.found.iter().zip(streams.to_target) {
            let wanted = of_classes(&found.carried.there(), &key(found.carried), &found.classes);
            source.send_copy_out(
                &format!("copy ({} where {wanted}) to stdout", found.carried.select()),
                sink,
            )?;
        }
        for (found, table) in self.found.iter().zip(&self.tables) {
            let going = of_classes(&found.carried.here(), &key(found.carried), &found.classes);
            writer.send(&table.create_keys(Some(&going)))?;
            let rows = format!("{} where {}", found.carried.backup_select(), table.going());
            let missing = || PgError::Protocol("a copied table has no stream".to_owned());
            let sink = streams.rows_to_file.pop_front().ok_or_else(missing)?;
            writer.send_copy_out(&format!("copy ({rows}) to stdout"), sink)?;
            writer.send(&table.create_rows())?;
            let columns = column_list(&found.carried.columns_sql());
            let source = CopySource::Channel(streams.from_source.pop_front().ok_or_else(missing)?);
            writer.send_copy_in(&format!("copy {} {columns} from stdin", table.rows()), source)?;
        }
        let details = &self.plan.details;
        writer
            .send(&joined(details.resting.before.iter().cloned().chain(replace(self.plan, &self.tables))))?;
        for (table, sink) in self.tables.iter().zip(streams.keys_to_file) {
            let keys = format!("select {} from {}", table.key_columns(), table.rows());
            writer.send_copy_out(&format!("copy ({keys}) to stdout"), sink)?;
        }
        writer.send(&joined(details.after_changes().cloned()))?;
        writer.send(&relations_query(details.tables.iter().map(Carried::here)))?;
        writer.send(&users_digest(self.plan))
    }

    /// Reads every answer of the flight, even after an error: only then is the transaction's fate known.
    pub(crate) async fn read_target(&self, writer: &mut Writer<'_>) -> PgResult<Content> {
        let mut answers = Answers { writer, error: None };
        answers.skip(4 * self.tables.len() + 1).await?;
        answers.skip(self.tables.len() + 1).await?;
        let after = answers.next().await?;
        let last = answers.next().await?;
        if let Some(error) = answers.error {
            return Err(error);
        }
        let after = digests(self.plan.tables.iter(), after)?;
        Ok(Content { after, users: users(last)?, ..Content::default() })
    }

    /// Reads every answer, even after an error: the target waits for the end of each table. When the target has
    /// failed, nobody wants the rest.
    pub(crate) async fn read_source(
        &self,
        source: &mut Session,
        target_failed: &Cancel,
    ) -> PgResult<Content> {
        let mut error = None;
        for _ in &self.tables {
            let answer = tokio::select! {
                biased;
                answer = source.receive() => answer,
                () = target_failed.raised() => break,
            };
            match answer.and_then(Answer::ok) {
                Ok(_) => {}
                Err(lost @ (PgError::Lost { .. } | PgError::Protocol(_))) => {
                    return Err(error.unwrap_or(lost));
                }
                Err(other) => {
                    error.get_or_insert(other);
                }
            }
        }
        error.map_or_else(|| Ok(Content::default()), Err)
    }
}

fn joined(statements: impl Iterator<Item = String>) -> String {
    statements.collect::<Vec<_>>().join(";\n")
}
