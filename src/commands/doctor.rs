//! `crmctl doctor`: whether the machine, the project and its environments are fit for work.

use crate::app::App;
use crate::doctor::{self, DoctorReport, Ensured, Inspection, SecretFile, Site, Subject};
use crate::error::{ExitStatus, Result};

/// Check this machine, the project and every environment, and say what to do about what is wrong
#[derive(Debug, clap::Args)]
pub(crate) struct DoctorArgs {
    /// Install PostgreSQL if there is none, and close files with secrets to others; asks before each
    #[arg(long)]
    fix: bool,
}

pub(crate) async fn run(app: &App, args: DoctorArgs) -> Result<ExitStatus> {
    let files = SecretFile::of(&app.project, app.named_env_file());
    let fixed = if args.fix { fix(app, &files).await? } else { Vec::new() };

    let names = app.project.environments.keys();
    let subject = |name| Subject::of(&app.project, name, &app.variables, app.env_file(name));
    let inspection = Inspection {
        project: &app.project,
        subjects: names.map(subject).collect(),
        files,
        server: app.local_server(),
        search: app.search_path(),
        cancel: &app.cancel,
    };
    let report = DoctorReport { fixed, ..doctor::inspect(&inspection).await? };
    app.report(report.exit_status(), None, &report)
}

/// What can be mended without a decision, each after consent. What it may not mend stays a problem of the report.
async fn fix(app: &App, files: &[SecretFile]) -> Result<Vec<String>> {
    let ensured = ensure_postgres(app).await?;
    let installed = |command| format!("installed PostgreSQL {}: `{command}`", ensured.binaries.version);
    let mut fixed: Vec<String> = ensured.installed_with.as_deref().map(installed).into_iter().collect();

    for file in files.iter().filter(|file| file.is_open()) {
        if !app.agree(&format!("close `{}` to all but its owner (chmod 600)?", file.name))? {
            continue;
        }
        match doctor::close(file) {
            Ok(()) => fixed.push(format!("closed `{}` to all but its owner", file.name)),
            Err(error) => app.printer.warning(&format!("`{}` cannot be closed: {error}", file.name)),
        }
    }
    Ok(fixed)
}

/// PostgreSQL's programs; where there are none they are installed after consent.
pub(crate) async fn ensure_postgres(app: &App) -> Result<Ensured> {
    let (home, search) = (app.home(), app.search_path());
    let site = Site { home: &home, search: &search, cancel: &app.cancel, progress: app.progress() };
    doctor::ensure_postgres(site, |question| app.agree(question)).await
}
