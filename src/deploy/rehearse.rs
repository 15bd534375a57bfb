//! Rehearsal: the applied and then the pending files on a throwaway server, before the target is touched.

use std::time::{Duration, Instant};

use serde::Serialize;

use crate::cancel::Cancel;
use crate::catalog::{Difference, diff};
use crate::error::{Failure, Kind, Result};
use crate::local::ClusterOptions;
use crate::migration::{self, Directory, History, MigrationPlan, Options, Step, history};
use crate::replay::Replay;

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
    let mut replay = match Replay::start(options, cancel).await {
        Ok(replay) => replay,
        Err(failure) => return Ok(skipped(&failure)),
    };
    let result = rehearse_on(&mut replay, directory, pending, cancel).await;
    replay.end().await?;
    result
}

async fn rehearse_on(
    replay: &mut Replay,
    directory: &Directory,
    pending: &MigrationPlan,
    cancel: &Cancel,
) -> Result<Rehearsal> {
    let is_pending = |step: &Step| pending.steps.iter().any(|other| other.file.version == step.file.version);
    let mut applied = migration::plan(directory, &History::default(), &Options::default())?;
    applied.steps.retain(|step| !is_pending(step));
    if let Err(failure) = replay.apply(applied).await {
        return if cancel.is_raised() { Err(failure) } else { Ok(skipped(&failure)) };
    }
    let before = replay.catalog().await?;
    let history = history::read(replay.session()).await?;
    let rest = migration::plan(directory, &history, &Options { out_of_order: true, ..Options::default() })?;
    let started = Instant::now();
    replay.apply(rest).await.map_err(untouched)?;
    let duration = started.elapsed();
    let after = replay.catalog().await?;
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
