//! One of the streams that carry rows into the staged tables: a connection to each side.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::sleep;

use crate::cancel::Cancel;
use crate::error::{Failure, Result};
use crate::parity::{self, Relation, TableDigest};
use crate::pg::{Answer, Chunk, ChunkReceiver, CopySink, CopySource, PgError, PgResult, Session, Writer};
use crate::sync::carried::Carried;
use crate::sync::cause;
use crate::sync::report::ApplyError;
use crate::sync::staging::room::{self, Berth};
use crate::sync::undo::column_list;

/// How long a server may take to stop when the user asks for it.
const PATIENCE: Duration = Duration::from_secs(1);

/// What all streams work on.
pub(crate) struct Work<'a> {
    pub(crate) tables: &'a [Carried],
    pub(crate) berths: &'a [Berth],
    /// For each table, where its rows go and where they come out.
    pub(crate) channels: Mutex<Vec<Option<(CopySink, ChunkReceiver)>>>,
    /// Batches that nobody has begun with.
    pub(crate) waiting: Mutex<VecDeque<Vec<usize>>>,
    /// Raised when one stream has failed: the others stop.
    pub(crate) failed: Cancel,
}

/// A table whose rows are staged, and digested there.
#[derive(Debug, Clone)]
pub(crate) struct Done {
    /// Which of the tables.
    pub(crate) number: usize,
    pub(crate) digest: TableDigest,
    /// How it came there.
    pub(crate) origin: Came,
}

/// How rows came to be staged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Came {
    /// Copied by this run.
    Copied,
    /// By an earlier run, and still those of the source.
    Reused,
    /// Copied by this run: those of an earlier one were no longer what they had been.
    Lost,
}

