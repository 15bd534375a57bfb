//! `create index concurrently`: what it leaves behind when it fails or is cut off, told by its definition.

use crate::migration::statement::Statement;
use crate::migration::words::Words;
use crate::pg::{PgResult, Row, Session, literal};

/// One such statement, as it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct IndexBuild<'a> {
    is_unique: bool,
    /// The name it gives, if it gives one.
    name: Option<String>,
    table: String,
    /// Everything behind the table.
    rest: &'a str,
}

/// What is there of the index a statement builds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Found {
    /// It is there and may be used.
    Valid,
    /// It is there, and the server does not use it: a build that did not come to its end. Its name as SQL.
    Leftover(String),
    /// It is not there, or is another one.
    Nothing,
}

impl<'a> IndexBuild<'a> {
    /// The statement as one, if it is one.
    pub(crate) fn of(text: &'a str, statement: &Statement) -> Option<Self> {
        let mut words = Words::of(text, statement);
        words.take(&["create"]).then_some(())?;
        let is_unique = words.take(&["unique"]);
        words.take(&["index", "concurrently"]).then_some(())?;
        words.take(&["if", "not", "exists"]);
        let name = if words.take(&["on"]) { None } else { Some(words.name()?) };
        (name.is_none() || words.take(&["on"])).then_some(())?;
        words.take(&["only"]);
        let table = words.name()?;
        let rest = &text[words.offset()?..statement.range.end];
        Some(Self { is_unique, name: name.map(|name| name.sql()), table: table.sql(), rest })
    }

    /// The name it gives, as it is written.
    pub(crate) fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// The table, as it is written.
    pub(crate) fn table(&self) -> &str {
        &self.table
    }

    /// Looks for it. The same index is built on an empty copy of the table, so that the server itself says what the
    /// definition comes to; what somebody else is building just now does not count.
    pub(crate) async fn find(&self, session: &mut Session) -> PgResult<Found> {
        let unique = if self.is_unique { "unique " } else { "" };
        let name = self.name.as_deref().map_or_else(String::new, |name| {
            format!("and c.relname operator(pg_catalog.=) (pg_catalog.parse_ident({}))[1] ", literal(name))
        });
        let of =
            |index: &str| format!("pg_catalog.substring(pg_catalog.pg_get_indexdef({index}), ' USING .*$')");
        session.send("begin")?;
        session.send(&format!(
            "create temporary table crmctl_probe (like {table}) on commit drop; \
             create {unique}index crmctl_probe_index on pg_temp.crmctl_probe {rest}\n; \
             select pg_catalog.format('%I.%I', n.nspname, c.relname) as index, i.indisvalid as valid \
             from pg_catalog.pg_index i join pg_catalog.pg_class c on c.oid operator(pg_catalog.=) i.indexrelid \
             join pg_catalog.pg_namespace n on n.oid operator(pg_catalog.=) c.relnamespace \
             where i.indrelid operator(pg_catalog.=) {relation}::pg_catalog.regclass \
             and i.indisunique operator(pg_catalog.=) {unique_flag} {name} and {ours} operator(pg_catalog.=) {probe} \
             and not exists (select from pg_catalog.pg_stat_progress_create_index p where p.index_relid operator(pg_catalog.=) i.indexrelid) \
             order by i.indisvalid desc limit 1",
            table = self.table,
            rest = self.rest,
            relation = literal(&self.table),
            unique_flag = self.is_unique,
            ours = of("i.indexrelid"),
            probe = of("'pg_temp.crmctl_probe_index'::pg_catalog.regclass"),
        ))?;
        session.send("rollback")?;
        session.receive().await?;
        let answer = session.receive().await?;
        session.receive().await?;
        // A definition that cannot be tried is another one than that of any index there is.
        let rows = answer.ok().map(crate::pg::Answer::rows).unwrap_or_default();
        Ok(rows.first().map_or(Found::Nothing, found))
    }
}

fn found(row: &Row) -> Found {
    match row.text("index") {
        Some(_) if row.flag("valid") => Found::Valid,
        Some(index) => Found::Leftover(index.to_owned()),
        None => Found::Nothing,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::migration::split;

    fn parsed(text: &str) -> Option<(bool, Option<String>, String, String)> {
        let statements = split("a.sql", text).unwrap();
        let build = IndexBuild::of(text, &statements[0])?;
        Some((build.is_unique, build.name, build.table, build.rest.to_owned()))
    }

    #[test]
    fn every_form_of_the_statement_is_taken_apart() {
        let expected = |unique, name: Option<&str>, table: &str, rest: &str| {
            Some((unique, name.map(str::to_owned), table.to_owned(), rest.to_owned()))
        };
        assert_eq!(
            parsed("-- why\nCREATE INDEX CONCURRENTLY a_x ON public.a (x);"),
            expected(false, Some("a_x"), "public.a", "(x)")
        );
        assert_eq!(
            parsed(
                "create unique index concurrently if not exists \"A x\" on only \"S\".\"T\" using btree (x) where x > 1"
            ),
            expected(true, Some("\"A x\""), "\"S\".\"T\"", "using btree (x) where x > 1")
        );
        assert_eq!(
            parsed("create index concurrently on a (lower(x))"),
            expected(false, None, "a", "(lower(x))")
        );
    }

    #[test]
    fn other_statements_are_none() {
        for text in ["create index a_x on a (x)", "drop index concurrently a_x", "create table a (x int)"] {
            assert_eq!(parsed(text), None, "{text}");
        }
    }
}
