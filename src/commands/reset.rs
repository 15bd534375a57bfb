//! `crmctl reset`: back to a clean state with fresh test data.

use crate::app::App;
use crate::commands::backup::backup_of;
use crate::deploy;
use crate::environment::{EnvironmentName, Protection};
use crate::error::{ExitStatus, Failure, Result};
use crate::migration::MigrationFile;
use crate::reset::{self, ResetReport, ResetReports};
use crate::seed::What;

/// Empty an environment and seed it afresh: backed up first, in one transaction, after RESET was typed
///
/// An open environment (local) is rebuilt from its migrations; any other keeps its schema.
#[derive(Debug, clap::Args)]
pub(crate) struct ResetArgs {
    /// Environment to reset, or `both` for local and cloud
    #[arg(value_name = "local|cloud|both", default_value = "local")]
    environment: EnvironmentName,
    /// Show the plan and change nothing
    #[arg(long)]
    dry_run: bool,
}

pub(crate) async fn run(app: &App, args: ResetArgs) -> Result<ExitStatus> {
    let names = if args.environment.as_str() == "both" {
        vec![app.project.sync.from.clone(), app.project.sync.to.clone()]
    } else {
        vec![args.environment]
    };
    let mut reports = ResetReports::default();
    for name in names {
        match reset_one(app, &name, args.dry_run).await {
            Ok(report) => reports.resets.extend(report),
            Err(failure) => return Err(after(failure, &reports)),
        }
    }
    app.report(ExitStatus::Success, None, &reports)
}

async fn reset_one(app: &App, name: &EnvironmentName, dry_run: bool) -> Result<Option<ResetReport>> {
    let environment = app.environment(name)?;
    let seeding = app.seeding(&environment, What::All, 1)?;
    let directory = match environment.protection {
        Protection::Open => Some(MigrationFile::read_dir(&app.project.migrations)?),
        Protection::Guarded | Protection::Protected => None,
    };
    let mut session = app.connect(&environment).await?; // read-only until the plan is approved

    let observed = deploy::observe(&mut session).await?;
    let users = app.project.sync.auth_users.clone();
    let plan = reset::plan(&environment, directory.as_ref(), (&observed.history, &observed.catalog), users)?
        .with_rows(observed.rows_of_the_user());
    app.printer.plan(&plan)?;
    if dry_run {
        return Ok(None);
    }

    let approved = app.approve(plan, &environment)?;
    let held = reset::hold(&mut session, &approved, app.progress()).await?; // writers wait from here on
    let backup = backup_of(app, &environment).await?; // whole on the disk before anything is touched
    let id = backup.backup.manifest.id.to_string();
    let report = reset::apply(held, &approved, &seeding, (id, app.progress())).await?;
    session.close().await;
    Ok(Some(report))
}

/// A failure after another environment was reset says so.
fn after(failure: Failure, reports: &ResetReports) -> Failure {
    if reports.resets.is_empty() { failure } else { failure.after_changes(reports) }
}
