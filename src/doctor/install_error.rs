//! Why PostgreSQL was not installed.

use std::path::PathBuf;

use crate::error::{Explain, Kind};
use crate::tools::RunError;

/// What can stand between a machine and PostgreSQL.
#[derive(Debug, thiserror::Error)]
pub enum InstallError {
    /// The user named a folder: what a package manager installs would not be looked at.
    #[error("{missing}: `CRMCTL_PG_BIN` says to look in `{}` only", .folder.display())]
    Elsewhere {
        /// What is missing.
        missing: String,
        /// The folder.
        folder: PathBuf,
    },
    /// Nobody agreed.
    #[error("{missing}, and nobody agreed to `{command}`")]
    Declined {
        /// What is missing.
        missing: String,
        /// What would have been run.
        command: String,
    },
    /// No package manager we know.
    #[error("{missing}, and no package manager that crmctl knows")]
    NoPackageManager {
        /// What is missing.
        missing: String,
    },
    /// Not root, and no `sudo`.
    #[error("{missing}; installing it needs root, and there is no `sudo`")]
    NotRoot {
        /// What is missing.
        missing: String,
        /// What root would run.
        command: String,
    },
    /// The package manager failed.
    #[error("PostgreSQL could not be installed: {reason}")]
    Failed {
        /// What was run.
        command: String,
        /// What it said. Not called a source, for its text is in this one's.
        reason: Box<RunError>,
    },
    /// The package manager succeeded, and still there is nothing to use.
    #[error("`{command}` succeeded, and still: {missing}")]
    StillMissing {
        /// What is missing.
        missing: String,
        /// What was run.
        command: String,
    },
    /// A file of our own.
    #[error("`{}` cannot be used", .path.display())]
    Lock {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// Ctrl-C while waiting for another installation.
    #[error("interrupted while another crmctl installs PostgreSQL")]
    Interrupted,
}

const BY_HAND: &str = "install PostgreSQL 15 to 18 by hand, the server and the clients (on Debian `postgresql` and \
    `postgresql-client`, on Fedora `postgresql-server` and `postgresql`), or set `CRMCTL_PG_BIN` to the folder of `initdb`";

impl Explain for InstallError {
    fn kind(&self) -> Kind {
        match self {
            Self::Elsewhere { .. } => Kind::Usage,
            Self::Declined { .. } => Kind::Refused,
            Self::Interrupted => Kind::Interrupted,
            Self::NoPackageManager { .. }
            | Self::NotRoot { .. }
            | Self::Failed { .. }
            | Self::StillMissing { .. }
            | Self::Lock { .. } => Kind::Failed,
        }
    }

    fn help(&self) -> Option<String> {
        match self {
            Self::Elsewhere { .. } => Some(
                "unset `CRMCTL_PG_BIN`, or set it to a folder with `initdb`, `postgres` and `pg_dump`".into(),
            ),
            Self::Declined { .. } => Some("`crmctl doctor --fix --yes`".into()),
            Self::NoPackageManager { .. } | Self::StillMissing { .. } => Some(BY_HAND.into()),
            Self::NotRoot { command, .. } => Some(format!("as root: `{command}`")),
            Self::Failed { command, .. } => {
                Some(format!("see that `{command}` works, then run crmctl again"))
            }
            Self::Lock { .. } => Some("set `CRMCTL_HOME` to a folder you may write to".into()),
            Self::Interrupted => None,
        }
    }
}
