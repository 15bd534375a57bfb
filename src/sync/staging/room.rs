//! The schema of our own in the target: what is there of earlier runs, and how it is opened and left. Nobody but its
//! owner gets in, whatever the default privileges are.

use std::fmt::Write as _;

use crate::catalog::managed::{STAGING_MARK, STAGING_SCHEMA};
use crate::pg::{PgError, PgResult, Row, Session, TableName, Writer, identifier, literal};
use crate::sync::carried::Carried;

/// What is known of the target before rows are staged.
#[derive(Debug, Default)]
pub(crate) struct Room {
    /// Whether the schema is there.
    pub(crate) exists: bool,
    /// Connections that nobody uses.
    pub(crate) free_connections: u64,
    /// Tables that were staged whole, each with its record.
    pub(crate) leftovers: Vec<Leftover>,
    /// All tables of the schema but the list of records.
    pub(crate) relations: Vec<String>,
}

/// A table that an earlier run staged whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Leftover {
    /// Its name in the schema.
    pub(crate) relation: String,
    /// The table its rows are meant for.
    pub(crate) table: TableName,
    /// Its columns as they are, each with its type, sorted.
    pub(crate) columns: Vec<String>,
    /// What it held then.
    pub(crate) digest: String,
}

/// The table whose rows say what is whole. It is a logged one: the others are emptied when the server crashes.
const RECORDS: &str = "finished";

/// What is in the schema, and how many connections are free.
pub(crate) async fn observe(session: &mut Session) -> PgResult<Room> {
    let records = format!("{STAGING_SCHEMA}.{RECORDS}");
    let rows = session
        .query(&format!(
            "select pg_catalog.to_regnamespace('{STAGING_SCHEMA}') is not null as found, \
             pg_catalog.to_regclass('{records}') is not null as recorded, {FREE_CONNECTIONS} as free"
        ))
        .await?;
    let facts = rows.first().ok_or_else(|| PgError::Protocol("no answer about the server".to_owned()))?;
    let mut room = Room {
        exists: facts.flag("found"),
        free_connections: facts.get::<i64>("free")?.try_into().unwrap_or(0),
        ..Room::default()
    };
    if room.exists {
        let relations = session
            .query(&format!(
                "select c.relname from pg_catalog.pg_class c where c.relkind = 'r' \
                 and c.relnamespace = '{STAGING_SCHEMA}'::regnamespace and c.relname <> '{RECORDS}'"
            ))
            .await?;
        room.relations = relations.iter().map(|row| row.get::<String>("relname")).collect::<PgResult<_>>()?;
    }
    if facts.flag("recorded") {
        let rows = session.query(&leftovers_query(&records)).await?;
        room.leftovers = rows.iter().map(leftover).collect::<PgResult<_>>()?;
    }
    Ok(room)
}

/// Those that a role without privileges of its own may take.
pub(crate) const FREE_CONNECTIONS: &str = "(select current_setting('max_connections')::bigint \
     - current_setting('superuser_reserved_connections')::bigint - count(*) from pg_catalog.pg_stat_activity \
     where backend_type = 'client backend')";

fn leftovers_query(records: &str) -> String {
    format!(
        "select f.relation, f.\"schema\", f.name, f.digest, \
         (select coalesce(pg_catalog.json_agg('\"' || pg_catalog.replace(a.attname, '\"', '\"\"') || '\" ' \
            || pg_catalog.format_type(a.atttypid, a.atttypmod)), '[]') \
          from pg_catalog.pg_attribute a where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped) as columns \
         from {records} f join pg_catalog.pg_class c on c.relname = f.relation \
         and c.relnamespace = '{STAGING_SCHEMA}'::regnamespace and c.relkind = 'r'"
    )
}

fn leftover(row: &Row) -> PgResult<Leftover> {
    let mut columns: Vec<String> = serde_json::from_str(&row.get::<String>("columns")?)
        .map_err(|error| PgError::Protocol(error.to_string()))?;
    columns.sort_unstable();
    Ok(Leftover {
        relation: row.get("relation")?,
        table: TableName::new(row.get::<String>("schema")?, row.get::<String>("name")?),
        columns,
        digest: row.get("digest")?,
    })
}

