//! Decides what undoes which migrations. Reads nothing, changes nothing.

use serde::Serialize;

use crate::migration::directory::Directory;
use crate::migration::down::error::DownError;
use crate::migration::down::loss::Lost;
use crate::migration::down::rehearse::Rehearsal;
use crate::migration::down::step::{DownStep, Source, step};
use crate::migration::history_row::History;
use crate::migration::squash::folded;
use crate::migration::states::{Entry, State, states};
use crate::migration::version::Version;
use crate::plan::{Fingerprint, Hazard, Plan, Render};
use crate::ui::{Style, plural};

/// How far to go back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wanted {
    /// So many migrations, newest first.
    Steps(usize),
    /// Everything newer than this version, which stays.
    To(Version),
}

/// The migrations to undo, newest first.
#[derive(Debug, Clone, Serialize)]
pub struct DownPlan {
    /// One for each.
    pub steps: Vec<DownStep>,
    /// What a rehearsal showed; nothing until there was one.
    pub rehearsal: Option<Rehearsal>,
    #[serde(rename = "basis")]
    fingerprint: Fingerprint,
}

/// Which versions are meant, newest first. Of a history that may hold files which were folded since, see
/// [`folded`](crate::migration::squash::folded()).
pub fn select(history: &History, wanted: &Wanted) -> Result<Vec<Version>, DownError> {
    let mut versions: Vec<Version> = history.rows.iter().map(|row| row.version.clone()).collect();
    versions.sort_by(|one, other| other.cmp(one));
    match wanted {
        Wanted::Steps(asked) if *asked > versions.len() => {
            Err(DownError::TooManySteps { asked: *asked, applied: versions.len() })
        }
        Wanted::Steps(asked) => {
            versions.truncate(*asked);
            Ok(versions)
        }
        Wanted::To(version) if history.get(version).is_none() => {
            Err(DownError::NotApplied { version: version.clone() })
        }
        Wanted::To(version) => {
            versions.retain(|newer| newer > version);
            Ok(versions)
        }
    }
}

/// Decides how to undo these versions, which must be the newest that are applied.
pub fn plan(directory: &Directory, history: &History, versions: &[Version]) -> Result<DownPlan, DownError> {
    let entries = states(directory, history);
    let mut versions = versions.to_vec();
    versions.sort_by(|one, other| other.cmp(one));
    versions.dedup();
    refuse_gaps(&folded(directory, history), &versions)?;
    let oldest = versions.last();
    for entry in entries.iter().filter(|entry| oldest.is_some_and(|oldest| entry.version >= *oldest)) {
        refuse_doubt(entry)?;
    }
    let steps = versions.iter().map(|version| match directory.get(version) {
        Some(file) => step(directory, file),
        None => Err(DownError::MissingLocally { version: version.clone() }),
    });
    let steps = steps.collect::<Result<_, DownError>>()?;
    Ok(DownPlan { steps, rehearsal: None, fingerprint: history.fingerprint() })
}

fn refuse_gaps(history: &History, versions: &[Version]) -> Result<(), DownError> {
    if let Some(version) = versions.iter().find(|version| history.get(version).is_none()) {
        return Err(DownError::NotApplied { version: version.clone() });
    }
    let Some(oldest) = versions.last() else { return Ok(()) };
    let stays =
        history.rows.iter().map(|row| &row.version).find(|row| *row > oldest && !versions.contains(row));
    match stays {
        Some(newer) => Err(DownError::NotNewest { version: oldest.clone(), newer: newer.clone() }),
        None => Ok(()),
    }
}

fn refuse_doubt(entry: &Entry) -> Result<(), DownError> {
    let path = || entry.file.as_ref().map(|file| file.shown()).unwrap_or_default();
    match entry.state {
        State::Applied | State::Pending | State::OutOfOrder => Ok(()),
        State::Edited => Err(DownError::Edited { path: path() }),
        State::MissingLocally => Err(DownError::MissingLocally { version: entry.version.clone() }),
        State::PartlyApplied => Err(DownError::PartlyApplied { path: path() }),
    }
}

impl DownPlan {
    /// Whether there is nothing to undo.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// Whether somebody wrote a down half for every one of them.
    #[must_use]
    pub fn is_written(&self) -> bool {
        self.steps.iter().all(|step| step.source != Source::Inverse)
    }

    /// Whether all of it is one transaction.
    #[must_use]
    pub fn is_atomic(&self) -> bool {
        self.steps.iter().all(|step| step.half.barrier().is_none())
    }

    /// What is lost, to be counted by whoever can.
    pub fn lost(&self) -> impl Iterator<Item = &Lost> {
        self.steps.iter().flat_map(|step| step.losses.iter().map(|loss| &loss.lost))
    }

    /// The same plan, knowing how many rows are lost: what is empty, or not there, is no loss.
    #[must_use]
    pub fn with_rows(mut self, rows: impl Fn(&Lost) -> Option<u64>) -> Self {
        for loss in self.steps.iter_mut().flat_map(|step| &mut step.losses) {
            loss.rows = rows(&loss.lost);
        }
        self
    }

    /// The same plan after a rehearsal.
    #[must_use]
    pub fn with_rehearsal(mut self, rehearsal: Rehearsal) -> Self {
        self.rehearsal = Some(rehearsal);
        self
    }
}

impl Plan for DownPlan {
    fn hazards(&self) -> Vec<Hazard> {
        if self.is_empty() {
            return Vec::new();
        }
        let count = plural(self.steps.len() as u64, "migration");
        let mut hazards = vec![Hazard::ChangesSchema(format!("{count} undone"))];
        let losses = self.steps.iter().flat_map(|step| &step.losses).filter(|loss| loss.rows != Some(0));
        hazards.extend(losses.map(|loss| Hazard::DropsData(loss.to_string())));
        if !self.is_atomic() {
            let what = "a down half outside of a transaction keeps what it did when it fails half-way";
            hazards.push(Hazard::LeavesNoUndo(what.to_owned()));
        }
        hazards
    }

    fn fingerprint(&self) -> &Fingerprint {
        &self.fingerprint
    }
}

impl Render for DownPlan {
    fn render(&self, style: &Style) -> String {
        if self.is_empty() {
            return "nothing to undo".to_owned();
        }
        let together = if self.is_atomic() { ", in one transaction" } else { ", one after the other" };
        let mut text = format!("{} to undo{together}:", plural(self.steps.len() as u64, "migration"));
        for step in &self.steps {
            let title = style.strong(&step.file.title());
            text += &format!("\n  {title}  {}", style.faint(step.source.words()));
            for sql in &step.sql {
                text += &format!("\n    {};", sql.replace('\n', "\n    "));
            }
            if step.sql.is_empty() {
                text += &format!("\n    {}", style.faint("nothing to run; only the history forgets it"));
            }
            for loss in step.losses.iter().filter(|loss| loss.rows != Some(0)) {
                text += &format!("\n  {} {loss}", style.attention("loses"));
            }
        }
        match &self.rehearsal {
            Some(rehearsal) => format!("{text}\n{}", rehearsal.render(style)),
            None => text,
        }
    }
}

#[cfg(test)]
mod tests;
