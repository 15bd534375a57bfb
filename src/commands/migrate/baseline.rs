//! `crmctl migrate baseline`: a history for a database that has a schema and none. Nothing is run in it.

use crate::app::App;
use crate::environment::EnvironmentName;
use crate::error::{ExitStatus, Result};
use crate::local::ClusterOptions;
use crate::migration::baseline::{self, Request};
use crate::migration::{Directory, Version};

/// Give a database that has a schema and no history one, without running anything in it
///
/// Where there are no migration files, the schema becomes the first one. Where there are, `--to` names the newest that
/// the database has already. Either way the files are first replayed on a throwaway server; unless they make the very
/// schema of the database, the differences are shown, nothing is recorded, and the exit code is 3.
#[derive(Debug, clap::Args)]
pub(crate) struct BaselineArgs {
    /// Environment whose schema it is, as named in crmctl.toml
    #[arg(long = "env", value_name = "NAME", default_value = "local")]
    environment: EnvironmentName,
    /// What the file that is made is called
    #[arg(long, value_name = "TITLE", default_value = "baseline", conflicts_with = "to")]
    name: String,
    /// Record the files up to this version as applied
    #[arg(long, value_name = "VERSION")]
    to: Option<Version>,
    /// Record them although the replay made another schema
    #[arg(long)]
    accept_differences: bool,
    /// Show what would be recorded, prove it, and change nothing
    #[arg(long)]
    dry_run: bool,
}

pub(crate) async fn run(app: &App, args: BaselineArgs) -> Result<ExitStatus> {
    let directory = Directory::read_or_empty(&app.project.migrations)?;
    let environment = app.environment(&args.environment)?;
    let mut session = app.connect(&environment).await?; // read-only until the plan is approved

    let observed = baseline::observe(&mut session).await?;
    let request = Request {
        directory: &directory,
        to: args.to.as_ref(),
        title: &args.name,
        now: app.now(),
        options: &ClusterOptions::new(app.home(), app.search_path()),
        progress: app.progress(),
        cancel: &app.cancel,
    };
    let plan = baseline::propose(&session, &observed, &request).await?; // replayed on a throwaway server
    let is_good = plan.is_empty() || plan.is_proved() || args.accept_differences;
    if plan.is_empty() || !is_good || args.dry_run {
        session.close().await;
        let outcome = if is_good { ExitStatus::Success } else { ExitStatus::Differs };
        return app.report(outcome, Some(&environment), &plan);
    }
    app.printer.plan(&plan)?;

    let approved = app.approve(plan, &environment)?;
    let report = baseline::apply(&mut session, &approved, app.progress()).await?;
    session.close().await;
    app.report(ExitStatus::Success, Some(&environment), &report)
}
