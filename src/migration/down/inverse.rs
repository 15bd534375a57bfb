//! The inverse of a migration, for statements whose inverse is beyond doubt. Pure.
//!
//! What creates is undone by a drop without `cascade`, what renames by renaming back. A statement that could have
//! found its object there already (`if not exists`, `or replace`), that changes rows, or whose effect depends on what
//! was before, has no inverse: guessing is worse than asking. What only concerns an object that the same file created
//! goes with that object.

mod alter;
mod create;

use std::collections::BTreeSet;

use crate::error::Location;
use crate::migration::class::Class;
use crate::migration::file::MigrationFile;
use crate::migration::statement::Statement;
use crate::migration::words::{Name, Words};
use crate::pg::TableName;

/// Why there is no inverse, in words that follow "because".
pub(crate) type Reason = &'static str;

/// The statements that undo one, in the order to run them; or why there are none.
pub(crate) type Undo = Result<Vec<String>, Reason>;

/// A statement without an inverse.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotInvertible {
    /// Its first words.
    pub command: String,
    /// Why, in words that follow "because".
    pub reason: &'static str,
    /// Where it is.
    pub at: Location,
}

pub(crate) const UNREADABLE: Reason = "it is not written in a way that crmctl can read";
const MAYBE_THERE: Reason = "what it makes may have been there before";
const ROWS: Reason = "the rows as they were before are known to nobody";

/// What a file has made so far.
#[derive(Debug, Default)]
pub(crate) struct Made {
    /// Tables, views, indexes, sequences and types, which share their names.
    relations: BTreeSet<TableName>,
    routines: BTreeSet<TableName>,
    schemas: BTreeSet<String>,
    /// Tables with a trigger, which may do anything with rows.
    with_trigger: BTreeSet<TableName>,
}

impl Made {
    fn has(&self, name: &Name) -> bool {
        self.relations.contains(&name.relation())
    }

    fn has_routine(&self, name: &Name) -> bool {
        self.routines.contains(&name.relation())
    }

    fn has_schema(&self, name: &Name) -> bool {
        self.schemas.contains(&name.relation().name)
    }
}

/// The inverse of a file as SQL, its last statement undone first; or the first statement that has none.
pub(crate) fn inverse(file: &MigrationFile) -> Result<String, NotInvertible> {
    let mut made = Made::default();
    let mut undone: Vec<Vec<String>> = Vec::new();
    for statement in &file.statements {
        let undo = of_statement(&file.text, statement, &mut made).map_err(|reason| NotInvertible {
            command: statement.command.clone(),
            reason,
            at: statement.location(&file.shown(), &file.text),
        })?;
        undone.push(undo);
    }
    Ok(undone.into_iter().rev().flatten().map(|sql| sql + ";\n").collect())
}

fn of_statement(text: &str, statement: &Statement, made: &mut Made) -> Undo {
    match statement.class {
        Class::Empty => return Ok(Vec::new()),
        Class::TransactionControl => return Err("what its transactions left behind is not known"),
        Class::Plain | Class::NonTransactional | Class::AddsEnumValue | Class::LeakingSet => {}
    }
    let mut words = Words::of(text, statement);
    if words.take(&["create"]) {
        return create::undo(words, made);
    }
    if words.take(&["alter"]) {
        return alter::undo(words, made);
    }
    if words.take(&["comment", "on"]) {
        return goes_along(comments_on_made(words, made), "the comment before it is not known");
    }
    if words.begins_with_one_of(&["grant", "revoke"]) {
        return goes_along(grants_on_made(words, made), "the rights before it are not known");
    }
    if words.take(&["insert", "into"]) || words.take(&["copy"]) {
        return goes_along(fills_made(words, made), ROWS);
    }
    if words.begins_with_one_of(&["update", "delete", "truncate", "merge"]) {
        return Err(ROWS);
    }
    if words.take(&["set"]) {
        return goes_along(sets_nothing_that_matters(words), "what follows it reads names differently");
    }
    if words.begins_with_one_of(&["drop"]) {
        return Err("what it drops is not known any more");
    }
    // They change nothing that could be undone.
    if words.begins_with_one_of(&["notify", "analyze"]) {
        return Ok(Vec::new());
    }
    Err("crmctl knows no statement that undoes it")
}

fn goes_along(covered: Option<bool>, reason: Reason) -> Undo {
    match covered {
        Some(true) => Ok(Vec::new()),
        Some(false) => Err(reason),
        None => Err(UNREADABLE),
    }
}

/// Settings that change how names are read would have to be set for the inverse, too.
fn sets_nothing_that_matters(mut words: Words<'_>) -> Option<bool> {
    const HARMLESS: [&str; 5] = [
        "lock_timeout",
        "statement_timeout",
        "idle_in_transaction_session_timeout",
        "check_function_bodies",
        "client_min_messages",
    ];
    if !words.take(&["local"]) {
        words.take(&["session"]);
    }
    Some(HARMLESS.contains(&words.name()?.sql().to_lowercase().as_str()))
}

fn comments_on_made(mut words: Words<'_>, made: &Made) -> Option<bool> {
    if words.take(&["column"]) {
        return Some(words.name()?.owner().is_some_and(|table| made.has(&table)));
    }
    if ["constraint", "policy", "trigger"].iter().any(|kind| words.take(&[kind])) {
        words.name()?;
        return Some(words.take(&["on"]) && made.has(&words.name()?));
    }
    if words.take(&["schema"]) {
        return Some(made.has_schema(&words.name()?));
    }
    if words.take(&["function"]) || words.take(&["procedure"]) {
        return Some(made.has_routine(&words.name()?));
    }
    words.take(&["materialized"]);
    let is_relation =
        ["table", "view", "index", "sequence", "type", "domain"].iter().any(|kind| words.take(&[kind]));
    Some(is_relation && made.has(&words.name()?))
}

fn grants_on_made(mut words: Words<'_>, made: &Made) -> Option<bool> {
    if !words.skip_to("on") || words.begins_with_one_of(&["all"]) {
        return Some(false);
    }
    if words.take(&["schema"]) {
        return Some(words.names()?.iter().all(|name| made.has_schema(name)));
    }
    if ["function", "procedure", "routine"].iter().any(|kind| words.take(&[kind])) {
        return Some(words.names()?.iter().all(|name| made.has_routine(name)));
    }
    if !["table", "sequence", "type", "domain"].iter().any(|kind| words.take(&[kind]))
        && words.begins_with_one_of(&["database", "language", "foreign", "large", "parameter", "tablespace"])
    {
        return Some(false);
    }
    Some(words.names()?.iter().all(|name| made.has(name)))
}

/// Rows of a table that the file created go with it, unless bringing them did something elsewhere.
fn fills_made(mut words: Words<'_>, made: &Made) -> Option<bool> {
    let table = words.name()?;
    let reaches_out = ["select", "with", "update", "delete"].iter().any(|word| words.has(&[word]));
    Some(made.has(&table) && !made.with_trigger.contains(&table.relation()) && !reaches_out)
}

/// Whether a file switches row level security on for a table.
pub(crate) fn secures(file: &MigrationFile, table: &TableName) -> bool {
    file.statements.iter().any(|statement| {
        let mut words = Words::of(&file.text, statement);
        if !words.take(&["alter", "table"]) {
            return false;
        }
        words.take(&["if", "exists"]);
        words.take(&["only"]);
        words.name().is_some_and(|name| name.relation() == *table) && words.has(&["enable", "row"])
    })
}

#[cfg(test)]
mod tests;
