//! The command line as types. The doc comments here and in `commands/` are the help pages; no logic.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::commands;
use crate::ui::ColourChoice;

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

/// Options every command has.
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Global options")]
pub(crate) struct GlobalArgs {
    /// Folder of the project, instead of the one around the current folder
    #[arg(long, global = true, value_name = "DIR")]
    pub(crate) project: Option<PathBuf>,
    /// File with variables, instead of the one an environment names in crmctl.toml
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) env_file: Option<PathBuf>,
    /// Print one JSON document on stdout
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// Print the answer and errors only
    #[arg(long, short, global = true, conflicts_with = "verbose")]
    pub(crate) quiet: bool,
    /// Print more about what is done
    #[arg(long, short, global = true)]
    pub(crate) verbose: bool,
    /// Colours: `auto` honours `NO_COLOR` and terminals
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    pub(crate) color: ColourChoice,
    /// Agree to what a guarded environment asks; a protected one wants `--confirm NAME`
    #[arg(long, short, global = true)]
    pub(crate) yes: bool,
    /// The word that would be typed: the name of a protected environment, or RESET
    #[arg(long, global = true, value_name = "WORD", env = "CRMCTL_CONFIRM", hide_env_values = true)]
    pub(crate) confirm: Option<String>,
}

/// Every command.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Demo(commands::demo::DemoArgs),
    Init(commands::init::InitArgs),
    Doctor(commands::doctor::DoctorArgs),
    /// A PostgreSQL server of crmctl's own, with what Supabase puts into a database
    #[command(subcommand)]
    Local(commands::local::LocalCommand),
    /// Migrations: the same folder and the same history as the Supabase CLI
    #[command(subcommand)]
    Migrate(commands::migrate::MigrateCommand),
    Seed(commands::seed::SeedArgs),
    Sync(commands::sync::SyncArgs),
    Verify(commands::verify::VerifyArgs),
    Reset(commands::reset::ResetArgs),
    Backup(commands::backup::BackupArgs),
    Restore(commands::restore::RestoreArgs),
    Deploy(commands::deploy::DeployArgs),
    Completions(commands::completions::CompletionsArgs),
}

impl Command {
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
            Self::Reset(_) => "reset",
            Self::Backup(args) => args.name(),
            Self::Restore(_) => "restore",
            Self::Deploy(_) => "deploy",
            Self::Completions(_) => "completions",
        }
    }
}
