//! What rules know beside the statement they look at: live sizes, and what the other statements do.

mod learn;
mod replaced;

use std::collections::{BTreeMap, BTreeSet};

use crate::lint::finding::Severity;
use crate::lint::live::LiveFacts;
use crate::lint::words::Name;
use crate::ui::thousands;

/// From how many rows on it hurts when others wait for a table: below, they wait for milliseconds.
const MANY_ROWS: u64 = 10_000;

/// How much a table has to lose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Weight {
    /// It has no rows, is created by the same files, or does not exist.
    Nothing,
    /// It has rows.
    Rows(u64),
    /// It is there, and nobody has counted its rows.
    Uncounted,
    /// Nobody knows.
    Unknown,
}

impl Weight {
    /// The severity of what destroys rows, or fails because there are some: without knowledge, the worst is assumed.
    pub(crate) fn of_loss(self) -> Option<Severity> {
        match self {
            Self::Nothing => None,
            Self::Rows(_) | Self::Uncounted | Self::Unknown => Some(Severity::Error),
        }
    }

    /// The severity of what fails when there are rows: an error only where there are.
    pub(crate) fn of_failure(self) -> Option<Severity> {
        match self {
            Self::Nothing => None,
            Self::Rows(_) | Self::Uncounted => Some(Severity::Error),
            Self::Unknown => Some(Severity::Warning),
        }
    }

    /// The severity of what makes others wait: an error only where it is known to hurt.
    pub(crate) fn of_lock(self) -> Option<Severity> {
        match self {
            Self::Nothing => None,
            Self::Rows(rows) if rows >= MANY_ROWS => Some(Severity::Error),
            Self::Rows(_) | Self::Uncounted | Self::Unknown => Some(Severity::Warning),
        }
    }

    /// The number of rows in words, for messages.
    pub(crate) fn rows(self) -> String {
        match self {
            Self::Rows(1) => "its row".to_owned(),
            Self::Rows(rows) => format!("its {} rows", thousands(rows)),
            Self::Nothing | Self::Uncounted | Self::Unknown => "its rows".to_owned(),
        }
    }
}

/// What the files do, taken together, and what the database is. Names have their schemas.
#[derive(Debug)]
pub(crate) struct World<'a> {
    facts: &'a LiveFacts,
    /// Tables that are created before they are dropped, if they are dropped at all.
    pub(crate) created: BTreeSet<String>,
    /// Tables that are dropped first: what they held before the files is lost.
    dropped_first: BTreeSet<String>,
    /// Tables that are gone in the end.
    pub(crate) dropped: BTreeSet<String>,
    pub(crate) secured: BTreeSet<String>,
    pub(crate) with_policy: BTreeSet<String>,
    pub(crate) granted: BTreeSet<String>,
    pub(crate) granted_schemas: BTreeSet<String>,
    /// Tables with a primary key.
    pub(crate) keyed: BTreeSet<String>,
    /// `schema.table.column` that an index or a key begins with.
    indexed: BTreeSet<String>,
    /// The table of each index made here.
    indexes: BTreeMap<String, String>,
    /// Columns with a check that they are not null.
    checked: BTreeSet<String>,
    /// The types of columns made here.
    types: BTreeMap<String, String>,
    /// Views, functions and sequences made here.
    pub(crate) made: BTreeSet<String>,
    /// Tables that get a constraint.
    pub(crate) constrained: BTreeSet<String>,
    /// Functions that not everybody may call.
    pub(crate) closed: BTreeSet<String>,
    pub(crate) closed_schemas: BTreeSet<String>,
    /// Views that are set to ask with the rights of who asks.
    pub(crate) invoking: BTreeSet<String>,
    /// The last statement that drops something, or writes it anew.
    ended: BTreeMap<String, usize>,
}

impl<'a> World<'a> {
    pub(crate) fn new(facts: &'a LiveFacts) -> Self {
        Self {
            facts,
            created: BTreeSet::new(),
            dropped_first: BTreeSet::new(),
            dropped: BTreeSet::new(),
            secured: BTreeSet::new(),
            with_policy: BTreeSet::new(),
            granted: BTreeSet::new(),
            granted_schemas: BTreeSet::new(),
            keyed: BTreeSet::new(),
            indexed: BTreeSet::new(),
            indexes: BTreeMap::new(),
            checked: BTreeSet::new(),
            types: BTreeMap::new(),
            made: BTreeSet::new(),
            constrained: BTreeSet::new(),
            closed: BTreeSet::new(),
            closed_schemas: BTreeSet::new(),
            invoking: BTreeSet::new(),
            ended: BTreeMap::new(),
        }
    }

    /// How much a table has to lose. What is there now counts for more than that the files create it: they may
    /// drop it first.
    pub(crate) fn weight(&self, table: &Name) -> Weight {
        self.weight_of(&table.to_string())
    }

    fn weight_of(&self, table: &str) -> Weight {
        match &self.facts.existing_tables {
            Some(tables) => match tables.get(table) {
                None | Some(0) => Weight::Nothing,
                Some(_) if self.facts.uncounted_tables.contains(table) => Weight::Uncounted,
                Some(&rows) => Weight::Rows(rows),
            },
            None if self.created.contains(table) => Weight::Nothing,
            None => Weight::Unknown,
        }
    }

    /// How much the table of an index has to lose.
    pub(crate) fn index_weight(&self, index: &Name) -> Weight {
        let index = index.to_string();
        match self.indexes.get(&index).or_else(|| self.facts.indexes.get(&index)) {
            Some(table) => self.weight_of(table),
            None if self.facts.existing_tables.is_some() => Weight::Nothing,
            None => Weight::Unknown,
        }
    }

    /// Whether an index or a key begins with the column.
    pub(crate) fn is_indexed(&self, table: &Name, column: &str) -> bool {
        let key = format!("{table}.{column}");
        self.indexed.contains(&key) || self.facts.indexed_columns.contains(&key)
    }

    /// Whether a check already says that the column is not null.
    pub(crate) fn is_checked(&self, table: &Name, column: &str) -> bool {
        let key = format!("{table}.{column}");
        self.checked.contains(&key) || self.facts.checked_columns.contains(&key)
    }

    /// The type of a column, if it is known.
    pub(crate) fn type_of(&self, table: &Name, column: &str) -> Option<&str> {
        let key = format!("{table}.{column}");
        self.facts.column_types.get(&key).or_else(|| self.types.get(&key)).map(String::as_str)
    }

    /// Whether the table has row level security, as far as anybody knows.
    pub(crate) fn is_secured(&self, table: &Name) -> bool {
        let table = table.to_string();
        self.secured.contains(&table) || self.facts.secured_tables.contains(&table)
    }

    /// Whether it is known if the table has row level security.
    pub(crate) fn knows_security(&self, table: &Name) -> bool {
        let table = table.to_string();
        let exists = self.facts.existing_tables.as_ref().is_some_and(|tables| tables.contains_key(&table));
        self.created.contains(&table) || (exists && self.facts.knows_schema)
    }
}
