//! The small files of a project beside crmctl.toml: `access.toml`, `validate.toml`.

use std::path::Path;

use crate::environment::ConfigError;
use crate::error::{Explain, Kind, Location};

/// Why a file of the project cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ProjectFileError {
    /// It cannot be read.
    #[error("cannot read `{name}`")]
    Read {
        /// Which file.
        name: &'static str,
        /// Why.
        source: std::io::Error,
    },
    /// It is no good.
    #[error(transparent)]
    Config(#[from] ConfigError),
}

impl Explain for ProjectFileError {
    fn kind(&self) -> Kind {
        Kind::Usage
    }

    fn help(&self) -> Option<String> {
        match self {
            Self::Read { .. } => None,
            Self::Config(error) => error.help(),
        }
    }

    fn location(&self) -> Option<Location> {
        match self {
            Self::Read { .. } => None,
            Self::Config(error) => error.location(),
        }
    }
}

/// The text of a file in the project's folder; None without one.
pub(crate) fn read_project_file(root: &Path, name: &'static str) -> Result<Option<String>, ProjectFileError> {
    match std::fs::read_to_string(root.join(name)) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(ProjectFileError::Read { name, source }),
    }
}
