//! Rows that a deploy would take along without anybody having said so.
//!
//! Lint sees what stands in a file; a cascade, a trigger or a function deletes rows that no statement names. PostgreSQL
//! counts what a transaction has deleted, so that nothing has to be counted before: rows may only vanish from a table
//! that a file names, and more than half of them only where that was allowed.

use std::collections::BTreeMap;

use crate::deploy::check::CheckError;
use crate::lint::LiveFacts;
use crate::migration::MigrationFile;
use crate::pg::{PgResult, Row, Session, TableName};

/// The name under which lost rows are allowed.
pub(crate) const ALLOW: &str = "rows";

/// Tables with more rows than this are not counted: what statistics say has to do.
const COUNTED: u64 = 1_000_000;

/// What the present transaction has done to rows, a partition counting as its root. Where `storage` is another one than
/// before, a table was rewritten or emptied.
pub(crate) const QUERY: &str = "select c.oid, n.nspname as schema, c.relname as name, \
      pg_catalog.pg_relation_filenode(c.oid) as storage, \
      coalesce(w.inserted, 0) as inserted, coalesce(w.deleted, 0) as deleted \
    from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace \
    left join (select coalesce(pg_catalog.pg_partition_root(relid), relid) as root, \
        sum(n_tup_ins) as inserted, sum(n_tup_del) as deleted \
      from pg_catalog.pg_stat_xact_all_tables group by 1) w on w.root = c.oid \
    where c.relkind in ('r', 'p') and n.nspname !~ '^pg_' \
      and n.nspname not in ('information_schema', 'supabase_migrations')";

/// What every table is stored in.
pub(crate) const BEFORE: &str = "select c.oid, n.nspname || '.' || c.relname as name, \
      pg_catalog.pg_relation_filenode(c.oid) as storage \
    from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace \
    where c.relkind in ('r', 'p')";

/// The tables in the rows of [`BEFORE`], with their sizes.
pub(crate) fn before(rows: &[Row], facts: &LiveFacts) -> PgResult<Before> {
    let sizes = facts.existing_tables.as_ref();
    let stored = |row: &Row| {
        let rows = sizes.and_then(|sizes| sizes.get(row.text("name")?).copied()).unwrap_or(0);
        Ok((row.get("oid")?, Stored { storage: row.text("storage").map(str::to_owned), rows }))
    };
    rows.iter().map(stored).collect()
}

/// The storage and the size of the tables before, by their number.
pub(crate) type Before = BTreeMap<String, Stored>;

/// A table before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Stored {
    /// Changes when the table is rewritten or emptied.
    pub(crate) storage: Option<String>,
    /// Its rows, as far as statistics know.
    pub(crate) rows: u64,
}

/// A table that has lost rows.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Loss {
    table: TableName,
    /// More deleted than inserted; `None`: it may have been emptied.
    deleted: Option<u64>,
    estimate: u64,
}

/// Refuses rows that vanish unsaid. One more round trip only where any do.
pub(crate) async fn check(
    session: &mut Session,
    rows: &[Row],
    before: &Before,
    (files, allowed): (&[&MigrationFile], &[String]),
) -> crate::error::Result<()> {
    if allowed.iter().any(|name| name.eq_ignore_ascii_case(ALLOW)) {
        return Ok(());
    }
    let losses = losses(rows, before)?;
    for loss in &losses {
        let query = if loss.deleted.is_some() && loss.estimate > COUNTED {
            "select null as rows".to_owned()
        } else if loss.deleted.is_some() {
            format!("select count(*) as rows from {}", loss.table.sql())
        } else {
            format!("select count(*) as rows from (select from {} limit 1) one", loss.table.sql())
        };
        session.send(&query)?;
    }
    let mut counts = Vec::new();
    for _ in &losses {
        let rows = session.receive().await?.ok()?.rows();
        counts.push(rows.first().and_then(|row| row.get("rows").ok()));
    }
    let is_forgiven = allowed.iter().any(|name| name.starts_with(['d', 'D']) && name.len() == 3);
    for (loss, left) in losses.iter().zip(counts) {
        judge(loss, left, files, is_forgiven)?;
    }
    Ok(())
}

