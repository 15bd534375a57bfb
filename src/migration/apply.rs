//! Applies migrations: many files in flight, each in a transaction with its history row.
//!
//! Per file two messages are sent without waiting. The first clears what an earlier file may have left and
//! begins; the second holds the file's text first, so that an error's position is an offset into the file,
//! then the history row, then COMMIT. When anything in the second fails its COMMIT never runs, the session
//! stays in a failed transaction, and every later message, its BEGIN included, is refused: later files cannot
//! run. One message would not do: a syntax error in it is raised before its BEGIN runs.

use std::collections::VecDeque;

use crate::error::{Failure, Location, Result};
use crate::guard::Approved;
use crate::migration::barrier;
use crate::migration::fate;
use crate::migration::file::{MigrationFile, Segment};
use crate::migration::history;
use crate::migration::plan::{Action, MigrationPlan, Step};
use crate::migration::report::{AppliedFile, MigrationReport};
use crate::pg::{Answer, Backoff, CopySource, PgError, PgResult, ServerError, Session, Writer};
use crate::plan::Progress;

/// Files in flight: at 1 ms a file, enough to hide 60 ms of network; few enough to hold in memory. Stopping does not
/// depend on it: a cancelled statement fails its transaction, and everything in flight behind it is refused.
const WINDOW: usize = 64;

/// Clears what an earlier file may have left behind.
const CLEAN: &str = "reset role; reset all; ";

/// The settings of a file's transaction. A lock that is not had in time fails the file, which is tried again:
/// waiting in the queue for an exclusive lock would stall everybody behind it.
const SETTINGS: &str = "set local lock_timeout = '2s'; set local statement_timeout = 0; \
    set local idle_in_transaction_session_timeout = 0";

/// Carries an approved plan out. A failure carries the report of what was committed before it.
pub async fn apply(
    session: &mut Session,
    approved: &Approved<MigrationPlan>,
    progress: &dyn Progress,
) -> Result<MigrationReport> {
    let plan = approved.plan();
    let mut writer = session.unlock(approved, progress).await?;
    progress.phase("applying migrations", plan.steps.len() as u64);
    let mut report = MigrationReport::default();
    let result = if plan.single_transaction {
        apply_together(&mut writer, &plan.steps, &mut report, progress).await
    } else {
        apply_each(&mut writer, &plan.steps, &mut report, progress).await
    };
    progress.finish();
    let result = match result {
        Err(failure) if fate::is_unknown(&failure) => {
            fate::find_out(session, plan, &mut report, failure).await
        }
        other => other,
    };
    match result {
        Ok(()) => Ok(report),
        Err(failure) if report.is_empty() => Err(failure),
        Err(failure) => Err(failure.after_changes(&report)),
    }
}

async fn apply_each(
    writer: &mut Writer<'_>,
    steps: &[Step],
    report: &mut MigrationReport,
    progress: &dyn Progress,
) -> Result<()> {
    prepare(writer).await?;
    let mut attempt = 1;
    while report.applied.len() < steps.len() {
        let next = report.applied.len();
        let rest = &steps[next..];
        let run = rest.iter().position(|step| step.action != Action::Transaction).unwrap_or(rest.len());
        let result = if run == 0 {
            barrier::apply(writer, &rest[0], report).await.map(|()| applied(report, &rest[0], progress))
        } else {
            apply_run(writer, &rest[..run], report, progress).await
        };
        let Err(failure) = result else { continue };
        if report.applied.len() > next {
            attempt = 1;
        }
        if !crate::pg::is_transient(&failure) || attempt >= Backoff::TRANSACTION.attempts {
            return Err(failure);
        }
        progress.notice(&format!("{failure}; trying again"));
        tokio::select! {
            () = tokio::time::sleep(Backoff::TRANSACTION.pause(attempt)) => {}
            () = writer.cancelled() => return Err(PgError::Interrupted.into()),
        }
        attempt += 1;
    }
    Ok(())
}

/// The history tables, in a transaction of their own.
async fn prepare(writer: &mut Writer<'_>) -> PgResult<()> {
    writer.run(&format!("set local lock_timeout = '4s'; {}", history::CREATE)).await.map(drop)
}

fn applied(report: &mut MigrationReport, step: &Step, progress: &dyn Progress) {
    report.applied.push(AppliedFile::of(step));
    progress.advance(1, &step.file.title());
}

/// Applies files that each run in one transaction, a window of them in flight.
async fn apply_run(
    writer: &mut Writer<'_>,
    steps: &[Step],
    report: &mut MigrationReport,
    progress: &dyn Progress,
) -> Result<()> {
    let mut waiting = steps.iter();
    let mut flying: VecDeque<(&Step, Messages)> = VecDeque::new();
    let mut failure: Option<Failure> = None;
    loop {
        while flying.len() < WINDOW && failure.is_none() && !writer.is_cancelled() {
            let Some(step) = waiting.next() else { break };
            writer.send(&format!("{CLEAN}begin; {SETTINGS}"))?;
            let end = format!("{}; commit", history::record(&step.file));
            flying.push_back((step, send_file(writer, &step.file, &end)?));
        }
        let Some((step, messages)) = flying.pop_front() else { break };
        let begun = writer.receive().await;
        let outcome = receive_file(writer, &step.file, &messages, begun).await;
        match outcome {
            Ok(()) => applied(report, step, progress),
            Err(error) => {
                // The first error is the cause; what comes after it was refused because of it.
                failure.get_or_insert(error);
            }
        }
    }
    if failure.is_none() && writer.is_cancelled() {
        failure = Some(PgError::Interrupted.into());
    }
    match failure {
        None => Ok(()),
        Some(failure) => {
            // A connection that is lost has rolled back by itself.
            let _ = writer.roll_back().await;
            Err(failure)
        }
    }
}

