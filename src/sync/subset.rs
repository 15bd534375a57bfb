//! Which rows make a whole subset. Pure.
//!
//! A filtered table keeps the rows that its filter accepts. A table that refers to a table which does not keep all its
//! rows keeps the rows whose references lead to kept rows (or are NULL), and so on. Everything else is whole. So no
//! kept row ever refers to one that is not. Where foreign keys go in a circle, a row that goes takes along those that
//! refer to it, as often as it takes: a recursive query over the circle's references.
//!
//! All of it is one query per table, evaluated in the source in the snapshot from which everything is copied.

use std::collections::{BTreeMap, BTreeSet};

use crate::catalog::{Catalog, ForeignKey, Table};
use crate::pg::identifier;
use crate::sync::equality::equal;
use crate::sync::filter::Filter;

/// The rows of one table that are kept: `with`, `from` and `where` of a query on it, in which the table goes by its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Narrowing {
    pub(crate) with: String,
    pub(crate) from: String,
    pub(crate) condition: String,
}

/// The tables that do not keep all their rows, by their position in `tables`.
pub(crate) fn narrow(
    tables: &[&Table],
    filters: &[&Filter],
    catalog: &Catalog,
) -> BTreeMap<usize, Narrowing> {
    let subset = Subset::new(tables, filters, catalog);
    subset.restricted.iter().map(|table| (*table, subset.narrowing(*table))).collect()
}

struct Subset<'a> {
    catalog: &'a Catalog,
    tables: &'a [&'a Table],
    /// The condition on a table, if it has one of its own.
    filters: BTreeMap<usize, String>,
    restricted: BTreeSet<usize>,
    /// For each restricted table the circle it is on: itself alone, mostly.
    circles: BTreeMap<usize, BTreeSet<usize>>,
}

