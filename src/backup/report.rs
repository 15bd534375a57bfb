//! What was backed up, restored or found, for people and programs.

use std::time::Duration;

use serde::Serialize;

use crate::backup::manifest::BackupManifest;
use crate::backup::restore::{self, RestorePlan};
use crate::backup::store::{Backup, Listing};
use crate::plan::Render;
use crate::ui::Style;

/// A size for people: `1.5 MB`.
#[must_use]
pub fn size(bytes: u64) -> String {
    const UNITS: [&str; 4] = ["kB", "MB", "GB", "TB"];
    if bytes < 1000 {
        return format!("{bytes} B");
    }
    let (mut whole, mut unit) = (bytes, 0);
    while whole >= 1_000_000 && unit + 1 < UNITS.len() {
        whole /= 1000;
        unit += 1;
    }
    let tenths = (whole + 50) / 100;
    format!("{}.{} {}", tenths / 10, tenths % 10, UNITS[unit])
}

fn seconds(milliseconds: u64) -> String {
    format!("{}.{} s", milliseconds / 1000, milliseconds % 1000 / 100)
}

/// A backup that was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BackupReport {
    /// The backup.
    #[serde(flatten)]
    pub backup: Backup,
}

impl Render for BackupReport {
    fn render(&self, style: &Style) -> String {
        let manifest = &self.backup.manifest;
        format!(
            "{} {}: {} tables, {} rows, {} in {}\n  {}\n  undo with: {}",
            style.good("Backed up"),
            style.strong(manifest.id.as_str()),
            manifest.tables.len(),
            manifest.rows(),
            size(manifest.bytes()),
            seconds(manifest.duration_ms),
            style.faint(&self.backup.path.display().to_string()),
            restore::command(&manifest.id, &manifest.environment),
        )
    }
}

/// The backups there are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BackupList {
    /// Newest last.
    pub backups: Vec<BackupManifest>,
    /// Left-over folders of backups that were never finished.
    pub unfinished: Vec<String>,
    /// Folders that are no usable backups, and why.
    pub unreadable: Vec<Unreadable>,
}

/// A folder that is no usable backup.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Unreadable {
    /// Its name.
    pub folder: String,
    /// Why.
    pub reason: String,
}

impl From<Listing> for BackupList {
    fn from(listing: Listing) -> Self {
        Self {
            backups: listing.backups.into_iter().map(|backup| backup.manifest).collect(),
            unfinished: listing.unfinished,
            unreadable: listing
                .unreadable
                .into_iter()
                .map(|(folder, reason)| Unreadable { folder, reason })
                .collect(),
        }
    }
}

impl Render for BackupList {
    fn render(&self, style: &Style) -> String {
        let width = self.backups.iter().map(|backup| backup.id.as_str().len()).max().unwrap_or(0);
        let mut lines: Vec<String> = self
            .backups
            .iter()
            .map(|backup| {
                let id = format!("{:width$}", backup.id.as_str());
                format!(
                    "{}  {:4}  {:>9}  {:>4} tables  {:>9} rows  migrations up to {}",
                    style.strong(&id),
                    backup.kind,
                    size(backup.bytes()),
                    backup.tables.len(),
                    backup.rows(),
                    backup.history_head.as_deref().unwrap_or("none"),
                )
            })
            .collect();
        if lines.is_empty() {
            lines.push("There are no backups yet: `crmctl backup create` makes one".to_owned());
        }
        lines.extend(self.unreadable.iter().map(|one| style.bad(&format!("{}: {}", one.folder, one.reason))));
        let unfinished = self.unfinished.iter().map(|name| format!("{name}: never finished, ignored"));
        lines.extend(unfinished.map(|line| style.attention(&line)));
        lines.join("\n")
    }
}

/// Whether the files of a backup are what they were.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct VerifyReport {
    /// Which backup.
    pub id: String,
    /// How many files were read.
    pub files: usize,
    /// How many bytes they should have.
    pub bytes: u64,
    /// What is wrong; empty if it is whole.
    pub problems: Vec<String>,
}

impl VerifyReport {
    /// Reads every file of a backup.
    #[must_use]
    pub fn of(backup: &Backup) -> Self {
        Self {
            id: backup.manifest.id.to_string(),
            files: backup.manifest.parts.len(),
            bytes: backup.manifest.bytes(),
            problems: backup.problems(),
        }
    }
}

impl Render for VerifyReport {
    fn render(&self, style: &Style) -> String {
        if self.problems.is_empty() {
            return format!(
                "{} {}: {} files, {}",
                style.good("Whole"),
                self.id,
                self.files,
                size(self.bytes)
            );
        }
        let problems: Vec<String> = self.problems.iter().map(|problem| format!("\n  {problem}")).collect();
        format!("{} {}{}", style.bad("Damaged"), self.id, problems.concat())
    }
}

/// A restore that was committed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RestoreReport {
    /// Which backup.
    pub id: String,
    /// Into which environment.
    pub target: String,
    /// Tables that hold what they held, by digest.
    pub tables: usize,
    /// Rows in them.
    pub rows: u64,
    /// Whether the schema is what it was; `data` backups know of none.
    pub schema_is_equal: Option<bool>,
    /// What was left alone or could not be restored.
    pub skipped: Vec<String>,
    /// How long it took.
    pub duration_ms: u64,
    /// The command that puts back what was there before.
    pub undo: Option<String>,
}

impl RestoreReport {
    pub(crate) fn new(
        backup: &Backup,
        plan: &RestorePlan,
        skipped: &[String],
        schema_is_equal: Option<bool>,
        took: Duration,
    ) -> Self {
        Self {
            id: backup.manifest.id.to_string(),
            target: plan.target.clone(),
            tables: backup.manifest.tables.len(),
            rows: backup.manifest.rows(),
            schema_is_equal,
            skipped: skipped.to_vec(),
            duration_ms: u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
            undo: None,
        }
    }
}

impl Render for RestoreReport {
    fn render(&self, style: &Style) -> String {
        let mut text = format!(
            "{} {} into {}: {} tables, {} rows, equal to the backup, in {}",
            style.good("Restored"),
            style.strong(&self.id),
            style.strong(&self.target),
            self.tables,
            self.rows,
            seconds(self.duration_ms),
        );
        if self.schema_is_equal == Some(false) {
            text += &format!("\n{}", style.attention("  the schema differs from the one that was backed up"));
        }
        for skipped in &self.skipped {
            text += &format!("\n{}", style.attention(&format!("  {skipped}")));
        }
        if let Some(undo) = &self.undo {
            text += &format!("\n  undo with: {undo}");
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_rounded_for_people() {
        let sizes: Vec<String> = [0, 999, 1000, 1549, 999_949, 1_500_000, 46_800_000_000].map(size).into();

        assert_eq!(sizes, ["0 B", "999 B", "1.0 kB", "1.5 kB", "999.9 kB", "1.5 MB", "46.8 GB"]);
    }
}
