//! `crmctl init`: what a project needs to be worked on with crmctl.

use crate::app::App;
use crate::error::{ExitStatus, Result};
use crate::init::{self, Schema};

/// Set a project up: crmctl.toml, .env.production, .gitignore, workflows, seeds; overwrites nothing
#[derive(Debug, clap::Args)]
pub(crate) struct InitArgs {
    /// Also write the migrations of the CRM schema
    #[arg(long)]
    crm: bool,
    /// Show what would be written and write nothing
    #[arg(long)]
    dry_run: bool,
}

pub(crate) fn run(app: &App, args: &InitArgs) -> Result<ExitStatus> {
    let schema = if args.crm { Schema::Crm } else { Schema::Own };
    let plan = init::files(&init::observe(&app.project)?, schema)?;
    if args.dry_run {
        return app.report(ExitStatus::Success, None, &plan);
    }
    // No consent is asked: nothing that is there is touched, but for lines at the end of `.gitignore`.
    let report = init::write(&plan)?;
    app.report(ExitStatus::Success, None, &report)
}
