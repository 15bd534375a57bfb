//! `crmctl seed`: three test users, and rows for each to work with.

use crate::app::App;
use crate::environment::EnvironmentName;
use crate::error::{ExitStatus, Result};
use crate::plan::Plan as _;
use crate::seed::{self, What};

/// Create the test users and their data, or bring them back to what `seeds/` describes
///
/// Generated rows bear a mark in their keys: they are brought back to what the description says, also where somebody
/// edited them; rows that people added stay as they are. The same files give the same rows on every machine and on
/// every day, and a second run says that there is nothing to do. Another `--scale` adds or removes exactly the
/// difference. Tables of your own are described in `seeds/seed.toml`: see docs/seed.md.
#[derive(Debug, clap::Args)]
pub(crate) struct SeedArgs {
    /// What to seed
    #[arg(value_enum, value_name = "WHAT", default_value = "all")]
    what: What,
    /// Environment to seed, as named in crmctl.toml
    #[arg(long = "env", value_name = "NAME", default_value = "local")]
    environment: EnvironmentName,
    /// Times as many rows as `seeds/` says
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = scale)]
    scale: u32,
    /// Show the plan, with the first rows of tables of your own, and change nothing
    #[arg(long)]
    dry_run: bool,
}

pub(crate) async fn run(app: &App, args: SeedArgs) -> Result<ExitStatus> {
    let target = app.environment(&args.environment)?;
    let seeding = app.seeding(&target, args.what, args.scale)?;
    let request = seeding.request();

    let mut session = app.connect(&target).await?; // read-only until a plan is approved
    let observation = seed::observe(&mut session, &request).await?;
    let mut plan = seed::plan(&request, observation)?;
    if !args.dry_run {
        plan.samples.clear(); // who wants the rows need not read about them
    }
    if args.dry_run || plan.hazards().is_empty() {
        session.close().await;
        return app.report(ExitStatus::Success, Some(&target), &plan);
    }
    app.printer.plan(&plan)?;

    let approved = app.approve(plan, &target)?;
    let report = seed::apply(&mut session, &approved, app.progress()).await?;
    session.close().await;
    app.report(ExitStatus::Success, Some(&target), &report)
}

fn scale(text: &str) -> std::result::Result<u32, String> {
    let number = text.parse().ok().filter(|number| (1..=100_000).contains(number));
    number.ok_or_else(|| {
        "write a whole number from 1 to 100000; for fewer rows see `seeds/data.toml`".to_owned()
    })
}
