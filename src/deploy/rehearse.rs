//! Rehearsal: the pending files on a throwaway server that is like the target, before the target is touched.
//!
//! What the applied migrations make is compared with what the target is: that is drift, and it stops a deploy unless
//! it is allowed. Where there is drift that is allowed, or where the applied migrations do not run here, the rehearsal
//! takes place on a copy of the target's schema.

mod limit;
mod lock;
mod measure;
mod prediction;
mod relations;
mod report;
mod rows;
mod schema;

use std::collections::BTreeSet;

use crate::cancel::Cancel;
use crate::catalog::{Catalog, Difference, diff};
use crate::deploy::observe::Observed;
use crate::deploy::plan::{PlanError, check_schema};
use crate::drift;
use crate::error::{Failure, Kind, Result};
use crate::local::{ClusterOptions, EarlyShadow};
use crate::migration::{Directory, History, MigrationFile, MigrationPlan, history};
use crate::pg::{Session, TableName};
use crate::replay::Replay;
use crate::tools::SearchPath;

use self::prediction::predict;

pub use limit::ByteLimit;
pub use lock::LockMode;
pub use report::{
    BuiltIndex, Rehearsal, RehearsedFile, SizedTable, SlowStatement, Stage, TableLock, WrittenRows,
};

/// The name under which drift is allowed.
pub const ALLOW_DRIFT: &str = "drift";

/// What is to be rehearsed, and how.
#[derive(Clone, Copy)]
pub struct Request<'a> {
    /// What throwaway servers are made of.
    pub shadow: &'a ClusterOptions,
    /// The migrations.
    pub directory: &'a Directory,
    /// The target as it is.
    pub observed: &'a Observed,
    /// What is pending there.
    pub pending: &'a MigrationPlan,
    /// What was allowed by name.
    pub allowed: &'a [String],
    /// Rehearse with the rows of the tables that are touched, at most so many bytes of them.
    pub with_data: Option<u64>,
    /// Rehearse what would stop a deploy, too, and tell it with the rehearsal.
    pub goes_on: bool,
    /// Who may stop it.
    pub cancel: &'a Cancel,
}

/// Runs what is pending on a throwaway server that is like the target. Reads the target, and changes nothing there.
///
/// Pending files that do not run are the error they would be on the target; so is drift that was not allowed. Where no
/// throwaway server can be had or made like the target, the rehearsal did not take place, and says why.
///
/// A server that was begun early is taken, where it is like the target.
pub async fn rehearse(
    request: &Request<'_>,
    target: &mut Session,
    early: Option<EarlyShadow>,
) -> Result<Rehearsal> {
    let options = drift::like(request.shadow, &request.observed.catalog, request.observed.major).await;
    let replay = start(request, &options, early).await;
    let mut set = match Box::pin(build(request, &options, target, replay)).await? {
        Built::Ready(set) => *set,
        Built::Impossible(reason, objection) => {
            let objections = objection.into_iter().collect();
            return Ok(Rehearsal { objections, ..Rehearsal::skipped(reason) });
        }
    };
    let result = Box::pin(perform(request, &mut set)).await;
    let before = set.before;
    set.replay.end().await?;
    let mut rehearsal = result?;
    (rehearsal.drift, rehearsal.notes) = (set.drift, set.notes);
    rehearsal.objections.splice(..0, set.objection);
    if let Some(limit) = request.with_data {
        Box::pin(with_rows(request, (&options, target), (&mut rehearsal, &before), limit)).await?;
    }
    Ok(rehearsal)
}

/// A throwaway server that is like the target, or why there is none.
enum Built {
    Ready(Box<Set>),
    Impossible(String, Option<PlanError>),
}

/// A throwaway server that is like the target.
struct Set {
    replay: Replay,
    stage: Stage,
    before: Catalog,
    drift: Vec<String>,
    notes: Vec<String>,
    objection: Option<PlanError>,
}

async fn start(
    request: &Request<'_>,
    options: &ClusterOptions,
    early: Option<EarlyShadow>,
) -> Result<Replay> {
    let early = match early {
        Some(early) => early.take(options).await?,
        None => None,
    };
    match early {
        Some(shadow) => Replay::on(shadow, request.cancel).await,
        None => Replay::start(options, request.cancel).await,
    }
}

async fn build(
    request: &Request<'_>,
    options: &ClusterOptions,
    target: &mut Session,
    replay: Result<Replay>,
) -> Result<Built> {
    let mut replay = match replay {
        Ok(replay) => replay,
        Err(failure) if failure.kind() == Kind::Interrupted => return Err(failure),
        Err(failure) => return Ok(Built::Impossible(failure.to_string(), None)),
    };
    let mut objection = None;
    let (drift, note) = match from_migrations(&mut replay, request).await {
        Ok((before, differences)) if differences.is_empty() => {
            let (stage, drift, notes) = (Stage::Migrations, Vec::new(), Vec::new());
            return Ok(Built::Ready(Box::new(Set { replay, stage, before, drift, notes, objection })));
        }
        Ok((_, differences)) => {
            if !is_allowed(request) {
                objection = Some(PlanError::drift(target.target().environment.clone(), &differences));
            }
            (differences.iter().map(drift::in_words).collect(), drift_note(&differences))
        }
        Err(failure) if failure.kind() == Kind::Interrupted => {
            replay.end().await?;
            return Err(failure);
        }
        Err(failure) => (Vec::new(), failure.to_string()),
    };
    replay.end().await?;
    match objection {
        Some(objection) if !request.goes_on => return Err(objection.into()),
        Some(_) | None => {}
    }
    let note = format!("{note}; the rehearsal took place on a copy of the target's schema");
    Ok(match from_schema(request, options, target, (drift, note)).await? {
        Built::Ready(set) => Built::Ready(Box::new(Set { objection, ..*set })),
        Built::Impossible(reason, _) => Built::Impossible(reason, objection),
    })
}

