//! Files beside history: the state of every migration that either of them knows.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Serialize;

use crate::migration::directory::Directory;
use crate::migration::file::MigrationFile;
use crate::migration::history_row::{History, HistoryRow, RunState};
use crate::migration::squash::folded;
use crate::migration::version::Version;

/// How a migration stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Applied, and the file is what was applied.
    Applied,
    /// Not applied, and newer than everything applied.
    Pending,
    /// Not applied, but older than something applied.
    OutOfOrder,
    /// Applied, but there is no such file.
    MissingLocally,
    /// Applied, but the file is another one by now.
    Edited,
    /// It runs statement by statement, and stopped half-way.
    PartlyApplied,
}

impl State {
    /// The state in words.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Applied => "applied",
            Self::Pending => "pending",
            Self::OutOfOrder => "out of order",
            Self::MissingLocally => "missing locally",
            Self::Edited => "edited",
            Self::PartlyApplied => "partly applied",
        }
    }
}

/// One migration and how it stands.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Its version.
    pub version: Version,
    /// Its name, from the file or else from the history.
    pub name: String,
    /// How it stands.
    pub state: State,
    /// Its file, if there is one.
    pub file: Option<Arc<MigrationFile>>,
}

/// Every migration that the folder or the history knows, in the order of versions.
#[must_use]
pub fn states(directory: &Directory, history: &History) -> Vec<Entry> {
    let history = &*folded(directory, history);
    let rows: BTreeMap<&Version, &HistoryRow> = history.rows.iter().map(|row| (&row.version, row)).collect();
    let newest = rows.keys().next_back().copied();
    let mut entries: BTreeMap<&Version, Entry> = BTreeMap::new();
    for file in &directory.files {
        let partial = history
            .extras
            .get(&file.version)
            .is_some_and(|extra| matches!(extra.state, RunState::Partial { .. }));
        let state = if rows.contains_key(&file.version) {
            if history.was_edited(file) { State::Edited } else { State::Applied }
        } else if partial {
            State::PartlyApplied
        } else if newest.is_some_and(|newest| file.version < *newest) {
            State::OutOfOrder
        } else {
            State::Pending
        };
        let (version, name) = (file.version.clone(), file.name.clone());
        entries.insert(&file.version, Entry { version, name, state, file: Some(Arc::clone(file)) });
    }
    for (version, row) in rows {
        entries.entry(version).or_insert_with(|| Entry {
            version: version.clone(),
            name: row.name.clone().unwrap_or_default(),
            state: State::MissingLocally,
            file: None,
        });
    }
    entries.into_values().collect()
}
