//! Why migrations are not folded.

use crate::error::{Explain, Kind, Location};
use crate::migration::script::ScriptError;
use crate::migration::version::Version;
use crate::ui::shell_word;

/// Why nothing is folded.
#[derive(Debug, thiserror::Error)]
pub enum SquashError {
    /// There is no such migration.
    #[error("there is no migration with the version `{version}`")]
    UnknownVersion {
        /// The version.
        version: Version,
    },
    /// A title of which nothing is left for a file name.
    #[error("`{title}` has no letter or digit to name a file with")]
    EmptyTitle {
        /// The title.
        title: String,
    },
    /// A statement whose effect is not in the schemas of the user.
    #[error("`{what}` is not carried by a squash: its effect is not in the schemas of the user")]
    NotCarried {
        /// Its words.
        what: String,
        /// Where it is.
        at: Location,
    },
    /// Logins made by migrations would put hashes of passwords into a file.
    #[error("the migrations make {logins} in `auth.users`, which are not written into a file")]
    Logins {
        /// How many, in words.
        logins: String,
    },
    /// The new file does not make the same.
    #[error("the folded file does not make the same, so nothing was touched: {}", .differences.join("; "))]
    NotTheSame {
        /// In what they differ.
        differences: Vec<String>,
    },
    /// The dump cannot be read.
    #[error(transparent)]
    Script(#[from] ScriptError),
    /// A file of that name is in the archive, with other contents.
    #[error("`{path}` is there already, with other contents")]
    InTheWay {
        /// The file.
        path: String,
    },
    /// A database has some of the old migrations and not all of them.
    #[error("`{environment}` has {applied} of the {all} migrations that `{path}` was folded from")]
    OnlyAPart {
        /// The environment.
        environment: String,
        /// The new file.
        path: String,
        /// How many it has.
        applied: usize,
        /// How many there were.
        all: usize,
    },
    /// An old file is not what was applied.
    #[error("`{path}` was edited after being applied to `{environment}`")]
    Edited {
        /// The environment.
        environment: String,
        /// The file.
        path: String,
    },
    /// No file of the folder was folded from others.
    #[error("no migration says that it was folded from others")]
    NothingFolded,
    /// The operating system refused.
    #[error("`{path}` cannot be used")]
    Io {
        /// Of what.
        path: String,
        /// What it said.
        source: std::io::Error,
    },
}

impl Explain for SquashError {
    fn kind(&self) -> Kind {
        match self {
            Self::UnknownVersion { .. } | Self::EmptyTitle { .. } => Kind::Usage,
            Self::NotTheSame { .. } | Self::Io { .. } => Kind::Failed,
            Self::Script(error) => error.kind(),
            Self::NotCarried { .. }
            | Self::Logins { .. }
            | Self::InTheWay { .. }
            | Self::OnlyAPart { .. }
            | Self::Edited { .. }
            | Self::NothingFolded => Kind::Refused,
        }
    }

    fn help(&self) -> Option<String> {
        Some(match self {
            Self::UnknownVersion { .. } => "`crmctl migrate status` lists the versions".to_owned(),
            Self::EmptyTitle { .. } => "for example `--name baseline`".to_owned(),
            Self::NotCarried { .. } => {
                "fold the files before it with `--to`, and leave this one as it is".to_owned()
            }
            Self::Logins { .. } => {
                "seed them with `crmctl seed`, or fold the files before with `--to`".to_owned()
            }
            Self::NotTheSame { .. } => {
                "fold the files before the one that makes these with `--to`".to_owned()
            }
            Self::Script(error) => return error.help(),
            Self::InTheWay { .. } => "move it away".to_owned(),
            Self::OnlyAPart { environment, .. } => format!(
                "go back to the commit before the files were folded, run `crmctl migrate up --env {environment}` there, and come back"
            ),
            Self::Edited { path, .. } => {
                format!("`git checkout -- {}` restores what was applied", shell_word(path))
            }
            Self::NothingFolded => "`crmctl migrate squash` folds them".to_owned(),
            Self::Io { .. } => return None,
        })
    }

    fn location(&self) -> Option<Location> {
        match self {
            Self::NotCarried { at, .. } => Some(at.clone()),
            Self::Script(error) => error.location(),
            Self::UnknownVersion { .. }
            | Self::EmptyTitle { .. }
            | Self::Logins { .. }
            | Self::NotTheSame { .. }
            | Self::InTheWay { .. }
            | Self::OnlyAPart { .. }
            | Self::Edited { .. }
            | Self::NothingFolded
            | Self::Io { .. } => None,
        }
    }
}
