//! What the role may not do on either side. Pure.

use crate::pg::TableName;
use crate::sync::family::Families;
use crate::sync::observe::Side;
use crate::sync::obstacle::{Both, Obstacle, listed};
use crate::sync::plan::Options;
use crate::sync::refusal::is_excluded;
use crate::sync::switches::Switches;

/// The names that are not excluded, as people read them.
pub(super) fn included<'a>(names: impl Iterator<Item = &'a TableName>, options: &Options) -> Vec<String> {
    names.filter(|name| !is_excluded(name, options)).map(ToString::to_string).collect()
}

pub(super) fn rights_in_source(Both { source, options, .. }: &Both<'_>) -> Vec<Obstacle> {
    let (side, tables) = source;
    let families = Families::of(tables);
    let from = &options.from;
    let of = |kind: &str| included(side.surroundings.all(kind).map(|(name, _)| families.root(name)), options);
    let unreadable = of("unreadable");
    let hidden = of("hidden");
    let sequences = sequences("unreadable sequence", side, options);
    let mut found = Vec::new();
    if !unreadable.is_empty() {
        found.push(Obstacle {
            what: format!("in `{from}` the role may not read {}", listed(&unreadable)),
            help: "grant it SELECT on them and USAGE on their schema, or leave them out with `sync.exclude`"
                .to_owned(),
        });
    }
    if !hidden.is_empty() {
        found.push(Obstacle {
            what: format!("in `{from}` row level security hides rows from the role: {}", listed(&hidden)),
            help: "use a role with BYPASSRLS, or leave them out with `sync.exclude`".to_owned(),
        });
    }
    if !sequences.is_empty() {
        found.push(Obstacle {
            what: format!("in `{from}` the role may not read sequence {}", listed(&sequences)),
            help: "grant it SELECT on them".to_owned(),
        });
    }
    found
}

fn sequences(kind: &str, side: &Side, options: &Options) -> Vec<String> {
    let owner = |name: &TableName| side.sequences.get(name).and_then(|sequence| sequence.owner.as_ref());
    let names = side.surroundings.all(kind).map(|(name, _)| name);
    names
        .filter(|name| owner(name).is_none_or(|owner| !is_excluded(owner, options)))
        .map(ToString::to_string)
        .collect()
}

pub(super) fn rights_in_target(Both { target, options, .. }: &Both<'_>) -> Vec<Obstacle> {
    let (side, tables) = target;
    let families = Families::of(tables);
    let to = &options.to;
    let of = |kind: &'static str| {
        let all = side.surroundings.all(kind);
        // A partition is written through its root, whose rights count.
        all.filter(|(name, _)| families.root(name) == *name && !is_excluded(name, options))
    };
    let mut found = Vec::new();
    let mut add = |what: String, help: &str| found.push(Obstacle { what, help: help.to_owned() });
    for (table, lacking) in of("unwritable") {
        let lacking: Vec<&str> = lacking.iter().map(String::as_str).collect();
        add(
            format!("in `{to}` the role lacks {} on `{table}`", lacking.join(", ")),
            "grant it, or leave the table out with `sync.exclude`",
        );
    }
    for (kind, words) in [
        ("unreadable", "may not read, and so not back up,"),
        ("hidden", "cannot back up, for row level security hides rows of"),
    ] {
        let names: Vec<String> = of(kind).map(|(name, _)| name.to_string()).collect();
        if !names.is_empty() {
            add(
                format!("in `{to}` the role {words} {}", listed(&names)),
                "use a role with SELECT and BYPASSRLS, or leave them out with `sync.exclude`",
            );
        }
    }
    let mut names = sequences("unwritable sequence", side, options);
    names.extend(sequences("unreadable sequence", side, options));
    if !names.is_empty() {
        add(
            format!("in `{to}` the role may not set sequence {}", listed(&names)),
            "grant it SELECT and UPDATE on them",
        );
    }
    found
}

/// Tables that must be altered while rows are loaded, which only their owners may do.
pub(crate) fn unaltered(switches: &Switches, Both { target, options, .. }: &Both<'_>) -> Option<Obstacle> {
    let surroundings = &target.0.surroundings;
    let others: Vec<String> = switches
        .altered
        .iter()
        .filter(|table| surroundings.is("unowned", table))
        .map(|table| format!("{table} (of {})", surroundings.of("unowned", table)))
        .collect();
    (!others.is_empty()).then(|| Obstacle {
        what: format!(
            "in `{}` triggers, rules or foreign keys of tables must rest that belong to other roles: {}",
            options.to,
            listed(&others)
        ),
        help: "connect as their owner or as a member of it, or leave them out with `sync.exclude`".to_owned(),
    })
}
