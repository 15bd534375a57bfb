//! How grave a violation is here: what is there, what the same files make, and how big it is.

use crate::lint::finding::Severity;
use crate::lint::squawk::treatment::Place;
use crate::lint::words::{Name, Words};

pub(super) fn unless_not_valid(place: &Place) -> Option<Severity> {
    (!place.words.has(&["not", "valid"])).then_some(Severity::Warning)
}

/// A default counts as a constraint for squawk.
pub(super) fn on_check(place: &Place) -> Option<Severity> {
    place.words.has(&["check"]).then_some(Severity::Note)
}

fn table(place: &Place) -> Option<Name> {
    place.words.alter_table().map(|(name, _)| name)
}

pub(super) fn on_rows(place: &Place) -> Option<Severity> {
    place.world.weight(&table(place)?).of_lock()
}

pub(super) fn note_on_existing(place: &Place) -> Option<Severity> {
    match table(place) {
        Some(table) => place.world.weight(&table).of_loss().map(|_| Severity::Note),
        None => Some(Severity::Note),
    }
}

pub(super) fn renamed(place: &Place) -> Option<Severity> {
    // Nobody calls these by name.
    let is_internal = ["constraint", "index", "trigger", "policy", "role", "user", "group", "extension"]
        .iter()
        .any(|kind| place.words.from(1).begins(&[kind]) || place.at.from(1).begins(&[kind]));
    let is_new = table(place).is_some_and(|table| place.world.weight(&table).of_loss().is_none());
    (!is_internal && !is_new).then_some(Severity::Warning)
}

pub(super) fn not_made_again(place: &Place) -> Option<Severity> {
    let rest = place.words.from(1).behind(&["materialized"]);
    let names = rest.from(1).names_before_arguments();
    let is_gone = names.iter().any(|name| !place.world.made.contains(&name.to_string()));
    is_gone.then_some(Severity::Warning)
}

pub(super) fn not_added_again(place: &Place) -> Option<Severity> {
    let Some(table) = table(place) else { return Some(Severity::Note) };
    let is_replaced = place.world.constrained.contains(&table.to_string());
    if is_replaced { None } else { place.world.weight(&table).of_loss().map(|_| Severity::Warning) }
}

pub(super) fn index_of_rows(place: &Place) -> Option<Severity> {
    let names = place.words.from(2).names();
    names.iter().filter_map(|name| place.world.index_weight(name).of_lock()).max().map(|_| Severity::Warning)
}

pub(super) fn on_key(place: &Place) -> Option<Severity> {
    let end = place.at.0.iter().position(|word| word.is(",")).unwrap_or(place.at.0.len());
    let definition = Words(&place.at.0[..end]);
    let is_key = definition.has(&["primary", "key"]) || definition.has(&["identity"]);
    // The only row of a table with settings has a constant for a key.
    let is_constant = definition.has(&["default"]) && !definition.has(&["nextval"]);
    (is_key && !is_constant).then_some(Severity::Warning)
}
