//! Expectations of `access.toml`, held against what was observed. Pure.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::access::change::shown;
use crate::access::render::rows_in_words;
use crate::access::{Access, AccessTable, Command, Persona, Reach, TableAccess};
use crate::error::Location;
use crate::pg::TableName;

/// How much somebody shall be able to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Expected {
    /// Nothing: no grant, no policy, or no row.
    None,
    /// Rows that belong to the persona, and no others.
    Own,
    /// Some rows, or all.
    Some,
    /// Every row.
    All,
    /// So many rows.
    Count(u64),
}

impl Expected {
    fn words(self) -> String {
        match self {
            Self::None => "none".to_owned(),
            Self::Own => "own".to_owned(),
            Self::Some => "some".to_owned(),
            Self::All => "all".to_owned(),
            Self::Count(rows) => rows.to_string(),
        }
    }
}

/// What shall hold for a persona and the tables of a pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expectation {
    /// `schema.table`; `*` stands for any characters.
    pub tables: String,
    /// The personas; `*` for everybody.
    pub personas: Vec<String>,
    /// Per command.
    pub commands: BTreeMap<Command, Expected>,
    /// Where it is written.
    pub location: Location,
}

/// What `access.toml` says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Expectations {
    /// The schemas to look at, if it says so.
    pub schemas: Option<Vec<String>>,
    /// Personas of its own.
    pub personas: Vec<Persona>,
    /// The column that says whose a row is, by `schema.table`.
    pub owners: BTreeMap<String, String>,
    /// What shall hold; of several for the same thing, the last counts.
    pub expectations: Vec<Expectation>,
}

/// Somebody can do more, or less, than expected.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Violation {
    /// Who.
    pub persona: String,
    /// With which table.
    pub table: TableName,
    /// What.
    pub command: Command,
    /// It in words.
    pub words: String,
    /// The line that is not kept.
    pub location: Location,
}

/// Something that could neither be proved nor refuted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Unproved {
    /// What, and why.
    pub words: String,
    /// The line.
    pub location: Location,
}

enum Proof {
    Holds,
    Fails(String),
    Unproved(String),
}

impl Expectations {
    /// What is not as expected.
    #[must_use]
    pub fn violations(&self, table: &AccessTable) -> Vec<Violation> {
        let mut found = Vec::new();
        self.each(table, |expectation, persona, name, command, proof| {
            if let Proof::Fails(words) = proof {
                found.push(Violation {
                    persona: persona.to_owned(),
                    table: name.clone(),
                    command,
                    words,
                    location: expectation.location.clone(),
                });
            }
        });
        found
    }

    /// What nobody can tell: personas and tables that are not there, empty tables, rows without a known owner.
    #[must_use]
    pub fn unproved(&self, table: &AccessTable) -> Vec<Unproved> {
        let mut found: Vec<Unproved> = Vec::new();
        for expectation in &self.expectations {
            let location = || expectation.location.clone();
            if !table.tables.iter().any(|access| matches(&expectation.tables, &shown(&access.table))) {
                let words = format!("there is no table `{}`", expectation.tables);
                found.push(Unproved { words, location: location() });
            }
            for persona in expectation.personas.iter().filter(|name| *name != "*") {
                if !table.personas.contains(persona) {
                    let words = format!("there is no persona `{persona}` in this database");
                    found.push(Unproved { words, location: location() });
                }
            }
        }
        self.each(table, |expectation, _, _, _, proof| {
            if let Proof::Unproved(words) = proof {
                found.push(Unproved { words, location: expectation.location.clone() });
            }
        });
        found
    }

    fn each(
        &self,
        table: &AccessTable,
        mut tell: impl FnMut(&Expectation, &str, &TableName, Command, Proof),
    ) {
        for entry in &table.tables {
            for access in &entry.access {
                for command in Command::ALL {
                    let Some((expectation, expected)) = self.decisive(&entry.table, &access.persona, command)
                    else {
                        continue;
                    };
                    let proof = prove(expected, entry, access, command, table.limit);
                    tell(expectation, &access.persona, &entry.table, command, proof);
                }
            }
        }
    }

    /// The last line about it.
    fn decisive(
        &self,
        table: &TableName,
        persona: &str,
        command: Command,
    ) -> Option<(&Expectation, Expected)> {
        let name = shown(table);
        self.expectations.iter().rev().find_map(|expectation| {
            let concerns = expectation.personas.iter().any(|known| known == persona || known == "*")
                && matches(&expectation.tables, &name);
            let expected = expectation.commands.get(&command).filter(|_| concerns)?;
            Some((expectation, *expected))
        })
    }
}

fn prove(expected: Expected, table: &TableAccess, access: &Access, command: Command, limit: u64) -> Proof {
    let reach = access.reach(command);
    let name = shown(&table.table);
    let persona = &access.persona;
    let fails = || {
        let may = if reach.is_open() { "may" } else { "may not" };
        Proof::Fails(format!(
            "`{persona}` {may} {} `{name}`{}, expected {}",
            command.verb(),
            rows_in_words(reach, table, limit),
            expected.words()
        ))
    };
    let unproved = |why: &str| {
        Proof::Unproved(format!(
            "whether `{persona}` may {} {} of `{name}`: {why}",
            command.verb(),
            expected.words()
        ))
    };
    let decide = |holds: bool| if holds { Proof::Holds } else { fails() };
    let is_empty = table.rows == Some(0);
    match (expected, reach) {
        (_, Reach::Unknown { reason }) => unproved(reason),
        (Expected::None, Reach::Rows { rows: 0, .. }) if is_empty => {
            unproved("the table is empty, and not closed")
        }
        (Expected::None, Reach::Rows { rows, .. }) => decide(*rows == 0),
        (Expected::None, Reach::Depends) => unproved("a policy decides by the row"),
        (Expected::None, Reach::Tried { passed, .. }) => decide(*passed == 0),
        (_, Reach::Tried { passed: 0, .. }) => unproved("the policy lets no copy of a row in"),
        (_, Reach::Depends | Reach::Tried { .. }) => Proof::Holds,
        (Expected::None, _) => decide(!reach.is_open()),
        (_, Reach::NoGrant | Reach::NoPolicy | Reach::Allowed) => decide(reach.is_open()),
        (Expected::Count(count), Reach::Rows { rows, .. }) => decide(*rows == count),
        (Expected::Own, Reach::Rows { own: None, .. }) => {
            unproved("no column says whose a row is; name it in `[owners]`")
        }
        // Whoever has rows must see some of them, and none of others.
        (Expected::Own, Reach::Rows { rows, own: Some(own) }) => {
            decide(own >= rows && (*rows > 0 || access.owned == Some(0)))
        }
        (_, Reach::Rows { .. }) if is_empty => unproved("the table is empty"),
        (Expected::Some, Reach::Rows { rows, .. }) => decide(*rows > 0),
        (Expected::All, Reach::Rows { rows, .. }) => decide(table.rows == Some(*rows)),
    }
}

/// Whether a name fits a pattern in which `*` stands for any characters.
pub(super) fn matches(pattern: &str, name: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == name,
        Some((start, rest)) => name.strip_prefix(start).is_some_and(|tail| {
            (0..=tail.len()).filter(|&at| tail.is_char_boundary(at)).any(|at| matches(rest, &tail[at..]))
        }),
    }
}
