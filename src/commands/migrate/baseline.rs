//! `crmctl migrate baseline`: a history for a database that has a schema and none. Nothing is run in it.

use std::sync::Arc;

use crate::app::App;
use crate::drift;
use crate::environment::EnvironmentName;
use crate::error::{ExitStatus, Result};
use crate::local::ClusterOptions;
use crate::migration::baseline::{self, BaselinePlan, Draft, Observed, Proof};
use crate::migration::directory::slug;
use crate::migration::place::Place;
use crate::migration::{Directory, DirectoryError, MigrationFile, PlanError, Version};
use crate::pg::Session;

/// Give a database that has a schema and no history one, without running anything in it
///
/// Where there are no migration files, the schema becomes the first one. Where there are, `--to` names the newest that
/// the database has already. Either way the files are first replayed on a throwaway server; unless they make the very
/// schema of the database, the differences are shown, nothing is recorded, and the exit code is 3.
#[derive(Debug, clap::Args)]
pub(crate) struct BaselineArgs {
    /// Environment whose schema it is, as named in crmctl.toml
    #[arg(long = "env", value_name = "NAME", default_value = "local")]
    environment: EnvironmentName,
    /// What the file that is made is called
    #[arg(long, value_name = "TITLE", default_value = "baseline", conflicts_with = "to")]
    name: String,
    /// Record the files up to this version as applied
    #[arg(long, value_name = "VERSION")]
    to: Option<Version>,
    /// Record them although the replay made another schema
    #[arg(long)]
    accept_differences: bool,
    /// Show what would be recorded, prove it, and change nothing
    #[arg(long)]
    dry_run: bool,
}

pub(crate) async fn run(app: &App, args: BaselineArgs) -> Result<ExitStatus> {
    let directory = Directory::read_or_empty(&app.project.migrations)?;
    let environment = app.environment(&args.environment)?;
    let mut session = app.connect(&environment).await?; // read-only until the plan is approved

    let observed = baseline::observe(&mut session).await?;
    let place = Place::of(session.target());
    baseline::check(&directory, &observed, args.to.as_ref(), &place)?;
    let plan = match &args.to {
        Some(to) => of_files(app, &session, (&directory, to), (&observed, place)).await?,
        None => of_schema(app, &session, (&directory, &args.name), (&observed, place)).await?,
    };
    let is_good = plan.is_empty() || plan.is_proved() || args.accept_differences;
    if plan.is_empty() || !is_good || args.dry_run {
        session.close().await;
        let outcome = if is_good { ExitStatus::Success } else { ExitStatus::Differs };
        return app.report(outcome, Some(&environment), &plan);
    }
    app.printer.plan(&plan)?;

    let approved = app.approve(plan, &environment)?;
    let report = baseline::apply(&mut session, &approved, app.progress()).await?;
    session.close().await;
    app.report(ExitStatus::Success, Some(&environment), &report)
}

/// The schema as a first migration, proved.
async fn of_schema(
    app: &App,
    session: &Session,
    (directory, title): (&Directory, &str),
    (observed, place): (&Observed, Place),
) -> Result<BaselinePlan> {
    let name = slug(title);
    if name.is_empty() {
        return Err(DirectoryError::EmptyTitle { title: title.to_owned() }.into());
    }
    let version = Version::stored(app.now().format("%Y%m%d%H%M%S").to_string());
    let path = directory.path.join(format!("{version}_{name}.sql"));
    let draft = Draft { version, name, path: path.clone() };
    let options = like(app, observed).await;
    Ok(match baseline::prove_dump(session, observed, &options, (draft, &app.cancel)).await? {
        Some((file, proof)) => baseline::plan(vec![file], Some(path), proof, (observed, place)),
        None => baseline::plan(Vec::new(), None, Proof::Equal, (observed, place)),
    })
}

/// The files up to a version, proved.
async fn of_files(
    app: &App,
    session: &Session,
    (directory, to): (&Directory, &Version),
    (observed, place): (&Observed, Place),
) -> Result<BaselinePlan> {
    if directory.get(to).is_none() {
        return Err(PlanError::UnknownVersion { version: to.clone() }.into());
    }
    let files = directory.files.iter().filter(|file| file.version <= *to);
    let files: Vec<Arc<MigrationFile>> = files.map(Arc::clone).collect();
    let options = like(app, observed).await;
    let proof = baseline::prove_files(session, observed, &options, (files.clone(), &app.cancel)).await?;
    Ok(baseline::plan(files, None, proof, (observed, place)))
}

/// A throwaway server that is like the database's.
async fn like(app: &App, observed: &Observed) -> ClusterOptions {
    let options = ClusterOptions::new(app.home(), app.search_path());
    drift::like(&options, &observed.catalog, observed.major).await
}
