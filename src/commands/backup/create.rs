//! `crmctl backup create`: everything the user made in one environment, as files that `psql` restores.

use crate::app::App;
use crate::backup::{self, BackupReport, Request, Store};
use crate::environment::{Environment, EnvironmentName};
use crate::error::{ExitStatus, Result};

/// Back up one environment: schema, rows, logins and migration history, under one snapshot
#[derive(Debug, clap::Args)]
pub(crate) struct CreateArgs {
    /// Environment to back up, as named in crmctl.toml
    #[arg(long = "env", value_name = "NAME", default_value = "local")]
    environment: EnvironmentName,
}

pub(crate) async fn run(app: &App, args: CreateArgs) -> Result<ExitStatus> {
    let environment = app.environment(&args.environment)?;
    let report = backup_of(app, &environment).await?;
    app.report(ExitStatus::Success, Some(&environment), &report)
}

/// Makes a full backup of an environment. Only reads from it.
pub(crate) async fn backup_of(app: &App, environment: &Environment) -> Result<BackupReport> {
    let mut session = app.connect(environment).await?;
    let request = Request {
        store: &Store::new(&app.project.backup.dir),
        project_ref: environment.project_ref(),
        search: &app.search_path(),
        now: app.now(),
        progress: app.progress(),
        cancel: &app.cancel,
    };
    let report = backup::create(&mut session, &request).await?;
    session.close().await;
    Ok(report)
}
