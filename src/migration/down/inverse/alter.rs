//! `alter ...` and what undoes it.

use crate::migration::down::inverse::{MAYBE_THERE, Made, Reason, UNREADABLE, Undo};
use crate::migration::words::{Name, Words};

const BEFORE: Reason = "how it was before is not known any more";
const NO_NAME: Reason = "the constraint has no name of its own";

/// The words behind `alter`.
pub(super) fn undo(mut words: Words<'_>, made: &mut Made) -> Undo {
    if words.take(&["table"]) {
        return table(words, made);
    }
    if words.take(&["type"]) {
        return data_type(words, made);
    }
    if words.take(&["materialized", "view"]) {
        return renamed("materialized view", words, made);
    }
    for kind in ["view", "index", "sequence", "domain", "schema"] {
        if words.take(&[kind]) {
            return renamed(kind, words, made);
        }
    }
    for kind in ["policy", "trigger"] {
        if words.take(&[kind]) {
            return renamed_on_table(kind, words, made);
        }
    }
    if words.take(&["publication"]) {
        return publication(words);
    }
    if words.take(&["function"]) || words.take(&["procedure"]) {
        let name = words.name().ok_or(UNREADABLE)?;
        let stays = !words.has(&["rename"]) && !words.has(&["set", "schema"]);
        return if made.has_routine(&name) && stays { Ok(Vec::new()) } else { Err(BEFORE) };
    }
    Err(BEFORE)
}

fn table(mut words: Words<'_>, made: &mut Made) -> Undo {
    if words.begins(&["if", "exists"]) {
        return Err("the table may not have been there");
    }
    words.take(&["only"]);
    let table = words.name().ok_or(UNREADABLE)?;
    words.take(&["*"]);
    if words.take(&["rename"]) {
        return rename_of_table(&table, words, made);
    }
    let actions = words.parts().into_iter().map(|action| undo_of_action(&table, action, made));
    let undone = actions.collect::<Result<Vec<Option<String>>, Reason>>()?;
    let undone: Vec<String> = undone.into_iter().rev().flatten().collect();
    if undone.is_empty() {
        return Ok(Vec::new());
    }
    Ok(vec![format!("alter table {} {}", table.sql(), undone.join(", "))])
}

fn rename_of_table(table: &Name, mut words: Words<'_>, made: &mut Made) -> Undo {
    if words.take(&["to"]) {
        return rename("table", table, words, made);
    }
    let what = if words.take(&["constraint"]) { "constraint" } else { "column" };
    words.take(&["column"]);
    let (old, new) = pair(words).ok_or(UNREADABLE)?;
    Ok(vec![format!("alter table {} rename {what} {} to {}", table.sql(), new.sql(), old.sql())])
}

fn pair(mut words: Words<'_>) -> Option<(Name, Name)> {
    let old = words.name()?;
    if !words.take(&["to"]) {
        return None;
    }
    Some((old, words.name()?))
}

/// The words behind `rename to`.
fn rename(kind: &str, old: &Name, mut words: Words<'_>, made: &mut Made) -> Undo {
    let new = old.beside(words.name().ok_or(UNREADABLE)?.last());
    if made.has(old) {
        made.relations.insert(new.relation());
    }
    Ok(vec![format!("alter {kind} {} rename to {}", new.sql(), old.last())])
}

