//! Why a backup cannot be made, found or trusted.

use std::path::{Path, PathBuf};

use crate::error::{Explain, Kind};

/// What goes wrong with backups themselves; servers and tools have errors of their own.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The disk did not do what was asked.
    #[error("cannot {action} `{}`", .path.display())]
    Disk {
        /// `write`, `read`, ...
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// There is no such backup.
    #[error("there is no backup `{reference}` in `{}`", .folder.display())]
    NotFound {
        /// What was asked for.
        reference: String,
        /// Where.
        folder: PathBuf,
    },
    /// More than one backup begins like that.
    #[error("`{reference}` is the beginning of {count} backups")]
    Ambiguous {
        /// What was asked for.
        reference: String,
        /// How many.
        count: usize,
    },
    /// The files are not what the manifest says.
    #[error("backup `{id}` is damaged: {problems}")]
    Damaged {
        /// Which.
        id: String,
        /// What is wrong, in one line.
        problems: String,
    },
    /// A file inside of a backup is no script that can be run.
    #[error("`{file}`, line {line}: {problem}")]
    Script {
        /// The file.
        file: String,
        /// The line, from 1.
        line: u64,
        /// What is wrong.
        problem: String,
    },
    /// A statement of the backup failed.
    #[error("`{file}`, line {line}, `{statement}`: {error}")]
    Statement {
        /// The file.
        file: String,
        /// The line, from 1.
        line: u64,
        /// The beginning of the statement.
        statement: String,
        /// What the server said.
        error: Box<crate::pg::PgError>,
    },
    /// The rows after restoring are not those that were backed up.
    #[error("after restoring, {tables} would not hold what was backed up, so everything was rolled back")]
    Differs {
        /// Which tables, in one line.
        tables: String,
    },
    /// The server is older than the one the backup came from.
    #[error("the backup is of PostgreSQL {backup}, the target is only {target}")]
    OlderServer {
        /// Major version of the backup.
        backup: u32,
        /// Major version of the target.
        target: u32,
    },
}

impl BackupError {
    /// For `map_err`: what was being done to which path.
    pub(crate) fn disk(action: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        move |source| Self::Disk { action, path: path.to_owned(), source }
    }
}

impl Explain for BackupError {
    fn kind(&self) -> Kind {
        match self {
            Self::NotFound { .. } | Self::Ambiguous { .. } => Kind::Usage,
            Self::OlderServer { .. } => Kind::Refused,
            Self::Statement { error, .. } => error.kind(),
            Self::Disk { .. } | Self::Damaged { .. } | Self::Script { .. } | Self::Differs { .. } => {
                Kind::Failed
            }
        }
    }

    fn help(&self) -> Option<String> {
        match self {
            Self::NotFound { .. } | Self::Ambiguous { .. } => {
                Some("`crmctl backup list` shows what there is".to_owned())
            }
            Self::Damaged { .. } | Self::Script { .. } => {
                Some("use another one: `crmctl backup list`, then `crmctl backup verify ID`".to_owned())
            }
            Self::Statement { error, .. } => error.help(),
            Self::OlderServer { .. } => Some("restore into a server that is not older".to_owned()),
            Self::Disk { source, .. } if source.kind() == std::io::ErrorKind::StorageFull => Some(
                "make room, then run the command again; nothing of the unfinished backup is kept".to_owned(),
            ),
            Self::Disk { .. } | Self::Differs { .. } => None,
        }
    }

    fn sqlstate(&self) -> Option<&str> {
        match self {
            Self::Statement { error, .. } => error.code(),
            Self::NotFound { .. }
            | Self::Ambiguous { .. }
            | Self::Damaged { .. }
            | Self::Script { .. }
            | Self::OlderServer { .. }
            | Self::Disk { .. }
            | Self::Differs { .. } => None,
        }
    }
}
