//! `crmctl migrate lint`: dangers in migration files, found with or without a database.

use std::path::PathBuf;

use crate::app::App;
use crate::error::{ExitStatus, Result};
use crate::lint::{self, LiveFacts};
use crate::migration::MigrationFile;

/// Look for dangers in migrations: lost data, long locks, missing security
#[derive(Debug, clap::Args)]
pub(crate) struct LintArgs {
    /// Files to look at; all migrations when none is named
    files: Vec<PathBuf>,
}

pub(crate) fn run(app: &App, args: &LintArgs) -> Result<ExitStatus> {
    let directory = MigrationFile::read_dir(&app.project.migrations)?;
    let is_asked = |file: &&MigrationFile| {
        args.files.is_empty() || args.files.iter().any(|asked| asked.file_name() == file.path.file_name())
    };
    let files: Vec<&MigrationFile> = directory.files.iter().map(|file| &**file).filter(is_asked).collect();
    let findings = lint::lint_with_notes(&files, &LiveFacts::default());
    let report = lint::LintReport { files: files.len(), findings, ..lint::LintReport::default() };
    app.annotate(&report.findings)?;
    app.report(report.exit_status(lint::Severity::Error), None, &report)
}
