//! Which rows of the history are to be written and deleted. Pure.

use std::sync::Arc;

use serde::{Serialize, Serializer};

use crate::migration::directory::Directory;
use crate::migration::file::MigrationFile;
use crate::migration::folded::folded;
use crate::migration::history_row::History;
use crate::migration::place::Place;
use crate::migration::repair::refusal::RepairError;
use crate::migration::states::{Entry, State, states};
use crate::migration::version::Version;
use crate::plan::{Fingerprint, Hazard, Plan, Render};
use crate::ui::{Style, plural};

/// What the user asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Request {
    /// Mark as applied without running.
    pub applied: Vec<Version>,
    /// Mark as not applied without undoing anything.
    pub reverted: Vec<Version>,
    /// Take edited files for what was applied: these, or all of them when none is named.
    pub accept_edited: Option<Vec<Version>>,
}

impl Request {
    /// Whether nothing was asked for but advice.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.applied.is_empty() && self.reverted.is_empty() && self.accept_edited.is_none()
    }
}

/// A change of the history; the schema stays as it is.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "snake_case", tag = "change")]
pub enum Change {
    /// The file counts as applied.
    MarkApplied {
        /// The file.
        #[serde(serialize_with = "title", rename = "migration")]
        file: Arc<MigrationFile>,
    },
    /// The file as it is now counts as what was applied.
    AcceptEdited {
        /// The file.
        #[serde(serialize_with = "title", rename = "migration")]
        file: Arc<MigrationFile>,
    },
    /// The version counts as not applied.
    MarkReverted {
        /// The version.
        version: Version,
        /// Its name.
        name: String,
        /// Whether nobody else has its statements.
        is_only_copy: bool,
    },
}

fn title<S: Serializer>(file: &Arc<MigrationFile>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&file.title())
}

impl Change {
    /// The version whose rows change.
    #[must_use]
    pub fn version(&self) -> &Version {
        match self {
            Self::MarkApplied { file } | Self::AcceptEdited { file } => &file.version,
            Self::MarkReverted { version, .. } => version,
        }
    }

    fn words(&self) -> String {
        match self {
            Self::MarkApplied { file } => {
                let statements = plural(file.statements.len() as u64, "statement");
                format!("{}  will be recorded as applied, with {statements}; they are not run", file.title())
            }
            Self::AcceptEdited { file } => {
                let statements = plural(file.statements.len() as u64, "statement");
                format!("{}  will be recorded anew, with the {statements} of the file", file.title())
            }
            Self::MarkReverted { version, name, .. } => {
                format!("{version}_{name}  will be deleted from the history; nothing is undone")
            }
        }
    }
}

/// Changes of the history of one database.
#[derive(Debug, Clone, Serialize)]
pub struct RepairPlan {
    /// Whose history.
    pub place: Place,
    /// In the order of versions.
    pub changes: Vec<Change>,
    /// What was asked for and is so already.
    pub unneeded: Vec<String>,
    #[serde(rename = "basis")]
    fingerprint: Fingerprint,
}

/// Decides what is to be written.
pub fn plan(
    directory: &Directory,
    history: &History,
    request: &Request,
    place: Place,
) -> Result<RepairPlan, RepairError> {
    let entries = states(directory, history);
    let mut draft = Draft { entries: &entries, history, place, changes: Vec::new(), unneeded: Vec::new() };
    for version in &request.applied {
        draft.mark_applied(version)?;
    }
    for version in &request.reverted {
        draft.mark_reverted(version)?;
    }
    for version in request.accept_edited.iter().flatten() {
        draft.accept_edited(version)?;
    }
    if request.accept_edited.as_ref().is_some_and(Vec::is_empty) {
        draft.accept_all_edited()?;
    }
    let Draft { place, mut changes, unneeded, .. } = draft;
    changes.sort_by(|one, other| one.version().cmp(other.version()));
    Ok(RepairPlan { place, changes, unneeded, fingerprint: history.fingerprint() })
}

struct Draft<'a> {
    entries: &'a [Entry],
    history: &'a History,
    place: Place,
    changes: Vec<Change>,
    unneeded: Vec<String>,
}

