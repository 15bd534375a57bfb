//! The journal of deploys, as values: what was meant, how far it came, how it ended. Kept in the target itself, for the
//! disk of a CI runner is gone after a crash; what reads and writes it is in [`super::ledger`].

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::deploy::author::Author;
use crate::deploy::plan::DeployPlan;
pub use crate::deploy::state::{DeployId, DeployState};
use crate::environment::EnvironmentName;
use crate::migration::{History, MigrationFile, RunState, Version};

/// A file of a deploy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JournalledFile {
    /// Its version.
    pub version: String,
    /// Its name.
    pub name: String,
    /// The checksum of its text.
    pub checksum: String,
}

impl JournalledFile {
    pub(crate) fn of(file: &MigrationFile) -> Self {
        Self {
            version: file.version.to_string(),
            name: file.name.clone(),
            checksum: file.checksum.to_string(),
        }
    }

    /// Version and name, as the file is called.
    #[must_use]
    pub fn title(&self) -> String {
        format!("{}_{}", self.version, self.name)
    }
}

/// The commands that ran, each to its end.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HooksDone {
    /// Those before the files.
    #[serde(default)]
    pub before: Vec<String>,
    /// Those after them.
    #[serde(default)]
    pub after: Vec<String>,
}

/// A deploy, as the journal knows it. No secrets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeployRecord {
    /// Its name.
    pub id: DeployId,
    /// Where to, as its project calls it.
    pub environment: EnvironmentName,
    /// How far it came.
    pub state: DeployState,
    /// When it began.
    pub started_at: DateTime<Utc>,
    /// When it ended.
    pub ended_at: Option<DateTime<Utc>>,
    /// Who did it.
    pub deployed_by: String,
    /// With which crmctl.
    pub crmctl_version: String,
    /// The commit of the project.
    pub git_commit: Option<String>,
    /// Its files, in order.
    pub files: Vec<JournalledFile>,
    /// Whether they share one transaction.
    pub atomic: bool,
    /// What was allowed by name.
    #[serde(default)]
    pub allowed: Vec<String>,
    /// The hash of the schema before.
    pub catalog_before: String,
    /// The hash that the rehearsal said the schema would have.
    pub catalog_predicted: Option<String>,
    /// The hash of the schema after, once it was checked.
    pub catalog_after: Option<String>,
    /// The backup made just before.
    pub backup: Option<String>,
    /// Which commands are done.
    #[serde(default)]
    pub hooks: HooksDone,
    /// Why it stopped.
    pub error: Option<String>,
}

/// What of a deploy's files is in the database, by its history and not by the journal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// Nothing.
    Untouched,
    /// Some of them, or a part of one.
    Partly,
    /// All of them.
    Complete,
}

impl DeployRecord {
    /// The first entry of a deploy that is planned now.
    #[must_use]
    pub fn planned(
        environment: &EnvironmentName,
        author: Author,
        files: &DeployPlan,
        now: DateTime<Utc>,
    ) -> Self {
        Self {
            id: DeployId::new(now),
            environment: environment.clone(),
            state: DeployState::Planned,
            started_at: now,
            ended_at: None,
            deployed_by: author.name,
            crmctl_version: env!("CARGO_PKG_VERSION").to_owned(),
            git_commit: author.commit,
            files: files.migrations.steps.iter().map(|step| JournalledFile::of(&step.file)).collect(),
            atomic: files.is_atomic(),
            allowed: Vec::new(),
            catalog_before: files.before.hash(),
            catalog_predicted: files.rehearsal.predicted_hash.clone(),
            catalog_after: None,
            backup: None,
            hooks: HooksDone::default(),
            error: None,
        }
    }

    /// The same with what was allowed by name.
    #[must_use]
    pub fn allowing(self, allowed: Vec<String>) -> Self {
        Self { allowed, ..self }
    }

    /// Whether somebody looked at what came of it, whatever was found: its files ran one by one, and it may have stopped before.
    #[must_use]
    pub fn was_checked(&self) -> bool {
        self.catalog_after.is_some()
    }

    /// What of it is in a database with this history.
    #[must_use]
    pub fn standing(&self, history: &History) -> Standing {
        let applied = self.files.iter().filter(|file| is_applied(file, history)).count();
        let is_begun = |file: &JournalledFile| {
            let extra = history.extras.get(&Version::stored(&file.version));
            extra.is_some_and(|extra| matches!(extra.state, RunState::Partial { .. }))
        };
        match applied {
            0 if !self.files.iter().any(is_begun) => Standing::Untouched,
            count if count == self.files.len() => Standing::Complete,
            _ => Standing::Partly,
        }
    }

    /// Its files that a database with this history has, in order.
    #[must_use]
    pub fn applied<'a>(&'a self, history: &History) -> Vec<&'a JournalledFile> {
        self.files.iter().filter(|file| is_applied(file, history)).collect()
    }
}

fn is_applied(file: &JournalledFile, history: &History) -> bool {
    history.get(&Version::stored(&file.version)).is_some()
}

/// Deploys of one database, newest first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Journal {
    /// The records that were read.
    pub records: Vec<DeployRecord>,
}

impl Journal {
    /// The one that did not come to an end. There is at most one.
    #[must_use]
    pub fn unfinished(&self) -> Option<&DeployRecord> {
        self.records.iter().find(|record| !record.state.is_end())
    }

    /// The newest one.
    #[must_use]
    pub fn last(&self) -> Option<&DeployRecord> {
        self.records.iter().max_by_key(|record| (record.started_at, &record.id))
    }
}

#[cfg(test)]
pub(crate) fn test_record(state: DeployState, files: &[&MigrationFile]) -> DeployRecord {
    DeployRecord {
        id: serde_json::from_str("\"20260101T000000Z-0000\"").expect("an id"),
        environment: EnvironmentName::known("cloud"),
        state,
        started_at: DateTime::from_timestamp(1_767_225_600, 0).expect("a moment"),
        ended_at: None,
        deployed_by: "somebody".to_owned(),
        crmctl_version: "0".to_owned(),
        git_commit: None,
        files: files.iter().map(|file| JournalledFile::of(file)).collect(),
        atomic: true,
        allowed: Vec::new(),
        catalog_before: "before".to_owned(),
        catalog_predicted: None,
        catalog_after: None,
        backup: None,
        hooks: HooksDone::default(),
        error: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::migration::file::test_file;
    use crate::migration::history_row::test_history;
    use crate::migration::{ExtraRow, RunState};

    #[test]
    fn what_a_deploy_did_is_told_by_the_history_and_not_by_the_journal() {
        let (one, two) = (test_file("1_a", "select 1;"), test_file("2_b", "select 2; select 3;"));
        let record = test_record(DeployState::Applying, &[&one, &two]);

        assert_eq!(record.standing(&test_history([("0_z", "")])), Standing::Untouched);
        assert_eq!(record.standing(&test_history([("1_a", "select 1;")])), Standing::Partly);
        assert_eq!(record.standing(&test_history([("1_a", ""), ("2_b", "")])), Standing::Complete);
        let mut begun = test_history([]);
        let state = RunState::Partial { statements_done: 1, prefix: two.prefix_checksum(1) };
        begun.extras.insert(two.version.clone(), ExtraRow { checksum: two.checksum.clone(), state });
        assert_eq!(record.standing(&begun), Standing::Partly);
    }
}
