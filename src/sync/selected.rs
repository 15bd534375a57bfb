//! What goes along otherwise than it is in the source, and what must be tried before. Pure.

use serde::Serialize;

use crate::catalog::ForeignKey;
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
            lines.push(match (table.kept, table.of) {
                (Some(kept), Some(of)) => {
                    format!("filtered  {}: {} of {}", table.table, thousands(kept), plural(of, "row"))
                }
                _ => format!("filtered  {}", table.table),
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

    /// Whether fakes are made.
    pub(crate) fn needs_key(&self) -> bool {
        self.has_shells || !self.masked.is_empty()
    }

    /// Whether every connection to the source that sees the same rows gives the same: `now()` in a filter is when its
    /// transaction began, and rows would be taken by one clock and compared by another.
    pub(crate) fn is_steady(&self) -> bool {
        self.trials.iter().all(|trial| is_steady(&trial.sql))
    }

    /// Whether the user's SQL decides about a foreign key: which rows there are at its other end, or its values.
    pub(crate) fn doubts(&self, key: &ForeignKey) -> bool {
        let is_narrowed = self.narrowed.iter().any(|narrowed| narrowed.table == key.references);
        let is_computed = |table: &TableName, columns: &[String]| {
            let own = self.masked.iter().filter(|masked| masked.mask == "sql" && masked.table == *table);
            own.into_iter().any(|masked| columns.contains(&masked.column))
        };
        is_narrowed
            || is_computed(&key.table, &key.columns)
            || is_computed(&key.references, &key.referenced_columns)
    }

    /// Whether both sides hold the same rows afterwards.
    pub(crate) fn is_everything(&self) -> bool {
        self.masked.is_empty() && self.left_out.is_empty() && self.narrowed.is_empty()
    }
}
