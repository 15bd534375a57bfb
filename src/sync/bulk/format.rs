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
    let asked = tables.iter().enumerate().map(|(place, carried)| {
        let fits =
            plain_types(carried).map_or_else(|| "false".to_owned(), |types| has_types(carried, &types));
        format!("select {place} as place, {fits} as fits")
    });
    let asked: Vec<String> = asked.collect();
    if asked.is_empty() { "select where false".to_owned() } else { asked.join(" union all ") + " order by 1" }
}

/// No row is read: what a query yields has a type even where it yields nothing.
fn has_types(carried: &Carried, types: &[&str]) -> String {
    let found: Vec<String> = carried
        .columns
        .iter()
        .map(|column| format!("pg_catalog.pg_typeof(t.{})::pg_catalog.text", identifier(&column.name)))
        .collect();
    let wanted: Vec<String> = types.iter().map(|name| literal(name)).collect();
    format!(
        "(select array[{}]::pg_catalog.text[] = array[{}]::pg_catalog.text[] \
         from (select) one left join ({} limit 0) t on true)",
        found.join(", "),
        wanted.join(", "),
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
