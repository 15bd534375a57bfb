//! H: tables that will be slow, or hard to work with.

use crate::lint::finding::Severity;
use crate::lint::items::{self, Item};
use crate::lint::rules::Problems;
use crate::lint::words::{Name, Words};
use crate::lint::world::World;

pub(crate) fn check(words: Words, world: &World, problems: &mut Problems) {
    if let Some((table, items)) = items::created(words) {
        primary_key(&table, words, world, problems);
        references(&table, &items, world, problems);
        if words.has(&["table", "if", "not", "exists"]) {
            hides(words, "table", problems);
        }
    } else if let Some((table, actions)) = words.alter_table() {
        for action in actions {
            if let Some(item) = items::added(action) {
                references(&table, &[item], world, problems);
            }
            if action.begins(&["add", "column", "if", "not", "exists"]) {
                hides(action, "column", problems);
            }
        }
    }
}

/// H06. Partitions and heirs have the key of another table, and a table made by a query gets its key later.
fn primary_key(table: &Name, words: Words, world: &World, problems: &mut Problems) {
    let key = table.to_string();
    let is_own =
        ["partition", "inherits", "like", "foreign", "server"].iter().all(|word| !words.has(&[word]));
    if is_own
        && words.0.last().is_some_and(|word| word.is(")") || !words.has_outside("as"))
        && !world.keyed.contains(&key)
        && !world.dropped.contains(&key)
    {
        let message =
            format!("table `{table}` has no primary key: rows cannot be told apart, nor replicated");
        let help = "`id bigint generated always as identity primary key`, or the columns that name a row";
        problems.add("H06", Severity::Warning, (words.offset(), message), help);
    }
}

/// H05.
fn references(table: &Name, items: &[Item], world: &World, problems: &mut Problems) {
    for reference in items.iter().filter_map(Item::reference) {
        let column = &reference.column;
        if !world.is_indexed(table, column) && !world.dropped.contains(&table.to_string()) {
            let message = format!(
                "`{column}` of `{table}` has no index: each delete over there reads all of this table"
            );
            let help = "an index that begins with the column";
            problems.add("H05", Severity::Warning, (reference.clause.offset(), message), help);
        }
    }
}

/// H07.
fn hides(words: Words, what: &str, problems: &mut Problems) {
    let message = format!("if there is another {what} of this name already, nobody will know");
    let help = "leave out `if not exists`: the history sees to it that a migration runs once";
    problems.add("H07", Severity::Note, (words.offset(), message), help);
}

#[cfg(test)]
mod tests {
    use crate::lint::tests::{found, found_with_notes};

    #[test]
    fn h05_finds_a_foreign_key_without_an_index() {
        let sql = "create table private.a (id uuid primary key, b uuid references private.b (id));";
        assert_eq!(found(sql), ["warning H05"]);
        assert!(found(&format!("{sql} create index on private.a using btree (b, id);")).is_empty());
        assert_eq!(found("alter table a add foreign key (b) references c not valid"), ["warning H05"]);
        assert!(found("create table private.a (b uuid primary key references private.b (id))").is_empty());
    }

    #[test]
    fn h06_finds_a_table_without_a_primary_key() {
        assert_eq!(found("create table private.a (id uuid unique)"), ["warning H06"]);
        assert!(found("create table private.a (id uuid); alter table only private.a add constraint k primary key (id)").is_empty());
        assert!(found("create table private.a partition of private.b default").is_empty());
        assert!(found("create table private.a as select 1").is_empty());
    }

    #[test]
    fn h07_finds_what_hides_that_something_is_there() {
        assert_eq!(
            found_with_notes("create table if not exists private.a (id uuid primary key)"),
            ["note H07"]
        );
        assert!(found_with_notes("create schema if not exists private").is_empty());
    }
}
