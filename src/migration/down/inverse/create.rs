//! `create ...` and what undoes it.

use crate::migration::down::inverse::{MAYBE_THERE, Made, UNREADABLE, Undo};
use crate::migration::words::{Name, Words};

/// The words behind `create`.
pub(super) fn undo(mut words: Words<'_>, made: &mut Made) -> Undo {
    if words.begins(&["or", "replace"]) {
        return Err("what it replaces is not known any more");
    }
    if words.take(&["table"]) || words.take(&["unlogged", "table"]) {
        return relation("table", words, made);
    }
    if words.take(&["materialized", "view"]) {
        return relation("materialized view", words, made);
    }
    for kind in ["view", "sequence", "type", "domain"] {
        if words.take(&[kind]) {
            return relation(kind, words, made);
        }
    }
    if words.take(&["unique", "index"]) || words.take(&["index"]) {
        return index(words, made);
    }
    for kind in ["function", "procedure"] {
        if words.take(&[kind]) {
            return routine(kind, words, made);
        }
    }
    if words.take(&["schema"]) {
        return schema(words, made);
    }
    if words.take(&["policy"]) {
        let policy = words.name().ok_or(UNREADABLE)?;
        return on_table("policy", &policy, words).map(|(sql, _)| sql);
    }
    if words.take(&["trigger"]) || words.take(&["constraint", "trigger"]) {
        let trigger = words.name().ok_or(UNREADABLE)?;
        let (sql, table) = on_table("trigger", &trigger, words)?;
        made.with_trigger.insert(table.relation());
        return Ok(sql);
    }
    if words.take(&["publication"]) {
        let name = words.name().ok_or(UNREADABLE)?;
        return Ok(vec![format!("drop publication {}", name.sql())]);
    }
    if words.begins(&["extension"]) {
        return Err("other things may need the extension by now");
    }
    if words.begins_with_one_of(&["temp", "temporary", "local", "global"]) {
        return Err("what it makes is gone with the session that made it");
    }
    Err("crmctl knows no statement that undoes it")
}

fn relation(kind: &str, mut words: Words<'_>, made: &mut Made) -> Undo {
    if words.begins(&["if", "not", "exists"]) {
        return Err(MAYBE_THERE);
    }
    let name = words.name().ok_or(UNREADABLE)?;
    made.relations.insert(name.relation());
    Ok(vec![format!("drop {kind} {}", name.sql())])
}

fn index(mut words: Words<'_>, made: &mut Made) -> Undo {
    words.take(&["concurrently"]);
    if words.begins(&["if", "not", "exists"]) {
        return Err(MAYBE_THERE);
    }
    let index = if words.begins(&["on"]) { None } else { Some(words.name().ok_or(UNREADABLE)?) };
    if !words.take(&["on"]) {
        return Err(UNREADABLE);
    }
    words.take(&["only"]);
    let table = words.name().ok_or(UNREADABLE)?;
    match index {
        Some(index) => {
            // An index is in the schema of its table, whatever the search path says.
            let index = table.beside(index.last());
            made.relations.insert(index.relation());
            Ok(vec![format!("drop index {}", index.sql())])
        }
        None if made.has(&table) => Ok(Vec::new()),
        None => Err("the index has no name of its own"),
    }
}

fn routine(kind: &str, mut words: Words<'_>, made: &mut Made) -> Undo {
    let name = words.name().ok_or(UNREADABLE)?;
    let arguments = words.group().ok_or(UNREADABLE)?;
    // A default is no part of what identifies a routine.
    let arguments: Vec<String> =
        arguments.parts().iter().map(|argument| argument.up_to(&["default", "="])).collect();
    made.routines.insert(name.relation());
    Ok(vec![format!("drop {kind} {}({})", name.sql(), arguments.join(", "))])
}

fn schema(mut words: Words<'_>, made: &mut Made) -> Undo {
    if words.begins(&["if", "not", "exists"]) {
        return Err(MAYBE_THERE);
    }
    let name = words.name().ok_or(UNREADABLE)?;
    if words.take(&["authorization"]) {
        words.name();
    }
    if name.last().eq_ignore_ascii_case("authorization") || !words.is_done() {
        return Err(UNREADABLE);
    }
    made.schemas.insert(name.relation().name);
    Ok(vec![format!("drop schema {}", name.sql())])
}

/// For what belongs to a table and has its name there.
fn on_table(kind: &str, name: &Name, mut words: Words<'_>) -> Result<(Vec<String>, Name), &'static str> {
    if !words.skip_to("on") {
        return Err(UNREADABLE);
    }
    let table = words.name().ok_or(UNREADABLE)?;
    Ok((vec![format!("drop {kind} {} on {}", name.sql(), table.sql())], table))
}
