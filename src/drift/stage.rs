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
    of_version(options, major, grants_of(target).unwrap_or(options.grants)).await
}

/// The same before the schema is known, with a guess at how its rights began.
pub(crate) async fn of_version(options: &ClusterOptions, major: u32, grants: Grants) -> ClusterOptions {
    let is_installed = Binaries::find_major(major, &options.search).await.is_ok();
    let major = if is_installed { Some(major) } else { options.major };
    ClusterOptions { major, grants, ..options.clone() }
}

/// Which default rights the platform gave new objects in `public`; `None` where the database does not tell.
///
/// Migrations change them too, most often those of tables alone: what two of the three kinds say is how it began.
fn grants_of(target: &Catalog) -> Option<Grants> {
    let opened = target
        .of_kind("default privileges")
        .filter(|(name, _)| name.schema == "public")
        .filter(|(name, _)| {
            ["postgres on tables", "postgres on sequences", "postgres on functions"]
                .contains(&name.name.as_str())
        })
        .map(|(_, facts)| {
            let acl = facts.get("acl").and_then(serde_json::Value::as_array);
            acl.is_some_and(|acl| acl.iter().filter_map(|entry| entry.as_str()).any(is_open_to_all))
        })
        .collect::<Vec<_>>();
    let open = opened.iter().filter(|is_open| **is_open).count();
    let is_legacy = open * 2 > opened.len();
    (!opened.is_empty()).then_some(if is_legacy { Grants::Legacy } else { Grants::Since2026 })
}

/// Whether an entry of an access list is what older projects give people who have not logged in.
fn is_open_to_all(entry: &str) -> bool {
    let rights = entry.strip_prefix("anon=").unwrap_or_default();
    ["INSERT", "USAGE", "EXECUTE"].iter().any(|right| rights.contains(right))
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

    fn with_defaults(defaults: &[(&str, &str)]) -> Catalog {
        let object = |(name, acl): &(&str, &str)| {
            let name = ObjectName {
                kind: "default privileges".into(),
                schema: "public".into(),
                name: format!("postgres on {name}"),
            };
            (name, serde_json::from_value(serde_json::json!({ "acl": [acl] })).expect("facts"))
        };
        Catalog { objects: defaults.iter().map(object).collect() }
    }

    #[test]
    fn the_default_rights_of_a_database_tell_when_its_project_was_made() {
        let open = with_defaults(&[("tables", "anon=DELETE,INSERT,SELECT"), ("functions", "anon=EXECUTE")]);
        let shut =
            with_defaults(&[("tables", "postgres=DELETE,INSERT,SELECT"), ("functions", "postgres=EXECUTE")]);

        assert_eq!(grants_of(&open), Some(Grants::Legacy));
        assert_eq!(grants_of(&shut), Some(Grants::Since2026));
        assert_eq!(grants_of(&Catalog::default()), None);
    }

    #[test]
    fn a_migration_that_opens_or_shuts_the_tables_of_later_migrations_does_not_hide_how_the_project_began() {
        let opened =
            [("functions", "postgres=EXECUTE"), ("sequences", "postgres=USAGE"), ("tables", "anon=INSERT")];
        let shut =
            [("functions", "anon=EXECUTE"), ("sequences", "anon=USAGE"), ("tables", "postgres=INSERT")];

        assert_eq!(grants_of(&with_defaults(&opened)), Some(Grants::Since2026));
        assert_eq!(grants_of(&with_defaults(&shut)), Some(Grants::Legacy));
    }
}