fn is_allowed(request: &Request<'_>) -> bool {
    request.allowed.iter().any(|rule| rule.eq_ignore_ascii_case(ALLOW_DRIFT))
}

fn drift_note(differences: &[Difference]) -> String {
    let first: Vec<String> = differences.iter().take(3).map(drift::in_words).collect();
    let more = differences.len().saturating_sub(3);
    let more = if more == 0 { String::new() } else { format!(", and {more} more") };
    format!("there is drift: {}{more}", first.join(", "))
}

/// What the applied migrations make, and in what the target differs from it.
async fn from_migrations(replay: &mut Replay, request: &Request<'_>) -> Result<(Catalog, Vec<Difference>)> {
    drift::apply_applied(replay, request.directory, &request.observed.history).await?;
    let before = replay.catalog().await?;
    let differences = drift::differences(&before, &request.observed.catalog);
    Ok((before, differences))
}

async fn from_schema(
    request: &Request<'_>,
    options: &ClusterOptions,
    target: &mut Session,
    (drift, note): (Vec<String>, String),
) -> Result<Built> {
    let mut replay = Replay::start(options, request.cancel).await?;
    let plan = request.pending.on(&History::default());
    let known = (&request.observed.catalog, request.observed.major);
    match schema::copy_schema(&mut replay, target, known, (&plan, &options.search)).await {
        Ok(()) => {
            let before = replay.catalog().await?;
            let set = Set { replay, stage: Stage::Schema, before, drift, notes: vec![note], objection: None };
            Ok(Built::Ready(Box::new(set)))
        }
        Err(failure) => {
            replay.end().await?;
            if failure.kind() == Kind::Interrupted {
                return Err(failure);
            }
            Ok(Built::Impossible(failure.to_string(), None))
        }
    }
}

/// Runs the files and looks at what came of it.
async fn perform(request: &Request<'_>, set: &mut Set) -> Result<Rehearsal> {
    let files = run(request, &mut set.replay).await?;
    let after = set.replay.catalog().await?;
    let pending: Vec<&MigrationFile> = request.pending.steps.iter().map(|step| &*step.file).collect();
    let objection = check_schema((&set.before, &after), &pending, request.allowed).err();
    match objection {
        Some(objection) if !request.goes_on => return Err(objection.into()),
        Some(_) | None => {}
    }
    let predicted = predict(&set.before, &after, &request.observed.catalog);
    Ok(Rehearsal {
        skipped: None,
        stage: set.stage,
        drift: Vec::new(),
        notes: Vec::new(),
        duration: files.iter().map(|file| file.duration).sum(),
        rows: None,
        files,
        predicted_hash: predicted.as_ref().map(Catalog::hash),
        changes: diff(&set.before, &after),
        predicted,
        objections: objection.into_iter().collect(),
    })
}

async fn run(request: &Request<'_>, replay: &mut Replay) -> Result<Vec<RehearsedFile>> {
    let history = history::read(replay.session()).await?;
    let plan = request.pending.on(&history);
    let facts = &request.observed.facts;
    let rehearsed =
        replay.write(plan, async |writer, plan| measure::measure(writer, &plan.steps, facts).await);
    rehearsed.await.map_err(untouched)
}

/// Once more, with rows of the target: how long it takes there, and whether its rows let it.
async fn with_rows(
    request: &Request<'_>,
    (options, target): (&ClusterOptions, &mut Session),
    (rehearsal, before): (&mut Rehearsal, &Catalog),
    limit: u64,
) -> Result<()> {
    let wanted = rows::wanted((&rehearsal.files, &request.pending.steps), before)?;
    let mut replay = Replay::start(options, request.cancel).await?;
    let result =
        run_with_rows(request, (&options.search, target), &mut replay, (rehearsal.stage, &wanted, limit))
            .await;
    replay.end().await?;
    let (copied, files) = result?;
    rehearsal.notes.extend(copied.notes);
    rehearsal.rows = Some(copied.rows);
    rehearsal.duration = files.iter().map(|file| file.duration).sum();
    rehearsal.files = files;
    Ok(())
}

async fn run_with_rows(
    request: &Request<'_>,
    (search, target): (&SearchPath, &mut Session),
    replay: &mut Replay,
    (stage, wanted, limit): (Stage, &BTreeSet<TableName>, u64),
) -> Result<(rows::Copied, Vec<RehearsedFile>)> {
    match stage {
        Stage::Migrations => {
            drift::apply_applied(replay, request.directory, &request.observed.history).await?;
        }
        Stage::Schema => {
            let known = (&request.observed.catalog, request.observed.major);
            let plan = request.pending.on(&History::default());
            schema::copy_schema(replay, target, known, (&plan, search)).await?;
        }
    }
    let plan = request.pending.on(&history::read(replay.session()).await?);
    let copied = rows::copy(target, replay, &plan, (wanted, limit)).await?;
    let files =
        run(request, replay).await.map_err(|failure| failure.context("with the rows of the target"))?;
    Ok((copied, files))
}

/// What was committed on the shadow is not what the user shall read of.
fn untouched(failure: Failure) -> Failure {
    let kind = if failure.kind() == Kind::Interrupted { Kind::Interrupted } else { Kind::Failed };
    failure.context("the rehearsal failed, and the target was not touched").of_kind(kind).without_done()
}
