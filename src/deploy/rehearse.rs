//! Rehearsal: the applied and then the pending files on a throwaway server, before the target is touched.

use std::time::{Duration, Instant};

use serde::Serialize;

use crate::cancel::Cancel;
use crate::catalog::{Catalog, Difference, diff, snapshot};
use crate::environment::{Address, DatabaseUrl, Environment, EnvironmentName, Origin, Protection, Source};
use crate::error::{Failure, Kind, Result};
use crate::guard::{self, Answers};
use crate::local::{ClusterOptions, Shadow};
use crate::migration::{self, Directory, History, MigrationPlan, Options, Step, history};
use crate::pg::{PgResult, Session, Target};
use crate::plan::Silent;

/// What a rehearsal showed.
#[derive(Debug, Clone, Serialize)]
pub struct Rehearsal {
    /// Why it did not take place, if it did not.
    pub skipped: Option<String>,
    /// How long the pending files took.
    pub duration: Duration,
    /// What they change in the schema.
    #[serde(skip)]
    pub changes: Vec<Difference>,
}

/// Runs everything that is applied on a fresh server, then what is pending.
///
/// Applied files that do not run there (they may want an extension that only the platform has) make it a
/// rehearsal that did not take place; pending files that do not run are the error they would be on the target.
pub async fn rehearse(
    options: &ClusterOptions,
    directory: &Directory,
    pending: &MigrationPlan,
    cancel: &Cancel,
) -> Result<Rehearsal> {
    let shadow = match Shadow::start(options).await {
        Ok(shadow) => shadow,
        Err(error) => return Ok(skipped(&Failure::from(error))),
    };
    let result = rehearse_on(&shadow, directory, pending, cancel).await;
    shadow.end().await?;
    result
}

async fn rehearse_on(
    shadow: &Shadow,
    directory: &Directory,
    pending: &MigrationPlan,
    cancel: &Cancel,
) -> Result<Rehearsal> {
    let url: DatabaseUrl = shadow.url().parse()?;
    let environment = environment(&url)?;
    let application_name = "crmctl rehearsal".to_owned();
    let target = Target { environment: environment.name.clone(), url, application_name };
    let mut session = Session::open(&target, cancel).await?;

    let is_pending = |step: &Step| pending.steps.iter().any(|other| other.file.version == step.file.version);
    let mut applied = migration::plan(directory, &History::default(), &Options::default())?;
    applied.steps.retain(|step| !is_pending(step));
    if let Err(failure) = run(&mut session, applied, &environment).await {
        return if cancel.is_raised() { Err(failure) } else { Ok(skipped(&failure)) };
    }
    let before = catalog(&mut session).await?;
    let history = history::read(&mut session).await?;
    let rest = migration::plan(directory, &history, &Options { out_of_order: true, ..Options::default() })?;
    let started = Instant::now();
    run(&mut session, rest, &environment).await.map_err(untouched)?;
    let duration = started.elapsed();
    let after = catalog(&mut session).await?;
    session.close().await;
    Ok(Rehearsal { skipped: None, duration, changes: diff(&before, &after) })
}

/// What was committed on the shadow is not what the user shall read of.
fn untouched(failure: Failure) -> Failure {
    let kind = if failure.kind() == Kind::Interrupted { Kind::Interrupted } else { Kind::Failed };
    failure.context("the rehearsal failed, and the target was not touched").of_kind(kind).without_done()
}

fn skipped(failure: &Failure) -> Rehearsal {
    Rehearsal { skipped: Some(failure.to_string()), duration: Duration::ZERO, changes: Vec::new() }
}

async fn run(session: &mut Session, plan: MigrationPlan, environment: &Environment) -> Result<()> {
    if plan.is_empty() {
        return Ok(());
    }
    let approved = guard::approve(plan, environment, &Answers { yes: false, confirm: None, ask: None })?;
    migration::apply(session, &approved, &Silent).await.map(drop)
}

/// The schema, read with the settings it must be read with: migrations may have changed them.
pub(crate) async fn catalog(session: &mut Session) -> PgResult<Catalog> {
    session.run("reset role; reset all; set search_path = ''").await?;
    Catalog::from_rows(&session.query(&snapshot::query()).await?)
}

/// The shadow as an environment that asks nobody: it is gone in a moment.
fn environment(url: &DatabaseUrl) -> Result<Environment> {
    let name: EnvironmentName = "shadow".parse().map_err(anyhow::Error::new)?;
    let origin =
        Origin::Url { url: Box::new(url.clone()), address: Address::of(url), source: Source::Default };
    Ok(Environment { name, protection: Protection::Open, origin, warnings: Vec::new() })
}
