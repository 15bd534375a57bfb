//! `crmctl migrate`: migrations.

mod baseline;
mod down;
mod drift;
mod fetch;
mod lint;
mod new;
mod repair;
mod squash;
mod status;
mod up;
mod verify;

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
    Repair(repair::RepairArgs),
    Baseline(baseline::BaselineArgs),
    Fetch(fetch::FetchArgs),
    Verify(verify::VerifyArgs),
    Drift(drift::DriftArgs),
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
            Self::Repair(_) => "migrate repair",
            Self::Baseline(_) => "migrate baseline",
            Self::Fetch(_) => "migrate fetch",
            Self::Verify(_) => "migrate verify",
            Self::Drift(_) => "migrate drift",
            Self::Down(_) => "migrate down",
            Self::Squash(_) => "migrate squash",
        }
    }

    /// Whether its answer is a JSON document without `--json`.
    pub(crate) fn asks_for_json(&self) -> bool {
        if let Self::Lint(args) = self { args.asks_for_json() } else { false }
    }

    pub(crate) async fn run(self, app: &App) -> Result<ExitStatus> {
        match self {
            Self::New(args) => new::run(app, &args),
            Self::Up(args) => up::run(app, args).await,
            Self::Status(args) => status::run(app, args).await,
            Self::Lint(args) => lint::run(app, args).await,
            Self::Repair(args) => repair::run(app, args).await,
            Self::Baseline(args) => baseline::run(app, args).await,
            Self::Fetch(args) => fetch::run(app, args).await,
            Self::Verify(args) => verify::run(app, args).await,
            Self::Drift(args) => drift::run(app, args).await,
            Self::Down(args) => down::run(app, args).await,
            Self::Squash(args) => squash::run(app, args).await,
        }
    }
}
