//! The command line as types. The doc comments here and in `commands/` are the help pages; no logic.

use clap::{Parser, Subcommand};

use crate::commands;
use crate::global::GlobalArgs;

const EXIT_CODES: &str = "\
Exit codes:
  0    done, or nothing to do
  1    failed, nothing changed
  2    usage or configuration
  3    differs, findings, pending
  4    refused: no consent, protected, not a terminal
  5    busy: somebody holds the lock
  10   failed after something changed (the output says what, and how to go on)
  130  interrupted";

/// Developer operations for Supabase environments: migrate, seed, sync, verify, back up, restore, deploy
#[derive(Debug, Parser)]
#[command(name = "crmctl", version, after_help = EXIT_CODES, infer_subcommands = false)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: GlobalArgs,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Every command.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Demo(commands::demo::DemoArgs),
    Init(commands::init::InitArgs),
    Doctor(commands::doctor::DoctorArgs),
    /// Run a PostgreSQL server of crmctl's own, with what Supabase puts into a database
    #[command(subcommand)]
    Local(commands::local::LocalCommand),
    /// Write, check, apply and undo migrations, in the folder and the history of the Supabase CLI
    #[command(subcommand)]
    Migrate(commands::migrate::MigrateCommand),
    Seed(commands::seed::SeedArgs),
    Sync(commands::sync::SyncArgs),
    Verify(commands::verify::VerifyArgs),
    Validate(commands::validate::ValidateArgs),
    Access(commands::access::AccessArgs),
    Reset(commands::reset::ResetArgs),
    Backup(commands::backup::BackupArgs),
    Restore(commands::restore::RestoreArgs),
    Deploy(commands::deploy::DeployArgs),
    Completions(commands::completions::CompletionsArgs),
}

impl Command {
    /// Whether its answer is a JSON document without `--json`.
    pub(crate) fn asks_for_json(&self) -> bool {
        match self {
            Self::Migrate(command) => command.asks_for_json(),
            Self::Verify(args) => args.asks_for_json(),
            Self::Demo(_)
            | Self::Init(_)
            | Self::Doctor(_)
            | Self::Local(_)
            | Self::Seed(_)
            | Self::Sync(_)
            | Self::Validate(_)
            | Self::Access(_)
            | Self::Reset(_)
            | Self::Backup(_)
            | Self::Restore(_)
            | Self::Deploy(_)
            | Self::Completions(_) => false,
        }
    }

    /// The command as it is typed, for JSON documents and `application_name`.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Demo(_) => "demo",
            Self::Init(_) => "init",
            Self::Doctor(_) => "doctor",
            Self::Local(command) => command.name(),
            Self::Migrate(command) => command.name(),
            Self::Seed(_) => "seed",
            Self::Sync(_) => "sync",
            Self::Verify(_) => "verify",
            Self::Validate(_) => "validate",
            Self::Access(_) => "access",
            Self::Reset(_) => "reset",
            Self::Backup(args) => args.name(),
            Self::Restore(_) => "restore",
            Self::Deploy(args) => args.name(),
            Self::Completions(_) => "completions",
        }
    }
}
