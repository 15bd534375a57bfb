//! L: what makes others wait while it works through a table.

use crate::lint::rules::Problems;
use crate::lint::words::{Name, Words};
use crate::lint::world::World;

/// Functions that give another value for every row, so that a default of theirs rewrites the table.
const VOLATILE: [&str; 9] = [
    "gen_random_uuid",
    "uuid_generate_v1",
    "uuid_generate_v4",
    "uuidv4",
    "uuidv7",
    "random",
    "clock_timestamp",
    "timeofday",
    "nextval",
];

/// Types that bring a default of their own.
const SERIAL: [&str; 6] = ["serial", "bigserial", "smallserial", "serial2", "serial4", "serial8"];

pub(crate) fn check(words: Words, world: &World, problems: &mut Problems) {
    if words.begins(&["create"]) {
        index(words, world, problems);
    } else if let Some((table, actions)) = words.alter_table() {
        for action in actions {
            not_null(&table, action, world, problems);
            constraint(&table, action, world, problems);
            if action.begins(&["add"]) {
                column(&table, action.from(1), world, problems);
            }
        }
    } else {
        whole_table(words, world, problems);
    }
}

fn index(words: Words, world: &World, problems: &mut Problems) {
    let rest = words.from(1).behind(&["unique"]);
    if !rest.begins(&["index"]) || rest.begins(&["index", "concurrently"]) {
        return;
    }
    let Some((table, _)) = rest.find(&["on"]).and_then(|on| rest.from(on + 1).name()) else { return };
    let message = format!("`{table}` cannot be written to while this index is built");
    let help = "`create index concurrently`, alone in a migration of its own";
    problems.add("L01", world.weight(&table).of_lock(), (words.offset(), message), help);
}

fn not_null(table: &Name, action: Words, world: &World, problems: &mut Problems) {
    let column = action.behind(&["alter"]).behind(&["column"]);
    let Some((column, change)) = column.name() else { return };
    let is_set = action.begins(&["alter"]) && change.begins(&["set", "not", "null"]);
    if is_set && !world.is_checked(table, &column.relation) {
        let message = format!("`{table}` is locked while all its rows are searched for nulls");
        let help = "add `check (column is not null) not valid`, validate it, then set not null: it is believed at once";
        problems.add("L03", world.weight(table).of_lock(), (action.offset(), message), help);
    }
}

fn constraint(table: &Name, action: Words, world: &World, problems: &mut Problems) {
    let weight = world.weight(table);
    let at = |message: String| (action.offset(), message);
    let added = action.behind(&["add"]);
    let added = if added.begins(&["constraint"]) { added.from(2) } else { added };
    if !action.begins(&["add"]) {
        return;
    }
    if (added.begins(&["foreign", "key"]) || added.begins(&["check"])) && !added.has(&["not", "valid"]) {
        let message = format!("`{table}` is locked while all its rows are checked against this constraint");
        let help = "add it with `not valid`, and `validate constraint` in the next migration, which locks nobody out";
        problems.add("L02", weight.of_lock(), at(message), help);
    }
    let builds = added.begins(&["unique"]) || added.begins(&["primary", "key"]);
    if builds && !added.has(&["using", "index"]) {
        let message = format!("`{table}` is locked while the index of this constraint is built");
        let help = "`create unique index concurrently` first, then `add constraint ... using index`";
        problems.add("L07", weight.of_lock(), at(message), help);
    }
}

fn column(table: &Name, added: Words, world: &World, problems: &mut Problems) {
    const NO_COLUMN: [&str; 7] = ["constraint", "foreign", "check", "unique", "primary", "exclude", "value"];
    if NO_COLUMN.iter().any(|keyword| added.begins(&[keyword])) {
        return;
    }
    let Some((column, definition)) = added.behind(&["column"]).name() else { return };
    let (weight, column) = (world.weight(table), column.relation);
    let at = |message: String| (added.offset(), message);
    let is_serial = SERIAL.iter().any(|serial| definition.begins(&[serial]));
    let is_generated = definition.has(&["generated"]);
    let default = definition.find(&["default"]).map(|index| definition.from(index));
    let is_volatile =
        default.is_some_and(|default| VOLATILE.iter().any(|function| default.has(&[function, "("])));
    if is_serial || is_volatile || (is_generated && !definition.has(&["virtual"])) {
        let message = format!("`{table}` is rewritten to give every row its own `{column}`");
        let help =
            "add the column without default, set the default for new rows, fill the old ones in batches";
        problems.add("L04", weight.of_lock(), at(message), help);
    }
    if definition.has(&["not", "null"]) && default.is_none() && !is_serial && !is_generated {
        let message =
            format!("`{column}` may not be null, and has no default for the rows that `{table}` has");
        let help = "give it a constant default, or add it as nullable, fill it, and set not null later";
        problems.add("L05", weight.of_failure(), at(message), help);
    }
}