impl<'a> Subset<'a> {
    fn new(tables: &'a [&'a Table], filters: &[&Filter], catalog: &'a Catalog) -> Self {
        let mut own = BTreeMap::new();
        for (number, table) in tables.iter().enumerate() {
            let conditions: Vec<String> = filters
                .iter()
                .filter(|filter| filter.is_of(table))
                .map(|filter| format!("(\n{}\n)", filter.condition))
                .collect();
            if !conditions.is_empty() {
                own.insert(number, conditions.join(" and "));
            }
        }
        let mut subset = Self {
            catalog,
            tables,
            restricted: own.keys().copied().collect(),
            filters: own,
            circles: BTreeMap::new(),
        };
        loop {
            let refers = |number: &usize| subset.keys(*number).next().is_some();
            let more: Vec<usize> = (0..tables.len())
                .filter(|number| !subset.restricted.contains(number))
                .filter(refers)
                .collect();
            if more.is_empty() {
                break;
            }
            subset.restricted.extend(more);
        }
        let reached: BTreeMap<usize, BTreeSet<usize>> =
            subset.restricted.iter().map(|number| (*number, subset.reached(*number))).collect();
        for number in &subset.restricted {
            let back = reached[number].iter().filter(|other| reached[*other].contains(number));
            subset.circles.insert(*number, back.copied().chain([*number]).collect());
        }
        subset
    }

    /// The foreign keys of a table to restricted tables.
    fn keys(&self, table: usize) -> impl Iterator<Item = (&'a ForeignKey, usize)> {
        let number = |key: &ForeignKey| {
            self.restricted.iter().find(|number| self.tables[**number].name == key.references).copied()
        };
        self.tables[table].foreign_keys.iter().filter_map(move |key| Some((key, number(key)?)))
    }

    fn reached(&self, from: usize) -> BTreeSet<usize> {
        let (mut reached, mut ahead) = (BTreeSet::new(), vec![from]);
        while let Some(number) = ahead.pop() {
            ahead.extend(self.keys(number).map(|(_, other)| other).filter(|other| reached.insert(*other)));
        }
        reached
    }

    fn is_circular(&self, table: usize) -> bool {
        self.circles[&table].len() > 1 || self.keys(table).any(|(_, other)| other == table)
    }

    fn narrowing(&self, table: usize) -> Narrowing {
        let mut queries = Vec::new();
        let mut told = BTreeSet::new();
        if self.is_circular(table) {
            self.tell_circle(table, &mut told, &mut queries);
        } else {
            self.tell_parents(table, &mut told, &mut queries);
        }
        let (from, condition) = self.kept(table);
        let with = if queries.is_empty() {
            String::new()
        } else {
            format!("with recursive {} ", queries.join(",\n"))
        };
        Narrowing { with, from, condition }
    }

    /// What [`Self::kept`] of a table needs to stand before it.
    fn tell_parents(&self, table: usize, told: &mut BTreeSet<String>, queries: &mut Vec<String>) {
        for (_, parent) in self.keys(table) {
            if self.circles[&table].contains(&parent) {
                continue;
            }
            let name = kept_name(parent);
            if !told.insert(name.clone()) {
                continue;
            }
            if self.is_circular(parent) {
                self.tell_circle(parent, told, queries);
            } else {
                self.tell_parents(parent, told, queries);
            }
            let columns = self.referred(parent);
            let own: Vec<String> = columns.iter().map(|column| self.column(parent, column)).collect();
            let names: Vec<String> = (0..own.len()).map(key_name).collect();
            let (from, condition) = self.kept(parent);
            queries.push(format!(
                "{name} ({}) as (select {} from {from} where {condition})",
                names.join(", "),
                own.join(", ")
            ));
        }
    }

    /// `from` and `where` of the rows that are kept.
    fn kept(&self, table: usize) -> (String, String) {
        let alias = self.alias(table);
        let whole = self.tables[table].from_clause();
        if self.is_circular(table) {
            let gone = gone_name(&self.circles[&table]);
            let condition = format!(
                "not exists (select from {gone} as \"crmctl gone\" where \"crmctl gone\".node = {table} \
                 and \"crmctl gone\".part = {alias}.tableoid and \"crmctl gone\".row = {alias}.ctid)"
            );
            return (format!("{whole} as {alias}"), condition);
        }
        let rows = match self.filters.get(&table) {
            // Inside, the filter sees the columns of its table and no others.
            Some(filter) => format!("(select * from {whole} as {alias} where {filter}) as {alias}"),
            None => format!("{whole} as {alias}"),
        };
        let (joins, condition) = self.references(table);
        (format!("{rows}{joins}"), condition)
    }

    /// The joins to the kept rows of other circles, and the condition that all of them were found. A join keeps its
    /// speed where a hashed subquery would not fit into memory; keys that are referred to are unique, so no row comes
    /// twice.
    fn references(&self, table: usize) -> (String, String) {
        let (mut joins, mut conditions) = (String::new(), Vec::new());
        let outside = self.keys(table).filter(|(_, parent)| !self.circles[&table].contains(parent));
        for (number, (key, parent)) in outside.enumerate() {
            let joined = format!("\"crmctl join {number}\"");
            let columns = self.referred(parent);
            let pairs = key.columns.iter().zip(&key.referenced_columns).enumerate();
            let pairs = pairs.map(|(number, (own, other))| {
                let place = columns.iter().position(|column| column == other).unwrap_or_default();
                let ends = [format!("{joined}.{}", key_name(place)), self.column(table, own)];
                equal(self.catalog, key, number, ends.each_ref().map(String::as_str))
            });
            joins += &format!(
                " left join {} as {joined} on {}",
                kept_name(parent),
                pairs.collect::<Vec<_>>().join(" and ")
            );
            let absent = key.columns.iter().map(|own| format!("{} is null", self.column(table, own)));
            let place = key
                .referenced_columns
                .first()
                .and_then(|first| columns.iter().position(|found| found == first));
            let found = format!("{joined}.{} is not null", key_name(place.unwrap_or_default()));
            conditions.push(format!("({})", absent.chain([found]).collect::<Vec<_>>().join(" or ")));
        }
        (joins, if conditions.is_empty() { "true".to_owned() } else { conditions.join(" and ") })
    }

    /// The rows of a circle that go: those that their filter or a reference to the outside refuses, and then whatever
    /// refers to one that goes. Rows are told apart by where they are, which a snapshot keeps.
    fn tell_circle(&self, table: usize, told: &mut BTreeSet<String>, queries: &mut Vec<String>) {
        let circle = &self.circles[&table];
        let gone = gone_name(circle);
        if !told.insert(gone.clone()) {
            return;
        }
        let (mut edges, mut first) = (Vec::new(), Vec::new());
        for number in circle {
            self.tell_parents(*number, told, queries);
            let (whole, alias) = (self.tables[*number].from_clause(), self.alias(*number));
            let row = format!("{number}, {alias}.tableoid, {alias}.ctid");
            if let Some(filter) = self.filters.get(number) {
                first.push(format!(
                    "select {row} from {whole} as {alias} where not coalesce({filter}, false)"
                ));
            }
            let (joins, condition) = self.references(*number);
            if !joins.is_empty() {
                first.push(format!("select {row} from {whole} as {alias}{joins} where not ({condition})"));
            }
            for (key, parent) in self.keys(*number).filter(|(_, parent)| circle.contains(parent)) {
                let pairs = key.columns.iter().zip(&key.referenced_columns).enumerate();
                let pairs = pairs.map(|(number, (own, other))| {
                    let child = format!("\"crmctl child\".{}", identifier(own));
                    let parent = format!("\"crmctl parent\".{}", identifier(other));
                    equal(self.catalog, key, number, [&parent, &child])
                });
                edges.push(format!(
                    "select {number}, \"crmctl child\".tableoid, \"crmctl child\".ctid, {parent}, \"crmctl parent\".tableoid, \
                     \"crmctl parent\".ctid from {whole} as \"crmctl child\" join {} as \"crmctl parent\" on {}",
                    self.tables[parent].from_clause(),
                    pairs.collect::<Vec<_>>().join(" and ")
                ));
            }
        }
        let edge = gone.replace("gone", "edge");
        queries.push(format!(
            "{edge} (node, part, row, parent, parent_part, parent_row) as materialized ({})",
            edges.join(" union all ")
        ));
        queries.push(format!(
            "{gone} (node, part, row) as (({}) union select e.node, e.part, e.row from {gone} as g join {edge} as e \
             on e.parent = g.node and e.parent_part = g.part and e.parent_row = g.row)",
            first.join(" union all ")
        ));
    }

    /// The columns of a table that keys refer to, in order.
    fn referred(&self, table: usize) -> Vec<&'a str> {
        let keys = self.tables.iter().flat_map(|table| &table.foreign_keys);
        let keys = keys.filter(|key| key.references == self.tables[table].name);
        let columns: BTreeSet<&str> =
            keys.flat_map(|key| &key.referenced_columns).map(String::as_str).collect();
        columns.into_iter().collect()
    }

    fn alias(&self, table: usize) -> String {
        identifier(&self.tables[table].name.name)
    }

    fn column(&self, table: usize, column: &str) -> String {
        format!("{}.{}", self.alias(table), identifier(column))
    }
}

fn kept_name(table: usize) -> String {
    format!("\"crmctl kept {table}\"")
}

fn gone_name(circle: &BTreeSet<usize>) -> String {
    format!("\"crmctl gone {}\"", circle.first().copied().unwrap_or_default())
}

fn key_name(place: usize) -> String {
    // Own SQL of a mask names columns without their table: it must not mean this one.
    format!("\"crmctl key {place}\"")
}

#[cfg(test)]
mod tests;
