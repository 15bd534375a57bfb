//! Lint: dangers in migrations, found in their statements before they run.
//!
//! Rules look at words, never at raw text, so that nothing in a comment, a string or a function body is taken for
//! a statement. They are grouped as their ids are: `D` data, `L` locks, `S` security, `H` hygiene.

mod allow;
mod finding;
mod rules;
mod words;
mod world;

pub use finding::{Finding, LintReport, Severity, hazards};
pub use world::LiveFacts;

use crate::error::Location;
use crate::migration::file::MigrationFile;
use crate::migration::statement::Statement;
use rules::Problem;
use words::{Words, words_of};
use world::World;

/// Finds what is dangerous in files that are to be applied together, in this order.
#[must_use]
pub fn lint(files: &[&MigrationFile], facts: &LiveFacts) -> Vec<Finding> {
    let mut world = World::new(facts);
    for file in files {
        for statement in &file.statements {
            world.learn(Words(&words_of(&file.text, statement)));
        }
    }
    files
        .iter()
        .flat_map(|file| file.statements.iter().flat_map(|statement| of_statement(file, statement, &world)))
        .collect()
}

/// The findings as the answer of a command.
#[must_use]
pub fn report(files: &[&MigrationFile], facts: &LiveFacts) -> LintReport {
    LintReport { files: files.len(), findings: lint(files, facts) }
}

fn of_statement(file: &MigrationFile, statement: &Statement, world: &World) -> Vec<Finding> {
    let words = words_of(&file.text, statement);
    let allowances = allow::allowances(&file.text, statement);
    let mut problems = rules::check(statement, Words(&words), world);
    let excused = |problem: &Problem| {
        allowances
            .iter()
            .any(|allowance| allowance.has_reason && allowance.rules.iter().any(|rule| rule == problem.rule))
    };
    problems.retain(|problem| !excused(problem));
    problems.extend(allowances.iter().filter_map(rules::hygiene::allowance));
    problems.sort_by_key(|problem| problem.offset);
    let finding = |problem: Problem| Finding {
        rule: problem.rule,
        severity: problem.severity,
        message: problem.message,
        location: Location::of_offset(file.shown(), &file.text, problem.offset),
        help: problem.help.to_owned(),
    };
    problems.into_iter().map(finding).collect()
}

#[cfg(test)]
mod tests;
