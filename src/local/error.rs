//! Why there is no local server.

use std::path::PathBuf;

use crate::error::{Explain, Failure, Kind};
use crate::tools::RunError;

/// What can be wrong with a server of our own.
#[derive(Debug, thiserror::Error)]
pub enum LocalError {
    /// No usable server on this machine.
    #[error("no PostgreSQL server of version 15 to 18 on this machine{found}")]
    NoBinaries {
        /// What was found instead, with a leading `; `; or nothing.
        found: String,
    },
    /// The version a cluster was made with is gone.
    #[error("the local database was made by PostgreSQL {made_by}, which is no longer installed; {found} is")]
    MajorGone {
        /// The version of the data.
        made_by: u32,
        /// The version at hand.
        found: u32,
    },
    /// Root, and nobody to become.
    #[error("PostgreSQL does not run as root, and there is neither a user `postgres` nor a user `nobody`")]
    NoAccount,
    /// Folders that the account of the server cannot pass.
    #[error("`{}` cannot be reached by the user `{account}`, as whom the server runs", .folder.display())]
    Unreachable {
        /// The folder that is closed.
        folder: PathBuf,
        /// The account.
        account: String,
    },
    /// The server ended while starting, or did not start in time.
    #[error("the PostgreSQL server did not start{said}")]
    NotStarted {
        /// The last lines of its log, with a leading `: `.
        said: String,
        /// Its log, where that still exists.
        log: Option<PathBuf>,
    },
    /// The server did not stop in time.
    #[error("the PostgreSQL server of process {pid} does not stop")]
    NotStopped {
        /// The process.
        pid: i32,
    },
    /// The baseline has a fault.
    #[error("the baseline of a new database failed: {said}")]
    Baseline {
        /// What the server said.
        said: String,
    },
    /// A file of the server's in the way or broken.
    #[error("`{}`: {what}", .path.display())]
    Folder {
        /// The file or folder.
        path: PathBuf,
        /// What is the matter.
        what: String,
    },
    /// A file operation.
    #[error("`{}`", .path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A program of PostgreSQL's.
    #[error(transparent)]
    Run(#[from] RunError),
    /// Not a system we can do it on.
    #[error("local servers need Linux or macOS")]
    Unsupported,
}

impl LocalError {
    /// An io error of a path, for `map_err`.
    pub(super) fn io(path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { path, source }
    }
}

impl Explain for LocalError {
    fn kind(&self) -> Kind {
        match self {
            Self::Unreachable { .. } | Self::Unsupported => Kind::Usage,
            Self::NoBinaries { .. }
            | Self::MajorGone { .. }
            | Self::NoAccount
            | Self::NotStarted { .. }
            | Self::NotStopped { .. }
            | Self::Baseline { .. }
            | Self::Folder { .. }
            | Self::Io { .. }
            | Self::Run(_) => Kind::Failed,
        }
    }

    fn help(&self) -> Option<String> {
        match self {
            Self::NoBinaries { .. } => Some(
                "`crmctl doctor --fix` installs it; or set `CRMCTL_PG_BIN` to the folder of `initdb`".into(),
            ),
            Self::MajorGone { made_by, .. } => Some(format!(
                "install PostgreSQL {made_by} again, or `crmctl local destroy` and start anew: its data is lost then"
            )),
            Self::NoAccount => {
                Some("`useradd --system postgres`, or run crmctl as another user than root".into())
            }
            Self::Unreachable { .. } => {
                Some("set `CRMCTL_HOME` to a folder that every user may enter".into())
            }
            Self::NotStarted { log: Some(log), .. } => Some(format!("the whole log: `{}`", log.display())),
            Self::NotStopped { .. } => {
                Some("close what is connected to it, then `crmctl local stop` again".into())
            }
            Self::Unsupported => Some("use a `url` instead of `managed = true` in `crmctl.toml`".into()),
            Self::NotStarted { log: None, .. }
            | Self::Baseline { .. }
            | Self::Folder { .. }
            | Self::Io { .. }
            | Self::Run(_) => None,
        }
    }
}

/// The result of everything in here. Turns into a [`Failure`] by `?`.
pub(super) type Result<T, E = LocalError> = std::result::Result<T, E>;

/// Something that was done in another thread, which cannot have panicked without us.
pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result,
        Err(error) => std::panic::resume_unwind(error.into_panic()),
    }
}

const _: fn(LocalError) -> Failure = Failure::from;