/// Applies all files in one transaction: all of them or none.
async fn apply_together(
    writer: &mut Writer<'_>,
    steps: &[Step],
    report: &mut MigrationReport,
    progress: &dyn Progress,
) -> Result<()> {
    begin(writer).await?;
    let result = run_in_transaction(writer, steps, progress).await;
    match result {
        Ok(()) => writer.commit().await?,
        Err(failure) => {
            let _ = writer.roll_back().await;
            return Err(failure);
        }
    }
    for step in steps {
        applied(report, step, &crate::plan::Silent);
    }
    Ok(())
}

/// Opens a transaction for several files, with the history tables in it.
pub(crate) async fn begin(writer: &mut Writer<'_>) -> PgResult<()> {
    writer.send(&format!("{CLEAN}begin; {SETTINGS}; {}", history::CREATE))?;
    writer.receive().await?.ok().map(drop)
}

/// Runs files inside a transaction that is open, and leaves it open. After an error it is failed.
pub(crate) async fn run_in_transaction(
    writer: &mut Writer<'_>,
    steps: &[Step],
    progress: &dyn Progress,
) -> Result<()> {
    let mut flying = VecDeque::new();
    let mut waiting = steps.iter();
    let mut failure: Option<Failure> = None;
    loop {
        while flying.len() < WINDOW && failure.is_none() {
            let Some(step) = waiting.next() else { break };
            writer.send(&format!("{CLEAN}{SETTINGS}"))?;
            flying.push_back((step, send_file(writer, &step.file, &history::record(&step.file))?));
        }
        let Some((step, messages)) = flying.pop_front() else { break };
        let begun = writer.receive().await;
        if let Err(error) = receive_file(writer, &step.file, &messages, begun).await {
            failure.get_or_insert(error);
        } else {
            progress.advance(1, &step.file.title());
        }
    }
    failure.map_or(Ok(()), Err)
}

/// The messages a file was sent in: where in the file each begins, and whether it is a COPY.
pub(crate) struct Messages(Vec<usize>);

/// Sends a file's text and, with its last message, `end`.
pub(crate) fn send_file(writer: &mut Writer<'_>, file: &MigrationFile, end: &str) -> PgResult<Messages> {
    let mut starts = Vec::new();
    let segments = file.segments();
    for (index, segment) in segments.iter().enumerate() {
        match segment {
            Segment::Sql(range) => {
                starts.push(range.start);
                let text = &file.text[range.clone()];
                if index + 1 == segments.len() {
                    // The line break ends a comment that the file may end with.
                    writer.send(&format!("{text}\n;{end}"))?;
                    return Ok(Messages(starts));
                }
                writer.send(text)?;
            }
            Segment::Copy { sql, data } => {
                starts.push(sql.start);
                let data = file.text[data.clone()].replace("\r\n", "\n");
                writer.send_copy_in(&file.text[sql.clone()], CopySource::Memory(data.into()))?;
            }
        }
    }
    starts.push(file.text.len());
    writer.send(end)?;
    Ok(Messages(starts))
}

/// Fetches the answers to what [`send_file`] sent. The first error is told with its place in the file.
pub(crate) async fn receive_file(
    writer: &mut Writer<'_>,
    file: &MigrationFile,
    messages: &Messages,
    begun: PgResult<Answer>,
) -> Result<()> {
    let mut failure = match begun.and_then(Answer::ok) {
        Ok(_) => None,
        Err(error) => Some(Failure::from(error)),
    };
    for start in &messages.0 {
        match writer.receive().await {
            Ok(answer) => {
                let done = answer.tags.len();
                if let Err(error) = answer.ok() {
                    failure.get_or_insert_with(|| explain(file, *start, done, error));
                }
            }
            Err(error @ PgError::Lost { .. }) => return Err(failure.unwrap_or_else(|| error.into())),
            Err(error) => {
                failure.get_or_insert_with(|| error.into());
            }
        }
    }
    failure.map_or(Ok(()), Err)
}

/// An error with its place: where the server points, or else the statement that was running. `start` is where
/// the message begins in the file, `done` how many of its statements were completed.
pub(crate) fn explain(file: &MigrationFile, start: usize, done: usize, error: PgError) -> Failure {
    let PgError::Server(server) = &error else { return error.into() };
    let offset = server
        .offset_in(file.text.get(start..).unwrap_or_default())
        .map(|offset| start + offset)
        .filter(|offset| *offset < file.text.len())
        .or_else(|| {
            let mut later = file.statements.iter().filter(|statement| statement.range.start >= start);
            later.nth(done).map(|statement| statement.code.unwrap_or(statement.range.start))
        });
    let position = offset.map(|offset| Location::of_offset(file.shown(), &file.text, offset));
    let message = context_of(server);
    let failure = Failure::from(error);
    let failure = if message.is_empty() { failure } else { failure.context(message) };
    match position {
        Some(location) => failure.at(location),
        None => failure.context(format!("in `{}`", file.shown())),
    }
}

/// Where inside a function it happened, if it did.
fn context_of(error: &ServerError) -> String {
    error.context.as_deref().and_then(|context| context.lines().next()).unwrap_or_default().to_owned()
}
