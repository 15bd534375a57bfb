//! What the rows of a table come to, as a number of rows and a short text: equal rows, equal digest.
//!
//! Each row becomes one 64-bit hash of its named columns; two mixtures of it are added up. Addition does not mind
//! the order and, unlike `xor`, counts duplicates. The digest is the same on PostgreSQL 15 to 18.
//!
//! A column is hashed in the form of its type that is equal exactly when the values are the same and that is
//! cheapest to get; see [`native`]. The traps: the hash of an enum is that of an object id; hashes of numeric, float,
//! interval, jsonb, citext and char(n) call different values equal (1.0 and 1.00, `30 days` and `1 mon`); that of
//! bigint, and so of timestamps, calls 0 and 4294967297 equal; text under a non-deterministic collation calls `a`
//! and `A` equal.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use serde::{Deserialize, Serialize};

use crate::catalog::{Column, Table};
use crate::pg::{PgError, PgResult, Row, Session, TableName, identifier, literal};

/// Stands before each digest. Digests are kept in manifests: another way to make them needs another number.
const VERSION: &str = "1";

/// The rows of one table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableDigest {
    /// How many.
    pub rows: u64,
    /// What they hold. Empty when the rows were only counted.
    pub digest: String,
}

/// The tables that are digested: all, but partitions only when the table that holds their rows is none of these. It may be
/// one of the platform's or an extension's.
pub fn digested(tables: &[Table]) -> impl Iterator<Item = &Table> {
    let partitioned: BTreeSet<&TableName> =
        tables.iter().filter(|table| table.is_partitioned).map(|table| &table.name).collect();
    let is_held = move |table: &Table| {
        table.is_partition && table.partition_of.as_ref().is_some_and(|parent| partitioned.contains(parent))
    };
    tables.iter().filter(move |table| !is_held(table))
}

/// Rows that are digested as those of a table: a table's own, or what a query makes of them.
#[derive(Debug, Clone)]
pub struct Relation<'a> {
    /// The table.
    pub name: &'a TableName,
    /// The columns that count, in name order.
    pub columns: Vec<&'a Column>,
    /// What they are read from: SQL after `from` and before an alias.
    pub from: String,
}

impl<'a> From<&'a Table> for Relation<'a> {
    fn from(table: &'a Table) -> Self {
        Self { name: &table.name, columns: table.stored_columns().collect(), from: table.from_clause() }
    }
}

/// One statement that digests all tables; [`digests_from_rows`] reads its answer. To be run by a session of
/// [`crate::pg`], whose settings decide how values look as text, inside a transaction if one snapshot is meant.
#[must_use]
pub fn digest_query(tables: &[Table]) -> String {
    relations_query(digested(tables).map(Relation::from))
}

/// Like [`digest_query`], for rows that need not be those of whole tables.
#[must_use]
pub fn relations_query<'a>(relations: impl Iterator<Item = Relation<'a>>) -> String {
    union(relations, |relation| {
        format!(
            "{} as \"digest\" from (select {} as hash from {} as t offset 0) as hashed",
            sum("hash"),
            hash_of(relation.columns.iter().copied()),
            relation.from
        )
    })
}

/// Like [`digest_query`], but the rows are only counted.
#[must_use]
pub fn count_query(tables: &[Table]) -> String {
    union(digested(tables).map(Relation::from), |relation| {
        format!("'' as \"digest\" from {} as t", relation.from)
    })
}

fn union<'a>(
    relations: impl Iterator<Item = Relation<'a>>,
    digest: impl Fn(&Relation<'a>) -> String,
) -> String {
    let mut sql = String::new();
    for relation in relations {
        let separator = if sql.is_empty() { "" } else { "\nunion all\n" };
        let (schema, name) = (literal(&relation.name.schema), literal(&relation.name.name));
        // Writing to a String cannot fail.
        let _ = write!(
            sql,
            "{separator}select {schema} as \"schema\", {name} as \"name\", count(*) as \"rows\", {}",
            digest(&relation)
        );
    }
    if sql.is_empty() { "select '' as \"schema\" where false".to_owned() } else { sql }
}

