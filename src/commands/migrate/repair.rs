//! `crmctl migrate repair`: make the history say what is true. The schema is never touched.

use crate::app::App;
use crate::environment::EnvironmentName;
use crate::error::{ExitStatus, Result};
use crate::migration::place::Place;
use crate::migration::repair::{self, Request};
use crate::migration::{Directory, Version, history};

/// Say where files and history disagree and what would mend it; with a flag, mend the history
///
/// Without --applied, --reverted or --accept-edited nothing is changed: every disagreement is shown with the commands
/// that would mend it, and the exit code is 3 when there is any. With them, rows of the history are written or deleted
/// in one transaction, in the table of the Supabase CLI as well as in crmctl's own. Nothing is run and nothing undone.
#[derive(Debug, clap::Args)]
pub(crate) struct RepairArgs {
    /// Environment whose history is looked at, as named in crmctl.toml
    #[arg(long = "env", value_name = "NAME", default_value = "local")]
    environment: EnvironmentName,
    /// Record these files as applied without running them
    #[arg(long, value_name = "VERSION", num_args = 1..)]
    applied: Vec<Version>,
    /// Record these versions as not applied without undoing anything
    #[arg(long, value_name = "VERSION", num_args = 1.., value_parser = any_version)]
    reverted: Vec<Version>,
    /// Take edited files for what was applied: the versions named, or all edited ones
    #[arg(long, value_name = "VERSION", num_args = 0..)]
    accept_edited: Option<Vec<Version>>,
    /// Show what would be written and change nothing
    #[arg(long)]
    dry_run: bool,
}

/// What is in a history may have come from anywhere; it must be possible to name it.
fn any_version(text: &str) -> Result<Version, &'static str> {
    if text.is_empty() { Err("a version is not empty") } else { Ok(Version::stored(text)) }
}

pub(crate) async fn run(app: &App, args: RepairArgs) -> Result<ExitStatus> {
    let directory = Directory::read_or_empty(&app.project.migrations)?;
    let environment = app.environment(&args.environment)?;
    let mut session = app.connect(&environment).await?; // read-only until the plan is approved

    let history = history::read(&mut session).await?;
    let request =
        Request { applied: args.applied, reverted: args.reverted, accept_edited: args.accept_edited };
    if request.is_empty() {
        session.close().await;
        let advice = repair::advise(&directory, &history, &environment.name);
        return app.report(advice.exit_status(), Some(&environment), &advice);
    }
    let plan = repair::plan(&directory, &history, &request, Place::of(session.target()))?;
    if plan.is_empty() || args.dry_run {
        session.close().await;
        return app.report(ExitStatus::Success, Some(&environment), &plan);
    }
    app.printer.plan(&plan)?;

    let approved = app.approve(plan, &environment)?;
    let report = repair::apply(&mut session, &approved, app.progress()).await?;
    session.close().await;
    app.report(ExitStatus::Success, Some(&environment), &report)
}
