//! In which format a table's rows travel. Pure.

use crate::pg::{identifier, literal};
use crate::sync::carried::Carried;

/// A format of COPY.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    /// Goes everywhere.
    Text,
    /// Costs the servers a third less, but only values of the same type on the same major version are sure to mean the
    /// same.
    Binary,
}

/// Types whose binary form holds no number that only one database knows, as ids of types and objects.
const PLAIN: [&str; 31] = [
    "smallint",
    "integer",
    "bigint",
    "real",
    "double precision",
    "numeric",
    "boolean",
    "text",
    "character varying",
    "character",
    "\"char\"",
    "name",
    "bytea",
    "uuid",
    "date",
    "time without time zone",
    "time with time zone",
    "timestamp without time zone",
    "timestamp with time zone",
    "interval",
    "json",
    "jsonb",
    "inet",
    "cidr",
    "macaddr",
    "bit",
    "bit varying",
    "point",
    "tsvector",
    "int4range",
    "tstzrange",
];

impl Format {
    /// As an option of COPY.
    pub(super) fn option(self) -> Option<&'static str> {
        match self {
            Self::Text => None,
            Self::Binary => Some("format binary"),
        }
    }

    /// `copy (..) to stdout` in this format.
    pub(super) fn copy_out(self, select: &str) -> String {
        match self.option() {
            None => format!("copy ({select}) to stdout"),
            Some(option) => format!("copy ({select}) to stdout ({option})"),
        }
    }
}

/// Asks the source whether each table's rows have the types of the target's columns, in order. One row a table; of
/// those that could never travel in binary format nothing is asked.
pub(super) fn query(tables: &[Carried]) -> String {
    let mut columns = Vec::new();
    let mut asked = vec!["select place, fits from stored".to_owned()];
    for (place, carried) in tables.iter().enumerate() {
        match plain_types(carried) {
            None => asked.push(format!("select {place}, false")),
            Some(types) if carried.is_whole() => columns.push(wanted(place, carried, &types)),
            Some(types) => asked.push(format!("select {place}, {}", has_types(carried, &types))),
        }
    }
    // Of so many tables, to look into the catalog takes milliseconds; to let the planner find a type of each column, seconds.
    let none = "select null::int, null::pg_catalog.regclass, '{}'::pg_catalog.text[], '{}'::pg_catalog.text[] where false";
    columns.push(none.to_owned());
    format!(
        "with stored as (select place, not exists (select from unnest(w.names, w.types) c (name, type) \
           left join pg_catalog.pg_attribute a on a.attrelid = w.relation and a.attname = c.name \
           where pg_catalog.format_type(a.atttypid, null) is distinct from c.type) as fits \
         from ({}) w (place, relation, names, types)) {} order by 1",
        columns.join(" union all "),
        asked.join(" union all ")
    )
}

fn wanted(place: usize, carried: &Carried, types: &[&str]) -> String {
    let names: Vec<&str> = carried.columns.iter().map(|column| column.name.as_str()).collect();
    let relation = literal(&carried.target.name.sql());
    format!("select {place}, {relation}::pg_catalog.regclass, {}, {}", texts(&names), texts(types))
}

fn texts(values: &[&str]) -> String {
    let values: Vec<String> = values.iter().map(|value| literal(value)).collect();
    format!("array[{}]::pg_catalog.text[]", values.join(", "))
}

/// No row is read: what a query yields has a type even where it yields nothing.
fn has_types(carried: &Carried, types: &[&str]) -> String {
    let found: Vec<String> = carried
        .columns
        .iter()
        .map(|column| format!("pg_catalog.pg_typeof(t.{})::pg_catalog.text", identifier(&column.name)))
        .collect();
    format!(
        "(select array[{}]::pg_catalog.text[] = {} from (select) one left join ({} limit 0) t on true)",
        found.join(", "),
        texts(types),
        carried.select()
    )
}

/// The types of the columns without what modifies them, if all are plain.
fn plain_types(carried: &Carried) -> Option<Vec<&str>> {
    carried.columns.iter().map(|column| plain(&column.data_type)).collect()
}

/// Modifiers stand behind the name, but for `timestamp(3) with time zone`, which then goes as text.
fn plain(data_type: &str) -> Option<&str> {
    let name = match data_type.split_once('(') {
        Some((name, rest)) if rest.ends_with(')') => name,
        Some(_) => return None,
        None => data_type,
    };
    let is_interval = name.starts_with("interval ") && !name.ends_with(']');
    let name = if is_interval { "interval" } else { name };
    PLAIN.contains(&name.strip_suffix("[]").unwrap_or(name)).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_types_that_mean_the_same_everywhere_go_in_binary_format() {
        assert_eq!(plain("numeric(10,2)"), Some("numeric"));
        assert_eq!(plain("uuid[]"), Some("uuid[]"));
        assert_eq!(plain("interval day to second"), Some("interval"));
        for other in [
            "public.mood",
            "public.mood[]",
            "regclass",
            "oid",
            "xml",
            "aclitem",
            "timestamp(3) with time zone",
            "numeric(10,2)[]",
        ] {
            assert_eq!(plain(other), None, "{other}");
        }
    }
}
