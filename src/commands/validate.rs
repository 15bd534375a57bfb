//! `crmctl validate`: whether a database is fit for a migration, or came out of one whole. Reads only.

use crate::access::AccessRequest;
use crate::app::App;
use crate::environment::EnvironmentName;
use crate::error::{ExitStatus, Result};
use crate::migration::{Directory, DirectoryError, MigrationFile};
use crate::ui::{Annotation, Level};
use crate::validate::{self, Depth, Phase, ValidateConfig, Validation, ValidationReport, Verdict};

/// Check a database before or after migrations: required tables, orphaned rows, RLS, indexes, slow queries
///
/// What must hold for this project stands in `validate.toml`; without it, what holds for every database is checked.
/// Ends with SAFE TO PROCEED, PROCEED WITH CAUTION or DO NOT PROCEED.
#[derive(Debug, clap::Args)]
pub(crate) struct ValidateArgs {
    /// Environment to look at, as named in crmctl.toml
    #[arg(long = "env", value_name = "NAME", default_value = "local")]
    environment: EnvironmentName,
    /// Before or after migrations
    #[arg(long, value_enum, default_value_t, value_name = "PHASE")]
    phase: Phase,
    /// Exit with 3 for warnings as well
    #[arg(long)]
    strict: bool,
    /// Look at the rows of valid foreign keys too: loads with triggers switched off pass them by
    #[arg(long)]
    deep: bool,
    /// Show keys of rows that break a rule; they may be personal data
    #[arg(long)]
    show_values: bool,
}

pub(crate) async fn run(app: &App, args: ValidateArgs) -> Result<ExitStatus> {
    let config = ValidateConfig::read(&app.project.root)?;
    let (access, expectations) = AccessRequest::of_project(&app.project)?;
    let directory = migrations(app)?;
    let environment = app.environment(&args.environment)?;
    let mut session = app.connect(&environment).await?;

    let validation = Validation {
        config: &config,
        phase: args.phase,
        depth: Depth { every_row: args.deep, show_values: args.show_values },
        directory: &directory,
        access: &access,
        expectations: expectations.as_ref(),
    };
    let report = validate::validate(&mut session, &validation).await?;
    session.close().await;
    annotate(app, &report)?;
    app.report(report.exit_status(args.strict), Some(&environment), &report)
}

/// A project without a folder of migrations has none.
fn migrations(app: &App) -> Result<Directory> {
    match MigrationFile::read_dir(&app.project.migrations) {
        Err(DirectoryError::Missing { .. }) => Ok(Directory::default()),
        directory => Ok(directory?),
    }
}

fn annotate(app: &App, report: &ValidationReport) -> Result<()> {
    let annotations: Vec<Annotation> = report
        .findings()
        .map(|check| Annotation {
            level: if check.verdict == Verdict::Error { Level::Error } else { Level::Warning },
            title: format!("validate: {}", check.rule.id()),
            message: check.message.clone(),
            location: check.location.clone(),
        })
        .collect();
    app.printer.annotate(&annotations)
}
