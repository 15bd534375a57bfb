//! A throwaway server on which stands what the applied migrations make.

use crate::cancel::Cancel;
use crate::catalog::Catalog;
use crate::drift::applied::applied_files;
use crate::drift::error::cannot_tell;
use crate::error::Result;
use crate::local::{Binaries, ClusterOptions, Grants};
use crate::migration::{self, Directory, History, Options};
use crate::replay::Replay;

/// What the migrations make that were applied to a database.
#[derive(Debug, Clone)]
pub struct Replayed {
    /// The schema.
    pub catalog: Catalog,
}

/// The same options for a throwaway server that is like the server of a database: of its major version, where
/// that is installed, and with the default rights its schema `public` has.
pub async fn like(options: &ClusterOptions, target: &Catalog, major: u32) -> ClusterOptions {
    let is_installed = Binaries::find_major(major, &options.search).await.is_ok();
    let major = if is_installed { Some(major) } else { options.major };
    ClusterOptions { major, grants: grants_of(target).unwrap_or(options.grants), ..options.clone() }
}

/// Which default rights the platform gave new tables in `public`; `None` where the database does not tell.
fn grants_of(target: &Catalog) -> Option<Grants> {
    let mut defaults = target.of_kind("default privileges");
    let (_, facts) =
        defaults.find(|(name, _)| name.schema == "public" && name.name == "postgres on tables")?;
    let is_open = facts.get("acl")?.as_array()?.iter().any(|entry| {
        entry.as_str().is_some_and(|entry| entry.starts_with("anon=") && entry.contains("INSERT"))
    });
    Some(if is_open { Grants::Legacy } else { Grants::Since2026 })
}

/// Starts a throwaway server and applies to it what was applied to a database with this history.
pub async fn replay(
    options: &ClusterOptions,
    directory: &Directory,
    history: &History,
    cancel: &Cancel,
) -> Result<Replay> {
    let mut replay = Replay::start(options, cancel).await?;
    match apply_applied(&mut replay, directory, history).await {
        Ok(()) => Ok(replay),
        Err(failure) => {
            replay.end().await?;
            Err(failure)
        }
    }
}

/// Applies to a fresh server what was applied to a database with this history.
pub(crate) async fn apply_applied(
    replay: &mut Replay,
    directory: &Directory,
    history: &History,
) -> Result<()> {
    let applied = applied_files(directory, history)?;
    let plan = migration::plan(&applied, &History::default(), &Options::default())?;
    replay.apply(plan).await.map(drop).map_err(cannot_tell)
}

/// What the migrations make that were applied to a database with this history.
///
/// Give [`like`] options, or servers that differ by nature are taken for drift. Fails where drift cannot be told.
pub async fn replayed_catalog(
    options: &ClusterOptions,
    directory: &Directory,
    history: &History,
    cancel: &Cancel,
) -> Result<Replayed> {
    let mut replay = replay(options, directory, history, cancel).await?;
    let catalog = replay.catalog().await;
    replay.end().await?;
    Ok(Replayed { catalog: catalog? })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::ObjectName;

    fn with_default(acl: &str) -> Catalog {
        let name = ObjectName {
            kind: "default privileges".into(),
            schema: "public".into(),
            name: "postgres on tables".into(),
        };
        let facts = serde_json::from_value(serde_json::json!({ "acl": [acl] })).expect("facts");
        Catalog { objects: [(name, facts)].into() }
    }

    #[test]
    fn the_default_rights_of_a_database_tell_when_its_project_was_made() {
        assert_eq!(grants_of(&with_default("anon=DELETE,INSERT,SELECT")), Some(Grants::Legacy));
        assert_eq!(grants_of(&with_default("postgres=DELETE,INSERT,SELECT")), Some(Grants::Since2026));
        assert_eq!(grants_of(&Catalog::default()), None);
    }
}
