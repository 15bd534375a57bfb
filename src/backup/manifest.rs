//! What a backup says about itself. Written last: a folder without a manifest is no backup.

use std::fmt;

use chrono::{DateTime, NaiveDateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::environment::EnvironmentName;

/// The version of the layout that this crmctl writes.
pub const FORMAT_VERSION: u32 = 1;

/// The name of the manifest's file.
pub const MANIFEST_FILE: &str = "manifest.json";

/// How a second stands in a name.
const SECOND: &str = "%Y%m%dT%H%M%SZ";

/// The name of a backup, and of its folder: `<environment>-<UTC yyyymmddThhmmssZ>[-n]`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct BackupId(String);

impl BackupId {
    /// The `attempt`-th name (from 1) for a backup of this second.
    #[must_use]
    pub fn new(environment: &EnvironmentName, now: DateTime<Utc>, attempt: u32) -> Self {
        let stem = format!("{environment}-{}", now.format(SECOND));
        Self(if attempt <= 1 { stem } else { format!("{stem}-{attempt}") })
    }

    /// The name of an existing folder.
    pub(crate) fn of_folder(name: &str) -> Self {
        Self(name.to_owned())
    }

    /// The second in it; `None` where somebody else gave the name.
    pub(crate) fn second(&self) -> Option<DateTime<Utc>> {
        let parse = |part| NaiveDateTime::parse_from_str(part, SECOND).ok();
        self.0.rsplit('-').take(2).find_map(parse).map(|second| second.and_utc())
    }

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for BackupId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// What a backup holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BackupKind {
    /// Schema and rows of everything the user made, and what of the platform's tables is the user's.
    Full,
    /// Rows only: the undo of a sync or a reset.
    Data,
    /// Only the rows that a sync changed: its undo, and no copy of what there was.
    Changes,
}

impl fmt::Display for BackupKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(match self {
            Self::Full => "full",
            Self::Data => "data",
            Self::Changes => "changes",
        })
    }
}

/// Where the rows came from. No secrets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// Host, or folder of the socket.
    pub host: String,
    /// Port.
    pub port: u16,
    /// Database.
    pub database: String,
    /// The reference of the Supabase project, if it is one.
    pub project_ref: Option<String>,
}

/// What a table held under the snapshot of the backup.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableContents {
    /// Schema, unquoted.
    pub schema: String,
    /// Table, unquoted.
    pub name: String,
    /// How many rows.
    pub rows: u64,
    /// A digest of them that does not depend on their order.
    pub digest: String,
}

/// One file of a backup.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// Its name within the folder.
    pub file: String,
    /// Its size.
    pub bytes: u64,
    /// SHA-256 of its bytes as they are on the disk, in lower-case hex.
    pub sha256: String,
}

/// The versions of the programs a backup was made with.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToolVersions {
    /// crmctl itself.
    pub crmctl: String,
    /// `pg_dump`, if it was used.
    pub pg_dump: Option<String>,
}

/// Everything known about a backup.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackupManifest {
    /// The version of this layout.
    pub format_version: u32,
    /// Its name.
    pub id: BackupId,
    /// What it holds.
    pub kind: BackupKind,
    /// Which environment it is of.
    pub environment: EnvironmentName,
    /// Where that was.
    pub source: Origin,
    /// `server_version` of the source.
    pub server_version: String,
    /// What made it.
    pub tools: ToolVersions,
    /// When its snapshot was taken.
    pub taken_at: DateTime<Utc>,
    /// How long it took.
    pub duration_ms: u64,
    /// The newest migration of the source.
    pub history_head: Option<String>,
    /// The hash of the source's schema; `data` backups have none.
    pub catalog_hash: Option<String>,
    /// What each table held.
    pub tables: Vec<TableContents>,
    /// The files, in the order in which they are restored.
    pub parts: Vec<Part>,
    /// Always true: written after everything else is safe on the disk.
    pub complete: bool,
}

impl BackupManifest {
    /// The size of all files together.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.parts.iter().map(|part| part.bytes).sum()
    }

    /// The rows of all tables together.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.tables.iter().map(|table| table.rows).sum()
    }

    /// The major version of the source's server; 0 when it cannot be told.
    #[must_use]
    pub fn server_major(&self) -> u32 {
        let digits = self.server_version.split(|letter: char| !letter.is_ascii_digit()).next();
        digits.and_then(|digits| digits.parse().ok()).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_names_environment_and_second_and_counts_from_two() {
        let name: EnvironmentName = "cloud".parse().unwrap();
        let now = DateTime::from_timestamp(1_767_225_600, 0).unwrap();

        assert_eq!(BackupId::new(&name, now, 1).as_str(), "cloud-20260101T000000Z");
        assert_eq!(BackupId::new(&name, now, 2).as_str(), "cloud-20260101T000000Z-2");
        assert_eq!(BackupId::new(&name, now, 1).second(), Some(now));
        assert_eq!(BackupId::new(&name, now, 2).second(), Some(now));
        assert_eq!(BackupId::of_folder("before-the-move").second(), None);
    }
}
