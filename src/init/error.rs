//! Why a project cannot be set up.

use std::path::PathBuf;

use crate::error::{Explain, Kind};

/// Why a project cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum InitError {
    /// The CRM schema would be mixed with other migrations.
    #[error(
        "`{folder}` has migrations of its own, such as `{example}`, and the CRM schema is older than they are"
    )]
    OtherMigrations {
        /// The folder, as a person would name it.
        folder: String,
        /// One of them.
        example: String,
    },
    /// A file or folder cannot be read or written.
    #[error("cannot {verb} `{path}`")]
    Disk {
        /// `read` or `write`.
        verb: &'static str,
        /// What.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// Somebody changed a file between reading and writing.
    #[error("`{0}` was changed meanwhile")]
    Changed(PathBuf),
}

impl InitError {
    pub(super) fn disk(verb: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Self::Disk { verb, path, source }
    }
}

impl Explain for InitError {
    fn kind(&self) -> Kind {
        match self {
            Self::OtherMigrations { .. } => Kind::Usage,
            Self::Disk { .. } | Self::Changed(_) => Kind::Failed,
        }
    }

    fn help(&self) -> Option<String> {
        match self {
            Self::OtherMigrations { .. } => Some(
                "leave `--crm` out here, or start the CRM in an empty folder: `crmctl init --crm`".to_owned(),
            ),
            Self::Disk { .. } => None,
            Self::Changed(_) => Some("run `crmctl init` again".to_owned()),
        }
    }
}
