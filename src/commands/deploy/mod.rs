//! `crmctl deploy`: pending migrations onto an environment that matters. Alone it deploys.

mod resume;
mod rollback;
mod scene;
mod start;
mod status;

use clap::Subcommand;

use crate::app::App;
use crate::commands::backup::backup_of;
use crate::deploy::{DeployReport, Deployment, Phase, Procedure, Shell};
use crate::environment::Environment;
use crate::error::{ExitStatus, Result};
use crate::guard::Approved;
use crate::pg::Session;

/// Apply pending migrations safely: linted, rehearsed, backed up, in one transaction that is checked before commit
#[derive(Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct DeployArgs {
    #[command(subcommand)]
    command: Option<DeployCommand>,
    #[command(flatten)]
    start: start::StartArgs,
}

/// The commands below `crmctl deploy`.
#[derive(Debug, Subcommand)]
enum DeployCommand {
    Status(status::StatusArgs),
    Resume(resume::ResumeArgs),
    Rollback(rollback::RollbackArgs),
}

impl DeployArgs {
    pub(crate) fn name(&self) -> &'static str {
        match self.command {
            None => "deploy",
            Some(DeployCommand::Status(_)) => "deploy status",
            Some(DeployCommand::Resume(_)) => "deploy resume",
            Some(DeployCommand::Rollback(_)) => "deploy rollback",
        }
    }

    pub(crate) async fn run(self, app: &App) -> Result<ExitStatus> {
        match self.command {
            None => Box::pin(start::run(app, self.start)).await,
            Some(DeployCommand::Status(args)) => status::run(app, args).await,
            Some(DeployCommand::Resume(args)) => resume::run(app, args).await,
            Some(DeployCommand::Rollback(args)) => rollback::run(app, args).await,
        }
    }
}

/// What was approved, from the first entry of the journal to the last.
pub(crate) async fn carry_out(
    app: &App,
    environment: &Environment,
    session: &mut Session,
    approved: &Approved<Procedure>,
) -> Result<DeployReport> {
    let shell = Shell {
        root: app.project.root.clone(),
        environment,
        variables: app.variables.of_postgresql(),
        secrets: app.variables.secrets(),
        time_limit: app.project.deploy.time_limit.map(|limit| limit.0),
        cancel: &app.cancel,
    };
    let mut deployment = Deployment::begin(session, approved, app.progress()).await?;
    let result = phases(app, environment, &mut deployment, &shell).await;
    deployment.end(result, &shell).await
}

async fn phases(
    app: &App,
    environment: &Environment,
    deployment: &mut Deployment<'_>,
    shell: &Shell<'_>,
) -> Result<()> {
    deployment.run_hooks(Phase::Before, shell).await?;
    if deployment.wants_backup() {
        let report = backup_of(app, environment).await?; // whole on the disk before anything is touched
        deployment.backed_up(&report.backup.manifest.id)?;
    }
    deployment.apply_files().await?;
    deployment.run_hooks(Phase::After, shell).await
}
