//! `crmctl completions`: shell completions.

use clap::CommandFactory;
use clap_complete::Shell;

use crate::app::App;
use crate::cli::Cli;
use crate::error::{ExitStatus, Result};

/// Print completions for a shell, to be put where it looks for them
#[derive(Debug, clap::Args)]
pub(crate) struct CompletionsArgs {
    /// Which shell
    shell: Shell,
}

pub(crate) fn run(app: &App, args: &CompletionsArgs) -> Result<ExitStatus> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "crmctl", &mut script);
    app.printer.answer(String::from_utf8_lossy(&script).trim_end())?;
    Ok(ExitStatus::Success)
}
