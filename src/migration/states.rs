//! Files beside history: the state of every migration that either of them knows.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Serialize;

use crate::migration::directory::Directory;
use crate::migration::file::MigrationFile;
use crate::migration::history_row::{ExtraRow, History, HistoryRow, RunState};
use crate::migration::squash::folded;
use crate::migration::version::Version;
use crate::ui::Style;

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
    /// It runs statement by statement, and stopped half-way. Its file may be gone by now.
    PartlyApplied,
}

impl State {
    /// All of them, the quiet ones first.
    pub const ALL: [Self; 6] = [
        Self::Applied,
        Self::Pending,
        Self::OutOfOrder,
        Self::MissingLocally,
        Self::Edited,
        Self::PartlyApplied,
    ];

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

    /// The state in words and in its colour.
    #[must_use]
    pub fn shown(self, style: &Style) -> String {
        match self {
            Self::Applied => style.good(self.words()),
            Self::Pending => style.attention(self.words()),
            Self::OutOfOrder | Self::MissingLocally | Self::Edited | Self::PartlyApplied => {
                style.bad(self.words())
            }
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
    let is_partial = |extra: &ExtraRow| matches!(extra.state, RunState::Partial { .. });
    let mut entries: BTreeMap<&Version, Entry> = BTreeMap::new();
    for file in &directory.files {
        let state = if rows.contains_key(&file.version) {
            if history.was_edited(file) { State::Edited } else { State::Applied }
        } else if history.extras.get(&file.version).is_some_and(is_partial) {
            State::PartlyApplied
        } else if newest.is_some_and(|newest| file.version < *newest) {
            State::OutOfOrder
        } else {
            State::Pending
        };
        let (version, name) = (file.version.clone(), file.name.clone());
        entries.insert(&file.version, Entry { version, name, state, file: Some(Arc::clone(file)) });
    }
    let without_file = |version: &Version, name: &str, state| Entry {
        version: version.clone(),
        // It comes from the database, and is shown on terminals.
        name: name.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect(),
        state,
        file: None,
    };
    for (version, row) in rows {
        let name = row.name.as_deref().unwrap_or_default();
        let entry = || without_file(version, name, State::MissingLocally);
        entries.entry(version).or_insert_with(entry);
    }
    for (version, _) in history.extras.iter().filter(|(_, extra)| is_partial(extra)) {
        entries.entry(version).or_insert_with(|| without_file(version, "", State::PartlyApplied));
    }
    entries.into_values().collect()
}
