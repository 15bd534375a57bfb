//! `crmctl verify`: whether two environments are the same. Reads only.

use crate::app::App;
use crate::environment::EnvironmentName;
use crate::error::{ExitStatus, Result};
use crate::parity::{self, Level, Options};
use crate::pg::Session;

/// Compare two environments: schema, applied migrations, every row, and the test users
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
    app.report(report.exit_status(), Some(&to), &report)
}
