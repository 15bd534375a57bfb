//! What undoing migrations did, also when it stopped half-way.

use serde::Serialize;

use crate::migration::down::step::{DownStep, Source};
use crate::migration::version::Version;
use crate::plan::Render;
use crate::ui::{Style, plural};

/// One migration that was undone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct UndoneMigration {
    /// Its version.
    pub version: Version,
    /// Its name.
    pub name: String,
    /// Where the statements came from.
    pub source: Source,
}

/// A down half that runs without a transaction and stopped half-way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PartlyUndone {
    /// The version of its migration.
    pub version: Version,
    /// How many of its statements are done.
    pub statements_done: usize,
    /// How many it has.
    pub statements: usize,
}

/// The migrations that were undone; all of it is committed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct DownReport {
    /// Newest first.
    pub undone: Vec<UndoneMigration>,
    /// The one that stopped half-way.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub partly: Option<PartlyUndone>,
    /// Whether the schema was compared with the rehearsed one before COMMIT.
    pub checked: bool,
    /// The backup made just before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub backup: Option<String>,
}

impl DownReport {
    pub(crate) fn add(&mut self, step: &DownStep) {
        if self.undone.iter().all(|undone| undone.version != step.version) {
            let (version, name, source) = (step.version.clone(), step.name.clone(), step.source);
            self.undone.push(UndoneMigration { version, name, source });
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.undone.is_empty() && self.partly.is_none()
    }

    /// The same report with the backup made before.
    #[must_use]
    pub fn with_backup(mut self, backup: Option<String>) -> Self {
        self.backup = backup;
        self
    }
}

impl Render for DownReport {
    fn render(&self, style: &Style) -> String {
        let undone = |one: &UndoneMigration| format!("{} {}_{}", style.good("undone"), one.version, one.name);
        let mut lines: Vec<String> = self.undone.iter().map(undone).collect();
        lines.extend(self.partly.as_ref().map(|half| {
            let PartlyUndone { version, statements_done, statements } = half;
            format!(
                "{} {version}, {statements_done} of {statements} statements of its down half; it still counts as applied",
                style.attention("partly")
            )
        }));
        let checked = if self.checked { ", and the schema is what it was before them" } else { "" };
        lines.push(format!("{} undone{checked}", plural(self.undone.len() as u64, "migration")));
        lines.extend(self.backup.as_ref().map(|backup| format!("{} {backup}", style.strong("backup"))));
        lines.join("\n")
    }
}
