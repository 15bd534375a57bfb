//! Carries it out: down halves and the rows of the history that they end, in one transaction.
//!
//! A crash before COMMIT leaves the database as it was; after it, everything is undone. Only a half that PostgreSQL
//! refuses in a transaction runs by itself, statement by statement.

use std::collections::VecDeque;

use crate::catalog;
use crate::error::{Failure, Result};
use crate::guard::Approved;
use crate::migration::apply::begin;
use crate::migration::class::Class;
use crate::migration::down::fate::find_out;
use crate::migration::down::plan::DownPlan;
use crate::migration::down::rehearse::{Expectation, Rehearsal};
use crate::migration::down::report::{DownReport, PartlyUndone};
use crate::migration::down::step::{DownStep, Source};
use crate::migration::fate::is_unknown;
use crate::migration::flight::{explain, receive_file, send_file};
use crate::migration::history;
use crate::migration::settings::{CLEAN, settings};
use crate::migration::version::Version;
use crate::pg::{Backoff, CopySource, PgError, Session, Writer, is_transient};
use crate::plan::Progress;

/// Undoes what was approved. A failure carries the report of what was committed before it.
pub async fn apply(
    session: &mut Session,
    approved: &Approved<DownPlan>,
    progress: &dyn Progress,
) -> Result<DownReport> {
    let plan = approved.plan();
    let mut writer = session.unlock(approved, progress).await?;
    progress.phase("undoing migrations", plan.steps.len() as u64);
    let mut report = DownReport::default();
    let result = if plan.is_atomic() {
        all_together(&mut writer, plan, &mut report, progress).await
    } else {
        one_by_one(&mut writer, plan, &mut report, progress).await
    };
    progress.finish();
    let result = match result {
        Err(failure) if is_unknown(&failure) => find_out(session, plan, &mut report, failure).await,
        other => other,
    };
    match result {
        Ok(()) => Ok(report),
        Err(failure) if report.is_empty() => Err(failure),
        Err(failure) => Err(failure.after_changes(&report)),
    }
}

/// Begins a transaction, undoes everything in it, and leaves it open for the caller to check and to end. For plans
/// that are atomic; after an error it is failed, and the caller's to roll back.
pub async fn run_in_transaction(
    writer: &mut Writer<'_>,
    plan: &DownPlan,
    progress: &dyn Progress,
) -> Result<()> {
    begin(writer).await?;
    run_steps(writer, &plan.steps, progress).await
}

async fn all_together(
    writer: &mut Writer<'_>,
    plan: &DownPlan,
    report: &mut DownReport,
    progress: &dyn Progress,
) -> Result<()> {
    let expectation = plan.rehearsal.as_ref().and_then(Rehearsal::expectation);
    transaction(writer, &plan.steps, expectation, progress).await?;
    plan.steps.iter().for_each(|step| report.add(step));
    report.checked = plan.rehearsal.as_ref().is_some_and(Rehearsal::leads_back);
    Ok(())
}

/// One transaction, tried again as a whole when a lock was not to be had or a deadlock was met.
async fn transaction(
    writer: &mut Writer<'_>,
    steps: &[DownStep],
    expectation: Option<&Expectation>,
    progress: &dyn Progress,
) -> Result<()> {
    let mut attempt = 1;
    loop {
        let Err(failure) = attempt_once(writer, steps, expectation, progress).await else { return Ok(()) };
        // A connection that is lost has rolled back by itself.
        let _ = writer.roll_back().await;
        if !is_transient(&failure) || attempt >= Backoff::TRANSACTION.attempts {
            return Err(failure);
        }
        progress.notice(&format!("{failure}; trying again"));
        writer.pause(attempt).await?;
        attempt += 1;
    }
}

async fn attempt_once(
    writer: &mut Writer<'_>,
    steps: &[DownStep],
    expectation: Option<&Expectation>,
    progress: &dyn Progress,
) -> Result<()> {
    begin(writer).await?;
    match expectation {
        None => run_steps(writer, steps, progress).await?,
        Some(expectation) => {
            let before = catalog::read(writer).await?;
            run_steps(writer, steps, progress).await?;
            let after = catalog::read(writer).await?;
            expectation.check(&before, &after)?;
        }
    }
    // The API reads the schema anew when it is told to; hosted projects tell it by themselves.
    writer.run("notify pgrst, 'reload schema'").await?;
    writer.commit().await?.tell(progress);
    Ok(())
}

