//! What became of files whose answers were lost with the connection: only the history knows.

use crate::error::{Failure, Kind, Result};
use crate::migration::history;
use crate::migration::history_row::RunState;
use crate::migration::plan::MigrationPlan;
use crate::migration::report::{AppliedFile, MigrationReport, PartlyApplied};
use crate::pg::{PgError, Session, ask_afterwards};

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
    let Some(history) = ask_afterwards(session.target(), history::read).await else {
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
