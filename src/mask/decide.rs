//! Which column is masked how: the rules held against the tables. Pure.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::catalog::{Catalog, Column, ObjectName, Table};
use crate::environment::EnvironmentName;
use crate::mask::error::MaskError;
use crate::mask::expression;
use crate::mask::meant::{check_column, rule_of, unfit};
use crate::mask::personal::{self, Looked};
use crate::mask::rule::{Mask, Rule, column_of};
use crate::mask::shape::{Family, Shape};
use crate::mask::unique::unique_columns;
use crate::pg::{TableName, identifier};
use crate::sync::root;

/// A column that does not go along as it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Masked {
    pub(crate) table: TableName,
    pub(crate) column: String,
    /// The word of its mask.
    pub(crate) mask: &'static str,
}

/// What is masked, and the SQL for it by table and column.
#[derive(Debug, Clone, Default)]
pub(crate) struct Masking {
    pub(crate) columns: Vec<Masked>,
    pub(crate) expressions: BTreeMap<(TableName, String), String>,
    /// The user's own expressions, to be tried before anything is copied.
    pub(crate) own: Vec<(TableName, String, Rule)>,
}

type Name<'a> = (&'a TableName, &'a str);
/// The referring column, the one referred to, and whether the first may be made NULL.
type End<'a> = (Name<'a>, Name<'a>, bool);

struct Deciding<'a> {
    catalog: &'a Catalog,
    /// With partitions and what does not go along.
    all: &'a [Table],
    tables: &'a [&'a Table],
    chosen: BTreeMap<Name<'a>, &'a Rule>,
    unique: BTreeSet<Name<'a>>,
}

/// Decides for all columns of `tables`, those of `all` the source's that go along. `guarded` names the source when it is
/// protected: then every column that looks personal must have a rule.
pub(crate) fn decide<'a>(
    rules: &'a [Rule],
    (catalog, all): (&'a Catalog, &'a [Table]),
    tables: &'a [&'a Table],
    guarded: Option<&EnvironmentName>,
) -> Result<Masking, MaskError> {
    for rule in rules {
        check_column(rule, all)?;
    }
    let indexes = unique_columns(catalog);
    let mut deciding = Deciding { catalog, all, tables, chosen: BTreeMap::new(), unique: BTreeSet::new() };
    for (table, column) in deciding.columns() {
        if let Some(rule) = rule_of(rules, table, column) {
            deciding.chosen.insert((&table.name, &column.name), rule);
        }
        let is_unique =
            indexes.iter().any(|(name, columns)| *name == table.name && columns.contains(&column.name));
        if is_unique {
            deciding.unique.insert((&table.name, &column.name));
        }
    }
    deciding.inherit();
    deciding.follow_keys()?;
    if let Some(from) = guarded {
        deciding.refuse_personal(from)?;
    }
    deciding.masking()
}

impl<'a> Deciding<'a> {
    fn columns(&self) -> Vec<(&'a Table, &'a Column)> {
        let tables = self.tables.iter();
        tables.flat_map(|table| table.stored_columns().map(move |column| (*table, column))).collect()
    }

    fn column(&self, (table, column): Name<'_>) -> Option<&'a Column> {
        let table = self.tables.iter().find(|found| found.name == *table)?;
        table.columns.iter().find(|found| found.name == column)
    }

    fn is_changed(&self, name: Name<'_>) -> bool {
        self.chosen.get(&name).is_some_and(|rule| rule.mask != Mask::Keep)
    }

    /// A column that a table has from its parents is theirs: a query on a parent shows it as well.
    fn inherit(&mut self) {
        // A chain of parents is shorter than there are tables.
        for _ in self.tables {
            let mut more = Vec::new();
            for (table, column) in self.columns() {
                let name = (&table.name, column.name.as_str());
                let parents = || self.parents(table);
                let of_parent =
                    |parent: &TableName| self.chosen.get(&(parent, column.name.as_str())).copied();
                if let (None, Some(rule)) = (self.chosen.get(&name), parents().iter().find_map(of_parent)) {
                    more.push((name, rule));
                }
            }
            if more.is_empty() {
                break;
            }
            self.chosen.extend(more);
        }
    }

    fn parents(&self, table: &Table) -> Vec<TableName> {
        let name = ObjectName {
            kind: "table".to_owned(),
            schema: table.name.schema.clone(),
            name: table.name.name.clone(),
        };
        let found = self.catalog.objects.get(&name).and_then(|facts| facts.get("inherits")?.as_array());
        found.into_iter().flatten().filter_map(|parent| TableName::qualified(parent.as_str()?)).collect()
    }

    /// The ends of every foreign key of the tables and of their partitions, column by column, in the tables that hold the rows.
    fn keys(&self) -> Vec<End<'a>> {
        let names: BTreeSet<&TableName> = self.tables.iter().map(|table| &table.name).collect();
        let mut ends = Vec::new();
        for (key, table) in
            self.all.iter().flat_map(|table| table.foreign_keys.iter().map(move |key| (key, &table.name)))
        {
            let (table, references) = (root(table, self.all), root(&key.references, self.all));
            let may_be_null = key.columns.len() == 1 || !key.definition.contains(" MATCH FULL");
            for (own, other) in
                key.columns.iter().zip(&key.referenced_columns).filter(|_| names.contains(table))
            {
                ends.push(((table, own.as_str()), (references, other.as_str()), may_be_null));
            }
        }
        ends
    }

