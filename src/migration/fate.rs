//! What became of files whose answers were lost with the connection: only the history knows.

use crate::error::{Failure, Kind, Location, Result};
use crate::migration::history;
use crate::migration::history_row::RunState;
use crate::migration::plan::{Action, MigrationPlan};
use crate::migration::report::{AppliedFile, MigrationReport, PartlyApplied};
use crate::pg::{PgError, PgResult, Session, ask_afterwards};

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
    let asked = ask_afterwards(session.target(), async |session| {
        let history = history::read(session).await?;
        Ok((history, in_doubt(session, plan).await?))
    });
    let Some((history, doubt)) = asked.await else {
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
    match doubt {
        _ if report.applied.len() == plan.steps.len() => Ok(()),
        // It is said although nothing is recorded as done: the statement may have been.
        Some(place) => Err(failure
            .context(format!("{place}: this statement was begun, and may have been done"))
            .of_kind(Kind::Partial)),
        None => Err(failure),
    }
}

/// Where the statement is that the connection was lost in while it ran alone.
async fn in_doubt(session: &mut Session, plan: &MigrationPlan) -> PgResult<Option<Location>> {
    for step in plan.steps.iter().filter(|step| step.action != Action::Transaction) {
        let rows = match session.query(&history::progress_query(&step.file)).await {
            Err(error) if error.code() == Some("42P01") => return Ok(None),
            rows => rows?,
        };
        let begun = rows.first().and_then(|row| row.text("statement_begun")?.parse::<usize>().ok());
        if let Some(statement) = begun.and_then(|index| step.file.statements.get(index)) {
            return Ok(Some(statement.location(&step.file.shown(), &step.file.text)));
        }
    }
    Ok(None)
}
