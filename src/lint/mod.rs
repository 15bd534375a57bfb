//! Lint: dangers in migrations, found in their statements before they run.
//!
//! Our rules look at words, never at raw text, so that nothing in a comment, a string or a function body is taken
//! for a statement. They are grouped as their ids are: `D` data, `L` locks, `S` security, `H` hygiene. squawk's
//! rules speak where ours do not (`squawk.rs`), and what only a whole schema shows is found there (`catalog/`).

mod allow;
pub mod catalog;
mod finding;
mod items;
mod live;
mod named;
mod report;
mod rule;
mod rules;
mod sarif;
pub(crate) mod secrets;
mod squawk;
mod words;
mod world;

pub use catalog::CatalogFinding;
pub use finding::{Finding, Severity, hazards};
pub use live::LiveFacts;
pub use named::{NamedError, read_named};
pub use report::LintReport;
pub use rule::{RULES, Rule, page};
pub use sarif::sarif;

use crate::error::Location;
use crate::migration::file::MigrationFile;
use crate::migration::statement::Statement;
use crate::migration::word::{Word, words_of};
use rules::Problem;
use words::{HEAD, Words};
use world::World;

/// A statement and its words.
pub(crate) struct Read<'a> {
    pub(crate) statement: &'a Statement,
    /// How many statements of all files come before it.
    pub(crate) number: usize,
    pub(crate) words: Vec<Word<'a>>,
}

/// A file and its statements.
pub(crate) struct ReadFile<'a> {
    pub(crate) file: &'a MigrationFile,
    pub(crate) reads: Vec<Read<'a>>,
}

impl<'a> ReadFile<'a> {
    fn new(file: &'a MigrationFile, before: usize) -> Self {
        let read = |(index, statement)| {
            let words = words_of(&file.text, statement, HEAD);
            Read { statement, number: before + index, words }
        };
        Self { file, reads: file.statements.iter().enumerate().map(read).collect() }
    }
}

/// Finds what is dangerous in files that are to be applied together, in this order. Notes are left out.
#[must_use]
pub fn lint(files: &[&MigrationFile], facts: &LiveFacts) -> Vec<Finding> {
    let mut findings = lint_with_notes(files, facts);
    findings.retain(|finding| finding.severity > Severity::Note);
    findings
}

/// The same, with what is only a matter of style.
#[must_use]
pub fn lint_with_notes(files: &[&MigrationFile], facts: &LiveFacts) -> Vec<Finding> {
    let mut before = 0;
    let mut read_files: Vec<ReadFile> = Vec::with_capacity(files.len());
    for file in files {
        let read = ReadFile::new(file, before);
        before += read.reads.len();
        read_files.push(read);
    }
    let mut world = World::new(facts);
    for read in read_files.iter().flat_map(|file| &file.reads) {
        world.learn(Words(&read.words));
        world.learn_end(Words(&read.words), read.number);
    }
    let violations = squawk::read(&read_files);
    let files = read_files.iter().zip(&violations);
    files.flat_map(|(file, violations)| of_file(file, violations, &world)).collect()
}

fn of_file(file: &ReadFile, violations: &[squawk::Violation], world: &World) -> Vec<Finding> {
    let mut problems: Vec<Vec<Problem>> =
        file.reads.iter().map(|read| rules::check(read, &file.file.text, world)).collect();
    for (index, problem) in rules::transaction::check(file, world) {
        problems[index].push(problem);
    }
    for (index, problem) in squawk::check(file, violations, world) {
        // What one statement does wrong in one way is said once.
        if problems[index].iter().all(|other| other.rule != problem.rule) {
            problems[index].push(problem);
        }
    }
    let findings = file.reads.iter().zip(problems);
    findings.flat_map(|(read, problems)| of_statement(file.file, read.statement, problems)).collect()
}

fn of_statement(file: &MigrationFile, statement: &Statement, mut problems: Vec<Problem>) -> Vec<Finding> {
    let allowances = allow::allowances(&file.text, statement);
    let excused = |problem: &Problem| allowances.iter().any(|allowance| allowance.excuses(problem.rule));
    problems.retain(|problem| !excused(problem));
    problems.extend(allowances.iter().filter_map(rules::hygiene::allowance));
    problems.sort_by_key(|problem| problem.offset);
    let finding = |problem: Problem| {
        let mut location = Location::of_offset(file.shown(), &file.text, problem.offset);
        location.excerpt = secrets::masked_around(&location.excerpt, location.column);
        let Problem { rule, severity, message, help, .. } = problem;
        Finding { rule, severity, message, location, help: help.to_owned() }
    };
    problems.into_iter().map(finding).collect()
}

#[cfg(test)]
mod pages;
#[cfg(test)]
mod tests;
