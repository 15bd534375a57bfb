//! The rows of every table, made one by one and never all at once.

mod activities;
mod fields;
pub(crate) mod model;
mod opportunities;
mod organizations;
mod products;
mod table;
pub(crate) mod time;
mod words;

use std::ops::{AddAssign, Range};

pub(crate) use fields::Fields;
pub use model::{Model, Owner};
pub use table::Table;

/// How many rows there are, and what is in them: the sum of a hash of each row, so that order is nothing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Digest {
    /// Rows.
    pub rows: u64,
    /// The sum of the first 60 bits of the SHA-256 of each row.
    pub sum: u128,
}

impl AddAssign for Digest {
    fn add_assign(&mut self, other: Self) {
        self.rows += other.rows;
        self.sum += other.sum;
    }
}

/// A place among the rows of a table: block by block, and in a block owner by owner.
#[derive(Debug)]
pub(crate) struct Rows {
    table: Table,
    blocks: Range<u64>,
    owner: usize,
    /// Of the owner's rows in the block.
    number: u64,
}

impl Rows {
    pub(crate) fn new(table: Table, blocks: Range<u64>) -> Self {
        Self { table, blocks, owner: 0, number: 0 }
    }

    /// Puts the next row into `fields`; false after the last.
    pub(crate) fn next(&mut self, model: &Model, fields: &mut Fields) -> bool {
        while !self.blocks.is_empty() {
            let Some(owner) = model.owners.get(self.owner) else {
                (self.owner, self.blocks.start) = (0, self.blocks.start + 1);
                continue;
            };
            let rows = model.in_block(self.table, *owner, self.blocks.start);
            let index = rows.start + self.number;
            if rows.contains(&index) {
                fields.clear();
                self.write(model, *owner, index, fields);
                debug_assert_eq!(fields.len(), self.table.columns().len(), "{}", self.table.name());
                self.number += 1;
                return true;
            }
            (self.owner, self.number) = (self.owner + 1, 0);
        }
        false
    }

    fn write(&self, model: &Model, owner: Owner, index: u64, fields: &mut Fields) {
        match self.table {
            Table::Segments => words::segment(model, owner, index, fields),
            Table::Tags => words::tag(model, owner, index, fields),
            Table::Organizations => model.organization(owner, index).write(model, owner, index, fields),
            Table::OrganizationTags => words::organization_tag(model, owner, index, fields),
            Table::Contacts => model.contact(owner, index).write(model, owner, index, fields),
            Table::ContactTags => words::contact_tag(model, owner, index, fields),
            Table::ContactNotes => activities::contact_note(model, owner, index, fields),
            Table::Products => products::product(model, owner, index, fields),
            Table::Opportunities => model.opportunity(owner, index).write(model, owner, index, fields),
            Table::OpportunityProducts => opportunities::line(model, owner, index, fields),
            Table::OpportunityNotes => activities::opportunity_note(model, owner, index, fields),
            Table::Tasks => activities::task(model, owner, index, fields),
            Table::Activities => activities::activity(model, owner, index, fields),
        }
    }
}

#[cfg(test)]
mod tests;
