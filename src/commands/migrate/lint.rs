//! `crmctl migrate lint`: dangers in migration files, found with or without a database.

use std::path::PathBuf;
use std::sync::Arc;

use clap::ValueEnum;

use crate::app::App;
use crate::catalog::Catalog;
use crate::deploy::{self, Observed};
use crate::environment::{Environment, EnvironmentName};
use crate::error::{ExitStatus, Result};
use crate::lint::{self, CatalogFinding, LintReport, LiveFacts, Severity};
use crate::local::ClusterOptions;
use crate::migration::{Directory, MigrationFile};

/// Look for dangers in migrations: lost data, long locks, missing security
///
/// Without `--env` all files are looked at as if the database were empty. With it, only the pending ones are, weighed
/// with the sizes of the tables they touch, and the schema they lead to is checked as well, on a throwaway server.
/// A comment above a statement silences a rule: `-- crmctl:allow RULE because ...`. Every rule has a page in docs/rules.
#[derive(Debug, clap::Args)]
pub(crate) struct LintArgs {
    /// Files or folders to look at; all migrations when none is named
    files: Vec<PathBuf>,
    /// Environment to weigh the findings with, and whose pending files are looked at when none is named
    #[arg(long = "env", value_name = "NAME")]
    environment: Option<EnvironmentName>,
    /// How the findings are told; `sarif` is for code scanning, `github` for annotations
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: Format,
    /// What makes the exit code 3, beside errors
    #[arg(long, value_name = "WHAT")]
    deny: Option<Denied>,
    /// Check the whole schema that all files make, and not only what the pending ones add to it
    #[arg(long)]
    catalog: bool,
}

/// How findings are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Text,
    Json,
    Sarif,
    Github,
}

/// What is as bad as an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Denied {
    Warnings,
    Notes,
}

impl LintArgs {
    /// Whether `--format` says what `--json` says.
    pub(crate) fn asks_for_json(&self) -> bool {
        self.format == Format::Json
    }

    fn denied(&self) -> Severity {
        match self.deny {
            None => Severity::Error,
            Some(Denied::Warnings) => Severity::Warning,
            Some(Denied::Notes) => Severity::Note,
        }
    }
}

pub(crate) async fn run(app: &App, args: LintArgs) -> Result<ExitStatus> {
    let named = lint::read_named(&args.files, &app.project.migrations)?;
    let environment = args.environment.as_ref().map(|name| app.environment(name)).transpose()?;
    let directory = match named {
        Some(_) if !args.catalog => Directory::default(),
        _ => MigrationFile::read_dir(&app.project.migrations)?,
    };

    let observed = match &environment {
        Some(environment) => Some(observe(app, environment).await?),
        None => None,
    };
    let files = named.unwrap_or_else(|| pending(&directory, observed.as_ref()));
    let files: Vec<&MigrationFile> = files.iter().map(|file| &**file).collect();
    let unknown = LiveFacts::default();
    let findings = lint::lint_with_notes(&files, observed.as_ref().map_or(&unknown, |seen| &seen.facts));
    let is_needed = args.catalog || (observed.is_some() && !files.is_empty() && args.files.is_empty());
    let catalog = if is_needed {
        check_schema(app, &directory, observed.filter(|_| !args.catalog)).await?
    } else {
        Vec::new()
    };
    let catalog = lint::catalog::without_told(catalog, &findings, &files);

    let shows_notes = app.printer.is_verbose();
    tell(app, &args, environment.as_ref(), &LintReport { files: files.len(), findings, catalog, shows_notes })
}

async fn observe(app: &App, environment: &Environment) -> Result<Observed> {
    let mut session = app.connect(environment).await?;
    let observed = deploy::observe(&mut session).await?;
    session.close().await;
    Ok(observed)
}

/// The files that an environment does not have yet; all of them where nobody asked one.
fn pending(directory: &Directory, observed: Option<&Observed>) -> Vec<Arc<MigrationFile>> {
    let is_pending =
        |file: &&Arc<MigrationFile>| observed.is_none_or(|seen| seen.history.get(&file.version).is_none());
    directory.files.iter().filter(is_pending).cloned().collect()
}

/// What is wrong with the schema that all files make: what is new compared to the environment, or everything.
async fn check_schema(
    app: &App,
    directory: &Directory,
    before: Option<Observed>,
) -> Result<Vec<CatalogFinding>> {
    let options = ClusterOptions::new(app.home(), app.search_path());
    match crate::replay::schema_of(directory, &options, &app.cancel).await {
        Ok(after) => {
            let before = before.map_or_else(Catalog::default, |seen| seen.catalog);
            Ok(lint::catalog::new_findings(&before, &after))
        }
        Err(failure) if app.cancel.is_raised() => Err(failure),
        Err(failure) => {
            let place = failure.location().map(|place| format!(" ({place})")).unwrap_or_default();
            app.printer.warning(&format!("the schema was not checked: {failure}{place}"));
            Ok(Vec::new())
        }
    }
}

fn tell(
    app: &App,
    args: &LintArgs,
    environment: Option<&Environment>,
    report: &LintReport,
) -> Result<ExitStatus> {
    let outcome = report.exit_status(args.denied());
    match args.format {
        Format::Text | Format::Json => {
            app.annotate(&report.findings)?;
            return app.report(outcome, environment, report);
        }
        Format::Sarif => app.printer.answer(&format!("{:#}", lint::sarif(report)))?,
        Format::Github => app.printer.answer(&report.annotations())?,
    }
    Ok(outcome)
}
