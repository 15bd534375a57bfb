//! What differs between two tables so that the rows of one are not those of the other, in words. Pure.

use std::collections::{BTreeMap, BTreeSet};

use crate::catalog::{Column, Table};
use crate::pg::TableName;
use crate::sync::plan::Options;
use crate::sync::refusal::is_excluded;

/// What is told before the rest is counted.
const TOLD: usize = 20;

/// All differences of tables that go along, a sentence each; rows go by the roots of partitions.
pub(crate) fn differences(source: &[Table], target: &[Table], options: &Options) -> Vec<String> {
    let included = |tables: &[Table]| -> BTreeMap<TableName, Table> {
        let included =
            tables.iter().filter(|table| !table.is_partition && !is_excluded(&table.name, options));
        included.map(|table| (table.name.clone(), table.clone())).collect()
    };
    let (left, right) = (included(source), included(target));
    let names: BTreeSet<&TableName> = left.keys().chain(right.keys()).collect();
    let mut found = Vec::new();
    for name in names {
        match (left.get(name), right.get(name)) {
            (Some(ours), Some(theirs)) => of_columns(ours, theirs, options, &mut found),
            (Some(_), None) => found.push(format!("`{name}` is only in `{}`", options.from)),
            (None, _) => found.push(format!("`{name}` is only in `{}`", options.to)),
        }
    }
    found
}

fn of_columns(left: &Table, right: &Table, options: &Options, found: &mut Vec<String>) {
    let of = |table: &Table| -> BTreeMap<String, Column> {
        table.columns.iter().map(|column| (column.name.clone(), column.clone())).collect()
    };
    let (ours, theirs) = (of(left), of(right));
    let names: BTreeSet<&String> = ours.keys().chain(theirs.keys()).collect();
    for column in names {
        let name = format!("{}.{column}", left.name);
        match (ours.get(column), theirs.get(column)) {
            (Some(ours), Some(theirs)) => {
                found.extend(of_column(ours, theirs, options).map(|what| format!("`{name}` {what}")));
            }
            (Some(_), None) => found.push(format!("`{name}` is only in `{}`", options.from)),
            (None, _) => found.push(format!("`{name}` is only in `{}`", options.to)),
        }
    }
}

/// The first thing that differs: what comes after it often follows from it.
fn of_column(left: &Column, right: &Column, Options { from, to, .. }: &Options) -> Option<String> {
    let pair = |ours: &str, theirs: &str| Some(format!("is {ours} in `{from}` and {theirs} in `{to}`"));
    let generated = |column: &Column| match (&column.generated, column.identity.as_deref()) {
        (Some(_), _) => "generated",
        (None, Some("a")) => "an identity always",
        (None, Some(_)) => "an identity by default",
        (None, None) => "neither generated nor an identity",
    };
    if left.data_type != right.data_type {
        return pair(&format!("`{}`", left.data_type), &format!("`{}`", right.data_type));
    }
    if generated(left) != generated(right) {
        return pair(generated(left), generated(right));
    }
    (right.not_null && !left.not_null).then(|| format!("may be NULL in `{from}` and not in `{to}`"))
}

/// The first of them, and how many more there are.
pub(crate) fn told(differences: &[String]) -> String {
    let mut text = differences[..differences.len().min(TOLD)].join("; ");
    if differences.len() > TOLD {
        text += &format!("; and {} more", differences.len() - TOLD);
    }
    text
}
