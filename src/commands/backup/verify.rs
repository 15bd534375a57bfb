//! `crmctl backup verify`: whether the files of a backup are what they were.

use crate::app::App;
use crate::backup::{Store, VerifyReport};
use crate::error::{ExitStatus, Result};

/// Read every file of a backup and compare it with the manifest
#[derive(Debug, clap::Args)]
pub(crate) struct VerifyArgs {
    /// Name of the backup, its beginning, or `latest`
    id: String,
}

pub(crate) fn run(app: &App, args: &VerifyArgs) -> Result<ExitStatus> {
    let backup = Store::new(&app.project.backup.dir).find(&args.id)?;
    let report = VerifyReport::of(&backup);
    let outcome = if report.problems.is_empty() { ExitStatus::Success } else { ExitStatus::Differs };
    app.report(outcome, None, &report)
}
