//! `crmctl restore`: put an environment back to what a backup holds.

use crate::app::App;
use crate::backup::{self, Store};
use crate::commands::backup::backup_of;
use crate::environment::EnvironmentName;
use crate::error::{ExitStatus, Result};
use crate::guard::Refusal;

/// Replace an environment by a backup: backed up first, in one transaction, compared before it is committed
#[derive(Debug, clap::Args)]
pub(crate) struct RestoreArgs {
    /// Name of the backup, its beginning, or `latest`
    id: String,
    /// Environment to overwrite, as named in crmctl.toml
    #[arg(long = "env", value_name = "NAME", default_value = "local")]
    environment: EnvironmentName,
    /// Overwrite; without it the plan is printed and nothing is done
    #[arg(long)]
    force: bool,
    /// Show the plan and change nothing
    #[arg(long)]
    dry_run: bool,
}

pub(crate) async fn run(app: &App, args: RestoreArgs) -> Result<ExitStatus> {
    // The manifest first: what is damaged is not worth a question.
    let backup = Store::new(&app.project.backup.dir).find(&args.id)?;
    backup.verify()?;
    let environment = app.environment(&args.environment)?;
    let mut session = app.connect(&environment).await?; // read-only until the plan is approved

    let target = backup::restore::Target::read(&mut session).await?;
    let plan = backup::restore::plan(backup, environment.name.as_str(), &target)?;
    if args.dry_run {
        return app.report(ExitStatus::Success, Some(&environment), &plan);
    }
    app.printer.plan(&plan)?;
    if !args.force {
        return Err(Refusal::NotForced(environment.name).into());
    }

    let approved = app.approve(plan, &environment)?;
    let held = backup::hold(&mut session, &approved, app.progress()).await?; // writers wait from here on
    let before = backup_of(app, &environment).await?; // the way back, whole on the disk before anything is touched
    let mut report = backup::restore_held(held, &approved, app.progress()).await?;
    report.undo = Some(backup::restore::command(&before.backup.manifest.id, &environment.name));
    session.close().await;
    app.report(ExitStatus::Success, Some(&environment), &report)
}