fn losses(rows: &[Row], before: &Before) -> PgResult<Vec<Loss>> {
    let mut losses = Vec::new();
    for row in rows {
        let Some(stored) = before.get(&row.get::<String>("oid")?) else { continue };
        let (inserted, deleted): (u64, u64) = (row.get("inserted")?, row.get("deleted")?);
        let is_moved = row.text("storage") != stored.storage.as_deref() && stored.rows > 0;
        let deleted = if deleted > inserted { Some(deleted - inserted) } else { None };
        if deleted.is_some() || is_moved {
            let table = TableName::new(row.get::<String>("schema")?, row.get::<String>("name")?);
            losses.push(Loss { table, deleted, estimate: stored.rows });
        }
    }
    Ok(losses)
}

/// Whether a loss was said. `left` is how many rows there are now, where that is known.
fn judge(
    loss: &Loss,
    left: Option<u64>,
    files: &[&MigrationFile],
    is_forgiven: bool,
) -> Result<(), CheckError> {
    let (gone, all) = match (loss.deleted, left) {
        (Some(deleted), Some(left)) => (deleted, left + deleted),
        (Some(deleted), None) => (deleted, loss.estimate),
        (None, Some(0)) => (loss.estimate, loss.estimate),
        (None, Some(_) | None) => return Ok(()),
    };
    let naming: Vec<&str> = files
        .iter()
        .flat_map(|file| file.statements.iter().map(|statement| &file.text[statement.span.clone()]))
        .filter(|text| names(text, &loss.table))
        .collect();
    if naming.is_empty() {
        return Err(CheckError::RowsVanished { table: loss.table.clone(), rows: gone });
    }
    let is_excused = is_forgiven || naming.iter().any(|text| text.contains("crmctl:allow"));
    if gone * 2 > all && !is_excused {
        return Err(CheckError::MostRowsDeleted { table: loss.table.clone(), rows: gone, of: all });
    }
    Ok(())
}

/// Whether a text names a table, in whatever way: in a statement, in a function's body, in a comment.
pub(crate) fn names(text: &str, table: &TableName) -> bool {
    let (text, name) = (text.to_lowercase(), table.name.to_lowercase());
    let is_part = |letter: char| letter.is_alphanumeric() || letter == '_';
    text.match_indices(&name).any(|(start, _)| {
        !text[..start].ends_with(is_part) && !text[start + name.len()..].starts_with(is_part)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::migration::file::test_file;

    fn loss(table: &str, deleted: Option<u64>) -> Loss {
        Loss { table: TableName::new("public", table), deleted, estimate: 100 }
    }

    fn judged(loss: &Loss, left: Option<u64>, text: &str) -> Result<(), CheckError> {
        judge(loss, left, &[&test_file("1_a", text)], false)
    }

    #[test]
    fn rows_of_a_table_that_no_file_names_must_stay() {
        let error = judged(&loss("notes", Some(3)), Some(97), "delete from public.contacts where a;");
        assert!(matches!(error, Err(CheckError::RowsVanished { rows: 3, .. })), "{error:?}");
    }

    #[test]
    fn a_file_may_delete_some_rows_of_a_table_it_names_but_not_most() {
        let text = "delete from public.contacts where a;";

        assert!(judged(&loss("contacts", Some(50)), Some(50), text).is_ok());
        let error = judged(&loss("contacts", Some(51)), Some(49), text);
        assert!(matches!(error, Err(CheckError::MostRowsDeleted { rows: 51, of: 100, .. })), "{error:?}");
    }

    #[test]
    fn whoever_allows_it_with_a_reason_may_delete_all() {
        let text = "-- crmctl:allow D07 because nobody reads it\ndelete from public.contacts;";
        assert!(judged(&loss("contacts", Some(100)), Some(0), text).is_ok());
    }

    #[test]
    fn a_table_that_was_emptied_has_lost_all_and_one_that_was_rewritten_nothing() {
        let text = "select wipe('contacts');";

        assert!(matches!(
            judged(&loss("contacts", None), Some(0), text),
            Err(CheckError::MostRowsDeleted { rows: 100, .. })
        ));
        assert!(judged(&loss("contacts", None), Some(1), text).is_ok());
    }

    #[test]
    fn a_name_is_a_whole_word() {
        let table = TableName::new("public", "contacts");

        assert!(names("delete from Public.Contacts;", &table) && names("\"contacts\"", &table));
        assert!(!names("contacts_old", &table) && !names("old_contacts", &table));
    }
}