    /// Both ends of a foreign key are masked alike: what has no rule follows what it refers to.
    fn follow_keys(&mut self) -> Result<(), MaskError> {
        let keys: Vec<End<'a>> = self.keys();
        // A chain of keys is at most as long as there are keys.
        for _ in &keys {
            for (own, other, _) in &keys {
                if self.unique.contains(other) {
                    self.unique.insert(*own);
                }
                if let (None, Some(rule)) = (self.chosen.get(own), self.chosen.get(other).copied()) {
                    self.chosen.insert(*own, rule);
                }
            }
        }
        for (own, other, may_be_null) in keys {
            let Some(rule) = [own, other].into_iter().find(|end| self.is_changed(*end)) else { continue };
            let rule = self.chosen[&rule];
            // NULL refers to nothing.
            if may_be_null && self.chosen.get(&own).is_some_and(|rule| rule.mask == Mask::Null) {
                continue;
            }
            let masks = [own, other].map(|end| self.chosen.get(&end).map(|rule| &rule.mask));
            let types = [own, other].map(|end| self.column(end).map(|column| &column.data_type));
            if masks[0] != masks[1]
                || types[0] != types[1]
                || matches!(rule.mask, Mask::Sql(_)) && own.1 != other.1
            {
                let [column, other] = [own, other].map(|(table, column)| column_of(table, column));
                return Err(MaskError::KeysDiffer { rule: Box::new(rule.clone()), column, other });
            }
        }
        Ok(())
    }

    fn comment(&self, table: &Table, column: &Column) -> Option<&'a str> {
        let name = ObjectName {
            kind: "column".to_owned(),
            schema: table.name.schema.clone(),
            name: format!("{}.{}", table.name.name, column.name),
        };
        self.catalog.objects.get(&name)?.get("comment")?.as_str()
    }

    fn refuse_personal(&self, from: &EnvironmentName) -> Result<(), MaskError> {
        let mut columns = Vec::new();
        for (table, column) in self.columns() {
            let name = (&table.name, column.name.as_str());
            if self.chosen.contains_key(&name) {
                continue;
            }
            let shape = Shape::of(&column.data_type, self.catalog);
            let looked = Looked {
                table: &table.name.name,
                column: &column.name,
                shape: &shape,
                is_unique: self.unique.contains(&name),
                is_nullable: !column.not_null,
                comment: self.comment(table, column),
            };
            if let Some(mask) = personal::proposed(&looked) {
                columns.push((column_of(&table.name, &column.name), mask));
            }
        }
        if columns.is_empty() { Ok(()) } else { Err(MaskError::Unmasked { from: from.clone(), columns }) }
    }

    fn masking(&self) -> Result<Masking, MaskError> {
        let mut masking = Masking::default();
        for (table, column) in self.columns() {
            let name = (&table.name, column.name.as_str());
            let Some(rule) = self.chosen.get(&name).filter(|rule| rule.mask != Mask::Keep) else { continue };
            let full = column_of(&table.name, &column.name);
            if rule.mask == Mask::Null && column.not_null {
                return Err(unfit(rule, &full, "not null".to_owned(), "give it a mask that makes a value"));
            }
            let shape = Shape::of(&column.data_type, self.catalog);
            let is_unique = self.unique.contains(&name);
            let reference = format!("{}.{}", identifier(&table.name.name), identifier(&column.name));
            let masked = |is_unique| {
                expression::Column { reference: &reference, shape: &shape, is_unique }.masked(&rule.mask)
            };
            let Some(sql) = masked(is_unique) else {
                let is_for_unique = is_unique && masked(false).is_some();
                return Err(unfit(rule, &full, what(column, is_for_unique), advice(&shape, is_for_unique)));
            };
            let key = (table.name.clone(), column.name.clone());
            if matches!(rule.mask, Mask::Sql(_)) {
                masking.own.push((table.name.clone(), sql.clone(), (*rule).clone()));
            }
            masking.expressions.insert(key, sql);
            masking.columns.push(Masked {
                table: table.name.clone(),
                column: column.name.clone(),
                mask: rule.mask.word(),
            });
        }
        Ok(masking)
    }
}

fn what(column: &Column, is_for_unique: bool) -> String {
    if is_for_unique {
        format!("unique and of type {}", column.data_type)
    } else {
        format!("of type {}", column.data_type)
    }
}

fn advice(shape: &Shape, is_for_unique: bool) -> &'static str {
    match &shape.family {
        Family::Text { .. } if is_for_unique => {
            "a unique column takes `email`, `hash`, `uuid`, names or `sql`, with room for 16 characters or more"
        }
        Family::Text { .. } => "the column is too short for it: take `hash`, or `{ sql = \"...\" }`",
        Family::Date | Family::Timestamp => "take `date`, `birthday`, `null`, or `{ sql = \"...\" }`",
        Family::Json { .. } => "take `redact`, `null`, or `{ json = { \"path.to.value\" = \"email\" } }`",
        Family::Integer(_) | Family::Decimal(_) | Family::Float => {
            "take `number`, `null`, or `{ sql = \"...\" }`"
        }
        Family::Inet | Family::Cidr => "take `ip`, `null`, or `{ sql = \"...\" }`",
        Family::Uuid => "take `uuid`, `null`, or `{ sql = \"...\" }`",
        Family::Bytes | Family::Enum | Family::Other => "take `null`, or `{ sql = \"...\" }`",
    }
}