/// Where the rows of a table are staged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Berth {
    /// Its name in the schema.
    pub(crate) relation: String,
    /// What an earlier run left here, digested, if it did.
    pub(crate) left: Option<String>,
}

impl Berth {
    /// The staged table as SQL.
    pub(crate) fn sql(&self) -> String {
        format!("{STAGING_SCHEMA}.{}", identifier(&self.relation))
    }
}

/// Gives each table its place: that of an earlier run when it has the same columns, or one of its own.
pub(crate) fn berths(tables: &[Carried], room: &Room) -> Vec<Berth> {
    let mut taken: Vec<&str> = room.relations.iter().map(String::as_str).collect();
    let mut numbers = 1..;
    let mut fresh = move || {
        let free = numbers.by_ref().map(|number: usize| format!("t{number}")).find(|name| {
            let is_free = !taken.contains(&name.as_str());
            taken.retain(|other| other != name);
            is_free
        });
        free.unwrap_or_default()
    };
    let berth = |carried: &Carried| {
        let mut columns: Vec<String> = carried
            .columns
            .iter()
            .map(|column| format!("{} {}", identifier(&column.name), column.data_type))
            .collect();
        columns.sort_unstable();
        let left =
            room.leftovers.iter().find(|left| left.table == carried.target.name && left.columns == columns);
        match left {
            Some(left) => Berth { relation: left.relation.clone(), left: Some(left.digest.clone()) },
            None => Berth { relation: fresh(), left: None },
        }
    };
    tables.iter().map(berth).collect()
}

/// One message that makes the schema what this run needs: what is not re-used goes, tables that are missing come.
pub(crate) fn open(tables: &[Carried], berths: &[Berth], room: &Room) -> String {
    let mut sql = "set local lock_timeout = '10s';\n".to_owned();
    // Writing to a String cannot fail.
    if !room.exists {
        let _ = write!(
            sql,
            "create schema {STAGING_SCHEMA};\n\
             comment on schema {STAGING_SCHEMA} is '{STAGING_MARK}';\n"
        );
    }
    let _ = writeln!(
        sql,
        "create table if not exists {STAGING_SCHEMA}.{RECORDS} (relation text primary key, \"schema\" text not null, \
         name text not null, source text not null, rows bigint not null, digest text not null, \
         at timestamptz not null default pg_catalog.now());\n\
         alter table {STAGING_SCHEMA}.{RECORDS} enable row level security;"
    );
    let kept: Vec<&str> =
        berths.iter().filter(|berth| berth.left.is_some()).map(|berth| berth.relation.as_str()).collect();
    for relation in room.relations.iter().filter(|relation| !kept.contains(&relation.as_str())) {
        let _ = writeln!(sql, "drop table {STAGING_SCHEMA}.{} cascade;", identifier(relation));
    }
    let _ = writeln!(
        sql,
        "delete from {STAGING_SCHEMA}.{RECORDS} where relation <> all ({});",
        crate::pg::text_array(&kept)
    );
    for (carried, berth) in tables.iter().zip(berths).filter(|(_, berth)| berth.left.is_none()) {
        let _ = writeln!(
            sql,
            "create unlogged table {table} as select {columns} from {from} with no data;\n\
             alter table {table} enable row level security;",
            table = berth.sql(),
            columns = carried.columns_sql(),
            from = carried.target.from_clause()
        );
    }
    sql + CLOSE
}

