//! The rows of a table, one after the other.

use std::ops::Range;

use crate::seed::generate::Fields;
use crate::seed::own::design::Design;
use crate::seed::own::value::Parent;
use crate::seed::own::write::At;

/// A place among the rows of a table.
#[derive(Debug)]
pub(crate) struct OwnRows {
    table: usize,
    slots: Range<u64>,
}

impl OwnRows {
    pub(crate) fn new(design: &Design, table: usize, blocks: Range<u64>) -> Self {
        let slots = design.tables[table].slots;
        Self { table, slots: blocks.start * slots..blocks.end * slots }
    }

    /// Puts the next row into `fields`; false after the last.
    pub(crate) fn next(&mut self, design: &Design, fields: &mut Fields) -> bool {
        let table = self.table;
        let Some(slot) = self.slots.find(|slot| design.exists(Parent::Own(table), *slot)) else {
            return false;
        };
        fields.clear();
        for column in &design.tables[table].columns {
            fields.write(|text| design.write(column, At { table, slot }, 0, text));
        }
        true
    }
}
