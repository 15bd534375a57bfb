//! What migrations have made on a throwaway server: schema, rows, sequences, extensions.

use std::collections::BTreeMap;

use crate::catalog::{self, Catalog, Change, diff};
use crate::pg::{PgResult, Session, TableName, literal};

/// Everything that two ways of making the same must have in common.
#[derive(Debug, Clone)]
pub(crate) struct State {
    pub(crate) catalog: Catalog,
    /// What holds rows or numbers, and what they come to.
    contents: BTreeMap<String, String>,
}

/// All tables, the platform's too: a migration may have filled them. Not the history.
const TABLES: &str = "select n.nspname as schema, c.relname as name from pg_catalog.pg_class c \
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace \
    where c.relkind = 'r' and n.nspname !~ '^pg_' and n.nspname not in ('information_schema', 'supabase_migrations') \
      and pg_catalog.has_schema_privilege(n.oid, 'usage') and pg_catalog.has_table_privilege(c.oid, 'select') order by 1, 2";

const OTHERS: &str = "select 'sequence ' || schemaname || '.' || sequencename as name, coalesce(last_value::text, 'unused') as digest \
    from pg_catalog.pg_sequences where schemaname <> 'supabase_migrations' \
    union all select 'extension ' || e.extname, 'in ' || n.nspname from pg_catalog.pg_extension e \
    join pg_catalog.pg_namespace n on n.oid = e.extnamespace";

impl State {
    /// Reads it.
    pub(crate) async fn read(session: &mut Session) -> PgResult<Self> {
        let catalog = catalog::read(session).await?;
        let mut queries = vec![OTHERS.to_owned()];
        for row in session.query(TABLES).await? {
            let table = TableName::new(row.get::<String>("schema")?, row.get::<String>("name")?);
            queries.push(format!(
                "select {} as name, count(*) || ' rows ' || coalesce(md5(string_agg(md5(t::text), '' order by md5(t::text))), '') as digest \
                 from {} t",
                literal(&format!("table {}.{}", table.schema, table.name)),
                table.sql()
            ));
        }
        let mut contents = BTreeMap::new();
        for row in session.query(&queries.join(" union all ")).await? {
            contents.insert(row.get("name")?, row.get("digest")?);
        }
        Ok(Self { catalog, contents })
    }

    /// How many rows a table holds.
    pub(crate) fn rows_of(&self, table: &str) -> u64 {
        let digest = self.contents.get(&format!("table {table}"));
        digest.and_then(|digest| digest.split(' ').next()?.parse().ok()).unwrap_or(0)
    }

    /// In what `new` is not the same, in words.
    pub(crate) fn differences(&self, new: &Self) -> Vec<String> {
        let schema =
            diff(&self.catalog, &new.catalog).into_iter().map(|difference| match difference.change {
                Change::OnlyLeft => format!("{} is missing", difference.object),
                Change::OnlyRight => format!("{} is too much", difference.object),
                Change::Differs { facts } => {
                    let facts: Vec<&str> = facts.iter().map(|(fact, ..)| fact.as_str()).collect();
                    format!("{} has another {}", difference.object, facts.join(", "))
                }
            });
        let names: std::collections::BTreeSet<&String> =
            self.contents.keys().chain(new.contents.keys()).collect();
        let contents = names.into_iter().filter_map(|name| {
            let [old, new] = [&self.contents, &new.contents].map(|contents| contents.get(name));
            let shown = |digest: Option<&String>| digest.map_or("nothing", |digest| digest).to_owned();
            (old != new).then(|| format!("{name} holds {} instead of {}", shown(new), shown(old)))
        });
        schema.chain(contents).collect()
    }
}
