//! What goes over the wire to the target once it is locked, in order, and what is made of the answers.

use std::collections::VecDeque;

use crate::parity;
use crate::pg::{Answer, ChunkReceiver, CopySink, CopySource, PgError, PgResult, Writer, identifier};
use crate::plan::Progress;
use crate::sync::bulk::format::Format;
use crate::sync::carried::{Carried, Emptying};
use crate::sync::copied::Copied;
use crate::sync::finish::Content;
use crate::sync::pipeline::{Answers, digests, joined, users};
use crate::sync::plan::SyncPlan;
use crate::sync::rebuild::{Rebuild, Step};
use crate::sync::undo::{self, column_list, temporary_name};

/// The rows on their way in.
pub(super) struct Rows<'a> {
    pub(super) copies: &'a [Copied],
    pub(super) formats: &'a [Format],
    pub(super) from_source: VecDeque<ChunkReceiver>,
}

/// What an answer is about.
enum Awaited {
    /// Something whose rows do not matter.
    Work,
    /// The last table is filled.
    Filled,
    /// An index or a foreign key stands again.
    Stands(String),
    /// Everything stands again.
    Ready,
    /// Digests of what was there before.
    Before,
    /// Digests of what is there now.
    After,
    /// Digests of the auth users.
    Users,
}

/// Everything that was sent and is not answered.
pub(super) struct Flight {
    awaited: VecDeque<Awaited>,
    steps: u64,
}

impl Flight {
    /// Sends everything up to the comparison.
    pub(super) fn send(
        writer: &mut Writer<'_>,
        plan: &SyncPlan,
        rebuild: &Rebuild,
        (rows, to_file): (Rows<'_>, Vec<CopySink>),
    ) -> PgResult<Self> {
        let mut flight = Self { awaited: VecDeque::new(), steps: 0 };
        flight.send_old(writer, plan, rows.copies, to_file)?;
        flight.send_rows(writer, plan, rebuild, rows)?;
        let indexes = plan.tables.iter().flat_map(|table| rebuild.puts_up(table));
        let steps: Vec<Step> = indexes.chain(rebuild.foreign_keys()).collect();
        flight.steps = steps.len() as u64;
        for Step { what, statements } in steps {
            writer.send(&joined(statements.into_iter()))?;
            flight.awaited.push_back(Awaited::Stands(what));
        }
        let details = &plan.details;
        let after = details.after_load();
        writer.send(&joined(after.cloned()))?;
        writer.send(&parity::relations_query(details.tables.iter().map(Carried::here)))?;
        writer.send(&undo::users_digest(plan))?;
        flight.awaited.extend([Awaited::Ready, Awaited::After, Awaited::Users]);
        Ok(flight)
    }
}

impl Flight {
    /// What there is, on its way into the backup.
    fn send_old(
        &mut self,
        writer: &mut Writer<'_>,
        plan: &SyncPlan,
        copies: &[Copied],
        to_file: Vec<CopySink>,
    ) -> PgResult<()> {
        let tables = &plan.details.tables;
        writer.send(&parity::relations_query(tables.iter().map(|carried| (&carried.target).into())))?;
        self.awaited.push_back(Awaited::Before);
        for (copied, sink) in copies.iter().zip(to_file) {
            writer.send_copy_out(&format!("copy ({}) to stdout", copied.backup_select), sink)?;
            self.awaited.push_back(Awaited::Work);
        }
        Ok(())
    }

    /// Makes room, takes down what stands in the way, and sends the rows.
    fn send_rows(
        &mut self,
        writer: &mut Writer<'_>,
        plan: &SyncPlan,
        rebuild: &Rebuild,
        Rows { copies, formats, mut from_source }: Rows<'_>,
    ) -> PgResult<()> {
        let (user_copies, table_copies) = copies.split_at(plan.details.auth_columns.len());
        for copied in user_copies {
            let name = identifier(&temporary_name(&copied.table));
            let create = format!(
                "create temp table {name} on commit drop as select {} from {} with no data",
                copied.columns, copied.table
            );
            self.work(writer, &create)?;
            let into = format!("copy pg_temp.{name} {} from stdin", column_list(&copied.columns));
            self.fill(writer, &into, from_source.pop_front())?;
        }
        self.work(writer, &joined(undo::spare_users(plan).into_iter().chain(undo::clear(plan))))?;
        // Keys that stay lead out of the set, and a table with checks ahead of it cannot be altered.
        let down = std::iter::once("set constraints all immediate".to_owned()).chain(rebuild.takes_down());
        self.work(writer, &joined(down))?;
        for ((copied, format), carried) in table_copies.iter().zip(formats).zip(&plan.details.tables) {
            // Nobody sees the rows before COMMIT, whichever snapshot he has: to have them frozen at once saves
            // a second writing. Partitions refuse it, and so do tables that were not emptied at once.
            let begins_anew = carried.emptying == Emptying::Truncate && !carried.target.is_partitioned;
            let freeze = begins_anew.then_some("freeze");
            let options: Vec<&str> = format.option().into_iter().chain(freeze).collect();
            let options =
                if options.is_empty() { String::new() } else { format!(" ({})", options.join(", ")) };
            let into = format!("copy {} {} from stdin{options}", copied.table, column_list(&copied.columns));
            self.fill(writer, &into, from_source.pop_front())?;
        }
        self.awaited.pop_back();
        self.awaited.push_back(Awaited::Filled);
        Ok(())
    }

    fn work(&mut self, writer: &mut Writer<'_>, sql: &str) -> PgResult<()> {
        self.awaited.push_back(Awaited::Work);
        writer.send(sql)
    }

    fn fill(&mut self, writer: &mut Writer<'_>, into: &str, rows: Option<ChunkReceiver>) -> PgResult<()> {
        let rows = rows.ok_or_else(|| PgError::Protocol("a copied table has no source".to_owned()))?;
        self.awaited.push_back(Awaited::Work);
        writer.send_copy_in(into, CopySource::Channel(rows))
    }

    /// Reads every answer, even after an error: only then is the transaction's fate known.
    pub(super) async fn read(
        self,
        writer: &mut Writer<'_>,
        plan: &SyncPlan,
        progress: &dyn Progress,
    ) -> PgResult<Content> {
        let mut answers = Answers::of(writer);
        let (mut before, mut after, mut auth) = (Answer::default(), Answer::default(), Answer::default());
        for awaited in self.awaited {
            let answer = answers.next().await?;
            match awaited {
                Awaited::Work => {}
                Awaited::Filled => {
                    progress.finish();
                    progress.phase("rebuilding indexes and keys", self.steps);
                }
                Awaited::Stands(what) => progress.advance(1, &what),
                Awaited::Ready => progress.phase("comparing", 0),
                Awaited::Before => before = answer,
                Awaited::After => after = answer,
                Awaited::Users => auth = answer,
            }
        }
        answers.done()?;
        Ok(Content {
            before: digests(plan.tables.iter(), before)?,
            after: digests(plan.tables.iter(), after)?,
            users: users(auth)?,
        })
    }
}
