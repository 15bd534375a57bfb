//! Everything in a database as lines of text, so that "nothing changed" is one comparison. Written with nothing of
//! the program's own, which also compares databases: it must not be its own judge.

use std::collections::BTreeMap;

use super::query::Rows;

const SCHEMAS: &str = "nspname !~ '^pg_' and nspname <> 'information_schema'";

/// The definitions of a database, as name and text.
const DEFINITIONS: &str = "
select 'schema ' || nspname, concat_ws(' ', pg_get_userbyid(nspowner), nspacl) from pg_namespace where {schemas}
union all select concat_ws(' ', 'relation', nspname, relname),
  concat_ws(' ', relkind, pg_get_userbyid(relowner), relacl, relrowsecurity, relforcerowsecurity,
            case when relkind in ('v', 'm') then pg_get_viewdef(c.oid) end)
  from pg_class c join pg_namespace n on n.oid = relnamespace where {schemas}
union all select concat_ws(' ', 'column', nspname, relname, attname),
  concat_ws(' ', attnum, format_type(atttypid, atttypmod), attnotnull, attidentity, attgenerated, attacl,
            pg_get_expr(adbin, adrelid))
  from pg_attribute a join pg_class c on c.oid = attrelid join pg_namespace n on n.oid = relnamespace
  left join pg_attrdef d on adrelid = attrelid and adnum = attnum
  where attnum > 0 and not attisdropped and relkind <> 'i' and {schemas}
union all select concat_ws(' ', 'constraint', nspname, conrelid::regclass, contypid::regtype, conname),
  concat_ws(' ', convalidated, pg_get_constraintdef(c.oid), obj_description(c.oid, 'pg_constraint'))
  from pg_constraint c join pg_namespace n on n.oid = connamespace where {schemas}
union all select concat_ws(' ', 'index', nspname, relname), concat_ws(' ', indisvalid, pg_get_indexdef(c.oid))
  from pg_index join pg_class c on c.oid = indexrelid join pg_namespace n on n.oid = relnamespace where {schemas}
union all select concat_ws(' ', 'function', nspname, p.oid::regprocedure),
  concat_ws(' ', pg_get_userbyid(proowner), proacl, md5(pg_get_functiondef(p.oid)))
  from pg_proc p join pg_namespace n on n.oid = pronamespace where prokind <> 'a' and {schemas}
union all select concat_ws(' ', 'trigger', nspname, relname, tgname), concat_ws(' ', tgenabled, pg_get_triggerdef(t.oid))
  from pg_trigger t join pg_class c on c.oid = tgrelid join pg_namespace n on n.oid = relnamespace
  where not tgisinternal and {schemas}
union all select concat_ws(' ', 'rule', nspname, relname, rulename), concat_ws(' ', ev_enabled, pg_get_ruledef(r.oid))
  from pg_rewrite r join pg_class c on c.oid = ev_class join pg_namespace n on n.oid = relnamespace where {schemas}
union all select concat_ws(' ', 'policy', schemaname, tablename, policyname),
  concat_ws(' ', permissive, roles, cmd, qual, with_check) from pg_policies
union all select concat_ws(' ', 'enum', t.typname, enumlabel), enumsortorder::text
  from pg_enum join pg_type t on t.oid = enumtypid
union all select concat_ws(' ', 'published', pubname, schemaname, tablename), '' from pg_publication_tables
union all select concat_ws(' ', 'default acl', defaclrole::regrole, defaclnamespace::regnamespace, defaclobjtype),
  defaclacl::text from pg_default_acl";

/// A query per table for the number and the hash of its rows.
const TABLES: &str = "
select format('select %1$L, count(*) || '' rows '' || coalesce(md5(string_agg(md5(%2$s), '''' order by md5(%2$s))), '''') \
from %3$I.%4$I whole_row', concat_ws(' ', 'rows', nspname, relname),
  case when exists (select from pg_attribute where attrelid = c.oid and attname = any ({columns}))
       then format('(to_jsonb(whole_row) - %L::text[])::text', {columns}) else 'whole_row::text' end, nspname, relname)
from pg_class c join pg_namespace n on n.oid = relnamespace where relkind = 'r' and {schemas} order by 1";

const SEQUENCES: &str = "
select concat_ws(' ', 'sequence', schemaname, sequencename), coalesce(last_value::text, 'unused') from pg_sequences";

/// What is in a database. Two are equal when every row and every definition is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct World(BTreeMap<String, String>);

impl World {
    /// Looks at everything through a way to ask.
    pub(super) fn of(ask: impl Fn(&str) -> Rows) -> Self {
        Self::but_for(&[], ask)
    }

    /// Looks at a database that is no [`super::Database`].
    pub(crate) fn at(url: &str) -> Self {
        Self::of(|sql| super::query::query(url, sql))
    }

    /// Looks at everything but the values of some columns.
    pub(super) fn but_for(columns: &[&str], ask: impl Fn(&str) -> Rows) -> Self {
        let columns = format!("'{{{}}}'::text[]", columns.join(","));
        let of_schemas = |sql: &str| sql.replace("{schemas}", SCHEMAS).replace("{columns}", &columns);
        let mut rows = ask(&of_schemas(DEFINITIONS));
        let counts: Vec<String> =
            ask(&of_schemas(TABLES)).into_iter().filter_map(|row| row[0].clone()).collect();
        if !counts.is_empty() {
            rows.extend(ask(&counts.join(" union all ")));
        }
        rows.extend(ask(SEQUENCES));
        let text = |value: &Option<String>| value.clone().unwrap_or_default();
        Self(rows.iter().map(|row| (text(&row[0]), text(&row[1]))).collect())
    }

    /// Without the lines that begin so: what PostgreSQL does not roll back, or what a program may note for itself.
    pub(crate) fn without(mut self, beginnings: &[&str]) -> Self {
        self.0.retain(|name, _| !beginnings.iter().any(|beginning| name.starts_with(beginning)));
        self
    }

    /// Without the journal of deploys, which every deploy that starts writes to.
    pub(crate) fn without_journal(mut self) -> Self {
        self.0.retain(|name, _| !name.contains("crmctl_deploys"));
        self
    }

    /// Without the schema in which the history of migrations is kept, which is made when it is first needed.
    pub(crate) fn without_history(mut self) -> Self {
        self.0.retain(|name, _| !name.split(' ').any(|word| word == "supabase_migrations"));
        self
    }

    /// Without a schema and all that is in it.
    pub(crate) fn without_schema(mut self, schema: &str) -> Self {
        self.0.retain(|name, _| {
            !name.split(' ').any(|word| word == schema || word.starts_with(&format!("{schema}.")))
        });
        self
    }

    /// Only the lines that begin so.
    pub(crate) fn only(mut self, beginning: &str) -> Self {
        self.0.retain(|name, _| name.starts_with(beginning));
        self
    }

    /// The lines that are not the same, for a person.
    pub(crate) fn differences(&self, other: &Self) -> Vec<String> {
        let names: std::collections::BTreeSet<&String> = self.0.keys().chain(other.0.keys()).collect();
        let differs = |name: &&String| self.0.get(*name) != other.0.get(*name);
        let line = |name: &String| format!("{name}: {:?} / {:?}", self.0.get(name), other.0.get(name));
        names.into_iter().filter(differs).map(line).collect()
    }

    /// Stops the test unless both are the same.
    #[track_caller]
    pub(crate) fn assert_same(&self, other: &Self) {
        let differences = self.differences(other);
        assert!(differences.is_empty(), "not the same:\n{}", differences.join("\n"));
    }
}
