//! Rows of the target on a throwaway server: of the tables that the files touch, and of those they refer to.

use std::collections::{BTreeMap, BTreeSet};

use crate::catalog::Catalog;
use crate::deploy::losses::names;
use crate::deploy::rehearse::report::RehearsedFile;
use crate::error::Result;
use crate::migration::{MigrationPlan, Step};
use crate::pg::{PgResult, Row, Session, TableName, Writer, channel, identifier, literal};
use crate::replay::Replay;
use crate::ui::bytes;

/// What was copied.
#[derive(Debug, Default)]
pub(crate) struct Copied {
    /// How many rows.
    pub(crate) rows: u64,
    /// What was left out, and why.
    pub(crate) notes: Vec<String>,
}

/// The tables whose rows decide whether, and how fast, the files run: those they locked in any way, and those that
/// these refer to.
///
/// Of a file that runs statement by statement no locks are seen: there the tables count that it names.
pub(crate) fn wanted(
    (files, steps): (&[RehearsedFile], &[Step]),
    before: &Catalog,
) -> PgResult<BTreeSet<TableName>> {
    let mut wanted = BTreeSet::new();
    let unseen = files.iter().zip(steps).filter(|(file, _)| file.locks.is_none());
    for (_, step) in unseen {
        let named = before.tables()?.into_iter().filter(|table| names(&step.file.text, &table.name));
        wanted.extend(named.map(|table| table.name));
    }
    for file in files {
        wanted.extend(file.locks.iter().flatten().map(|lock| lock.table.table.clone()));
        wanted.extend(file.rewritten.iter().map(|table| table.table.clone()));
        wanted.extend(file.indexes.iter().map(|built| built.on.table.clone()));
    }
    for table in before.tables()? {
        if wanted.contains(&table.name) {
            wanted.extend(table.foreign_keys.into_iter().map(|key| key.references));
        }
    }
    Ok(wanted)
}

/// Copies them, the smallest first, as long as all together stay below `limit` bytes.
pub(crate) async fn copy(
    target: &mut Session,
    replay: &mut Replay,
    plan: &MigrationPlan,
    (wanted, limit): (&BTreeSet<TableName>, u64),
) -> Result<Copied> {
    target.send("begin transaction isolation level repeatable read, read only")?;
    target.send(&columns_query(wanted))?;
    target.send(SEQUENCES)?;
    target.receive().await?.ok()?;
    let theirs = Source::from_rows(&target.receive().await?.ok()?.rows())?;
    let sequences = target.receive().await?.ok()?.rows();
    let result = replay
        .write_as_superuser(plan.clone(), async |writer| {
            let ours = Source::from_rows(&writer.query(&columns_query(wanted)).await?)?;
            let (tables, mut copied) = choose(&theirs, &ours, limit);
            copied.rows = fill(target, writer, &tables, &sequences).await?;
            Ok(copied)
        })
        .await;
    if target.in_flight() == 0 {
        target.run("rollback").await?;
    }
    result
}

/// A table and the columns to copy.
type Columns = (TableName, Vec<String>);

/// Tables with their columns and sizes.
#[derive(Debug, Default, PartialEq, Eq)]
struct Source(BTreeMap<TableName, (Vec<String>, u64)>);

impl Source {
    fn from_rows(rows: &[Row]) -> PgResult<Self> {
        let mut tables = BTreeMap::new();
        for row in rows {
            let table = TableName::new(row.get::<String>("schema")?, row.get::<String>("name")?);
            let entry = tables.entry(table).or_insert((Vec::new(), row.get("bytes")?));
            entry.0.push(row.get("column")?);
        }
        Ok(Self(tables))
    }
}

/// Columns that hold data of their own, of ordinary tables and partitions.
fn columns_query(wanted: &BTreeSet<TableName>) -> String {
    let names: Vec<String> = wanted
        .iter()
        .map(|table| format!("({}, {})", literal(&table.schema), literal(&table.name)))
        .collect();
    let names = if names.is_empty() { "(null, null)".to_owned() } else { names.join(", ") };
    format!(
        "select n.nspname as schema, c.relname as name, a.attname as column, \
           pg_catalog.pg_table_size(c.oid) as bytes \
         from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace \
         join pg_catalog.pg_attribute a on a.attrelid = c.oid \
         where c.relkind = 'r' and a.attnum > 0 and not a.attisdropped and a.attgenerated = '' \
           and (n.nspname::text, c.relname::text) in ({names}) order by 1, 2, a.attnum"
    )
}

