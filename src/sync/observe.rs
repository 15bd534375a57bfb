//! What sync must know of both sides before it can plan: one flight of queries each.

use std::collections::{BTreeMap, BTreeSet};

use crate::catalog::{Catalog, snapshot};
use crate::migration::AppliedVersions;
use crate::pg::{PgError, PgResult, Session, TableName, literal};

/// The tables of the platform whose test users are carried along, in load order.
pub(crate) const AUTH_TABLES: [&str; 2] = ["users", "identities"];

/// One side of a sync.
#[derive(Debug, Clone)]
pub struct Side {
    /// The schema.
    pub catalog: Catalog,
    /// The migrations it has.
    pub applied: AppliedVersions,
    /// Next values of the sequences: value, and whether it was already used. Without a value: never used.
    pub sequences: BTreeMap<TableName, Option<i64>>,
    /// Columns of the auth tables that can be written, by table name.
    pub auth_columns: BTreeMap<String, BTreeSet<String>>,
    /// Whether the role may switch triggers and foreign keys off for its session.
    pub may_replicate: bool,
    /// Bytes of all tables of the user.
    pub bytes: u64,
    /// `server_version`.
    pub server_version: String,
}

/// Reads a side. `hold` opens a read-only snapshot that stays open: what is read later is of the same moment.
pub async fn observe(session: &mut Session, hold: bool) -> PgResult<Side> {
    // The history first and outside the snapshot: without a history table this one message fails alone.
    session
        .send("select version from supabase_migrations.schema_migrations order by version collate \"C\"")?;
    session.send("set session_replication_role = replica")?;
    session.send("reset session_replication_role")?;
    if hold {
        session.send("begin transaction isolation level repeatable read read only")?;
    }
    session.send(&snapshot::query())?;
    session.send(FACTS)?;
    session.send(AUTH_COLUMNS)?;
    session.send("select schemaname, sequencename, last_value from pg_catalog.pg_sequences")?;

    let applied = AppliedVersions::receive(session).await?;
    let may_replicate = session.receive().await?.error.is_none();
    session.receive().await?;
    if hold {
        session.receive().await?.ok()?;
    }
    let catalog = Catalog::from_rows(&session.receive().await?.ok()?.rows())?;
    let facts = session.receive().await?.ok()?.rows();
    let facts = facts.first().ok_or_else(|| PgError::Protocol("no answer about the server".to_owned()))?;
    let mut auth_columns: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for row in session.receive().await?.ok()?.rows() {
        auth_columns.entry(row.get("relname")?).or_default().insert(row.get("attname")?);
    }
    let mut sequences = BTreeMap::new();
    for row in session.receive().await?.ok()?.rows() {
        let name = TableName::new(row.get::<String>("schemaname")?, row.get::<String>("sequencename")?);
        sequences.insert(name, row.text("last_value").and_then(|value| value.parse().ok()));
    }
    Ok(Side {
        catalog,
        applied,
        sequences,
        auth_columns,
        may_replicate,
        bytes: facts.get("bytes")?,
        server_version: facts.get("server_version")?,
    })
}

const FACTS: &str = "select current_setting('server_version') as server_version, \
    (select coalesce(sum(pg_catalog.pg_table_size(c.oid)), 0)::bigint from pg_catalog.pg_class c \
     join pg_catalog.pg_namespace n on n.oid = c.relnamespace \
     where c.relkind = 'r' and n.nspname !~ '^(pg_|information_schema$)') as bytes";

const AUTH_COLUMNS: &str = "select c.relname, a.attname from pg_catalog.pg_attribute a \
    join pg_catalog.pg_class c on c.oid = a.attrelid join pg_catalog.pg_namespace n on n.oid = c.relnamespace \
    where n.nspname = 'auth' and c.relname in ('users', 'identities') \
    and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''";

/// The condition that picks the test users whose rows go along.
pub(crate) fn user_condition(pattern: Option<&str>, table: &str) -> String {
    let Some(pattern) = pattern else { return "false".to_owned() };
    match table {
        "users" => format!("email like {}", literal(pattern)),
        _ => format!("user_id in (select id from auth.users where email like {})", literal(pattern)),
    }
}