fn whole_table(words: Words, world: &World, problems: &mut Problems) {
    let (verb, rest) = if words.begins(&["lock"]) {
        ("locked", words.from(1).behind(&["table"]))
    } else if words.begins(&["vacuum", "full"]) {
        ("rewritten while all wait", words.from(2).behind(&["verbose"]).behind(&["analyze"]))
    } else if words.begins(&["vacuum", "("]) && words.has(&["full"]) {
        let close = words.find(&[")"]).unwrap_or(0);
        ("rewritten while all wait", words.from(close + 1))
    } else if words.begins(&["cluster"]) {
        ("rewritten while all wait", words.from(1).behind(&["verbose"]))
    } else {
        return;
    };
    let help = "do it in a maintenance window, not in a migration";
    let tables = rest.names();
    if tables.is_empty() {
        let severity = crate::lint::finding::Severity::Warning;
        problems.add("L06", severity, (words.offset(), format!("every table is {verb}")), help);
    }
    for table in tables {
        problems.add(
            "L06",
            world.weight(&table).of_lock(),
            (words.offset(), format!("`{table}` is {verb}")),
            help,
        );
    }
}

#[cfg(test)]
mod tests {
    use crate::lint::tests::{found, found_live};

    const FULL: [(&str, u64); 1] = [("public.a", 100_000)];

    #[test]
    fn l01_finds_an_index_that_blocks_writers_of_a_table_with_rows() {
        assert_eq!(found_live("create unique index on a (b)", FULL), ["error L01"]);
        assert_eq!(found("create index i on only public.a (b)"), ["warning L01"]);
        assert_eq!(found_live("create index i on a (b)", [("public.a", 5)]), ["warning L01"]);
        assert!(found_live("create index i on a (b)", [("public.a", 0)]).is_empty());
        assert!(found_live("create index concurrently i on a (b)", FULL).is_empty());
        assert!(
            found("create table private.a (b text primary key); create index on private.a (b)").is_empty()
        );
    }

    #[test]
    fn l02_finds_constraints_that_are_checked_at_once() {
        assert_eq!(
            found_live("alter table a add constraint c foreign key (b) references d (id)", FULL),
            ["error L02", "warning H05"]
        );
        assert_eq!(found_live("alter table a add check (b > 0)", FULL), ["error L02"]);
        assert!(found_live("alter table a add constraint c check (b > 0) not valid", FULL).is_empty());
    }

    #[test]
    fn l03_finds_set_not_null() {
        assert_eq!(found_live("alter table a alter column b set not null", FULL), ["error L03"]);
        assert!(found_live("alter table a alter column b drop not null", FULL).is_empty());
        let checked = "alter table a add constraint c check (b is not null) not valid; \
                       alter table a alter column b set not null";
        assert!(found_live(checked, FULL).is_empty());
    }

    #[test]
    fn l04_finds_defaults_that_rewrite_the_table() {
        assert_eq!(
            found_live("alter table a add column b uuid default gen_random_uuid()", FULL),
            ["error L04"]
        );
        assert_eq!(found_live("alter table a add b bigserial not null", FULL), ["error L04"]);
        assert!(found_live("alter table a add column b timestamptz not null default now()", FULL).is_empty());
    }

    #[test]
    fn l05_finds_a_column_that_old_rows_cannot_have() {
        assert_eq!(found_live("alter table a add column b int not null", FULL), ["error L05"]);
        assert!(found_live("alter table a add column b int", FULL).is_empty());
        assert!(found_live("alter table a add column b int not null default 0", FULL).is_empty());
    }

    #[test]
    fn l06_finds_locks_on_whole_tables() {
        assert_eq!(found_live("lock table a in exclusive mode", FULL), ["error L06"]);
        assert_eq!(found_live("vacuum (full, verbose) a", FULL), ["error L06"]);
        assert_eq!(found_live("cluster", FULL), ["warning L06"]);
        assert!(found_live("vacuum analyze a", FULL).is_empty());
    }

    #[test]
    fn l08_finds_a_change_of_type_that_rewrites() {
        assert_eq!(found_live("alter table a alter column b set data type bigint", FULL), ["error L08"]);
        assert_eq!(found("alter table a alter b type text"), ["warning L08"]);
        let grown = "create table a (b varchar(5)); alter table a alter b type text";
        assert!(!found_live(grown, FULL).contains(&"error L08".to_owned()));
    }

    #[test]
    fn l07_finds_a_key_that_builds_its_index_under_a_lock() {
        assert_eq!(found_live("alter table a add constraint k unique (b)", FULL), ["error L07"]);
        assert!(found_live("alter table a add constraint k unique using index i", FULL).is_empty());
    }
}
