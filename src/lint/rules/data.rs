//! D: what loses data, or takes a name away that clients use.

use crate::lint::finding::Severity;
use crate::lint::rules::Problems;
use crate::lint::rules::types::{Change, change, type_words};
use crate::lint::words::{Name, Words};
use crate::lint::world::World;

pub(crate) fn check(words: Words, world: &World, problems: &mut Problems) {
    if words.begins(&["drop"]) {
        drops(words, world, problems);
    } else if words.begins(&["truncate"]) {
        for table in words.from(1).behind(&["table"]).names() {
            let weight = world.weight(&table);
            let message = format!("table `{table}` loses {}", weight.rows());
            problems.add(
                "D04",
                weight.of_loss(),
                (words.offset(), message),
                "delete the rows that must go, with `where`",
            );
        }
    } else if words.begins(&["revoke"]) {
        revokes(words, problems);
    } else if let Some((table, actions)) = words.alter_table() {
        for action in actions {
            alters(&table, action, world, problems);
        }
    } else {
        changes_all_rows(words, world, problems);
    }
}

fn drops(words: Words, world: &World, problems: &mut Problems) {
    let tables = words.from(1).behind(&["foreign"]);
    if tables.begins(&["table"]) {
        for table in tables.from(1).names() {
            let weight = world.weight(&table);
            let message = format!("table `{table}` is dropped with {}", weight.rows());
            let help =
                "rename it first and drop it when nobody has missed it, or back it up: `crmctl backup`";
            problems.add("D01", weight.of_loss(), (words.offset(), message), help);
        }
    }
    let what = if words.begins(&["drop", "schema"]) {
        Some((Severity::Error, "a schema is dropped"))
    } else if words.begins(&["drop", "owned"]) {
        Some((Severity::Error, "everything that a role owns is dropped"))
    } else if words.begins(&["drop", "database"]) {
        Some((Severity::Error, "a database is dropped"))
    } else if words.begins(&["drop", "extension"]) {
        Some((Severity::Warning, "an extension is dropped with all it brought"))
    } else if words.begins(&["drop", "type"]) || words.begins(&["drop", "domain"]) {
        Some((Severity::Warning, "a type is dropped"))
    } else if words.has_outside("cascade") {
        Some((Severity::Warning, "`cascade` drops whatever depends on it, unnamed"))
    } else {
        None
    };
    if let Some((severity, message)) = what {
        let help = "drop what depends on it by name, so that a reader and the server see the same list";
        problems.add("D03", severity, (words.offset(), message.to_owned()), help);
    }
}

fn alters(table: &Name, action: Words, world: &World, problems: &mut Problems) {
    let weight = world.weight(table);
    let at = |message: String| (action.offset(), message);
    if action.begins(&["drop"]) && !action.begins(&["drop", "constraint"]) {
        let message = format!("a column of `{table}` is dropped with its values");
        let help = "stop using it, and drop it in a later migration; the values are gone for good";
        problems.add("D02", weight.of_loss(), at(message), help);
    }
    if action.begins(&["rename"]) && !action.begins(&["rename", "constraint"]) {
        let what = if action.begins(&["rename", "to"]) { "the table" } else { "a column of" };
        let message = format!("{what} `{table}` gets another name, which running clients do not know");
        let help = "add the new name beside the old one (a view, a column kept in step), and remove the old one later";
        problems.add("D05", weight.of_loss().map(|_| Severity::Warning), at(message), help);
    }
    let column = action.behind(&["alter"]).behind(&["column"]);
    if action.begins(&["alter"])
        && let Some((column, rest)) = column.name()
    {
        let rest = rest.behind(&["set", "data"]);
        if rest.begins(&["type"]) {
            type_change((table, &column.relation), (action.offset(), rest.from(1)), world, problems);
        }
    }
}

fn type_change(
    (table, column): (&Name, &str),
    (offset, words): (usize, Words),
    world: &World,
    problems: &mut Problems,
) {
    let weight = world.weight(table);
    match change(world.type_of(table, column), &type_words(words)) {
        Change::Free => {}
        Change::Rewrite => {
            let message = format!("`{table}` is rewritten while all wait: `{column}` gets another type");
            let help = "add a column of the new type, fill it in batches, and swap the names";
            problems.add("L08", weight.of_lock(), (offset, message), help);
        }
        Change::Narrowing => {
            let message =
                format!("`{column}` of `{table}` gets a type that holds less: values are cut, or it fails");
            let help = "look for values that do not fit first; a check says the same and can be taken back";
            problems.add("D06", weight.of_failure(), (offset, message), help);
        }
    }
}

