//! The proof: migrations run on a throwaway server must make the schema that the database has.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::catalog::{Catalog, Difference, Facts, ObjectName, diff, managed};
use crate::environment::EnvironmentName;
use crate::error::{Failure, Kind, Result};
use crate::migration::baseline::plan::Proof;
use crate::migration::directory::Directory;
use crate::migration::file::MigrationFile;
use crate::migration::history_row::{History, HistoryRow};
use crate::migration::plan::{Options, plan};
use crate::migration::version::Version;
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
    let (hash, counts) = (wanted.schema_hash(), counts(wanted));
    let mut history = History { recorded: false, ..History::default() };
    let mut fitting: Option<(Version, Version)> = None;
    for (index, file) in directory.files.iter().enumerate() {
        let so_far = Directory { files: directory.files[..=index].to_vec(), ..Directory::default() };
        match replay.apply(plan(&so_far, &history, &Options::default())?).await {
            Ok(_) => {}
            Err(failure) if failure.kind() == Kind::Interrupted => return Err(failure.without_done()),
            // What comes behind it cannot be run either.
            Err(_) => break,
        }
        progress.advance(1, &file.title());
        history.recorded = true;
        let (version, name) = (file.version.clone(), Some(file.name.clone()));
        history.rows.push(HistoryRow { version, name, statements: None });
        // Reading a whole catalog takes its time; a thousand times is too much.
        let rows = replay.session().query(&counts_query()).await?;
        let has = |column: &str| rows.first().map_or(Ok(0), |row| row.get::<usize>(column));
        if [has("tables")?, has("columns")?, has("policies")?] == counts
            && replay.catalog().await?.schema_hash() == hash
        {
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

/// How many tables, columns of them, and policies a schema has.
fn counts(catalog: &Catalog) -> [usize; 3] {
    let tables: BTreeSet<(&str, &str)> =
        catalog.of_kind("table").map(|(name, _)| (name.schema.as_str(), name.name.as_str())).collect();
    let of_table = |name: &ObjectName, facts: &Facts| {
        let table = facts.get("table").and_then(serde_json::Value::as_str);
        table.is_some_and(|table| tables.contains(&(name.schema.as_str(), table)))
    };
    let of = |kind| catalog.of_kind(kind).filter(|(name, facts)| of_table(name, facts)).count();
    [tables.len(), of("column"), of("policy")]
}

/// The same of a database, quickly.
fn counts_query() -> String {
    format!(
        "with t as materialized (select c.oid from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace \
         where c.relkind in ('r', 'p') and {} and not exists (select from pg_catalog.pg_depend d where d.deptype = 'e' \
         and d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.objid = c.oid)) \
         select (select count(*) from t) as tables, \
         (select count(*) from pg_catalog.pg_attribute a join t on t.oid = a.attrelid where a.attnum > 0 and not a.attisdropped) as columns, \
         (select count(*) from pg_catalog.pg_policy p join t on t.oid = p.polrelid) as policies",
        managed::is_user_schema_sql("n.nspname")
    )
}

fn compared(made: &Catalog, catalog: &Catalog, environment: &EnvironmentName) -> Proof {
    let differences = diff(made, catalog);
    let words = |difference: &Difference| difference.in_words("the migrations", environment.as_str());
    let differences: Vec<String> = differences.iter().map(words).collect();
    if differences.is_empty() { Proof::Equal } else { Proof::Differs { differences } }
}

fn not_run(failure: &Failure) -> Proof {
    let at = failure.location().map(|location| format!("{location}: ")).unwrap_or_default();
    Proof::NotRun { why: format!("{at}{failure}") }
}
