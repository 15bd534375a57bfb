//! What goes along otherwise than it is in the source, and what must be tried before. Pure.

use serde::Serialize;

use crate::catalog::{Column, ForeignKey, Table};
use crate::mask::{Masked, Rule};
use crate::pg::TableName;
use crate::sync::filter::{Filter, is_steady};
use crate::ui::{plural, thousands};

/// What goes along otherwise than it is in the source.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Selected {
    /// The columns that are masked.
    pub(crate) masked: Vec<Masked>,
    /// Columns that only one side has.
    pub(crate) left_out: Vec<String>,
    /// Tables that do not keep all their rows, and how many they keep once it was counted.
    pub(crate) narrowed: Vec<Narrowed>,
    /// Whether rows refer to users who go along as shells.
    pub(crate) has_shells: bool,
    /// What the source is to try before anything is copied.
    #[serde(skip)]
    pub(crate) trials: Vec<Trial>,
    /// The ids of users that rows refer to, as a query on the source.
    #[serde(skip)]
    pub(crate) referred_users: Option<String>,
    /// The same as a query on the target, before anything is copied.
    #[serde(skip)]
    pub(crate) referred_there: Option<String>,
}

/// A table of which not all rows go along.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Narrowed {
    pub(crate) table: TableName,
    /// Rows that go along.
    pub(crate) kept: Option<u64>,
    /// Rows there are.
    pub(crate) of: Option<u64>,
    /// Whether both are the planner's guess.
    pub(crate) is_estimate: bool,
}

/// SQL of the user's, and where to say so if it is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Trial {
    pub(crate) sql: String,
    pub(crate) of: Tried,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Tried {
    Filter(Filter),
    Mask(Rule),
}

impl Selected {
    /// What is otherwise, in lines for people.
    pub(crate) fn lines(&self) -> Vec<String> {
        let mut lines = Vec::new();
        for table in &self.narrowed {
            let about = if table.is_estimate { "about " } else { "" };
            lines.push(match (table.kept, table.of) {
                (Some(kept), Some(of)) => {
                    format!("filtered  {}: {about}{} of {}", table.table, thousands(kept), plural(of, "row"))
                }
                (Some(kept), None) => {
                    format!("filtered  {}: {about}{}", table.table, plural(kept, "row"))
                }
                (None, _) => format!("filtered  {}", table.table),
            });
        }
        for masked in &self.masked {
            lines.push(format!("masked    {}.{}: {}", masked.table, masked.column, masked.mask));
        }
        lines.extend(self.left_out.iter().map(|column| format!("left out  {column}")));
        if self.has_shells {
            let shells = "users   users that rows refer to go along without address, password or anything else of theirs";
            lines.push(shells.to_owned());
        }
        lines
    }

    /// The same once rows have arrived: as many as these were kept, and how many there are nobody had to count.
    pub(crate) fn with_rows(&self, rows: impl Fn(&TableName) -> u64) -> Self {
        let mut arrived = self.clone();
        for narrowed in &mut arrived.narrowed {
            let of = narrowed.of.filter(|_| !narrowed.is_estimate);
            *narrowed =
                Narrowed { kept: Some(rows(&narrowed.table)), of, is_estimate: false, ..narrowed.clone() };
        }
        arrived
    }

    /// Whether fakes are made: of columns, or of users.
    pub(crate) fn needs_key(&self) -> bool {
        self.has_shells || !self.masked.is_empty()
    }

    /// Whether every connection to the source that sees the same rows gives the same: `now()` in a filter is when its
    /// transaction began, and rows would be taken by one clock and compared by another.
    pub(crate) fn is_steady(&self) -> bool {
        self.trials.iter().all(|trial| is_steady(&trial.sql))
    }

    /// Whether a foreign key of one of `tables` may lead nowhere though it did not in the source: filters decide which rows
    /// there are at its other end, or its values are masked. Ends that a mask keeps together in theory may still come apart:
    /// by SQL of the user's, by values that are equal for their collation and not the same, by generated columns.
    pub(crate) fn doubts(&self, key: &ForeignKey, tables: &[Table]) -> bool {
        let is_narrowed =
            self.narrowed.iter().any(|narrowed| narrowed.table == *root(&key.references, tables));
        let is_masked = |name: &TableName, columns: &[String]| {
            let table = tables.iter().find(|table| table.name == *name);
            let own = |column: &&Column| columns.contains(&column.name);
            let mut of_key = table.into_iter().flat_map(|table| table.columns.iter()).filter(own);
            let is_generated = of_key.any(|column| column.generated.is_some());
            let mut masked = self.masked.iter().filter(|masked| masked.table == *root(name, tables));
            masked.any(|masked| is_generated || columns.contains(&masked.column))
        };
        is_narrowed
            || is_masked(&key.table, &key.columns)
            || is_masked(&key.references, &key.referenced_columns)
    }

    /// Whether both sides hold the same rows afterwards.
    pub(crate) fn is_everything(&self) -> bool {
        self.masked.is_empty() && self.left_out.is_empty() && self.narrowed.is_empty()
    }
}

/// The table whose rows those of a partition are; any other is its own root.
pub(crate) fn root<'a>(name: &'a TableName, tables: &'a [Table]) -> &'a TableName {
    let parent = |name: &TableName| tables.iter().find(|table| table.name == *name)?.partition_of.as_ref();
    std::iter::successors(Some(name), |name| parent(name)).last().unwrap_or(name)
}