/// The digests in the answer to [`digest_query`] or [`count_query`] for the same tables. A table without a result
/// is an error: silence must never pass for equality.
pub fn digests_from_rows(tables: &[Table], rows: &[Row]) -> PgResult<BTreeMap<TableName, TableDigest>> {
    relation_digests(digested(tables).map(|table| &table.name), rows)
}

/// The digests in the answer to [`relations_query`] for the relations of these names.
pub fn relation_digests<'a>(
    mut names: impl Iterator<Item = &'a TableName>,
    rows: &[Row],
) -> PgResult<BTreeMap<TableName, TableDigest>> {
    let mut digests = BTreeMap::new();
    for row in rows {
        let table = TableName::new(row.get::<String>("schema")?, row.get::<String>("name")?);
        digests.insert(table, TableDigest { rows: row.get("rows")?, digest: row.get("digest")? });
    }
    match names.find(|name| !digests.contains_key(name)) {
        Some(name) => Err(PgError::Protocol(format!("table `{name}` gave no digest"))),
        None => Ok(digests),
    }
}

/// Digests tables in one round trip.
pub async fn digests(session: &mut Session, tables: &[Table]) -> PgResult<BTreeMap<TableName, TableDigest>> {
    let rows = session.query(&digest_query(tables)).await?;
    digests_from_rows(tables, &rows)
}

/// An expression that adds up row hashes. A bigint's own hash folds it to 32 bits, here in two different ways
/// that together keep all of it; it also breaks the linearity of a record's hash, so that values which two rows
/// exchanged do not cancel out.
pub(crate) fn sum(hash: &str) -> String {
    written(&mixtures(hash))
}

/// The two mixtures of a row hash.
pub(crate) fn mixtures(hash: &str) -> [String; 2] {
    [format!("hashint8extended({hash}, 1)"), format!("hashint8extended({hash} & 4294967295, 2)")]
}

/// A digest as an expression over its two mixtures, or over sums of some of each.
pub(crate) fn written<S: AsRef<str>>([one, two]: &[S; 2]) -> String {
    let (one, two) = (one.as_ref(), two.as_ref());
    format!("concat('{VERSION}:', coalesce(sum({one}), 0), ':', coalesce(sum({two}), 0))")
}

/// An expression of type bigint for one row of `t`.
pub(crate) fn row_hash(table: &Table) -> String {
    hash_of(table.stored_columns())
}

/// An expression of type bigint for some columns of one row of `t`.
pub(crate) fn hash_of<'a>(columns: impl Iterator<Item = &'a Column>) -> String {
    let (mut natives, mut others) = (Vec::new(), Vec::new());
    for column in columns {
        match native(column) {
            Some(expression) => natives.push(expression),
            None => others.push(reference(column)),
        }
    }
    if !others.is_empty() {
        // The text of a record tells NULL from '' and quotes what must be quoted, so it is unambiguous.
        natives.push(format!("row({})::text collate \"C\"", others.join(", ")));
    }
    format!("hash_record_extended(row({}), 0)", natives.join(", "))
}

/// An expression of type bigint for one column of `t`.
pub(crate) fn column_hash(column: &Column) -> String {
    let expression =
        native(column).unwrap_or_else(|| format!("row({})::text collate \"C\"", reference(column)));
    format!("hash_record_extended(row({expression}), 0)")
}

/// A column of `t`.
pub(crate) fn reference(column: &Column) -> String {
    format!("t.{}", identifier(&column.name))
}

