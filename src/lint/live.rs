//! What is known of the database that files will be applied to.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::catalog::{Catalog, Facts, ObjectName};
use crate::pg::{PgResult, Row};

/// Rows of each table, as far as statistics know. A table that was never analysed and never seen to grow counts as holding
/// rows, though nobody knows how many: to ask for its size would wait for whoever has locked it.
const SIZES: &str = "select n.nspname || '.' || c.relname as name, \
    case when c.reltuples < 0 then greatest(coalesce(s.n_live_tup, 1), 1) else c.reltuples::bigint end as rows, \
    c.reltuples < 0 and coalesce(s.n_live_tup, 0) = 0 as uncounted \
    from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace \
    left join pg_catalog.pg_stat_all_tables s on s.relid = c.oid where c.relkind in ('r', 'p')";

/// What is known of the database the files will be applied to. By default nothing is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LiveFacts {
    /// The rows (an estimate will do) of every table that exists, by `schema.name`. `None`: nobody asked.
    pub existing_tables: Option<BTreeMap<String, u64>>,
    /// Those among them whose rows nobody has counted.
    pub(crate) uncounted_tables: BTreeSet<String>,
    /// Whether its schema is known as well, and so all that follows.
    pub(crate) knows_schema: bool,
    /// The types of its columns, by `schema.table.column`.
    pub(crate) column_types: BTreeMap<String, String>,
    /// Columns that a validated check keeps from being null.
    pub(crate) checked_columns: BTreeSet<String>,
    /// Columns that an index or a key begins with.
    pub(crate) indexed_columns: BTreeSet<String>,
    /// Tables with row level security.
    pub(crate) secured_tables: BTreeSet<String>,
    /// The table of each index, by `schema.index`.
    pub(crate) indexes: BTreeMap<String, String>,
}

impl LiveFacts {
    /// The query for [`LiveFacts::from_rows`]: one statement, one round trip.
    #[must_use]
    pub fn query() -> &'static str {
        SIZES
    }

    /// The sizes, from the rows of [`LiveFacts::query`].
    pub fn from_rows(rows: &[Row]) -> PgResult<Self> {
        let mut tables = BTreeMap::new();
        let mut uncounted = BTreeSet::new();
        for row in rows {
            let name: String = row.get("name")?;
            if row.flag("uncounted") {
                uncounted.insert(name.clone());
            }
            tables.insert(name, row.get("rows")?);
        }
        Ok(Self { existing_tables: Some(tables), uncounted_tables: uncounted, ..Self::default() })
    }

    /// The rows of a table, where somebody has counted them.
    pub(crate) fn counted_rows(&self, table: &str) -> Option<u64> {
        let rows = self.existing_tables.as_ref()?.get(table).copied()?;
        (!self.uncounted_tables.contains(table)).then_some(rows)
    }

    /// The same, and what the schema of the database says: types, checks, indexes, row level security.
    #[must_use]
    pub fn with_catalog(mut self, catalog: &Catalog) -> Self {
        self.knows_schema = true;
        for (name, facts) in &catalog.objects {
            self.take_in(name, facts);
        }
        self
    }

    fn take_in(&mut self, name: &ObjectName, facts: &Facts) {
        let schema = &name.schema;
        let text = |fact: &str| facts.get(fact).and_then(Value::as_str).unwrap_or_default();
        let table = format!("{schema}.{}", text("table"));
        match name.kind.as_str() {
            "column" => {
                self.column_types.insert(format!("{table}.{}", text("column")), text("type").to_owned());
            }
            "table" if facts.get("row_security") == Some(&Value::Bool(true)) => {
                self.secured_tables.insert(format!("{schema}.{}", name.name));
            }
            "constraint" => {
                let columns = facts.get("columns").and_then(Value::as_array);
                let first = columns.and_then(|columns| columns.first()).and_then(Value::as_str);
                let Some(first) = first.map(|first| format!("{table}.{first}")) else { return };
                match text("type") {
                    "p" | "u" => {
                        self.indexed_columns.insert(first);
                    }
                    "c" if facts.get("validated") != Some(&Value::Bool(false))
                        && text("definition").to_lowercase().contains("is not null") =>
                    {
                        self.checked_columns.insert(first);
                    }
                    _ => {}
                }
            }
            "index" => {
                let index =
                    name.name.strip_prefix(text("table")).unwrap_or_default().trim_start_matches(['.', ':']);
                self.indexes.insert(format!("{schema}.{index}"), table.clone());
                let column = text("definition").split_once('(').map(|(_, rest)| rest);
                let column = column.and_then(|rest| rest.split([',', ')', ' ']).next()).unwrap_or_default();
                self.indexed_columns.insert(format!("{table}.{}", column.trim_matches('"')));
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[test]
    fn a_table_that_nobody_has_counted_holds_rows_but_no_number_of_them() {
        let columns: Arc<[String]> = ["name", "rows", "uncounted"].map(str::to_owned).into();
        let row =
            |values: [&str; 3]| Row::new(columns.clone(), values.map(|value| Some(value.to_owned())).into());
        let rows = [row(["public.new", "1", "t"]), row(["public.seen", "7", "f"])];
        let live = LiveFacts::from_rows(&rows).expect("rows as the query brings them");

        assert_eq!(live.existing_tables.as_ref().map(|tables| tables["public.new"]), Some(1));
        assert_eq!(live.counted_rows("public.new"), None);
        assert_eq!(live.counted_rows("public.seen"), Some(7));
    }

    #[test]
    fn the_schema_tells_types_checks_and_indexes() {
        let facts = |value: serde_json::Value| serde_json::from_value::<Facts>(value).expect("an object");
        let name = |kind: &str, name: &str| ObjectName {
            kind: kind.to_owned(),
            schema: "public".to_owned(),
            name: name.to_owned(),
        };
        let check = serde_json::json!({"table": "t", "type": "c", "columns": ["a"], "validated": true,
            "definition": "CHECK ((a IS NOT NULL))"});
        let index =
            serde_json::json!({"table": "t", "definition": "CREATE INDEX i ON public.t USING btree (b, c)"});
        let column = serde_json::json!({"table": "t", "column": "a", "type": "character varying(5)"});
        let objects = [
            (name("constraint", "t.c"), facts(check)),
            (name("index", "t.i"), facts(index)),
            (name("column", "t.a"), facts(column)),
        ];
        let live = LiveFacts::default().with_catalog(&Catalog { objects: objects.into() });

        assert!(live.checked_columns.contains("public.t.a") && live.indexed_columns.contains("public.t.b"));
        assert_eq!(live.indexes["public.i"], "public.t");
        assert_eq!(live.column_types["public.t.a"], "character varying(5)");
    }
}
