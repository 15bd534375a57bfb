//! The rows of every table, made one by one and never all at once.

mod activities;
mod fields;
mod model;
mod opportunities;
mod organizations;
mod products;
mod table;
mod time;
mod words;

use std::ops::AddAssign;
use std::sync::Arc;

use bytes::Bytes;

pub(crate) use fields::Fields;
pub use model::{Model, Owner};
pub use table::Table;

/// Bytes of one chunk, about: enough to keep the connection busy, little enough to be nothing in memory.
const CHUNK: usize = 64 * 1024;

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

/// All rows of a table as the data of a `copy .. from stdin` in text format, chunk by chunk.
pub fn chunks(model: &Arc<Model>, table: Table) -> impl FnMut() -> Option<Bytes> + Send + use<> {
    let model = Arc::clone(model);
    let mut rows = Rows::new(table);
    let mut fields = Fields::default();
    move || {
        let mut chunk = Vec::with_capacity(CHUNK + 4096);
        while chunk.len() < CHUNK && rows.next(&model, &mut fields) {
            fields.copy_into(&mut chunk);
        }
        (!chunk.is_empty()).then(|| Bytes::from(chunk))
    }
}

/// What a table holds once all its rows are in it.
#[must_use]
pub fn digest(model: &Model, table: Table) -> Digest {
    let mut rows = Rows::new(table);
    let mut fields = Fields::default();
    let mut digest = Digest::default();
    while rows.next(model, &mut fields) {
        digest += Digest { rows: 1, sum: u128::from(fields.hash()) };
    }
    digest
}

/// A place among the rows of a table.
struct Rows {
    table: Table,
    owner: usize,
    index: u64,
}

impl Rows {
    fn new(table: Table) -> Self {
        Self { table, owner: 0, index: 0 }
    }

    /// Puts the next row into `fields`; false after the last.
    fn next(&mut self, model: &Model, fields: &mut Fields) -> bool {
        while let Some(owner) = model.owners.get(self.owner) {
            if self.index < model.volume(self.table, owner.role) {
                fields.clear();
                self.write(model, *owner, fields);
                debug_assert_eq!(fields.len(), self.table.columns().len(), "{}", self.table.name());
                self.index += 1;
                return true;
            }
            self.owner += 1;
            self.index = 0;
        }
        false
    }

    fn write(&self, model: &Model, owner: Owner, fields: &mut Fields) {
        let index = self.index;
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