/// A form of the column whose hash is that of the value's identity. `None`: only the text of a record will do, as
/// for types of users, whose casts to text may lose something. Not `array_send`: it tells an array that once held
/// a NULL from one that never did.
pub(crate) fn native(column: &Column) -> Option<String> {
    let value = reference(column);
    let name = without_modifier(&column.data_type);
    Some(match name.as_str() {
        "smallint" | "integer" | "uuid" | "bytea" => value,
        "boolean" | "\"char\"" => format!("{value}::integer"),
        "text" | "character varying" => format!("{value} collate \"C\""),
        "name" | "json" | "jsonb" => format!("{value}::text collate \"C\""),
        "bigint" => format!("int8send({value})"),
        "numeric" => format!("numeric_send({value})"),
        "date" => format!("date_send({value})"),
        "time without time zone" => format!("time_send({value})"),
        "time with time zone" => format!("timetz_send({value})"),
        "timestamp without time zone" => format!("timestamp_send({value})"),
        "timestamp with time zone" => format!("timestamptz_send({value})"),
        // Their bytes tell one NaN from another, and COPY does not.
        "real" => format!("float4send(case when {value} = 'NaN' then 'NaN' else {value} end)"),
        "double precision" => format!("float8send(case when {value} = 'NaN' then 'NaN' else {value} end)"),
        // `interval day to second` and its like are arrays too when they end so.
        _ if name.starts_with("interval") && !name.ends_with(']') => format!("interval_send({value})"),
        _ if name.ends_with("[]") && !name.contains('.') => format!("{value}::text collate \"C\""),
        _ => return None,
    })
}

/// `timestamp(3) with time zone` without `(3)`. Types of users have a schema before their name and never match.
fn without_modifier(data_type: &str) -> String {
    match (data_type.find('('), data_type.find(')')) {
        (Some(start), Some(end)) if start < end => [&data_type[..start], &data_type[end + 1..]].concat(),
        _ => data_type.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parity::fixture::{row, table};

    #[test]
    fn columns_are_hashed_by_name_in_the_form_that_keeps_their_identity() {
        let table = table(
            "public.t",
            &[("a", "bigint"), ("b", "public.mood"), ("c\"", "character varying(20)")],
            &["a"],
        );

        assert_eq!(
            row_hash(&table),
            "hash_record_extended(row(int8send(t.\"a\"), t.\"c\"\"\" collate \"C\", row(t.\"b\")::text collate \"C\"), 0)"
        );
    }

    #[test]
    fn a_type_s_modifier_does_not_change_how_it_is_hashed() {
        let form = |data_type| native(&table("t", &[("c", data_type)], &[]).columns[0]);

        assert_eq!(form("timestamp(3) with time zone").as_deref(), Some("timestamptz_send(t.\"c\")"));
        assert_eq!(form("numeric(10,2)").as_deref(), Some("numeric_send(t.\"c\")"));
        assert_eq!(form("interval[]").as_deref(), Some("t.\"c\"::text collate \"C\""));
        assert_eq!(form("interval day to second(3)").as_deref(), Some("interval_send(t.\"c\")"));
        for text_only in ["public.mood[]", "public.text", "character(3)", "xml"] {
            assert_eq!(form(text_only), None, "{text_only}");
        }
    }

    #[test]
    fn a_partition_is_left_to_its_root_and_digested_without_one() {
        let mut root = table("root", &[], &[]);
        root.is_partitioned = true;
        let mut part = table("part", &[], &[]);
        part.is_partition = true;
        part.partition_of = Some(root.name.clone());
        let mut other = part.clone();
        (other.name, other.partition_of) =
            (TableName::new("public", "other"), Some(TableName::new("cron", "far")));

        let all = [part.clone(), root, other];
        assert_eq!(
            digested(&all).map(|table| table.name.name.as_str()).collect::<Vec<_>>(),
            ["root", "other"]
        );
        assert_eq!(digested(&[part]).count(), 1);
    }

    #[test]
    fn a_table_without_a_result_is_an_error_and_not_equality() {
        let tables = [table("a", &[], &[]), table("b", &[], &[])];
        let rows = [row(&[("schema", "public"), ("name", "a"), ("rows", "3"), ("digest", "1:2:3")])];

        assert_eq!(digests_from_rows(&tables[..1], &rows).expect("all there")[&tables[0].name].rows, 3);
        assert!(digests_from_rows(&tables, &rows).is_err());
    }

    #[test]
    fn no_tables_are_still_a_statement() {
        assert_eq!(digest_query(&[]), "select '' as \"schema\" where false");
    }
}
