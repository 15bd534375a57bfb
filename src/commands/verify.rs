//! `crmctl verify`: whether two environments are the same. Reads only.

use clap::ValueEnum;

use crate::app::App;

use crate::environment::{Environment, EnvironmentName};
use crate::error::{ExitStatus, Result};
use crate::parity::{self, Level, Options, ParityReport};
use crate::pg::Session;

/// Compare two environments: schema, applied migrations, every row, and the test users
///
/// Reads only. Exit code 3 means that something differs, 0 that everything compared is equal; whatever keeps a table from
/// being read is an error and never a verdict. Rows that were masked or filtered differ from their source, and are told so; to
/// compare them as they were carried over: `crmctl sync --mode delta --dry-run`. docs/verify.md says what is compared, how, and what is not.
#[derive(Debug, clap::Args)]
pub(crate) struct VerifyArgs {
    /// The one environment [default: `sync.from` of crmctl.toml, else local]
    #[arg(long, value_name = "NAME")]
    from: Option<EnvironmentName>,
    /// The other environment [default: `sync.to` of crmctl.toml, else cloud]
    #[arg(long, value_name = "NAME")]
    to: Option<EnvironmentName>,
    /// What to compare
    #[arg(long, value_enum, default_value_t, value_name = "LEVEL")]
    level: Level,
    /// Show the values that differ, not only which columns; they may be personal data
    #[arg(long)]
    show_values: bool,
    /// How the answer is told; `junit` is for CI systems, `markdown` for comments on pull requests
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: Format,
}

/// How the answer is told.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum Format {
    #[default]
    Text,
    Json,
    Junit,
    Markdown,
}

impl VerifyArgs {
    /// Whether `--format` says what `--json` says.
    pub(crate) fn asks_for_json(&self) -> bool {
        self.format == Format::Json
    }
}

pub(crate) async fn run(app: &App, args: VerifyArgs) -> Result<ExitStatus> {
    let config = &app.project.sync;
    let from = app.environment(&args.from.unwrap_or_else(|| config.from.clone()))?;
    let to = app.environment(&args.to.unwrap_or_else(|| config.to.clone()))?;
    let (left, right) = (app.target(&from).await?, app.target(&to).await?);
    let (mut left, mut right) =
        tokio::try_join!(Session::open(&left, &app.cancel), Session::open(&right, &app.cancel))?;

    let options =
        Options { level: args.level, test_users: config.auth_users.clone(), show_values: args.show_values };
    let report = parity::verify(&mut left, &mut right, &options).await?;
    tokio::join!(left.close(), right.close());
    tell(app, args.format, &to, &report)
}

fn tell(app: &App, format: Format, to: &Environment, report: &ParityReport) -> Result<ExitStatus> {
    let outcome = report.exit_status();
    match format {
        Format::Text | Format::Json => {
            app.printer.annotate(&report.annotations())?;
            return app.report(outcome, Some(to), report);
        }
        Format::Junit => app.printer.answer(&report.junit())?,
        Format::Markdown => app.printer.answer(&report.markdown())?,
    }
    app.printer.summary(&report.title(), &report.markdown_body())?;
    Ok(outcome)
}
