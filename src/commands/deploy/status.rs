//! `crmctl deploy status`: the last deploys, and what to type about one that is unfinished.

use crate::app::App;
use crate::deploy::{DeployStatus, ledger};
use crate::environment::EnvironmentName;
use crate::error::{ExitStatus, Result};
use crate::migration::history;
use crate::pg::lock_holder_query;

/// Show the last deploys, how far an unfinished one came, and what to type
#[derive(Debug, clap::Args)]
pub(crate) struct StatusArgs {
    /// Environment to look at, as named in crmctl.toml
    #[arg(long = "env", value_name = "NAME", default_value = "cloud")]
    environment: EnvironmentName,
    /// How many deploys to show
    #[arg(long, value_name = "COUNT", default_value_t = 10)]
    limit: u32,
    /// Exit with 3 when one is unfinished
    #[arg(long)]
    exit_code: bool,
}

pub(super) async fn run(app: &App, args: StatusArgs) -> Result<ExitStatus> {
    let environment = app.environment(&args.environment)?;
    let mut session = app.connect(&environment).await?;

    ledger::send(&mut session, args.limit)?;
    history::send(&mut session)?;
    session.send(&lock_holder_query())?;
    let journal = ledger::receive(&mut session).await?;
    let history = history::receive(&mut session).await?;
    let holder = session.receive().await?.ok()?.rows();
    session.close().await;

    let at_work = holder.first().and_then(|row| row.text("holder"));
    let report = DeployStatus::of(journal, &history, at_work, &environment.name);
    let is_unfinished = args.exit_code && report.unfinished.is_some();
    let outcome = if is_unfinished { ExitStatus::Differs } else { ExitStatus::Success };
    app.report(outcome, Some(&environment), &report)
}