const SEQUENCES: &str = "select schemaname as schema, sequencename as name, last_value as value \
    from pg_catalog.pg_sequences where last_value is not null and schemaname !~ '^pg_'";

/// Which tables are copied. Pure.
fn choose(theirs: &Source, ours: &Source, limit: u64) -> (Vec<Columns>, Copied) {
    let mut tables: Vec<_> = theirs.0.iter().collect();
    tables.sort_by_key(|(name, (_, size))| (*size, (*name).clone()));
    let (mut chosen, mut copied, mut total) = (Vec::new(), Copied::default(), 0);
    for (name, (columns, size)) in tables {
        let Some((own, _)) = ours.0.get(name) else { continue };
        if total + size > limit {
            let size = bytes(*size);
            copied.notes.push(format!(
                "`{}.{}` was rehearsed without its rows: {size} are more than `--with-data-limit` leaves room for",
                name.schema, name.name
            ));
            continue;
        }
        total += size;
        let columns = columns.iter().filter(|column| own.contains(column)).cloned().collect();
        chosen.push((name.clone(), columns));
    }
    (chosen, copied)
}

async fn fill(
    target: &mut Session,
    writer: &mut Writer<'_>,
    tables: &[Columns],
    sequences: &[Row],
) -> Result<u64> {
    // Neither triggers nor foreign keys: the rows are the target's, which has checked them.
    writer.run("begin; set local session_replication_role = replica").await?;
    let mut rows = 0;
    for (table, columns) in tables {
        writer.run(&format!("delete from {}", table.sql())).await?;
        let columns: Vec<String> = columns.iter().map(|column| identifier(column)).collect();
        let columns = columns.join(", ");
        let (sink, source) = channel();
        target.send_copy_out(&format!("copy {} ({columns}) to stdout", table.sql()), sink)?;
        let copy = format!("copy {} ({columns}) from stdin", table.sql());
        writer.send_copy_in(&copy, crate::pg::CopySource::Channel(source))?;
        let reading = async { target.receive().await?.ok() };
        let writing = async { writer.receive().await?.ok() };
        let (_, written) = tokio::try_join!(reading, writing)?;
        rows += counted(&written.tags);
    }
    for row in sequences {
        let name = TableName::new(row.get::<String>("schema")?, row.get::<String>("name")?).sql();
        let name = literal(&name);
        let value: i64 = row.get("value")?;
        writer.send(&format!(
            "select pg_catalog.setval(pg_catalog.to_regclass({name}), {value}) \
             where pg_catalog.to_regclass({name}) is not null"
        ))?;
    }
    writer.settle().await?;
    writer.commit().await?;
    // Plans, and so durations, follow statistics.
    writer.run("analyze").await?;
    Ok(rows)
}

/// The number in `COPY 17`.
fn counted(tags: &[String]) -> u64 {
    tags.first().and_then(|tag| tag.strip_prefix("COPY ")).and_then(|count| count.parse().ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source<const N: usize>(tables: [(&str, &[&str], u64); N]) -> Source {
        let tables = tables.map(|(name, columns, size)| {
            let columns = columns.iter().map(|column| (*column).to_owned()).collect();
            (TableName::new("public", name), (columns, size))
        });
        Source(tables.into())
    }

    #[test]
    fn the_smallest_tables_are_copied_first_and_what_has_no_room_is_named() {
        let theirs = source([("big", &["a"], 900), ("small", &["a"], 10), ("middle", &["a"], 80)]);

        let (chosen, copied) = choose(&theirs, &theirs, 100);
        let names: Vec<&str> = chosen.iter().map(|(table, _)| table.name.as_str()).collect();
        assert_eq!(names, ["small", "middle"]);
        assert!(copied.notes.len() == 1 && copied.notes[0].starts_with("`public.big`"), "{copied:?}");
    }

    #[test]
    fn only_columns_that_both_sides_have_are_copied() {
        let theirs = source([("users", &["id", "only_hosted"], 1), ("gone", &["a"], 1)]);
        let ours = source([("users", &["id", "email"], 1)]);

        let (chosen, _) = choose(&theirs, &ours, 100);
        assert_eq!(chosen, [(TableName::new("public", "users"), vec!["id".to_owned()])]);
    }
}
