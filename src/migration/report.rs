//! What applying migrations did, also when it stopped half-way.

use serde::Serialize;

use crate::migration::plan::Step;
use crate::migration::version::Version;
use crate::plan::Render;
use crate::ui::{Style, plural};

/// One file that was applied.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AppliedFile {
    /// Its version.
    pub version: Version,
    /// Its name.
    pub name: String,
    /// How many statements ran.
    pub statements: usize,
}

impl AppliedFile {
    pub(crate) fn of(step: &Step) -> Self {
        let file = &step.file;
        let statements = file.statements.len() - step.first_statement;
        Self { version: file.version.clone(), name: file.name.clone(), statements }
    }
}

/// A file that runs without a transaction and stopped half-way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PartlyApplied {
    /// Its version.
    pub version: Version,
    /// Its name.
    pub name: String,
    /// How many of its statements are done, counted from its first.
    pub statements_done: usize,
    /// How many it has.
    pub statements: usize,
}

/// The files that were applied; all of them are committed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct MigrationReport {
    /// In order.
    pub applied: Vec<AppliedFile>,
    /// The one that stopped half-way; the next run goes on there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub partly: Option<PartlyApplied>,
}

impl MigrationReport {
    /// Whether nothing was changed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.applied.is_empty() && self.partly.is_none()
    }
}

impl Render for MigrationReport {
    fn render(&self, style: &Style) -> String {
        if self.is_empty() {
            return "nothing to apply: every migration is applied".to_owned();
        }
        let mut lines: Vec<String> = self
            .applied
            .iter()
            .map(|file| format!("{} {}_{}", style.good("applied"), file.version, file.name))
            .collect();
        lines.extend(self.partly.as_ref().map(|file| {
            let PartlyApplied { version, name, statements_done, statements } = file;
            let word = style.attention("partly");
            format!("{word}  {version}_{name}, {statements_done} of {statements} statements; the next run goes on there")
        }));
        lines.push(format!("{} applied", plural(self.applied.len() as u64, "migration")));
        lines.join("\n")
    }
}
