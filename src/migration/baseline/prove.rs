//! The proof: migrations run on a throwaway server must make the schema that the database has.

use std::sync::Arc;

use crate::catalog::{Catalog, diff};
use crate::environment::EnvironmentName;
use crate::error::{Failure, Kind, Result};
use crate::migration::baseline::plan::Proof;
use crate::migration::directory::Directory;
use crate::migration::file::MigrationFile;
use crate::migration::history;
use crate::migration::history_row::History;
use crate::migration::plan::{Options, plan};
use crate::migration::version::Version;
use crate::parity::sentence;
use crate::plan::Progress;
use crate::replay::Replay;

/// The versions up to which the files make the very schema that the database has: the first and the last of them.
/// Files between them change no schema.
pub(crate) async fn fitting_versions(
    replay: &mut Replay,
    directory: &Directory,
    wanted: &Catalog,
    progress: &dyn Progress,
) -> Result<Option<(Version, Version)>> {
    let wanted = wanted.hash();
    let mut fitting: Option<(Version, Version)> = None;
    for (index, file) in directory.files.iter().enumerate() {
        let so_far = Directory { files: directory.files[..=index].to_vec(), ..Directory::default() };
        let history = history::read(replay.session()).await?;
        match replay.apply(plan(&so_far, &history, &Options::default())?).await {
            Ok(_) => {}
            Err(failure) if failure.kind() == Kind::Interrupted => return Err(failure.without_done()),
            // What comes behind it cannot be run either.
            Err(_) => break,
        }
        progress.advance(1, &file.title());
        if replay.catalog().await?.hash() == wanted {
            let first = fitting.take().map_or_else(|| file.version.clone(), |(first, _)| first);
            fitting = Some((first, file.version.clone()));
        }
    }
    Ok(fitting)
}

/// Replays files and compares what they make with the schema of an environment.
pub(crate) async fn prove(
    replay: &mut Replay,
    files: Vec<Arc<MigrationFile>>,
    catalog: &Catalog,
    environment: &EnvironmentName,
) -> Result<Proof> {
    let directory = Directory { files, ..Directory::default() };
    match replay.apply(plan(&directory, &History::default(), &Options::default())?).await {
        Ok(_) => Ok(compared(&replay.catalog().await?, catalog, environment)),
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
