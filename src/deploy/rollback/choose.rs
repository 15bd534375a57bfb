//! Which deploy is meant, and whether it can be undone at all. Pure.

use crate::deploy::journal::{DeployId, DeployRecord, DeployState, Journal};
use crate::environment::EnvironmentName;
use crate::error::{Explain, Kind};
use crate::migration::History;

/// Why a deploy cannot be rolled back.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RollbackError {
    /// There is none of that name.
    #[error("there is no deploy `{0}`")]
    Unknown(String),
    /// It changed nothing, or is undone.
    #[error("the deploy {id} {}", if *.state == DeployState::RolledBack { "is rolled back already" } else { "failed and changed nothing" })]
    NothingToUndo {
        /// Which.
        id: DeployId,
        /// How it ended.
        state: DeployState,
    },
    /// Others came after it.
    #[error("after the deploy {id}, {} applied: undoing it would undo them as well", listed(.later))]
    NotTheLast {
        /// Which.
        id: DeployId,
        /// The versions that came later.
        later: Vec<String>,
        /// Where.
        environment: EnvironmentName,
        /// Its backup.
        backup: Option<String>,
    },
    /// Nothing leads back.
    #[error("the deploy {id} has no backup, so nothing leads back")]
    NoBackup {
        /// Which.
        id: DeployId,
    },
}

fn listed(versions: &[String]) -> String {
    let list: Vec<String> = versions.iter().map(|version| format!("`{version}`")).collect();
    format!("{} {}", list.join(", "), if versions.len() == 1 { "was" } else { "were" })
}

impl Explain for RollbackError {
    fn kind(&self) -> Kind {
        Kind::Refused
    }

    fn help(&self) -> Option<String> {
        match self {
            Self::Unknown(_) | Self::NothingToUndo { .. } => {
                Some("`crmctl deploy status` lists the deploys".to_owned())
            }
            Self::NotTheLast { environment, backup: Some(backup), .. } => Some(format!(
                "put everything back to before it with `{}`",
                crate::backup::restore::command(backup, environment)
            )),
            Self::NotTheLast { backup: None, .. } | Self::NoBackup { .. } => None,
        }
    }
}

/// The deploy that is meant: of this name, or else the unfinished one, or else the last. None where the last one left
/// nothing: an older one is undone by its name only, for whoever asks twice must not undo two.
pub fn choose<'a>(journal: &'a Journal, id: Option<&str>) -> Result<Option<&'a DeployRecord>, RollbackError> {
    let left_nothing = |state| matches!(state, DeployState::Failed | DeployState::RolledBack);
    let Some(id) = id else {
        let last = || journal.last().filter(|record| !left_nothing(record.state));
        return Ok(journal.unfinished().or_else(last));
    };
    let mut found = journal.records.iter().filter(|record| record.id.as_str().starts_with(id));
    match (found.next(), found.next()) {
        (Some(record), None) if left_nothing(record.state) => {
            Err(RollbackError::NothingToUndo { id: record.id.clone(), state: record.state })
        }
        (Some(record), None) => Ok(Some(record)),
        (None, _) | (Some(_), Some(_)) => Err(RollbackError::Unknown(id.to_owned())),
    }
}

/// Refuses when something was applied after the deploy.
pub fn check_last(record: &DeployRecord, journal: &Journal, history: &History) -> Result<(), RollbackError> {
    let newest = record.files.iter().map(|file| file.version.as_str()).max().unwrap_or_default();
    let mut later: Vec<String> = history.rows.iter().map(|row| row.version.to_string()).collect();
    later.retain(|version| version.as_str() > newest);
    let since = journal.records.iter().filter(|other| {
        other.started_at > record.started_at
            && !matches!(other.state, DeployState::Failed | DeployState::RolledBack)
    });
    for other in since {
        later.extend(other.applied(history).iter().map(|file| file.version.clone()));
    }
    later.sort();
    later.dedup();
    if later.is_empty() {
        return Ok(());
    }
    let (environment, backup) = (record.environment.clone(), record.backup.clone());
    Err(RollbackError::NotTheLast { id: record.id.clone(), later, environment, backup })
}