impl Work<'_> {
    /// Carries batches until none is left, or somebody has failed.
    pub(crate) async fn carry(&self, source: &mut Session, target: &mut Writer<'_>) -> Result<Vec<Done>> {
        let asked = target.cancelled();
        let impatient = async {
            asked.await;
            sleep(PATIENCE).await;
        };
        let work = async {
            let mut done = Vec::new();
            while let Some(batch) = self.next() {
                done.extend(self.batch(source, target, batch).await?);
            }
            target.settle().await?;
            Ok(done)
        };
        tokio::select! {
            done = work => {
                // Whoever asked to stop is heard by every stream, and each ends by itself.
                if done.as_ref().is_err_and(|failure: &Failure| failure.kind() != crate::error::Kind::Interrupted) {
                    self.failed.raise();
                }
                done
            }
            () = self.failed.raised() => Ok(Vec::new()),
            // Nothing but staged tables can be in the midst of something.
            () = impatient => Err(PgError::Interrupted.into()),
        }
    }

    fn next(&self) -> Option<Vec<usize>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).pop_front()
    }

    fn channel(&self, number: usize) -> Option<(CopySink, ChunkReceiver)> {
        self.channels.lock().unwrap_or_else(PoisonError::into_inner)[number].take()
    }

    async fn batch(
        &self,
        source: &mut Session,
        target: &mut Writer<'_>,
        batch: Vec<usize>,
    ) -> Result<Vec<Done>> {
        let (left, fresh): (Vec<usize>, Vec<usize>) =
            batch.into_iter().partition(|number| self.berths[*number].left.is_some());
        let mut done = self.check(source, target, &left).await?;
        let mut missing: Vec<(usize, Came)> =
            fresh.into_iter().map(|number| (number, Came::Copied)).collect();
        done.retain(|done| {
            if done.origin != Came::Reused {
                missing.push((done.number, done.origin));
            }
            done.origin == Came::Reused
        });
        for done in &done {
            // For those who watch: this table is as good as carried.
            if let Some((mut sink, _)) = self.channel(done.number) {
                sink.put(Chunk::End);
            }
        }
        if !missing.is_empty() {
            done.extend(self.copy(source, target, &missing).await?);
        }
        Ok(done)
    }

    /// Which tables of an earlier run still hold what the source holds. Its record alone proves nothing: the tables
    /// are emptied when the server crashes.
    async fn check(
        &self,
        source: &mut Session,
        target: &mut Writer<'_>,
        left: &[usize],
    ) -> Result<Vec<Done>> {
        if left.is_empty() {
            return Ok(Vec::new());
        }
        source.send(&self.there(left))?;
        target.send(&self.staged(left))?;
        let (there, staged) = tokio::join!(source.receive(), receive_last(target));
        let (there, staged) = (self.digests(left, there)?, self.digests(left, staged)?);
        let done = left.iter().zip(there).zip(staged).map(|((number, there), staged)| Done {
            number: *number,
            origin: match &self.berths[*number].left {
                _ if there == staged => Came::Reused,
                Some(recorded) if *recorded != staged.digest => Came::Lost,
                Some(_) | None => Came::Copied,
            },
            digest: there,
        });
        Ok(done.collect())
    }

    async fn copy(
        &self,
        source: &mut Session,
        target: &mut Writer<'_>,
        missing: &[(usize, Came)],
    ) -> Result<Vec<Done>> {
        let numbers: Vec<usize> = missing.iter().map(|(number, _)| *number).collect();
        for number in &numbers {
            let (carried, berth) = (&self.tables[*number], &self.berths[*number]);
            let Some((sink, rows)) = self.channel(*number) else { continue };
            source.send_copy_out(&format!("copy ({}) to stdout", carried.select()), sink)?;
            if berth.left.is_some() {
                target.send(&room::empty(berth))?;
            }
            let into = format!("copy {} {} from stdin", berth.sql(), column_list(&carried.columns_sql()));
            target.send_copy_in(&into, CopySource::Channel(rows))?;
            target.send(&format!("analyze {}", berth.sql()))?;
        }
        source.send(&self.there(&numbers))?;
        target.send(&self.staged(&numbers))?;
        let failed = Cancel::default();
        let writing = cause::taking(&failed, receive_last(target));
        let reading = async {
            tokio::select! {
                biased;
                there = receive_last(source) => there,
                // Nobody takes the rest.
                () = failed.raised() => Ok(Answer::default()),
            }
        };
        let (there, staged) = tokio::join!(reading, writing);
        let (there, staged) = cause::of_two(there, staged, "staging rows in the target")?;
        let (there, staged) = (self.digests(&numbers, Ok(there))?, self.digests(&numbers, Ok(staged))?);
        let mut done = Vec::with_capacity(missing.len());
        for (((number, origin), there), staged) in missing.iter().zip(there).zip(staged) {
            let table = &self.tables[*number].target.name;
            if there != staged {
                return Err(ApplyError::ContentsDiffer { table: table.to_string() }.into());
            }
            target.send(&room::record(&self.berths[*number], table, &staged))?;
            done.push(Done { number: *number, digest: staged, origin: *origin });
        }
        Ok(done)
    }

    fn there(&self, numbers: &[usize]) -> String {
        parity::relations_query(numbers.iter().map(|number| self.tables[*number].there()))
    }

    fn staged(&self, numbers: &[usize]) -> String {
        parity::relations_query(
            numbers
                .iter()
                .map(|number| Relation { from: self.berths[*number].sql(), ..self.tables[*number].there() }),
        )
    }

    fn digests(&self, numbers: &[usize], answer: PgResult<Answer>) -> PgResult<Vec<TableDigest>> {
        let names = || numbers.iter().map(|number| &self.tables[*number].target.name);
        let mut digests = parity::relation_digests(names(), &answer?.ok()?.rows())?;
        // Every name has one, or that would have been an error.
        Ok(names().filter_map(|name| digests.remove(name)).collect())
    }
}

/// Fetches all answers in flight: the last one, or the first error.
async fn receive_last(session: &mut Session) -> PgResult<Answer> {
    let (mut first, mut last) = (None, Answer::default());
    while session.in_flight() > 0 {
        match session.receive().await.and_then(Answer::ok) {
            Ok(answer) => last = answer,
            Err(error @ (PgError::Lost { .. } | PgError::Protocol(_))) => return Err(first.unwrap_or(error)),
            Err(error) => {
                first.get_or_insert(error);
            }
        }
    }
    first.map_or(Ok(last), Err)
}
