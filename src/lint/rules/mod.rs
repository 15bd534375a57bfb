//! The rules. Each looks at one statement and knows the world around it.

mod data;
mod functions;
pub(crate) mod hygiene;
mod locks;
mod platform;
mod policies;
mod security;
mod tables;
pub(crate) mod transaction;
pub(crate) mod types;

use crate::lint::Read;
use crate::lint::finding::Severity;
use crate::lint::words::Words;
use crate::lint::world::World;

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

/// Everything the rules find in a statement of a file with this text.
pub(crate) fn check(read: &Read, text: &str, world: &World) -> Vec<Problem> {
    let words = Words(&read.words);
    let mut problems = Problems::default();
    data::check(words, world, &mut problems);
    locks::check(words, world, &mut problems);
    security::check(words, world, &mut problems);
    if !world.is_replaced(words, read.number) {
        security::view(words, world, &mut problems);
        policies::check(words, &mut problems);
        functions::check(words, world, &mut problems);
    }
    platform::check(words, &mut problems);
    platform::secrets(&text[read.statement.span.clone()], read.statement.span.start, &mut problems);
    tables::check(words, world, &mut problems);
    hygiene::check(read.statement, words, &mut problems);
    problems.0
}
