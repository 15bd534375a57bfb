//! `crmctl backup`: backups. Alone it makes one of the local environment.

mod create;
mod list;
mod verify;

use clap::Subcommand;

use crate::app::App;
use crate::error::{ExitStatus, Result};

pub(crate) use create::backup_of;

/// Back up an environment, list backups, and check that one is whole
#[derive(Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct BackupArgs {
    #[command(subcommand)]
    command: Option<BackupCommand>,
    #[command(flatten)]
    create: create::CreateArgs,
}

/// The commands below `crmctl backup`.
#[derive(Debug, Subcommand)]
enum BackupCommand {
    Create(create::CreateArgs),
    /// Show the backups there are, oldest first
    List,
    Verify(verify::VerifyArgs),
}

impl BackupArgs {
    pub(crate) fn name(&self) -> &'static str {
        match self.command {
            None | Some(BackupCommand::Create(_)) => "backup create",
            Some(BackupCommand::List) => "backup list",
            Some(BackupCommand::Verify(_)) => "backup verify",
        }
    }

    pub(crate) async fn run(self, app: &App) -> Result<ExitStatus> {
        match self.command {
            None => create::run(app, self.create).await,
            Some(BackupCommand::Create(args)) => create::run(app, args).await,
            Some(BackupCommand::List) => list::run(app),
            Some(BackupCommand::Verify(args)) => verify::run(app, &args),
        }
    }
}