/// What undoes one action, if it does not go with the table.
fn undo_of_action(table: &Name, mut words: Words<'_>, made: &Made) -> Result<Option<String>, Reason> {
    let is_made = made.has(table);
    if words.take(&["enable", "row", "level", "security"]) {
        return Ok(Some("disable row level security".to_owned()));
    }
    if words.take(&["force", "row", "level", "security"]) {
        return Ok(Some("no force row level security".to_owned()));
    }
    if words.take(&["add", "constraint"]) {
        let name = words.name().ok_or(UNREADABLE)?;
        if words.has(&["using", "index"]) {
            return Err("the index that it takes over would be lost");
        }
        if words.begins(&["primary", "key"]) && !is_made {
            return Err("whether its columns could be empty before is not known any more");
        }
        return Ok(Some(format!("drop constraint {}", name.sql())));
    }
    if words.take(&["add"]) {
        if words.begins_with_one_of(&["primary", "unique", "foreign", "check", "exclude", "not"]) {
            return if is_made { Ok(None) } else { Err(NO_NAME) };
        }
        words.take(&["column"]);
        if words.begins(&["if", "not", "exists"]) {
            return Err(MAYBE_THERE);
        }
        let column = words.name().ok_or(UNREADABLE)?;
        return Ok(Some(format!("drop column {}", column.sql())));
    }
    let goes_along = words.begins_with_one_of(&["alter", "owner", "replica", "validate", "cluster"])
        || words.begins(&["set", "("]);
    if is_made && goes_along { Ok(None) } else { Err(BEFORE) }
}

fn data_type(mut words: Words<'_>, made: &mut Made) -> Undo {
    let name = words.name().ok_or(UNREADABLE)?;
    if words.take(&["rename", "to"]) {
        return rename("type", &name, words, made);
    }
    if words.take(&["rename", "value"]) {
        let old = words.quoted().ok_or(UNREADABLE)?;
        let new = words.take(&["to"]).then(|| words.quoted()).flatten().ok_or(UNREADABLE)?;
        return Ok(vec![format!("alter type {} rename value {new} to {old}", name.sql())]);
    }
    if words.take(&["rename", "attribute"]) {
        let (old, new) = pair(words).ok_or(UNREADABLE)?;
        return Ok(vec![format!(
            "alter type {} rename attribute {} to {}",
            name.sql(),
            new.sql(),
            old.sql()
        )]);
    }
    if words.begins(&["add", "value"]) && !made.has(&name) {
        return Err("PostgreSQL cannot remove a value from an enum");
    }
    if made.has(&name) && words.begins_with_one_of(&["add", "owner"]) { Ok(Vec::new()) } else { Err(BEFORE) }
}

fn renamed(kind: &str, mut words: Words<'_>, made: &mut Made) -> Undo {
    if words.begins(&["if", "exists"]) {
        return Err("what it renames may not have been there");
    }
    let name = words.name().ok_or(UNREADABLE)?;
    if words.take(&["rename", "to"]) {
        let is_made_schema = kind == "schema" && made.has_schema(&name);
        if is_made_schema && let Some(new) = words.clone().name() {
            made.schemas.insert(new.relation().name);
        }
        return rename(kind, &name, words, made);
    }
    let stays = words.begins_with_one_of(&["owner", "owned"]) || words.begins(&["set", "("]);
    if made.has(&name) && stays { Ok(Vec::new()) } else { Err(BEFORE) }
}

fn renamed_on_table(kind: &str, mut words: Words<'_>, made: &Made) -> Undo {
    let old = words.name().ok_or(UNREADABLE)?;
    if !words.take(&["on"]) {
        return Err(UNREADABLE);
    }
    let table = words.name().ok_or(UNREADABLE)?;
    if words.take(&["rename", "to"]) {
        let new = words.name().ok_or(UNREADABLE)?;
        return Ok(vec![format!("alter {kind} {} on {} rename to {}", new.sql(), table.sql(), old.sql())]);
    }
    if made.has(&table) { Ok(Vec::new()) } else { Err(BEFORE) }
}

/// A table that is a member already cannot be added, so that taking it out is the very inverse.
fn publication(mut words: Words<'_>) -> Undo {
    let name = words.name().ok_or(UNREADABLE)?;
    if !words.take(&["add", "table"]) || words.begins(&["only"]) {
        return Err(BEFORE);
    }
    let tables = words.names().ok_or(UNREADABLE)?;
    if !words.is_done() {
        return Err(UNREADABLE);
    }
    let tables: Vec<String> = tables.iter().map(Name::sql).collect();
    Ok(vec![format!("alter publication {} drop table {}", name.sql(), tables.join(", "))])
}
