//! The proof: migrations run on a throwaway server must make the schema that the database has.

use std::path::PathBuf;
use std::sync::Arc;

use crate::cancel::Cancel;
use crate::catalog::{Catalog, diff};
use crate::environment::EnvironmentName;
use crate::error::{Failure, Kind, Result};
use crate::local::ClusterOptions;
use crate::migration::baseline::observe::{Observed, dump};
use crate::migration::baseline::plan::Proof;
use crate::migration::baseline::script::{EmptyProject, script};
use crate::migration::directory::Directory;
use crate::migration::file::MigrationFile;
use crate::migration::history_row::History;
use crate::migration::plan::{Options, plan};
use crate::migration::version::Version;
use crate::parity::sentence;
use crate::pg::{PgResult, Session};
use crate::replay::Replay;

/// A migration that is to be made of a schema.
#[derive(Debug, Clone)]
pub struct Draft {
    /// Its version.
    pub version: Version,
    /// Its name.
    pub name: String,
    /// Where it will be.
    pub path: PathBuf,
}

/// Makes a migration of the schema and proves it. Nothing where the database has nothing of its own.
pub async fn prove_dump(
    session: &Session,
    observed: &Observed,
    options: &ClusterOptions,
    (draft, cancel): (Draft, &Cancel),
) -> Result<Option<(Arc<MigrationFile>, Proof)>> {
    let mut replay = Replay::start(options, cancel).await?;
    let result = async {
        if diff(&replay.catalog().await?, &observed.catalog).is_empty() {
            return Ok(None);
        }
        let empty = empty_project(replay.session()).await?;
        let dump = dump(session, observed, &options.search, cancel).await?;
        let text = script(&dump, &observed.catalog, &observed.surroundings, &empty)?;
        let file = MigrationFile::parse(draft.version, draft.name, &draft.path, text.into_bytes())?;
        let file = Arc::new(file);
        let proof = prove(&mut replay, vec![Arc::clone(&file)], observed, session).await?;
        Ok(Some((file, proof)))
    }
    .await;
    replay.end().await?;
    result
}

/// Proves that files make the schema which the database has.
pub async fn prove_files(
    session: &Session,
    observed: &Observed,
    options: &ClusterOptions,
    (files, cancel): (Vec<Arc<MigrationFile>>, &Cancel),
) -> Result<Proof> {
    let mut replay = Replay::start(options, cancel).await?;
    let result = prove(&mut replay, files, observed, session).await;
    replay.end().await?;
    result
}

async fn prove(
    replay: &mut Replay,
    files: Vec<Arc<MigrationFile>>,
    observed: &Observed,
    session: &Session,
) -> Result<Proof> {
    let directory = Directory { files, ..Directory::default() };
    match replay.apply(plan(&directory, &History::default(), &Options::default())?).await {
        Ok(_) => {
            let made = replay.catalog().await?;
            Ok(compared(&made, &observed.catalog, &session.target().environment))
        }
        Err(failure) if failure.kind() == Kind::Interrupted => Err(failure.without_done()),
        Err(failure) => Ok(not_run(&failure)),
    }
}

fn compared(made: &Catalog, catalog: &Catalog, environment: &EnvironmentName) -> Proof {
    let words = |difference| sentence(difference, "the migrations", environment.as_str());
    let differences: Vec<String> = diff(made, catalog).iter().map(words).collect();
    if differences.is_empty() { Proof::Equal } else { Proof::Differs { differences } }
}

fn not_run(failure: &Failure) -> Proof {
    let at = failure.location().map(|location| format!("{location}: ")).unwrap_or_default();
    Proof::NotRun { why: format!("{at}{failure}") }
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
