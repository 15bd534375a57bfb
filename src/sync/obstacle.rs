//! What is in the way of a sync, all of it at once: found before anything is touched. Pure.

use std::collections::BTreeSet;

use crate::catalog::Table;
use crate::pg::TableName;
use crate::sync::difference::{differences, told};
use crate::sync::family::Families;
use crate::sync::observe::Side;
use crate::sync::plan::Options;
use crate::sync::refusal::is_excluded;
use crate::sync::switches::Switches;
use crate::ui::plural;

/// One reason, and the way out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Obstacle {
    /// What is in the way.
    pub(crate) what: String,
    /// What to type or do about it.
    pub(crate) help: String,
}

/// Both sides, as typed tables.
pub(crate) struct Both<'a> {
    pub(crate) source: (&'a Side, &'a [Table]),
    pub(crate) target: (&'a Side, &'a [Table]),
    pub(crate) options: &'a Options,
}

/// Names after a sentence, at most ten of them.
pub(crate) fn listed(names: &[String]) -> String {
    const TOLD: usize = 10;
    let mut text = names.iter().take(TOLD).map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    if names.len() > TOLD {
        text += &format!(" and {} more", names.len() - TOLD);
    }
    text
}

/// Everything that is in the way.
pub(crate) fn obstacles(both: &Both<'_>) -> Vec<Obstacle> {
    let mut found = Vec::new();
    found.extend(heads(both));
    found.extend(schema(both));
    found.extend(excluded(both));
    found.extend(servers(both));
    found.extend(rights_in_source(both));
    found.extend(rights_in_target(both));
    found.extend(foreign(both));
    found
}

fn heads(Both { source, target, options }: &Both<'_>) -> Option<Obstacle> {
    let (left, right) = (source.0.applied.versions(), target.0.applied.versions());
    let head = |versions: &[String]| {
        let newest = versions.last().map_or("none", String::as_str);
        format!("{newest}, {}", plural(versions.len() as u64, "migration"))
    };
    let Options { from, to, .. } = options;
    (left != right).then(|| Obstacle {
        what: format!(
            "`{from}` and `{to}` are not at the same migration ({} against {})",
            head(left),
            head(right)
        ),
        help: format!(
            "bring both to the same migration first: `crmctl migrate status --env {from}` and `--env {to}`"
        ),
    })
}

fn schema(Both { source, target, options }: &Both<'_>) -> Option<Obstacle> {
    let mut all = differences(source.1, target.1, options);
    let Options { from, to, .. } = options;
    let owned = |owner: Option<&TableName>| owner.is_some_and(|owner| is_excluded(owner, options));
    all.extend(
        source
            .0
            .sequences
            .iter()
            .filter(|(name, sequence)| {
                sequence.owner.is_none()
                    && !owned(sequence.owner.as_ref())
                    && !target.0.sequences.contains_key(*name)
            })
            .map(|(name, _)| format!("sequence `{name}` is only in `{from}`")),
    );
    (!all.is_empty()).then(|| Obstacle {
        what: format!("the tables of `{from}` and `{to}` differ: {}", told(&all)),
        help: format!(
            "see `crmctl verify --from {from} --to {to} --level schema`, then put the change in a migration"
        ),
    })
}

fn excluded(Both { target, options, .. }: &Both<'_>) -> Vec<Obstacle> {
    let families = Families::of(target.1);
    let is_out = |table: &TableName| is_excluded(families.root(table), options);
    let mut found = Vec::new();
    let names: BTreeSet<&TableName> = target.1.iter().map(|table| &table.name).collect();
    for table in target.1.iter().filter(|table| is_out(&table.name)) {
        for key in &table.foreign_keys {
            if names.contains(&key.references) && !is_out(&key.references) {
                found.push(Obstacle {
                    what: format!(
                        "`{}` is excluded but refers to `{}`, whose rows would be replaced",
                        table.name, key.references
                    ),
                    help: "exclude both tables, or neither".to_owned(),
                });
            }
        }
    }
    let parts = target.1.iter().filter(|table| table.is_partition && is_excluded(&table.name, options));
    for part in parts.filter(|part| !is_out(&part.name)) {
        let root = families.root(&part.name);
        found.push(Obstacle {
            what: format!("`{}` is excluded but is a partition of `{root}`, which is not", part.name),
            help: format!("rows go by the whole table: exclude `{root}` as well, or no partition of it"),
        });
    }
    found
}

