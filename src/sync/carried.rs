//! A table that goes along: what is read of it in the source, and what of it is written in the target. Pure.

use crate::catalog::{Column, Table};
use crate::parity::Relation;
use crate::sync::undo::columns_sql;

/// A table of the target, and the rows of the source that become its rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Carried {
    /// The table, as it is in the target: what is backed up, emptied and written.
    pub(crate) target: Table,
    /// Its columns that are written, in name order; the others get their defaults.
    pub(crate) columns: Vec<Column>,
    /// What is read in the source, as SQL after `from` and before an alias: it has all of `columns`.
    pub(crate) source: String,
    /// How it is emptied before.
    pub(crate) emptying: Emptying,
}

/// How a table is emptied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Emptying {
    /// Row by row: cheap for few rows, and whoever reads meanwhile sees the old ones.
    Delete,
    /// All at once, with new files for the table and each of its indexes: tens of milliseconds, and nobody reads.
    Truncate,
}

impl Carried {
    /// All columns of `target`, from the table `source` as it is.
    pub(crate) fn whole(target: Table, source: &Table) -> Self {
        let columns = target.stored_columns().cloned().collect();
        Self { target, columns, source: source.from_clause(), emptying: Emptying::Truncate }
    }

    /// Whether the source's rows are those of a table, and not of a query.
    pub(crate) fn is_whole(&self) -> bool {
        self.source == self.target.from_clause()
    }

    /// The names of the columns that are written, as SQL.
    pub(crate) fn columns_sql(&self) -> String {
        columns_sql(&self.columns.iter().map(|column| column.name.as_str()).collect::<Vec<_>>())
    }

    /// The query whose rows are copied, for the source.
    pub(crate) fn select(&self) -> String {
        format!("select {} from {} as t", self.columns_sql(), self.source)
    }

    /// The query whose rows are all that the target holds, generated columns left out.
    pub(crate) fn backup_select(&self) -> String {
        format!("select {} from {} as t", self.stored_columns_sql(), self.target.from_clause())
    }

    /// The names of the target's columns that a backup holds, as SQL.
    pub(crate) fn stored_columns_sql(&self) -> String {
        columns_sql(&self.target.stored_columns().map(|column| column.name.as_str()).collect::<Vec<_>>())
    }

    /// What is read in the source, to be digested.
    pub(crate) fn there(&self) -> Relation<'_> {
        Relation {
            name: &self.target.name,
            columns: self.columns.iter().collect(),
            from: self.source.clone(),
        }
    }

    /// What the target holds once it was written, to be compared with [`Self::there`].
    pub(crate) fn here(&self) -> Relation<'_> {
        Relation { from: self.target.from_clause(), ..self.there() }
    }
}
