//! What rules know beside the statement they look at: live sizes, and what the other statements do.

use std::collections::{BTreeMap, BTreeSet};

use crate::lint::finding::Severity;
use crate::lint::words::{Name, Words};

/// What is known of the database the files will be applied to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LiveFacts {
    /// The rows (an estimate will do) of every table that exists, by `schema.name`. `None`: nobody asked.
    pub existing_tables: Option<BTreeMap<String, u64>>,
}

/// How much a table has to lose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Weight {
    /// It has no rows, is created by the same files, or does not exist.
    Nothing,
    /// It has rows.
    Rows(u64),
    /// Nobody knows.
    Unknown,
}

impl Weight {
    /// The severity of what destroys rows: without knowledge, the worst is assumed.
    pub(crate) fn of_loss(self) -> Option<Severity> {
        match self {
            Self::Nothing => None,
            Self::Rows(_) | Self::Unknown => Some(Severity::Error),
        }
    }

    /// The severity of what makes others wait: an error only where it is known to hurt.
    pub(crate) fn of_lock(self) -> Option<Severity> {
        match self {
            Self::Nothing => None,
            Self::Rows(_) => Some(Severity::Error),
            Self::Unknown => Some(Severity::Warning),
        }
    }

    /// The number of rows in words, for messages.
    pub(crate) fn rows(self) -> String {
        match self {
            Self::Rows(1) => "its row".to_owned(),
            Self::Rows(rows) => format!("its {rows} rows"),
            Self::Nothing | Self::Unknown => "its rows".to_owned(),
        }
    }
}

/// What the files do, taken together, and what the database is.
#[derive(Debug, Default)]
pub(crate) struct World<'a> {
    facts: Option<&'a LiveFacts>,
    pub(crate) created: BTreeSet<String>,
    pub(crate) dropped: BTreeSet<String>,
    pub(crate) secured: BTreeSet<String>,
    pub(crate) with_policy: BTreeSet<String>,
    pub(crate) granted: BTreeSet<String>,
    pub(crate) granted_schemas: BTreeSet<String>,
}

impl<'a> World<'a> {
    pub(crate) fn new(facts: &'a LiveFacts) -> Self {
        Self { facts: Some(facts), ..Self::default() }
    }

    /// Takes note of what a statement does to tables.
    pub(crate) fn learn(&mut self, words: Words) {
        if let Some((name, _)) = words.create_table() {
            self.created.insert(name.to_string());
        } else if let Some((name, actions)) = words.alter_table() {
            if actions.iter().any(|action| action.begins(&["enable", "row", "level", "security"])) {
                self.secured.insert(name.to_string());
            }
        } else if words.begins(&["drop", "table"]) {
            self.dropped.extend(words.from(2).names().iter().map(Name::to_string));
        } else if words.begins(&["create", "policy"]) {
            let table = words.find(&["on"]).and_then(|index| words.from(index + 1).name());
            self.with_policy.extend(table.map(|(name, _)| name.to_string()));
        } else if words.begins(&["grant"]) {
            self.learn_grant(words);
        } else if words.begins(&["alter", "default", "privileges"])
            && words.has(&["grant"])
            && words.has(&["tables"])
        {
            let schemas = words.find(&["in", "schema"]).map(|index| words.from(index + 2).names());
            self.granted_schemas.extend(schemas.unwrap_or_default().into_iter().map(|name| name.relation));
        }
    }

    fn learn_grant(&mut self, words: Words) {
        let Some(on) = words.find(&["on"]) else { return };
        let object = words.from(on + 1);
        if object.begins(&["all", "tables", "in", "schema"]) {
            self.granted_schemas.extend(object.from(4).names().into_iter().map(|name| name.relation));
        } else {
            self.granted.extend(object.behind(&["table"]).names().iter().map(Name::to_string));
        }
    }

    /// How much a table has to lose.
    pub(crate) fn weight(&self, table: &Name) -> Weight {
        let table = table.to_string();
        if self.created.contains(&table) {
            return Weight::Nothing;
        }
        match self.facts.and_then(|facts| facts.existing_tables.as_ref()) {
            None => Weight::Unknown,
            Some(tables) => match tables.get(&table) {
                None | Some(0) => Weight::Nothing,
                Some(&rows) => Weight::Rows(rows),
            },
        }
    }
}
