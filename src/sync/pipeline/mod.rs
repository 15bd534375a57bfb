//! Carries a sync out: one connection to the target, one transaction, everything in flight at once.
//!
//! What goes over the wire is ordered so that a fault at any point leaves the target wholly old: the backup
//! streams out of the very transaction that replaces the rows, it is on disk before COMMIT is sent, and
//! COMMIT is sent only when both sides' digests are equal.

mod flight;

use std::collections::{BTreeMap, VecDeque};

use futures_util::future::join3;

pub(crate) use self::flight::joined;
use self::flight::{Streams, send_source, send_target};
use crate::backup::{Origin, Part, PartWriter, Partial};
use crate::cancel::Cancel;
use crate::error::Result;
use crate::guard::Approved;
use crate::parity::{self, TableDigest};
use crate::pg::{Answer, ChunkReceiver, PgError, PgResult, Session, TableName, Writer, channel};
use crate::plan::Progress;
use crate::sync::apply::Ends;
use crate::sync::cause;
use crate::sync::copied::{Copied, copies};
use crate::sync::finish::{Content, backup_file, check, commit, description, report};
use crate::sync::locked::Numbers;
use crate::sync::plan::SyncPlan;
use crate::sync::report::SyncReport;
use crate::sync::undo::{self, Outgoing};
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
    let copies = copies(plan);
    let users = plan.details.auth_columns.len();
    progress.transfer("copying", &plan.details.transfers);

    let (mut to_target, mut from_source) = (Vec::new(), VecDeque::new());
    let (mut to_file, mut from_target) = (Vec::new(), Vec::new());
    let mut meters = Vec::new();
    for _ in &copies {
        let (sink, receiver) = channel();
        meters.push(sink.meter());
        to_target.push(sink);
        from_source.push_back(receiver);
        let (sink, receiver) = channel();
        to_file.push(sink);
        from_target.push(receiver);
    }
    let numbers = Numbers::default();
    send_source(source, plan, &copies, to_target)?;
    send_target(
        &mut writer,
        plan,
        &begin,
        Streams { copies: &copies, numbers: &numbers, to_file, from_source },
    )?;

    let (file, compression) = backup_file(plan.target_bytes);
    let part = backup.part(file, compression)?;
    let failed = Cancel::default();
    let work = join3(
        read_source(source, plan, copies.len(), &failed),
        cause::taking(&failed, read_target(&mut writer, plan, copies.len())),
        write_backup(plan, &copies, from_target, (part, &numbers)),
    );
    let (left, right, written) = watched(work, &meters[users..], progress).await;
    progress.finish();
    let (left, right, part) = cause::first(left, right, written)?;

    check(plan, &left, &right)?;
    // On disk, complete and named before COMMIT: from here on there is always a way back.
    let origin = Origin::of(&writer.target().url, None);
    let backup = backup.finish(description(plan, origin, &right.before), vec![part])?;
    // The source has said all it had to say: it is let go meanwhile, and nothing that happens to it is a failure any more.
    let (committed, _) =
        tokio::join!(commit(&mut writer, plan, backup.manifest.id.as_str()), source.run("rollback"));
    committed?.tell(progress);
    Ok(report(plan, &right, &backup))
}

/// Reads every answer, even after an error: the target waits for the end of each table. When the target has failed,
/// nobody wants the rest.
async fn read_source(
    source: &mut Session,
    plan: &SyncPlan,
    copies: usize,
    target_failed: &Cancel,
) -> PgResult<Content> {
    let (mut error, mut answers) = (None, Vec::new());
    for number in 0..copies + 2 {
        let answer = tokio::select! {
            biased;
            answer = source.receive() => answer,
            () = target_failed.raised() => return error.map_or_else(|| Ok(Content::default()), Err),
        };
        match answer.and_then(Answer::ok) {
            Ok(answer) if number >= copies => answers.push(answer),
            Ok(_) => {}
            Err(lost @ (PgError::Lost { .. } | PgError::Protocol(_))) => return Err(error.unwrap_or(lost)),
            Err(other) => {
                error.get_or_insert(other);
            }
        }
    }
    if let Some(error) = error {
        return Err(error);
    }
    let mut next = || answers.pop().unwrap_or_default();
    let users = users(next())?;
    Ok(Content { after: digests(plan.tables.iter(), next())?, users, ..Content::default() })
}

/// Reads every answer of the flight, even after an error: only then is the transaction's fate known.
async fn read_target(writer: &mut Writer<'_>, plan: &SyncPlan, copies: usize) -> PgResult<Content> {
    let mut answers = Answers::of(writer);
    let mut content = Content::default();
    answers.skip(3).await?;
    let before = answers.next().await?;
    answers.skip(copies).await?;
    answers.skip(2 * plan.details.auth_columns.len() + 1).await?;
    answers.skip(plan.tables.len() + 1).await?;
    let after = answers.next().await?;
    let last = answers.next().await?;
    answers.done()?;
    content.before = digests(plan.tables.iter(), before)?;
    content.after = digests(plan.tables.iter(), after)?;
    content.users = users(last)?;
    Ok(content)
}

/// Answers fetched in order; the first error the server gave is kept while the rest is drained.
pub(crate) struct Answers<'a, 'session> {
    pub(crate) writer: &'a mut Writer<'session>,
    pub(crate) error: Option<PgError>,
}

impl<'a, 'session> Answers<'a, 'session> {
    pub(crate) fn of(writer: &'a mut Writer<'session>) -> Self {
        Self { writer, error: None }
    }

    pub(crate) async fn next(&mut self) -> PgResult<Answer> {
        match self.writer.receive().await {
            Ok(mut answer) => {
                if let Some(error) = answer.error.take() {
                    self.error.get_or_insert(PgError::from_server(error));
                }
                Ok(answer)
            }
            Err(PgError::Interrupted) => {
                self.error.get_or_insert(PgError::Interrupted);
                Ok(Answer::default())
            }
            Err(error) => Err(self.error.take().unwrap_or(error)),
        }
    }

    /// The first error, once all answers were fetched.
    pub(crate) fn done(self) -> PgResult<()> {
        self.error.map_or(Ok(()), Err)
    }

    pub(crate) async fn skip(&mut self, count: usize) -> PgResult<()> {
        for _ in 0..count {
            self.next().await?;
        }
        Ok(())
    }
}

pub(crate) async fn write_backup(
    plan: &SyncPlan,
    copies: &[Copied],
    rows: Vec<ChunkReceiver>,
    (part, numbers): (PartWriter, &Numbers),
) -> Result<Option<Part>> {
    let mut outgoing: Vec<Outgoing> = copies
        .iter()
        .zip(rows)
        .map(|(copied, rows)| Outgoing {
            table: copied.table.clone(),
            columns: copied.backup_columns.clone(),
            rows,
        })
        .collect();
    let tables = outgoing.split_off(plan.details.auth_columns.len());
    undo::write(plan, part, (outgoing, tables), numbers).await
}

pub(crate) fn digests<'a>(
    tables: impl Iterator<Item = &'a TableName>,
    answer: Answer,
) -> PgResult<BTreeMap<TableName, TableDigest>> {
    parity::relation_digests(tables, &answer.ok()?.rows())
}

pub(crate) fn users(answer: Answer) -> PgResult<Vec<Vec<Option<String>>>> {
    let mut rows: Vec<_> = answer.ok()?.rows().iter().map(|row| row.values().to_vec()).collect();
    rows.sort();
    Ok(rows)
}
