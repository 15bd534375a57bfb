//! Reading the rows of a side: a statement for each table, all of them on their way at once, in one snapshot.

use std::collections::BTreeMap;

use crate::catalog::Table;
use crate::parity::Level;
use crate::parity::digest::{TableDigest, count_query, digest_query, digested, digests_from_rows};
use crate::parity::failure::{ParityError, of_side};
use crate::pg::{Answer, PgError, PgResult, Row, Session, TableName};

/// Opens the snapshot, and asks what there is, whether or not the role may read it. No two servers are started in the
/// same microsecond, and none has two databases of one number.
pub(crate) const BEGIN: &str = "begin isolation level repeatable read read only; \
    with known as (select n.nspname || '.' || c.relname as name from pg_catalog.pg_class as c \
      join pg_catalog.pg_namespace as n on n.oid = c.relnamespace) \
    select exists (select from known where name = 'supabase_migrations.schema_migrations') as history, \
    (select count(*) = 2 from known where name in ('auth.users', 'auth.identities')) as users, \
    current_setting('server_encoding') as encoding, \
    (select d.oid || ' ' || extract(epoch from pg_catalog.pg_postmaster_start_time()) \
     from pg_catalog.pg_database d where d.datname = current_database()) as identity, \
    (select count(*) from pg_catalog.pg_largeobject_metadata) as large_objects";

/// The schema is read by one process. Rows are read by as many as the server is set to.
pub(crate) const SETTINGS: &str = "set local max_parallel_workers_per_gather to default";

/// Tables whose file is another one than in the snapshot. Truncating a table, and some ways to alter it, empty it in the
/// eyes of those who look at it through an older snapshot. Asked when all tables have been read: from then on
/// nobody can do it before the transaction ends.
const REWRITTEN: &str = "select n.nspname as schema, c.relname as name \
    from pg_catalog.pg_class as c join pg_catalog.pg_namespace as n on n.oid = c.relnamespace \
    where c.relkind = 'r' and c.relpersistence <> 't' and c.relfilenode <> 0 \
    and pg_catalog.pg_relation_filenode(c.oid) is distinct from c.relfilenode";

/// Sends the statements for the rows of all tables, so far as the level looks.
pub(crate) fn send(session: &mut Session, tables: &[Table], level: Level) -> Result<(), ParityError> {
    if level == Level::Schema {
        return Ok(());
    }
    for table in digested(tables) {
        let alone = std::slice::from_ref(table);
        let query = if level.has_contents() { digest_query(alone) } else { count_query(alone) };
        let sent = session.send(&query);
        of_side(session, sent)?;
    }
    let sent = session.send(REWRITTEN);
    of_side(session, sent)
}

/// Receives what [`send`] has asked for. Every table has a digest, or there is an error that names one.
pub(crate) async fn receive(
    session: &mut Session,
    tables: &[Table],
    level: Level,
) -> Result<BTreeMap<TableName, TableDigest>, ParityError> {
    let mut digests = BTreeMap::new();
    if level == Level::Schema {
        return Ok(digests);
    }
    for table in digested(tables) {
        let digest = digest(session, table).await;
        digests.extend(digest.map_err(|cause| ParityError::of_table(session, &table.name, cause))?);
    }
    let rewritten = rows(session).await;
    let rewritten = of_side(session, rewritten.and_then(|rows| names(&rows)))?;
    match tables.iter().find(|table| rewritten.contains(&table.name)) {
        Some(table) => Err(ParityError::Rewritten {
            environment: session.target().environment.to_string(),
            table: table.name.clone(),
        }),
        None => Ok(digests),
    }
}

async fn digest(session: &mut Session, table: &Table) -> PgResult<BTreeMap<TableName, TableDigest>> {
    let rows = rows(session).await?;
    digests_from_rows(std::slice::from_ref(table), &rows)
}

/// The rows of the next answer.
pub(crate) async fn rows(session: &mut Session) -> PgResult<Vec<Row>> {
    session.receive().await?.ok().map(Answer::rows)
}

fn names(rows: &[Row]) -> PgResult<Vec<TableName>> {
    let name = |row: &Row| Ok(TableName::new(row.get::<String>("schema")?, row.get::<String>("name")?));
    rows.iter().map(name).collect()
}

/// What is said of an answer that lacks a part.
pub(crate) fn incomplete() -> PgError {
    PgError::Protocol("a query gave no result".to_owned())
}
