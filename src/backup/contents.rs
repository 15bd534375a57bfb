//! What tables hold, so that a restore can be compared with what was backed up.

use crate::backup::manifest::TableContents;
use crate::catalog::Table;
use crate::parity;
use crate::pg::{PgResult, Session};

/// Counts and digests of all rows of `tables`, in one query. Partitions count with their root.
pub async fn read(session: &mut Session, tables: &[Table]) -> PgResult<Vec<TableContents>> {
    let digests = parity::digests(session, tables).await?;
    let contents = digests.into_iter().map(|(table, digest)| TableContents {
        schema: table.schema,
        name: table.name,
        rows: digest.rows,
        digest: digest.digest,
    });
    Ok(contents.collect())
}