/// D08: what takes rights on everything from those the API works as.
fn revokes(words: Words, problems: &mut Problems) {
    let (Some(on), Some(from)) = (words.find(&["on"]), words.find(&["from"])) else { return };
    let object = words.from(on + 1);
    let is_mass = object.begins(&["all"]) || object.begins(&["schema"]) || object.begins(&["database"]);
    let roles = ["authenticated", "service_role", "authenticator"];
    let role = words.from(from + 1).0.iter().find(|word| roles.iter().any(|role| word.is(role)));
    if let (true, Some(role)) = (is_mass, role) {
        let message = format!("`{}` loses rights on everything at once", role.text);
        let help =
            "revoke table by table what is too much, and grant again what is needed in the same migration";
        problems.add("D08", Severity::Warning, (words.offset(), message), help);
    }
}

/// `update` and `delete` without `where`, also behind `with ...`.
fn changes_all_rows(words: Words, world: &World, problems: &mut Problems) {
    let verb = if words.begins(&["with"]) {
        words.0.iter().position(|word| {
            word.depth == 0
                && ["select", "insert", "update", "delete", "merge"].iter().any(|verb| word.is(verb))
        })
    } else {
        Some(0)
    };
    let Some(verb) = verb else { return };
    let rest = words.from(verb);
    let (target, verb) = if rest.begins(&["delete", "from"]) {
        (rest.from(2), "deleted")
    } else if rest.begins(&["update"]) {
        (rest.from(1), "overwritten")
    } else {
        return;
    };
    if rest.has_outside("where") {
        return;
    }
    if let Some((table, _)) = target.name() {
        let message = format!("all rows of `{table}` are {verb}: there is no `where`");
        let help = "say which rows with `where`; `where true` if it is all of them";
        problems.add("D07", world.weight(&table).of_loss(), (rest.offset(), message), help);
    }
}

#[cfg(test)]
mod tests {
    use crate::lint::tests::{found, found_live};

    #[test]
    fn d01_finds_a_dropped_table_that_may_have_rows() {
        assert_eq!(found("drop table a"), ["error D01"]);
        assert_eq!(
            found_live("drop table if exists a, public.full", [("public.a", 0), ("public.full", 3)]),
            ["error D01"]
        );
        assert!(found("create table private.a (id text primary key); drop table private.a;").is_empty());
        assert_eq!(
            found("drop table private.a; create table private.a (id text primary key);"),
            ["error D01"]
        );
    }

    #[test]
    fn d02_finds_a_dropped_column_and_not_a_dropped_constraint() {
        assert_eq!(
            found("alter table a add b int, drop column c, drop if exists d"),
            ["error D02", "error D02"]
        );
        assert_eq!(found("alter table a drop constraint b, alter column c drop default"), ["warning D10"]);
    }

    #[test]
    fn d03_finds_dropped_schemas_types_and_cascades() {
        assert_eq!(found("drop schema a cascade"), ["error D03"]);
        assert_eq!(found("drop type a"), ["warning D03"]);
        assert_eq!(found("drop trigger a on b cascade"), ["warning D03"]);
        assert!(found("drop trigger a on b").is_empty());
    }

    #[test]
    fn d04_finds_truncate() {
        assert_eq!(found("truncate table only a, b restart identity"), ["error D04", "error D04"]);
        assert!(found_live("truncate a", [("public.a", 0)]).is_empty());
    }

    #[test]
    fn d05_finds_renames_and_not_those_of_constraints() {
        assert_eq!(found("alter table a rename to b"), ["warning D05"]);
        assert_eq!(found("alter table a rename b to c"), ["warning D05"]);
        assert!(found("alter table a rename constraint b to c").is_empty());
    }

    #[test]
    fn d06_finds_a_type_that_holds_less() {
        let sql = "create table private.a (id text primary key, b text); alter table private.a alter b type varchar(10)";
        assert!(found(sql).is_empty());
        assert_eq!(found_live(sql, [("private.a", 1)]), ["error D06"]);
    }

    #[test]
    fn d08_finds_rights_on_everything_being_taken() {
        assert_eq!(found("revoke all on all tables in schema public from authenticated"), ["warning D08"]);
        assert_eq!(found("revoke usage on schema public from service_role"), ["warning D08"]);
        assert!(found("revoke all on all tables in schema public from anon, public").is_empty());
        assert!(found("revoke all on table a from authenticated").is_empty());
    }

    #[test]
    fn d07_finds_updates_and_deletes_of_everything() {
        assert_eq!(found("delete from a"), ["error D07"]);
        assert!(found("create temp table a (b int); update a set b = 1; drop table a").is_empty());
        assert_eq!(found("update a set b = (select 1 where true)"), ["error D07"]);
        assert_eq!(found("with x as (select 1 where true) delete from a using x"), ["error D07"]);
        assert!(found("update a set b = 1 where c").is_empty());
        assert!(found("insert into a values (1) on conflict (id) do update set b = 1").is_empty());
    }
}
