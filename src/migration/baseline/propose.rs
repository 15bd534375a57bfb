//! From a schema to a plan: which migrations are to be recorded, and the proof that they are the right ones.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::cancel::Cancel;
use crate::catalog::diff;
use crate::drift;
use crate::error::Result;
use crate::local::ClusterOptions;
use crate::migration::baseline::observe::{Observed, dump};
use crate::migration::baseline::plan::{BaselineError, BaselinePlan, Proof, check, plan};
use crate::migration::baseline::prove::{fitting_versions, prove};
use crate::migration::baseline::script::{EmptyProject, script};
use crate::migration::directory::{Directory, DirectoryError, VERSION_FORMAT, slug};
use crate::migration::file::MigrationFile;
use crate::migration::place::Place;
use crate::migration::refusal::PlanError;
use crate::migration::version::Version;
use crate::pg::{PgResult, Session};
use crate::plan::Progress;
use crate::replay::Replay;

/// What is asked for, and what it takes to prove it.
pub struct Request<'a> {
    /// The files there are.
    pub directory: &'a Directory,
    /// The newest of them that the database has, if somebody said so.
    pub to: Option<&'a Version>,
    /// What the file is called that is made where there are none.
    pub title: &'a str,
    /// The present time: it names that file.
    pub now: DateTime<Utc>,
    /// The throwaway server.
    pub options: &'a ClusterOptions,
    /// Who is told.
    pub progress: &'a dyn Progress,
    /// Who may stop it.
    pub cancel: &'a Cancel,
}

/// Decides what is to be recorded for the database of `session`, and proves it. Changes nothing but the throwaway server.
pub async fn propose(session: &Session, observed: &Observed, request: &Request<'_>) -> Result<BaselinePlan> {
    let place = Place::of(session.target());
    check(observed, &place)?;
    let draft = draft(request)?;
    let options = drift::like(request.options, &observed.catalog, observed.major).await;
    let mut replay = Replay::start(&options, request.cancel).await?;
    let result = match draft {
        Draft::Files(files) => {
            let proof = prove(&mut replay, files.clone(), &observed.catalog, &place.environment).await;
            proof.map(|proof| plan(files, None, proof, (observed, place)))
        }
        Draft::Unsaid { newest } => which_files(&mut replay, observed, request, (newest, place)).await,
        Draft::New { version, name } => {
            of_schema(&mut replay, (session, observed), request, (version, name)).await
        }
    };
    replay.end().await?;
    result
}

/// What is to be proved.
enum Draft {
    /// These files.
    Files(Vec<Arc<MigrationFile>>),
    /// Some of the files, and nobody said which.
    Unsaid {
        /// The newest there is.
        newest: Version,
    },
    /// A file that is still to be made.
    New {
        /// Its version.
        version: Version,
        /// Its name.
        name: String,
    },
}

fn draft(request: &Request<'_>) -> Result<Draft> {
    let files = &request.directory.files;
    match (request.to, files.last()) {
        (Some(to), _) if request.directory.get(to).is_none() => {
            Err(PlanError::UnknownVersion { version: to.clone() }.into())
        }
        (Some(to), _) => {
            let wanted = files.iter().filter(|file| file.version <= *to);
            Ok(Draft::Files(wanted.map(Arc::clone).collect()))
        }
        (None, Some(newest)) => Ok(Draft::Unsaid { newest: newest.version.clone() }),
        (None, None) => {
            let name = slug(request.title);
            if name.is_empty() {
                return Err(DirectoryError::EmptyTitle { title: request.title.to_owned() }.into());
            }
            let version = Version::stored(request.now.format(VERSION_FORMAT).to_string());
            Ok(Draft::New { version, name })
        }
    }
}

/// Says which version to name: nothing is recorded that nobody named.
async fn which_files(
    replay: &mut Replay,
    observed: &Observed,
    request: &Request<'_>,
    (newest, place): (Version, Place),
) -> Result<BaselinePlan> {
    let directory = request.directory;
    request.progress.phase("replaying migrations", directory.files.len() as u64);
    let fitting = fitting_versions(replay, directory, &observed.catalog, request.progress).await;
    request.progress.finish();
    Err(BaselineError::HasFiles {
        files: directory.files.len(),
        newest,
        fitting: fitting?,
        place: Box::new(place),
    }
    .into())
}

/// The schema as a first migration.
async fn of_schema(
    replay: &mut Replay,
    (session, observed): (&Session, &Observed),
    request: &Request<'_>,
    (version, name): (Version, String),
) -> Result<BaselinePlan> {
    let place = Place::of(session.target());
    if diff(&replay.catalog().await?, &observed.catalog).is_empty() {
        return Ok(plan(Vec::new(), None, Proof::Equal, (observed, place)));
    }
    let empty = empty_project(replay.session()).await?;
    let dump = dump(session, observed, &request.options.search, request.cancel).await?;
    let text = script(&dump, &observed.catalog, &observed.surroundings, &empty)?;
    let path = request.directory.path.join(format!("{version}_{name}.sql"));
    let file = Arc::new(MigrationFile::parse(version, name, &path, text.into_bytes())?);
    let proof = prove(replay, vec![Arc::clone(&file)], &observed.catalog, &place.environment).await?;
    Ok(plan(vec![file], Some(path), proof, (observed, place)))
}

async fn empty_project(session: &mut Session) -> PgResult<EmptyProject> {
    let mut sets = Vec::new();
    for query in [
        "select rolname as name from pg_catalog.pg_roles",
        "select extname as name from pg_catalog.pg_extension",
        "select name from pg_catalog.pg_available_extensions",
    ] {
        let rows = session.query(query).await?;
        sets.push(rows.iter().map(|row| row.get("name")).collect::<PgResult<_>>()?);
    }
    let mut sets = sets.into_iter();
    let mut next = || sets.next().unwrap_or_default();
    Ok(EmptyProject { roles: next(), installed: next(), available: next() })
}
