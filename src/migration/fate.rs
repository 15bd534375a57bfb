//! What became of files whose answers were lost with the connection: only the history knows.

use std::time::Duration;

use tokio::time::{sleep, timeout};

use crate::cancel::Cancel;
use crate::error::{Failure, Kind, Result};
use crate::migration::history;
use crate::migration::history_row::{History, RunState};
use crate::migration::plan::MigrationPlan;
use crate::migration::report::{AppliedFile, MigrationReport, PartlyApplied};
use crate::pg::{PgError, PgResult, Session, lock_holder_query};

/// How long the server may take to be reached again and to end what the lost connection had sent.
pub(crate) const PATIENCE: Duration = Duration::from_secs(15);

/// Whether the connection was lost: the server may have carried out more than it could say.
pub(crate) fn is_unknown(failure: &Failure) -> bool {
    matches!(
        failure.error().downcast_ref::<PgError>(),
        Some(PgError::Lost { .. } | PgError::Undecided { .. })
    )
}

/// Asks the history, and completes the report by what it says. When everything was applied, nothing has failed.
pub(crate) async fn find_out(
    session: &Session,
    plan: &MigrationPlan,
    report: &mut MigrationReport,
    failure: Failure,
) -> Result<()> {
    let Ok(Ok(history)) = timeout(PATIENCE, history_afterwards(session)).await else {
        return Err(failure
            .context("the server may have applied more files than it could say, and cannot be asked")
            .with_help(format!(
                "see which with `crmctl migrate status --env {}`",
                session.target().environment
            ))
            .of_kind(Kind::Partial));
    };
    for step in &plan.steps {
        let version = &step.file.version;
        if history.get(version).is_some() && !report.applied.iter().any(|file| file.version == *version) {
            report.applied.push(AppliedFile::of(step));
        }
        if let Some(RunState::Partial { statements_done, .. }) =
            history.extras.get(version).map(|row| &row.state)
            && *statements_done > step.first_statement
        {
            report.partly = Some(PartlyApplied {
                version: version.clone(),
                name: step.file.name.clone(),
                statements_done: *statements_done,
                statements: step.file.statements.len(),
            });
        }
    }
    if report.applied.len() == plan.steps.len() { Ok(()) } else { Err(failure) }
}

/// The history after the server is done with what the lost connection had sent.
pub(crate) async fn history_afterwards(lost: &Session) -> PgResult<History> {
    // The user may have asked to stop; this is how it is told what that came to.
    let mut session = Session::open(lost.target(), &Cancel::default()).await?;
    while session.query(&lock_holder_query()).await?.first().is_some_and(|row| row.text("holder").is_some()) {
        sleep(Duration::from_millis(200)).await;
    }
    let history = history::read(&mut session).await?;
    session.close().await;
    Ok(history)
}
