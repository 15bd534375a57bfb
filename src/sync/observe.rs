//! What sync must know of both sides before it can plan: one flight of queries each.

use std::collections::{BTreeMap, BTreeSet};

use crate::catalog::{Catalog, managed, snapshot};
use crate::migration::AppliedVersions;
use crate::pg::{PgError, PgResult, Row, Session, TableName, literal};
use crate::sync::shape;
use crate::sync::surroundings::{self, Surroundings};

/// The tables of the platform whose test users are carried along, in load order.
pub(crate) const AUTH_TABLES: [&str; 2] = ["users", "identities"];

/// One side of a sync.
#[derive(Debug, Clone)]
#[expect(clippy::struct_excessive_bools, reason = "facts, each asked of the server by itself")]
pub struct Side {
    /// The schema.
    pub catalog: Catalog,
    /// What a plan counts on of its tables, as one value.
    pub shape: String,
    /// The migrations it has.
    pub applied: AppliedVersions,
    /// The sequences and what they hold.
    pub sequences: BTreeMap<TableName, Sequence>,
    /// What tells this database from every other one that runs.
    pub identity: String,
    /// Columns of the auth tables that can be written, by table name.
    pub auth_columns: BTreeMap<String, BTreeSet<String>>,
    /// Whether the role may switch triggers and foreign keys off for its session.
    pub may_replicate: bool,
    /// How large the tables are; partitioned ones with all their partitions.
    pub sizes: BTreeMap<TableName, Size>,
    /// `server_version`.
    pub server_version: String,
    /// Rights, filters, and tables of others.
    pub surroundings: Surroundings,
    /// Whether the role may create a schema of its own.
    pub may_stage: bool,
    /// Whether an earlier run that was stopped has left rows there.
    pub has_leftovers: bool,
    /// Whether somebody else's schema has the name under which crmctl stages rows.
    pub has_namesake: bool,
}

/// How large a table is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Size {
    /// Bytes on disk, indexes left out.
    pub bytes: u64,
    /// Rows as the planner's statistics have it; `None` before the first `analyze`.
    pub rows: Option<u64>,
}

/// Where a sequence is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sequence {
    /// The table whose column it numbers.
    pub owner: Option<TableName>,
    /// That column.
    pub column: Option<String>,
    /// The last value, or the first one when it is yet to be given.
    pub value: i64,
    /// Whether `value` was given already.
    pub is_called: bool,
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
    let catalog = snapshot::Reading::send(session)?;
    session.send(&FACTS.replace("{mark}", managed::STAGING_MARK).replace("{shape}", &shape::query()))?;
    session.send(&SIZES.replace("{user_schema}", &managed::is_user_schema_sql("n.nspname")))?;
    session.send(AUTH_COLUMNS)?;
    session.send(&surroundings::query())?;
    session.send(&SEQUENCES.replace("{user_schema}", &managed::is_user_schema_sql("n.nspname")))?;

    let applied = AppliedVersions::receive(session).await?;
    let may_replicate = session.receive().await?.error.is_none();
    session.receive().await?;
    if hold {
        session.receive().await?.ok()?;
    }
    let catalog = catalog.receive(session).await?;
    let facts = session.receive().await?.ok()?.rows();
    let facts = facts.first().ok_or_else(|| PgError::Protocol("no answer about the server".to_owned()))?;
    let sizes = sizes(&session.receive().await?.ok()?.rows())?;
    let mut auth_columns: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for row in session.receive().await?.ok()?.rows() {
        auth_columns.entry(row.get("relname")?).or_default().insert(row.get("attname")?);
    }
    let surroundings = Surroundings::from_rows(&session.receive().await?.ok()?.rows())?;
    let sequences = sequences(&session.receive().await?.ok()?.rows())?;
    Ok(Side {
        catalog,
        applied,
        shape: facts.get("shape")?,
        sequences,
        auth_columns,
        may_replicate,
        identity: facts.get("identity")?,
        sizes,
        surroundings,
        server_version: facts.get("server_version")?,
        may_stage: facts.flag("may_stage"),
        has_leftovers: facts.flag("has_leftovers"),
        has_namesake: facts.flag("has_namesake"),
    })
}

