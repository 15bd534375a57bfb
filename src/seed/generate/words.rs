//! Segments, tags, and who wears which tag.

use crate::seed::generate::model::{Model, Owner, link};
use crate::seed::generate::time::Moment;
use crate::seed::generate::{Fields, Table};

/// The word list's item of a row, counted over all owners: no word is used twice.
fn word<'words, T>(model: &Model, table: Table, owner: Owner, index: u64, words: &'words [T]) -> &'words T {
    let position = usize::try_from(model.offset(table, owner) + index).unwrap_or(usize::MAX);
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
    let parents = model.volume(Table::Organizations, owner.role).max(1);
    let created = model.organization(owner, index % parents).created;
    write_link(model, owner, index, (Table::OrganizationTags, Table::Organizations, created), fields);
}

pub(crate) fn contact_tag(model: &Model, owner: Owner, index: u64, fields: &mut Fields) {
    let parents = model.volume(Table::Contacts, owner.role).max(1);
    let created = model.contact(owner, index % parents).created;
    write_link(model, owner, index, (Table::ContactTags, Table::Contacts, created), fields);
}

fn write_link(
    model: &Model,
    owner: Owner,
    index: u64,
    (table, parents, created): (Table, Table, Moment),
    fields: &mut Fields,
) {
    let count = model.volume(parents, owner.role).max(1);
    let parent = index % count;
    // Drawn by the parent, so that all its links are drawn alike and differ.
    let mut by_parent = model.random(table, owner, parent);
    let tag = link(&mut by_parent, index / count, model.total(Table::Tags).max(1));
    let mut random = model.random(table, owner, index);
    fields
        .put(model.id(parents, owner, parent))
        .maybe(model.shared_id(Table::Tags, tag))
        .put(owner.id)
        .put(Moment::draw(&mut random, created, model.reference.minus_days(1)));
}
