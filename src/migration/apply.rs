//! Applies migrations: many files in flight, each in a transaction with its history row.
//!
//! Per file two messages are sent without waiting. The first clears what an earlier file may have left and
//! begins; the second holds the file's text first, so that an error's position is an offset into the file,
//! then the history row, then COMMIT. When anything in the second fails its COMMIT never runs, the session
//! stays in a failed transaction, and every later message, its BEGIN included, is refused: later files cannot
//! run. One message would not do: a syntax error in it is raised before its BEGIN runs.

use std::collections::VecDeque;

use crate::error::{Failure, Result};
use crate::guard::Approved;
use crate::migration::barrier;
use crate::migration::blocked;
use crate::migration::fate;
use crate::migration::file::MigrationFile;
use crate::migration::flight::{Messages, receive_file, send_file};
use crate::migration::history::{self, Prepared};
use crate::migration::history_fault::cannot_write;
use crate::migration::plan::{Action, MigrationPlan, Step};
use crate::migration::report::{AppliedFile, MigrationReport};
use crate::migration::settings::{CLEAN, settings};
use crate::migration::version::Version;
use crate::pg::{Answer, Backoff, PgError, PgResult, Session, SqlText, Writer};
use crate::plan::Progress;

/// Files in flight: at 1 ms a file, enough to hide a network of a quarter of a second; their texts are in memory anyway.
/// Stopping does not depend on it: a cancelled statement fails its transaction, and everything in flight behind it is refused.
const WINDOW: usize = 256;

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
    let mut attempt = 1;
    let mut recording = Recording::Unprepared;
    while report.applied.len() < steps.len() {
        let next = report.applied.len();
        let rest = &steps[next..];
        let run = rest.iter().position(|step| step.action != Action::Transaction).unwrap_or(rest.len());
        let result = if run == 0 {
            barrier::apply(writer, &rest[0], report, progress)
                .await
                .map(|()| applied(report, &rest[0], progress))
        } else {
            apply_run(writer, &rest[..run], report, &mut recording, progress).await
        };
        let Err(failure) = result else { continue };
        if report.applied.len() > next {
            attempt = 1;
        }
        if matches!(recording, Recording::Prepared(_)) && code_of(&failure) == Some("26000") {
            recording = Recording::Plain;
            continue;
        }
        wait_to_try_again(writer, steps, failure, attempt, progress).await?;
        attempt += 1;
    }
    Ok(())
}

/// How the history rows are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Recording {
    /// By a statement that is to be prepared with the first files.
    Unprepared,
    /// By a prepared statement.
    Prepared(Prepared),
    /// As plain SQL: a file has deallocated what was prepared.
    Plain,
}

impl Recording {
    /// Sends what comes before the first files, in two messages for the same reason: without the tables, no file is
    /// tried. Returns how many.
    fn prepare(&mut self, writer: &mut Writer<'_>, report: &MigrationReport) -> PgResult<usize> {
        match self {
            Self::Unprepared => {
                *self = Self::Prepared(history::send_create_and_prepare(writer)?);
                Ok(2)
            }
            Self::Prepared(_) | Self::Plain if report.applied.is_empty() => history::send_create(writer),
            Self::Prepared(_) | Self::Plain => Ok(0),
        }
    }

    /// What ends the transaction of a file. A COMMIT that failed would leave no failed transaction behind, and the next
    /// file would run: what is deferred to it is checked while the transaction is still open, and no file is recorded
    /// when the one `before` it is not.
    fn end(self, file: &MigrationFile, before: Option<&Version>) -> SqlText {
        let mut end = SqlText::from("reset role; set constraints all immediate; ");
        match self {
            Self::Prepared(statement) => end.append(history::record_prepared(file, before, statement)),
            Self::Unprepared | Self::Plain => {
                end.push(&before.map(history::only_behind).unwrap_or_default());
                end.append(history::record(file));
            }
        }
        end.push("; commit");
        end
    }
}

fn code_of(failure: &Failure) -> Option<&str> {
    failure.error().downcast_ref::<PgError>().and_then(PgError::code)
}

