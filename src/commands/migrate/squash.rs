//! `crmctl migrate squash`: many migrations become one that makes the same.

use std::sync::Arc;

use crate::app::App;
use crate::environment::{Environment, EnvironmentName};
use crate::error::{ExitStatus, Failure, Result};
use crate::guard::Approved;
use crate::local::ClusterOptions;
use crate::migration::squash::{self, HistoryPlan, SquashError, SquashReport};
use crate::migration::{MigrationFile, Version, history};
use crate::pg::Session;

/// Fold migrations into one, proved to make the same schema and the same rows
///
/// The old files run on one throwaway server and the new file on another; only when both are the same is the folder
/// touched. The old files move to the folder `squashed` below that of the migrations, which no tool looks into.
#[derive(Debug, clap::Args)]
pub(crate) struct SquashArgs {
    /// Fold nothing newer than this version
    #[arg(long, value_name = "VERSION", conflicts_with = "history_only")]
    to: Option<Version>,
    /// What the new file is called
    #[arg(long, value_name = "TITLE", default_value = "squashed", conflicts_with = "history_only")]
    name: String,
    /// Fold the history of this environment as well; can be repeated
    #[arg(long = "env", value_name = "NAME")]
    environments: Vec<EnvironmentName>,
    /// Fold histories only, to match files that were folded earlier
    #[arg(long, requires = "environments")]
    history_only: bool,
    /// Fold and prove, show what would be done, and change nothing
    #[arg(long)]
    dry_run: bool,
}

pub(crate) async fn run(app: &App, args: SquashArgs) -> Result<ExitStatus> {
    let directory = MigrationFile::read_dir(&app.project.migrations)?;
    let mut report = SquashReport::default();
    if !args.dry_run {
        squash::finish(&directory.path, &directory.folded)?;
        report.moved.clone_from(&directory.folded);
    }
    if args.history_only {
        return histories_only(app, &args, &directory.files, report).await;
    }
    let plan = squash::plan(&directory, args.to.as_ref(), &args.name)?;
    if plan.is_empty() {
        return app.report(ExitStatus::Success, None, &report);
    }
    let shadow = ClusterOptions::new(app.home(), app.search_path());
    let watch = (&app.cancel, app.progress());
    let folded = squash::fold(&shadow, &app.search_path(), &plan, watch).await?;
    let mut histories = Vec::new();
    for name in &args.environments {
        let found = observe(app, name, &folded.file, &plan.files).await?;
        keep(app, found, &mut histories, &mut report)?;
    }
    if args.dry_run {
        return app.report(ExitStatus::Success, None, &plan);
    }
    app.printer.plan(&plan)?;
    let histories = approve(app, histories)?;

    squash::put_in_place(&plan, &folded.text)?;
    report.folded = plan.files.len();
    report.archive = Some(plan.archive.clone());
    report.file = Some(plan.path.clone());
    rewrite(app, histories, report).await
}

/// For databases whose turn comes later: the files were folded already.
async fn histories_only(
    app: &App,
    args: &SquashArgs,
    files: &[Arc<MigrationFile>],
    mut report: SquashReport,
) -> Result<ExitStatus> {
    let newest = files.iter().rfind(|file| !file.directives.squashed_from.is_empty());
    let Some(file) = newest else { return Err(SquashError::NothingFolded.into()) };
    let old = squash::archived(&app.project.migrations, file)?;
    let mut histories = Vec::new();
    for name in &args.environments {
        let found = observe(app, name, file, &old).await?;
        keep(app, found, &mut histories, &mut report)?;
    }
    if args.dry_run {
        return app.report(ExitStatus::Success, None, &report);
    }
    let histories = approve(app, histories)?;
    rewrite(app, histories, report).await
}

type Found = (Environment, Session, Option<HistoryPlan>);

/// What is to be done to the history of one environment.
async fn observe(
    app: &App,
    name: &EnvironmentName,
    file: &Arc<MigrationFile>,
    old: &[Arc<MigrationFile>],
) -> Result<Found> {
    let environment = app.environment(name)?;
    let mut session = app.connect(&environment).await?; // read-only until the plan is approved
    let history = history::read(&mut session).await?;
    let plan = squash::plan_history(name, file, old, &history)?;
    Ok((environment, session, plan))
}

fn keep(
    app: &App,
    (environment, session, plan): Found,
    histories: &mut Vec<(Environment, Session, HistoryPlan)>,
    report: &mut SquashReport,
) -> Result<()> {
    match plan {
        None => report.unchanged.push(environment.name),
        Some(plan) => {
            app.printer.plan(&plan)?;
            histories.push((environment, session, plan));
        }
    }
    Ok(())
}

type Agreed = Vec<(Session, Approved<HistoryPlan>)>;

/// Everybody is asked before anything is touched.
fn approve(app: &App, histories: Vec<(Environment, Session, HistoryPlan)>) -> Result<Agreed> {
    let approve = |(environment, session, plan): (Environment, Session, HistoryPlan)| {
        Ok((session, app.approve(plan, &environment)?))
    };
    histories.into_iter().map(approve).collect()
}

async fn rewrite(app: &App, histories: Agreed, mut report: SquashReport) -> Result<ExitStatus> {
    for (mut session, approved) in histories {
        if let Err(failure) = squash::rewrite(&mut session, &approved, app.progress()).await {
            return Err(after(failure, approved.environment(), &report));
        }
        report.histories.push(approved.environment().clone());
        session.close().await;
    }
    app.report(ExitStatus::Success, None, &report)
}

/// What was done before a failure stays, and the rest can be done later.
fn after(failure: Failure, environment: &EnvironmentName, report: &SquashReport) -> Failure {
    let help = format!("`crmctl migrate squash --history-only --env {environment}` goes on");
    let failure = failure.with_help(help);
    if report.file.is_none() && report.histories.is_empty() { failure } else { failure.after_changes(report) }
}
