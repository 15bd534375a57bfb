//! What became of migrations whose undoing was not answered: only the history knows.

use crate::error::{Failure, Kind, Result};
use crate::migration::down::plan::DownPlan;
use crate::migration::down::report::DownReport;
use crate::migration::history;
use crate::pg::{Session, ask_afterwards};

/// Asks the history, and completes the report by what it says. When everything was undone, nothing has failed.
pub(super) async fn find_out(
    session: &Session,
    plan: &DownPlan,
    report: &mut DownReport,
    failure: Failure,
) -> Result<()> {
    let Some(history) = ask_afterwards(session.target(), history::read).await else {
        let environment = &session.target().environment;
        return Err(failure
            .context("the server may have undone more than it could say, and cannot be asked")
            .with_help(format!("see what with `crmctl migrate status --env {environment}`"))
            .of_kind(Kind::Partial));
    };
    for step in plan.steps.iter().filter(|step| history.get(&step.version).is_none()) {
        report.add(step);
    }
    match report.undone.len() {
        done if done == plan.steps.len() => Ok(()),
        0 => Err(failure.context("nothing was undone").of_kind(Kind::Failed)),
        _ => Err(failure),
    }
}
