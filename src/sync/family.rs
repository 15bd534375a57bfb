//! Partitions and their roots: rows go by the root, but triggers and foreign keys may be a partition's own. Pure.

use std::collections::BTreeMap;

use crate::catalog::Table;
use crate::pg::TableName;

/// Which table a partition is part of.
#[derive(Debug, Clone, Default)]
pub(crate) struct Families {
    parents: BTreeMap<TableName, TableName>,
}

impl Families {
    pub(crate) fn of(tables: &[Table]) -> Self {
        let parent = |table: &Table| Some((table.name.clone(), table.partition_of.clone()?));
        Self { parents: tables.iter().filter_map(parent).collect() }
    }

    /// The table that no other one has as its partition; a table of its own is its root.
    pub(crate) fn root<'a>(&'a self, mut table: &'a TableName) -> &'a TableName {
        while let Some(parent) = self.parents.get(table) {
            table = parent;
        }
        table
    }
}
