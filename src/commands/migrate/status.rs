//! `crmctl migrate status`: how files and history stand to each other. Reads only.

use crate::app::App;
use crate::environment::EnvironmentName;
use crate::error::{ExitStatus, Result};
use crate::migration::{MigrationFile, StatusReport, history, squash};

/// Show which migrations are applied, pending, out of order, missing, edited or partly applied
#[derive(Debug, clap::Args)]
pub(crate) struct StatusArgs {
    /// Environment to look at, as named in crmctl.toml
    #[arg(long = "env", value_name = "NAME", default_value = "local")]
    environment: EnvironmentName,
    /// Exit with 3 unless every migration is applied
    #[arg(long)]
    exit_code: bool,
    /// Show every applied migration, however many there are
    #[arg(long)]
    all: bool,
}

pub(crate) async fn run(app: &App, args: StatusArgs) -> Result<ExitStatus> {
    let directory = MigrationFile::read_dir(&app.project.migrations)?;
    let environment = app.environment(&args.environment)?;
    let mut session = app.connect(&environment).await?;

    let history = history::read(&mut session).await?;
    session.close().await;
    let report = StatusReport::new(&directory, &history, &environment.name).whole(args.all);
    report.warnings.iter().for_each(|warning| app.printer.warning(warning));
    for advice in squash::folded::advice(&directory, &history, &environment.name) {
        app.printer.warning(&advice);
    }
    let outcome = if args.exit_code { report.exit_status() } else { ExitStatus::Success };
    app.report(outcome, Some(&environment), &report)
}
