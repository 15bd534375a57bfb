//! What a `create table` or an `alter table ... add` brings: columns and constraints.

use crate::lint::words::{Name, Words};

/// A column, or a constraint of the table.
#[derive(Debug, Clone)]
pub(crate) enum Item<'a> {
    /// A column and what is behind its name.
    Column { name: String, definition: Words<'a> },
    /// A constraint from its first keyword on, such as `foreign key (..)`.
    Constraint { body: Words<'a> },
}

/// Keywords that begin a constraint, or something else that is no column.
const CONSTRAINTS: [&str; 5] = ["foreign", "check", "unique", "primary", "exclude"];

/// The table that a statement creates, and what it is made of.
pub(crate) fn created(words: Words<'_>) -> Option<(Name, Vec<Item<'_>>)> {
    let (name, rest) = words.create_table()?;
    Some((name, rest.inside().parts().filter_map(item).collect()))
}

/// What an action of `alter table` adds.
pub(crate) fn added(action: Words<'_>) -> Option<Item<'_>> {
    if action.begins(&["add"]) { item(action.from(1)) } else { None }
}

fn item(words: Words<'_>) -> Option<Item<'_>> {
    if words.begins(&["like"]) || words.begins(&["value"]) {
        return None;
    }
    if words.begins(&["constraint"]) {
        let (_, body) = words.from(1).name()?;
        return Some(Item::Constraint { body });
    }
    if CONSTRAINTS.iter().any(|keyword| words.begins(&[keyword])) {
        return Some(Item::Constraint { body: words });
    }
    let (name, definition) = words.behind(&["column"]).name()?;
    Some(Item::Column { name: name.relation, definition })
}

/// A reference to another table: the first referring column, the table and where it stands.
#[derive(Debug)]
pub(crate) struct Reference<'a> {
    pub(crate) column: String,
    /// The words from `references` to the end of the clause.
    pub(crate) clause: Words<'a>,
}

impl<'a> Item<'a> {
    /// The foreign key that it is or has.
    pub(crate) fn reference(&self) -> Option<Reference<'a>> {
        let (column, words) = match self {
            Self::Column { name, definition } => (name.clone(), *definition),
            Self::Constraint { body } if body.begins(&["foreign", "key"]) => {
                (body.from(2).inside().name()?.0.relation, *body)
            }
            Self::Constraint { .. } => return None,
        };
        let clause = words.from(words.find(&["references"])?);
        Some(Reference { column, clause })
    }

    /// The first column of the index that it brings: a primary or unique key.
    pub(crate) fn key(&self) -> Option<String> {
        match self {
            Self::Column { name, definition } => {
                let is_key = definition.has(&["primary", "key"]) || definition.has(&["unique"]);
                is_key.then(|| name.clone())
            }
            Self::Constraint { body } => {
                let is_key = body.begins(&["primary", "key"]) || body.begins(&["unique"]);
                let columns = body.from(body.find(&["("])?).inside();
                if is_key { Some(columns.name()?.0.relation) } else { None }
            }
        }
    }

    /// Whether it is or has the primary key.
    pub(crate) fn is_primary_key(&self) -> bool {
        match self {
            Self::Column { definition, .. } => definition.has(&["primary", "key"]),
            Self::Constraint { body } => body.begins(&["primary", "key"]),
        }
    }

    /// The column that a check keeps from being null.
    pub(crate) fn not_null_check(&self) -> Option<String> {
        let Self::Constraint { body } = self else { return None };
        let expression = body.behind(&["check"]);
        let is_check = body.begins(&["check"]) && expression.has(&["is", "not", "null"]);
        let name = expression.0.iter().position(|word| !word.is("("))?;
        if is_check { Some(expression.from(name).name()?.0.relation) } else { None }
    }
}