fn sizes(rows: &[Row]) -> PgResult<BTreeMap<TableName, Size>> {
    let size = |row: &Row| {
        let name = TableName::new(row.get::<String>("schema")?, row.get::<String>("name")?);
        let rows = row.text("rows").map(|_| row.get("rows")).transpose()?;
        Ok((name, Size { bytes: row.get("bytes")?, rows }))
    };
    rows.iter().map(size).collect()
}

fn sequences(rows: &[Row]) -> PgResult<BTreeMap<TableName, Sequence>> {
    let sequence = |row: &Row| {
        let name = TableName::new(row.get::<String>("schema")?, row.get::<String>("name")?);
        let owner = row.text("owner_schema").zip(row.text("owner_name"));
        let owner = owner.map(|(schema, table)| TableName::new(schema, table));
        let column = row.text("owner_column").map(str::to_owned);
        let (value, is_called) = (row.get("last_value")?, row.flag("is_called"));
        Ok((name, Sequence { owner, column, value, is_called }))
    };
    rows.iter().map(sequence).collect()
}

/// The user's sequences with the tables they number. `pg_sequences` does not know the first number of one that was
/// restarted; only the sequence itself does. A block asks each of them, so that this is one message.
const SEQUENCES: &str = "do $crmctl$ declare s record; v bigint; c boolean; r jsonb[]; begin \
    for s in select n.nspname as schema, c.relname as name, rn.nspname as owner_schema, rc.relname as owner_name, \
      (select t.attname from pg_catalog.pg_attribute t where t.attrelid = rc.oid and t.attnum = d.refobjsubid) as owner_column \
      from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace \
      left join pg_catalog.pg_depend d on d.classid = 'pg_catalog.pg_class'::regclass and d.objid = c.oid \
        and d.refclassid = d.classid and d.deptype in ('a', 'i') and d.refobjsubid > 0 \
      left join pg_catalog.pg_class rc on rc.oid = d.refobjid \
      left join pg_catalog.pg_namespace rn on rn.oid = rc.relnamespace \
      where c.relkind = 'S' and c.relpersistence <> 't' and {user_schema} \
      and case when c.relkind = 'S' then pg_catalog.has_schema_privilege(n.oid, 'usage') and pg_catalog.has_sequence_privilege(c.oid, 'select') end \
      and not exists (select from pg_catalog.pg_depend e where e.classid = 'pg_catalog.pg_class'::regclass \
        and e.objid = c.oid and e.deptype = 'e') loop \
    execute format('select last_value, is_called from %I.%I', s.schema, s.name) into v, c; \
    r := pg_catalog.array_append(r, to_jsonb(s) || jsonb_build_object('last_value', v, 'is_called', c)); \
    end loop; perform set_config('crmctl.sequences', coalesce(to_jsonb(r), '[]')::text, true); end $crmctl$; \
    select * from jsonb_to_recordset(current_setting('crmctl.sequences')::jsonb) \
    as s (schema text, name text, owner_schema text, owner_name text, owner_column text, last_value bigint, is_called boolean)";

/// No two servers are started in the same microsecond, and none has two databases of one number.
const FACTS: &str = "select current_setting('server_version') as server_version, ({shape}) as shape, \
    pg_catalog.has_database_privilege(current_database(), 'create') as may_stage, \
    pg_catalog.to_regnamespace('crmctl_sync') is not null as has_leftovers, \
    pg_catalog.to_regnamespace('crmctl_sync') is not null and pg_catalog.obj_description(\
      pg_catalog.to_regnamespace('crmctl_sync'), 'pg_namespace') is distinct from '{mark}' as has_namesake, \
    (select d.oid || ' ' || extract(epoch from pg_catalog.pg_postmaster_start_time()) \
     from pg_catalog.pg_database d where d.datname = current_database()) as identity";

/// `reltuples` is -1 where nobody ever counted.
const SIZES: &str = "select n.nspname as schema, r.relname as name, \
    sum(pg_catalog.pg_table_size(c.oid))::bigint as bytes, \
    case when bool_and(c.reltuples >= 0) then sum(c.reltuples)::bigint end as rows \
    from pg_catalog.pg_class c join pg_catalog.pg_class r \
      on r.oid = coalesce(pg_catalog.pg_partition_root(c.oid), c.oid) \
    join pg_catalog.pg_namespace n on n.oid = r.relnamespace \
    where c.relkind = 'r' and {user_schema} group by 1, 2";

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
