//! The rules. Each looks at one statement and knows the world around it.

pub(crate) mod data;
pub(crate) mod hygiene;
pub(crate) mod locks;
pub(crate) mod security;

use crate::lint::finding::Severity;
use crate::lint::words::Words;
use crate::lint::world::World;
use crate::migration::statement::Statement;

/// The ids of all rules.
pub(crate) const IDS: [&str; 25] = [
    "D01", "D02", "D03", "D04", "D05", "D06", "D07", "L01", "L02", "L03", "L04", "L05", "L06", "L07", "S01",
    "S02", "S03", "S04", "S05", "S06", "S07", "S08", "H01", "H02", "H03",
];

/// What a rule found, before it has a place in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Problem {
    pub(crate) rule: &'static str,
    pub(crate) severity: Severity,
    pub(crate) message: String,
    pub(crate) offset: usize,
    pub(crate) help: &'static str,
}

/// Where a rule puts what it finds.
#[derive(Debug, Default)]
pub(crate) struct Problems(Vec<Problem>);

impl Problems {
    /// Takes a problem; without a severity it is none.
    pub(crate) fn add(
        &mut self,
        rule: &'static str,
        severity: impl Into<Option<Severity>>,
        (offset, message): (usize, String),
        help: &'static str,
    ) {
        if let Some(severity) = severity.into() {
            self.0.push(Problem { rule, severity, message, offset, help });
        }
    }
}

/// Everything the rules find in a statement, in the order of its text.
pub(crate) fn check(statement: &Statement, words: Words, world: &World) -> Vec<Problem> {
    let mut problems = Problems::default();
    data::check(words, world, &mut problems);
    locks::check(words, world, &mut problems);
    security::check(words, world, &mut problems);
    hygiene::check(statement, words, &mut problems);
    problems.0.sort_by_key(|problem| problem.offset);
    problems.0
}
