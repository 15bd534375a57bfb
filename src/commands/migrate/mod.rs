//! `crmctl migrate`: migrations.

mod down;
mod lint;
mod new;
mod squash;
mod status;
mod up;

use clap::Subcommand;

use crate::app::App;
use crate::error::{ExitStatus, Result};

/// The commands below `crmctl migrate`.
#[derive(Debug, Subcommand)]
pub(crate) enum MigrateCommand {
    New(new::NewArgs),
    Up(up::UpArgs),
    Status(status::StatusArgs),
    Lint(lint::LintArgs),
    Down(down::DownArgs),
    Squash(squash::SquashArgs),
}

impl MigrateCommand {
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::New(_) => "migrate new",
            Self::Up(_) => "migrate up",
            Self::Status(_) => "migrate status",
            Self::Lint(_) => "migrate lint",
            Self::Down(_) => "migrate down",
            Self::Squash(_) => "migrate squash",
        }
    }

    pub(crate) async fn run(self, app: &App) -> Result<ExitStatus> {
        match self {
            Self::New(args) => new::run(app, &args),
            Self::Up(args) => up::run(app, args).await,
            Self::Status(args) => status::run(app, args).await,
            Self::Lint(args) => lint::run(app, &args),
            Self::Down(args) => down::run(app, args).await,
            Self::Squash(args) => squash::run(app, args).await,
        }
    }
}