impl Draft<'_> {
    fn entry(&self, version: &Version) -> Result<&Entry, RepairError> {
        let found = self.entries.iter().find(|entry| entry.version == *version);
        found.ok_or_else(|| RepairError::Unknown { version: version.clone(), place: self.place.clone() })
    }

    fn push(&mut self, change: Change) -> Result<(), RepairError> {
        if self.changes.iter().any(|other| other.version() == change.version()) {
            return Err(RepairError::Contradiction { version: change.version().clone() });
        }
        self.changes.push(change);
        Ok(())
    }

    fn mark_applied(&mut self, version: &Version) -> Result<(), RepairError> {
        let (state, file) = self.entry(version).map(|entry| (entry.state, entry.file.clone()))?;
        let (version, place) = (version.clone(), self.place.clone());
        match (state, file) {
            (_, None) => Err(RepairError::NoFile { version, place }),
            (State::Edited, Some(_)) => Err(RepairError::IsEdited { version, place }),
            (State::Applied, Some(file)) => {
                self.unneeded.push(format!("{} is recorded as applied already", file.title()));
                Ok(())
            }
            (
                State::Pending | State::OutOfOrder | State::PartlyApplied | State::MissingLocally,
                Some(file),
            ) => self.push(Change::MarkApplied { file }),
        }
    }

    fn mark_reverted(&mut self, version: &Version) -> Result<(), RepairError> {
        let entry = self.entry(version)?;
        let name = entry.name.clone();
        match entry.state {
            State::Pending | State::OutOfOrder => {
                self.unneeded.push(format!("{version}_{name} is not recorded as applied"));
                Ok(())
            }
            State::Applied | State::Edited | State::MissingLocally | State::PartlyApplied => {
                let has_statements =
                    self.history.get(version).is_some_and(|row| row.statements.as_ref().is_some());
                let is_only_copy = entry.state == State::MissingLocally && has_statements;
                self.push(Change::MarkReverted { version: version.clone(), name, is_only_copy })
            }
        }
    }

    fn accept_edited(&mut self, version: &Version) -> Result<(), RepairError> {
        let (state, file) = self.entry(version).map(|entry| (entry.state, entry.file.clone()))?;
        match (state, file) {
            (State::Edited, Some(file)) => self.push(Change::AcceptEdited { file }),
            (State::Applied, Some(file)) => {
                self.unneeded.push(format!("{} is not edited", file.title()));
                Ok(())
            }
            (state, _) => {
                Err(RepairError::NotEdited { version: version.clone(), state, place: self.place.clone() })
            }
        }
    }

    fn accept_all_edited(&mut self) -> Result<(), RepairError> {
        let edited = self.entries.iter().filter(|entry| entry.state == State::Edited);
        let files: Vec<Arc<MigrationFile>> = edited.filter_map(|entry| entry.file.clone()).collect();
        if files.is_empty() {
            self.unneeded.push("no file is edited".to_owned());
        }
        files.into_iter().try_for_each(|file| self.push(Change::AcceptEdited { file }))
    }
}

impl RepairPlan {
    /// Whether everything is so already.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }
}

impl Plan for RepairPlan {
    fn hazards(&self) -> Vec<Hazard> {
        if self.is_empty() {
            return Vec::new();
        }
        let rows = plural(self.changes.len() as u64, "migration");
        let mut hazards =
            vec![Hazard::WritesRows(format!("the history of {rows}; the schema stays as it is"))];
        for change in &self.changes {
            if let Change::MarkReverted { version, is_only_copy: true, .. } = change {
                hazards.push(Hazard::DropsData(format!(
                    "the only copy of the statements of `{version}`; `crmctl migrate fetch --env {}` saves them first",
                    self.place.environment
                )));
            }
        }
        hazards
    }

    fn fingerprint(&self) -> &Fingerprint {
        &self.fingerprint
    }
}

impl Render for RepairPlan {
    fn render(&self, style: &Style) -> String {
        let mut lines = Vec::new();
        if self.is_empty() {
            lines.push(format!("nothing to repair in the history of {}", self.place));
        } else {
            let count = plural(self.changes.len() as u64, "migration");
            lines.push(format!("{count} to repair in the history of {}:", self.place));
        }
        lines.extend(folded(self.changes.iter().map(|change| format!("  {}", change.words())).collect()));
        lines.extend(self.unneeded.iter().map(|unneeded| format!("  {}", style.faint(unneeded))));
        lines.join("\n")
    }
}

#[cfg(test)]
mod tests;
