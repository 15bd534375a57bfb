//! What a sync leaves as it is, told beforehand. Pure.

use crate::pg::TableName;
use crate::sync::obstacle::{Both, listed};
use crate::sync::refresh::Refresh;
use crate::sync::refusal::is_excluded;

/// Sentences without a full stop.
pub(crate) fn notes(both: &Both<'_>, refresh: &Refresh) -> Vec<String> {
    let (source, target, options) = (both.source.0, both.target.0, both.options);
    let included = |name: &&TableName| !is_excluded(name, options);
    let mut notes = refresh.left.clone();
    let foreign: Vec<String> = target
        .catalog
        .of_kind("foreign table")
        .map(|(name, _)| TableName::new(&name.schema, &name.name).to_string())
        .collect();
    if !foreign.is_empty() {
        notes.push(format!("foreign tables are left alone, their rows are elsewhere: {}", listed(&foreign)));
    }
    let extension: Vec<String> =
        target.surroundings.all("extension table").map(|(name, _)| name.to_string()).collect();
    if !extension.is_empty() {
        notes.push(format!("tables of extensions are left alone: {}", listed(&extension)));
    }
    if let Some(count) = source.surroundings.value("large objects") {
        let columns: Vec<String> = source
            .surroundings
            .all("object id")
            .filter(|(name, _)| included(name))
            .flat_map(|(name, columns)| columns.iter().map(move |column| format!("{name}.{column}")))
            .collect();
        let mut note = format!("large objects are not copied: `{}` has {count}", options.from);
        if !columns.is_empty() {
            note += &format!("; columns that may refer to them go along as numbers: {}", listed(&columns));
        }
        notes.push(note);
    }
    let subscribed: Vec<String> = target
        .surroundings
        .all("subscribed")
        .map(|(name, _)| name)
        .filter(included)
        .map(ToString::to_string)
        .collect();
    if !subscribed.is_empty() {
        notes.push(format!(
            "a subscription of `{}` writes to these tables too, and goes on: {}",
            options.to,
            listed(&subscribed)
        ));
    }
    notes
}
