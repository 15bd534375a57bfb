//! `crmctl migrate up`: apply the pending migrations to one environment.

use crate::app::App;
use crate::environment::{Environment, EnvironmentName, Protection};
use crate::error::{ExitStatus, Result};
use crate::lint::{self, LiveFacts};
use crate::migration::{self, MigrationFile, MigrationPlan, Options, Version, history};

/// Apply pending migrations, in version order, each in one transaction with its history row
#[derive(Debug, clap::Args)]
pub(crate) struct UpArgs {
    /// Environment to change, as named in crmctl.toml
    #[arg(long = "env", value_name = "NAME", default_value = "local")]
    environment: EnvironmentName,
    /// Stop after this version
    #[arg(long, value_name = "VERSION")]
    to: Option<Version>,
    /// Show what would be applied and change nothing
    #[arg(long)]
    dry_run: bool,
    /// Apply all files in one transaction: all of them or none
    #[arg(long)]
    single_transaction: bool,
    /// Also apply files that are older than something applied
    #[arg(long)]
    out_of_order: bool,
}

pub(crate) async fn run(app: &App, args: UpArgs) -> Result<ExitStatus> {
    let directory = MigrationFile::read_dir(&app.project.migrations)?;
    directory.warnings.iter().for_each(|warning| app.printer.warning(warning));
    let environment = app.environment(&args.environment)?;
    let mut session = app.connect(&environment).await?; // read-only until the plan is approved
    if !args.dry_run && app.asks_nobody(&environment) {
        session.lock_early()?; // nobody keeps others waiting by thinking about the plan
    }
    let history = history::read(&mut session).await?;
    let options =
        Options { to: args.to, out_of_order: args.out_of_order, single_transaction: args.single_transaction };
    let plan = migration::plan(&directory, &history, &options)?;
    if plan.is_empty() || args.dry_run {
        session.close().await;
        return app.report(ExitStatus::Success, Some(&environment), &plan);
    }
    let plan = with_dangers(plan, &environment);
    app.printer.plan(&plan)?;

    let approved = app.approve(plan, &environment)?;
    let report = migration::apply(&mut session, &approved, app.progress()).await?;
    session.close().await;
    app.report(ExitStatus::Success, Some(&environment), &report)
}

/// What lint found dangerous belongs to the question. An open environment asks nobody.
fn with_dangers(plan: MigrationPlan, environment: &Environment) -> MigrationPlan {
    if environment.protection == Protection::Open {
        return plan;
    }
    let files: Vec<&MigrationFile> = plan.steps.iter().map(|step| &*step.file).collect();
    let dangers = lint::hazards(&lint::lint(&files, &LiveFacts::default()));
    plan.with_dangers(dangers)
}
