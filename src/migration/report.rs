//! What applying migrations did, also when it stopped half-way.

use serde::Serialize;

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

/// The files that were applied; all of them are committed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct MigrationReport {
    /// In order.
    pub applied: Vec<AppliedFile>,
}

impl Render for MigrationReport {
    fn render(&self, style: &Style) -> String {
        if self.applied.is_empty() {
            return "nothing to apply: every migration is applied".to_owned();
        }
        let mut lines: Vec<String> = self
            .applied
            .iter()
            .map(|file| format!("{} {}_{}", style.good("applied"), file.version, file.name))
            .collect();
        lines.push(format!("{} applied", plural(self.applied.len() as u64, "migration")));
        lines.join("\n")
    }
}