fn servers(Both { source, target, options }: &Both<'_>) -> Vec<Obstacle> {
    let Options { from, to, .. } = options;
    let mut found = Vec::new();
    let mut add = |what: String, help: String| found.push(Obstacle { what, help });
    if target.0.surroundings.has("standby") {
        add(
            format!("`{to}` is a standby, which nobody can write to"),
            "use the URL of its primary".to_owned(),
        );
    }
    let unlogged = included(source.0.surroundings.all("unlogged").map(|(name, _)| name), options);
    if !unlogged.is_empty() {
        add(
            format!("`{from}` is a standby, which has no rows of unlogged tables: {}", listed(&unlogged)),
            "use the URL of its primary, or exclude them with `sync.exclude`".to_owned(),
        );
    }
    if target.0.surroundings.has("no temporary tables") && options.auth_users.is_some() {
        add(
            format!("in `{to}` the role may make no temporary tables, through which auth users go"),
            "grant it: `grant temporary on database ... to ...`".to_owned(),
        );
    }
    let encodings = (source.0.surroundings.value("encoding"), target.0.surroundings.value("encoding"));
    if let (Some(ours), Some(theirs)) = encodings
        && ours != theirs
    {
        add(
            format!(
                "`{from}` is in the encoding {ours} and `{to}` in {theirs}: what they hold cannot be compared before COMMIT"
            ),
            format!("make the database of `{to}` anew with `encoding {ours}`"),
        );
    }
    let number = |kind| target.0.surroundings.value(kind).and_then(|value| value.parse::<u64>().ok());
    if let (Some(room), Some(needed)) = (number("locks"), number("relations"))
        && needed > room
    {
        add(
            format!(
                "`{to}` has room for {room} locks, and its tables, indexes and sequences are {needed}: each is \
                 locked until COMMIT"
            ),
            format!("raise `max_locks_per_transaction` of `{to}` to {} and restart it", needed / 50 + 64),
        );
    }
    found
}

/// The names that are not excluded, as people read them.
fn included<'a>(names: impl Iterator<Item = &'a TableName>, options: &Options) -> Vec<String> {
    names.filter(|name| !is_excluded(name, options)).map(ToString::to_string).collect()
}

fn rights_in_source(Both { source, options, .. }: &Both<'_>) -> Vec<Obstacle> {
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

fn rights_in_target(Both { target, options, .. }: &Both<'_>) -> Vec<Obstacle> {
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

/// Tables of others that hang together with those that are synced.
fn foreign(Both { source, target, options }: &Both<'_>) -> Vec<Obstacle> {
    let mut found = Vec::new();
    for ((side, tables), environment) in [(source, &options.from), (target, &options.to)] {
        let families = Families::of(tables);
        for (table, parts) in side.surroundings.all("foreign part") {
            if families.root(table) != table || is_excluded(table, options) {
                continue;
            }
            let parts: Vec<String> = parts.iter().cloned().collect();
            found.push(Obstacle {
                what: format!(
                    "in `{environment}` `{table}` has partitions on other servers: {}",
                    listed(&parts)
                ),
                help: format!("leave `{table}` out with `sync.exclude`, or detach them first"),
            });
        }
    }
    for (table, referring) in target.0.surroundings.all("referred by") {
        if is_excluded(table, options) {
            continue;
        }
        let referring: Vec<String> = referring.iter().cloned().collect();
        found.push(Obstacle {
            what: format!(
                "in `{}` tables that are never synced refer to `{table}`, whose rows would be replaced: {}",
                options.to,
                listed(&referring)
            ),
            help: format!("leave `{table}` out with `sync.exclude`, or drop those foreign keys"),
        });
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
            "in `{}` triggers or foreign keys of tables must rest that belong to other roles: {}",
            options.to,
            listed(&others)
        ),
        help: "connect as their owner or as a member of it, or leave them out with `sync.exclude`".to_owned(),
    })
}