/// Takes away whatever default privileges gave away.
const CLOSE: &str = "do $crmctl$ declare given record; begin for given in \
    select distinct pg_catalog.format('revoke all on %s from %s', o.what, case a.grantee when 0 then 'public' \
      else pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(a.grantee)) end) as away \
    from (select pg_catalog.format('schema %I', n.nspname) as what, n.nspacl as acl, n.nspowner as owner \
      from pg_catalog.pg_namespace n where n.nspname = 'crmctl_sync' \
      union all select pg_catalog.format('table %I.%I', n.nspname, c.relname), c.relacl, c.relowner \
      from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace \
      where n.nspname = 'crmctl_sync' and c.relkind = 'r') o, pg_catalog.aclexplode(o.acl) a \
    where a.grantee <> o.owner loop execute given.away; end loop; end $crmctl$";

/// Notes that a table is staged whole. What it says is checked again before it is believed.
pub(crate) fn record(berth: &Berth, table: &TableName, digest: &crate::parity::TableDigest) -> String {
    format!(
        "insert into {STAGING_SCHEMA}.{RECORDS} (relation, \"schema\", name, source, rows, digest) \
         values ({}, {}, {}, '', {}, {}) on conflict (relation) do update set rows = excluded.rows, \
         digest = excluded.digest, at = excluded.at",
        literal(&berth.relation),
        literal(&table.schema),
        literal(&table.name),
        digest.rows,
        literal(&digest.digest)
    )
}

/// Empties a table that an earlier run staged, before it is staged anew.
pub(crate) fn empty(berth: &Berth) -> String {
    format!(
        "delete from {STAGING_SCHEMA}.{RECORDS} where relation = {}; truncate table {}",
        literal(&berth.relation),
        berth.sql()
    )
}

/// Removes the schema with all that is in it.
pub(crate) fn leave() -> String {
    format!("drop schema if exists {STAGING_SCHEMA} cascade")
}

/// Removes what an earlier run left, for a run that does not go this way.
pub(crate) async fn sweep(writer: &mut Writer<'_>) -> PgResult<()> {
    writer.run(&format!("set local lock_timeout = '10s'; {}", leave())).await.map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parity::fixture::table;

    fn carried(name: &str, columns: &[(&str, &str)]) -> Carried {
        let table = table(name, columns, &[]);
        Carried::whole(table.clone(), &table)
    }

    fn left(relation: &str, name: &str, columns: &[&str]) -> Leftover {
        Leftover {
            relation: relation.to_owned(),
            table: TableName::new("public", name),
            columns: columns.iter().map(ToString::to_string).collect(),
            digest: "1:2:3".to_owned(),
        }
    }

    fn room(leftovers: Vec<Leftover>, relations: &[&str]) -> Room {
        let relations = relations.iter().map(ToString::to_string).collect();
        Room { exists: true, free_connections: 10, leftovers, relations }
    }

    #[test]
    fn a_table_of_an_earlier_run_is_kept_when_its_columns_are_still_the_same() {
        let room = room(
            vec![left("t2", "a", &["\"x\" integer", "\"y\" text"]), left("t4", "b", &["\"x\" integer"])],
            &["t1", "t2", "t4"],
        );
        let tables = [carried("b", &[("x", "bigint")]), carried("a", &[("y", "text"), ("x", "integer")])];

        let berths = berths(&tables, &room);
        assert_eq!(berths[1], Berth { relation: "t2".to_owned(), left: Some("1:2:3".to_owned()) });
        assert_eq!(berths[0], Berth { relation: "t3".to_owned(), left: None });
        let sql = open(&tables, &berths, &room);
        assert!(
            sql.contains("drop table crmctl_sync.\"t1\"") && sql.contains("drop table crmctl_sync.\"t4\"")
        );
        assert!(!sql.contains("drop table crmctl_sync.\"t2\"") && !sql.contains("create schema"), "{sql}");
    }

    #[test]
    fn no_two_tables_get_one_place() {
        let tables = [carried("a", &[]), carried("b", &[]), carried("c", &[])];

        let berths = berths(&tables, &room(Vec::new(), &["t2"]));
        let names: Vec<&str> = berths.iter().map(|berth| berth.relation.as_str()).collect();
        assert_eq!(names, ["t1", "t3", "t4"]);
    }
}