/// Says who is in the way, and waits; gives the failure back when another try would not help, or was one too many.
async fn wait_to_try_again(
    writer: &mut Writer<'_>,
    steps: &[Step],
    failure: Failure,
    attempt: u32,
    progress: &dyn Progress,
) -> Result<()> {
    if !crate::pg::is_transient(&failure) {
        return Err(failure);
    }
    let failure = blocked::name(writer, steps, failure).await;
    if attempt >= Backoff::TRANSACTION.attempts {
        return Err(failure);
    }
    progress.notice(&format!("{failure}; trying again"));
    Ok(writer.pause(attempt).await?)
}

fn applied(report: &mut MigrationReport, step: &Step, progress: &dyn Progress) {
    report.applied.push(AppliedFile::of(step));
    progress.advance(1, &step.file.title());
}

/// Applies files that each run in one transaction, a window of them in flight, the history tables before the first.
async fn apply_run(
    writer: &mut Writer<'_>,
    steps: &[Step],
    report: &mut MigrationReport,
    recording: &mut Recording,
    progress: &dyn Progress,
) -> Result<()> {
    let mut waiting = steps.iter();
    let mut before = None;
    let mut flying: VecDeque<(&Step, Messages)> = VecDeque::new();
    let mut failure: Option<Failure> = None;
    let preparations = recording.prepare(writer, report)?;
    let mut prepared = preparations == 0;
    loop {
        while flying.len() < WINDOW && failure.is_none() && !writer.is_cancelled() {
            let Some(step) = waiting.next() else { break };
            let (settings, began) = (settings(&step.file, "set local"), history::note_begin(&step.file));
            writer.send(&format!("{CLEAN}; begin; {settings}{began}"))?;
            let end = recording.end(&step.file, before.replace(&step.file.version));
            flying.push_back((step, send_file(writer, &step.file, end)?));
        }
        if !std::mem::replace(&mut prepared, true) {
            for _ in 0..preparations {
                let answer = writer.receive().await.and_then(Answer::ok);
                failure = failure.or_else(|| answer.err().map(cannot_write));
            }
            continue;
        }
        let Some((step, messages)) = flying.pop_front() else { break };
        let begun = writer.receive().await;
        let outcome = receive_file(writer, &step.file, &messages, begun).await;
        match outcome {
            Ok(notices) => {
                for notice in &notices {
                    progress.notice(notice);
                }
                applied(report, step, progress);
            }
            Err(error) => {
                // The first error is the cause; what comes after it was refused because of it.
                failure.get_or_insert(error);
            }
        }
    }
    // Who asks to stop when everything is applied gets what he did not stop.
    if failure.is_none() && writer.is_cancelled() && waiting.len() > 0 {
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
    let mut attempt = 1;
    loop {
        let result = match begin(writer).await {
            Ok(()) => run_in_transaction(writer, steps, progress).await,
            Err(failure) => Err(failure),
        };
        let Err(failure) = result else { break };
        let _ = writer.roll_back().await;
        wait_to_try_again(writer, steps, failure, attempt, progress).await?;
        attempt += 1;
    }
    writer.commit().await?.tell(progress);
    for step in steps {
        applied(report, step, &crate::plan::Silent);
    }
    Ok(())
}

/// Opens a transaction for several files, with the history tables in it.
pub(crate) async fn begin(writer: &mut Writer<'_>) -> Result<()> {
    let begin = format!("{}; {}", history::BEGIN, history::CREATE);
    writer.run_with_witness(&begin).await.map_err(cannot_write)
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
            let (settings, began) = (settings(&step.file, "set local"), history::note_begin(&step.file));
            writer.send(&format!("{CLEAN}; {settings}{began}"))?;
            flying.push_back((step, send_file(writer, &step.file, history::record(&step.file))?));
        }
        let Some((step, messages)) = flying.pop_front() else { break };
        let begun = writer.receive().await;
        match receive_file(writer, &step.file, &messages, begun).await {
            Ok(notices) => {
                for notice in &notices {
                    progress.notice(notice);
                }
                progress.advance(1, &step.file.title());
            }
            Err(error) => {
                failure.get_or_insert(error);
            }
        }
    }
    failure.map_or(Ok(()), Err)
}
