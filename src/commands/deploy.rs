//! `crmctl deploy`: pending migrations onto an environment that matters.

use crate::app::App;
use crate::commands::backup::backup_of;
use crate::deploy::{self, ByteLimit};
use crate::environment::EnvironmentName;
use crate::error::{ExitStatus, Result};
use crate::lint;
use crate::local::ClusterOptions;
use crate::migration::{self, MigrationFile, Options};

/// Apply pending migrations safely: linted, rehearsed, backed up, in one transaction that is checked before commit
#[derive(Debug, clap::Args)]
pub(crate) struct DeployArgs {
    /// Environment to deploy to, as named in crmctl.toml
    #[arg(long = "env", value_name = "NAME", default_value = "cloud")]
    environment: EnvironmentName,
    /// Lint and rehearse, show the plan, and change nothing
    #[arg(long)]
    plan: bool,
    /// Rehearse with the rows of the tables that are touched, too: realistic times, and rows that are in the way found
    #[arg(long)]
    with_data: bool,
    /// Tables that would make more rows than this are rehearsed without theirs
    #[arg(long, value_name = "SIZE", default_value = "1GB", requires = "with_data")]
    with_data_limit: ByteLimit,
    /// Allow what this lint rule forbids; `drift`: a target that is not what its migrations make; `rows`: lost rows
    #[arg(long, value_name = "RULE")]
    allow: Vec<String>,
}

pub(crate) async fn run(app: &App, args: DeployArgs) -> Result<ExitStatus> {
    let directory = MigrationFile::read_dir(&app.project.migrations)?;
    let environment = app.environment(&args.environment)?;
    let mut session = app.connect(&environment).await?; // read-only until the plan is approved

    let observed = deploy::observe(&mut session).await?;
    let migrations = migration::plan(&directory, &observed.history, &Options::default())?;
    if migrations.is_empty() {
        session.close().await;
        return app.report(ExitStatus::Success, Some(&environment), &migrations);
    }
    let files: Vec<&MigrationFile> = migrations.steps.iter().map(|step| &*step.file).collect();
    let findings = lint::lint(&files, &observed.facts);
    app.annotate(&findings)?;
    deploy::check_findings(&findings, &args.allow)?;
    let shadow = ClusterOptions::new(app.home(), app.search_path());
    let request = deploy::Request {
        shadow: &shadow,
        directory: &directory,
        observed: &observed,
        pending: &migrations,
        allowed: &args.allow,
        with_data: args.with_data.then_some(args.with_data_limit.0),
        cancel: &app.cancel,
    };
    let rehearsal = deploy::rehearse(&request, &mut session).await?;
    let plan = deploy::plan(migrations, findings, rehearsal, observed, &args.allow);
    if args.plan {
        session.close().await;
        return app.report(ExitStatus::Success, Some(&environment), &plan);
    }
    app.printer.plan(&plan)?;

    let approved = app.approve(plan, &environment)?;
    let backup = backup_of(app, &environment).await?; // whole on the disk before anything is touched
    let id = backup.backup.manifest.id.to_string();
    let report = deploy::apply(&mut session, &approved, id, app.progress()).await?;
    session.close().await;
    app.report(ExitStatus::Success, Some(&environment), &report)
}
