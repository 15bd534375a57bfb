//! Why a history is not repaired as it was asked for.

use crate::error::{Explain, Kind};
use crate::migration::place::Place;
use crate::migration::states::State;
use crate::migration::version::Version;

/// Why a repair is not planned.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RepairError {
    /// Neither files nor history know it.
    #[error("neither a file nor the history of {place} has the version `{version}`")]
    Unknown {
        /// The version.
        version: Version,
        /// Whose history.
        place: Place,
    },
    /// Applied without a file: nobody knows what would be recorded.
    #[error("`{version}` has no file, so there is nothing to record as applied")]
    NoFile {
        /// The version.
        version: Version,
        /// Whose history.
        place: Place,
    },
    /// Asked for twice, differently.
    #[error("`{version}` cannot be repaired in two ways at once")]
    Contradiction {
        /// The version.
        version: Version,
    },
    /// Applied, but the file is another one by now.
    #[error("`{version}` is recorded as applied, and its file was edited since")]
    IsEdited {
        /// The version.
        version: Version,
        /// Whose history.
        place: Place,
    },
    /// There is no edit to accept.
    #[error("`{version}` is {}, not edited", .state.words())]
    NotEdited {
        /// The version.
        version: Version,
        /// How it stands.
        state: State,
        /// Whose history.
        place: Place,
    },
}

impl Explain for RepairError {
    fn kind(&self) -> Kind {
        match self {
            Self::Unknown { .. } | Self::Contradiction { .. } => Kind::Usage,
            Self::NoFile { .. } | Self::IsEdited { .. } | Self::NotEdited { .. } => Kind::Refused,
        }
    }

    fn help(&self) -> Option<String> {
        Some(match self {
            Self::Unknown { place, .. } => {
                format!("`crmctl migrate status --env {} --all` lists the versions", place.environment)
            }
            Self::NoFile { place, .. } => {
                format!(
                    "`crmctl migrate fetch --env {}` writes files that only the history has",
                    place.environment
                )
            }
            Self::Contradiction { .. } => "name it once".to_owned(),
            Self::IsEdited { version, place } => format!(
                "if the database has by now what the file says: `crmctl migrate repair --env {} --accept-edited {version}`",
                place.environment
            ),
            Self::NotEdited { place, .. } => {
                format!("`crmctl migrate repair --env {}` tells what disagrees", place.environment)
            }
        })
    }
}
