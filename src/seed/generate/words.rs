//! Segments, tags, and who wears which tag.

use crate::seed::generate::model::{Model, Owner, link};
use crate::seed::generate::time::Moment;
use crate::seed::generate::{Fields, Table};

/// The word list's item of a row, counted over all owners: no word is used twice.
fn word<'words, T>(model: &Model, table: Table, owner: Owner, index: u64, words: &'words [T]) -> &'words T {
    let position = usize::try_from(model.place(table, owner, index)).unwrap_or(usize::MAX);
    // The description is refused when it asks for more rows than there are words.
    &words[position.min(words.len() - 1)]
}

pub(crate) fn segment(model: &Model, owner: Owner, index: u64, fields: &mut Fields) {
    let segment = word(model, Table::Segments, owner, index, &model.vocabulary.segments);
    fields
        .put(model.id(Table::Segments, owner, index))
        .put(owner.id)
        .put(&segment.name)
        .put(&segment.description);
    fields.life(model.beginning, model.beginning, None);
}

pub(crate) fn tag(model: &Model, owner: Owner, index: u64, fields: &mut Fields) {
    let tag = word(model, Table::Tags, owner, index, &model.vocabulary.tags);
    fields.put(model.id(Table::Tags, owner, index)).put(owner.id).put(&tag.name).put(&tag.color);
    fields.life(model.beginning, model.beginning, None);
}

pub(crate) fn organization_tag(model: &Model, owner: Owner, index: u64, fields: &mut Fields) {
    let (parent, turn) = dealt(model, owner, index, (Table::OrganizationTags, Table::Organizations));
    let created = model.organization(owner, parent).created;
    let link = Link { table: Table::OrganizationTags, parents: Table::Organizations, parent, turn, created };
    link.write(model, owner, index, fields);
}

pub(crate) fn contact_tag(model: &Model, owner: Owner, index: u64, fields: &mut Fields) {
    let (parent, turn) = dealt(model, owner, index, (Table::ContactTags, Table::Contacts));
    let created = model.contact(owner, parent).created;
    let link = Link { table: Table::ContactTags, parents: Table::Contacts, parent, turn, created };
    link.write(model, owner, index, fields);
}

/// Whose child a row is where the rows of a block are dealt out to its parents in turn, and the how manieth it is.
pub(crate) fn dealt(model: &Model, owner: Owner, index: u64, (table, parents): (Table, Table)) -> (u64, u64) {
    let block = model.block(table, owner, index);
    let (rows, parents) = (model.in_block(table, owner, block), model.in_block(parents, owner, block));
    let (number, count) = (index - rows.start, (parents.end - parents.start).max(1));
    (parents.start + number % count, number / count)
}

/// Who wears a tag.
struct Link {
    table: Table,
    parents: Table,
    parent: u64,
    turn: u64,
    created: Moment,
}

impl Link {
    fn write(&self, model: &Model, owner: Owner, index: u64, fields: &mut Fields) {
        // Drawn by the parent, so that all its links are drawn alike and differ.
        let mut by_parent = model.random(self.table, owner, self.parent);
        let tag = link(&mut by_parent, self.turn, model.base(Table::Tags).max(1));
        let mut random = model.random(self.table, owner, index);
        fields
            .put(model.id(self.parents, owner, self.parent))
            .maybe(model.shared_id(Table::Tags, tag))
            .put(owner.id)
            .put(Moment::draw(&mut random, self.created, model.reference.minus_days(1)));
    }
}