/// All halves in one flight, inside of an open transaction.
async fn run_steps(writer: &mut Writer<'_>, steps: &[DownStep], progress: &dyn Progress) -> Result<()> {
    let mut flying = VecDeque::new();
    for step in steps {
        writer.send(&format!("{CLEAN}; {}", settings(&step.half, "set local")))?;
        flying.push_back((step, send_file(writer, &step.half, forget(step).into())?));
    }
    let mut failure: Option<Failure> = None;
    while let Some((step, messages)) = flying.pop_front() {
        let begun = writer.receive().await;
        match receive_file(writer, &step.half, &messages, begun).await {
            Ok(notices) => {
                for notice in &notices {
                    progress.notice(notice);
                }
                progress.advance(1, &step.file.title());
            }
            // The first error is the cause; what comes after it was refused because of it.
            Err(error) => {
                failure.get_or_insert_with(|| placed(step, error));
            }
        }
    }
    failure.map_or(Ok(()), Err)
}

/// The history forgets the migration, and the files it was folded from.
fn forget(step: &DownStep) -> String {
    let directives = &step.file.directives;
    let folded = directives.squashed_from.iter().chain(&directives.squashed_before);
    let versions: Vec<&Version> = std::iter::once(&step.version).chain(folded).collect();
    format!("reset role; {}", history::forget(&versions))
}

/// An error with its place where the user can see it.
fn placed(step: &DownStep, failure: Failure) -> Failure {
    let at = failure.location().cloned();
    match (step.source, at, step.file.down_section()) {
        (Source::Section, Some(at), Some(section)) => failure.at(section.in_file(at)),
        (Source::Inverse, _, _) => {
            let down = step.file.path.with_extension("down.sql");
            failure
                .context(format!("undoing `{}`", step.file.title()))
                .with_help(format!("write the statements that undo it into `{}`", down.display()))
        }
        _ => failure,
    }
}

/// With a half among them that cannot run in a transaction: each for itself. What a failure leaves is said.
async fn one_by_one(
    writer: &mut Writer<'_>,
    plan: &DownPlan,
    report: &mut DownReport,
    progress: &dyn Progress,
) -> Result<()> {
    for step in &plan.steps {
        if step.half.barrier().is_none() {
            transaction(writer, std::slice::from_ref(step), None, progress).await?;
        } else {
            let mut done = 0;
            if let Err(failure) = alone(writer, step, &mut done).await {
                // The author's own transaction may be open; a lost connection has rolled back by itself.
                let _ = writer.roll_back().await;
                let (version, statements) = (step.version.clone(), step.half.statements.len());
                report.partly =
                    (done > 0).then_some(PartlyUndone { version, statements_done: done, statements });
                let help = "make its statements such that they can run again (`drop ... if exists`), then run the command again";
                return Err(if done > 0 {
                    placed(step, failure).with_help(help)
                } else {
                    placed(step, failure)
                });
            }
            progress.advance(1, &step.file.title());
        }
        report.add(step);
    }
    Ok(())
}

async fn alone(writer: &mut Writer<'_>, step: &DownStep, done: &mut usize) -> Result<()> {
    let half = &step.half;
    writer.run(&format!("{CLEAN}; {}", settings(half, "set"))).await?;
    for (index, statement) in half.statements.iter().enumerate() {
        if statement.class == Class::Empty {
            continue;
        }
        if writer.is_cancelled() {
            return Err(PgError::Interrupted.into());
        }
        let text = statement.text(&half.text);
        match &statement.copy_data {
            Some(data) => {
                let data = half.text[data.clone()].replace("\r\n", "\n");
                writer.send_copy_in(text, CopySource::Memory(data.into()))?;
            }
            None => writer.send(text)?,
        }
        let answer = writer.receive().await?;
        answer.ok().map_err(|error| explain(half, statement.range.start, 0, error))?;
        *done = index + 1;
    }
    let is_open = writer.run("select").await?.status != b'I';
    if is_open {
        let open =
            anyhow::anyhow!("`{}` leaves a transaction open, so its end was rolled back", half.shown());
        return Err(Failure::from(open).with_help("end it with `commit;`"));
    }
    begin(writer).await?;
    writer.run(&forget(step)).await?;
    writer.commit().await?;
    Ok(())
}
