//! Options that every command has.

use std::path::PathBuf;

use clap::Args;

use crate::ui::ColourChoice;

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
