//! What tables hold, so that a restore can be compared with what was backed up.

use crate::backup::manifest::TableContents;
use crate::catalog::Table;
use crate::pg::{PgResult, Session, identifier, literal};

/// Counts and digests of all rows of `tables`, in one query. Partitions count with their root.
pub async fn read(session: &mut Session, tables: &[Table]) -> PgResult<Vec<TableContents>> {
    let Some(query) = query(tables) else { return Ok(Vec::new()) };
    session
        .query(&query)
        .await?
        .iter()
        .map(|row| {
            Ok(TableContents {
                schema: row.get("schema")?,
                name: row.get("name")?,
                rows: row.get("rows")?,
                digest: row.get("digest")?,
            })
        })
        .collect()
}

fn query(tables: &[Table]) -> Option<String> {
    let selects: Vec<String> = tables.iter().filter(|table| !table.is_partition).map(select).collect();
    if selects.is_empty() { None } else { Some(selects.join(" union all ")) }
}

/// Columns are named, in name order: a restored table may have them in another one.
fn select(table: &Table) -> String {
    let mut columns: Vec<&str> = table.stored_columns().map(|column| column.name.as_str()).collect();
    columns.sort_unstable();
    let columns: Vec<String> = columns.into_iter().map(|column| format!("t.{}", identifier(column))).collect();
    let digest = format!(
        "coalesce(sum(pg_catalog.hashtextextended(row({})::text collate \"C\", 1)::numeric), 0)",
        columns.join(", ")
    );
    format!(
        "select {} as schema, {} as name, count(*) as rows, {digest}::text as digest from {} t",
        literal(&table.name.schema),
        literal(&table.name.name),
        table.from_clause()
    )
}
