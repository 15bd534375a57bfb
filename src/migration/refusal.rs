//! Why files and history do not let a plan be made.

use crate::environment::EnvironmentName;
use crate::error::{Explain, Kind, Location};
use crate::migration::version::Version;
use crate::ui::shell_words;

/// Why nothing can be planned.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PlanError {
    /// The text of applied files changed.
    #[error("{} edited after being applied", named(.paths, ["was", "were"]))]
    Edited {
        /// The files.
        paths: Vec<String>,
        /// Where they are applied.
        environment: Option<EnvironmentName>,
    },
    /// Applied versions have no file.
    #[error("applied to the database, but without a file: {}", listed(.versions))]
    MissingLocally {
        /// The versions.
        versions: Vec<Version>,
        /// Where they are applied.
        environment: Option<EnvironmentName>,
    },
    /// Files are older than what is applied.
    #[error("{} older than `{newest}`, which is applied already", named(.paths, ["is", "are"]))]
    OutOfOrder {
        /// The files.
        paths: Vec<String>,
        /// The newest applied version.
        newest: Version,
        /// Where it is applied.
        environment: Option<EnvironmentName>,
    },
    /// The version asked for does not exist.
    #[error("there is no migration with the version `{version}`")]
    UnknownVersion {
        /// The version.
        version: Version,
    },
    /// A file that stopped half-way changed in the part that is done.
    #[error("`{path}` stopped after statement {statements_done}, and one of those was edited since")]
    EditedBeforeResume {
        /// The file.
        path: String,
        /// How many statements are done.
        statements_done: usize,
    },
    /// A file cannot be part of one single transaction.
    #[error("`{path}` cannot run in a single transaction: {reason}")]
    NotInOneTransaction {
        /// The file.
        path: String,
        /// Why.
        reason: String,
        /// The statement.
        at: Option<Location>,
    },
}

/// ` --env cloud`, for what is told to type; nothing where nobody knows.
fn on(environment: Option<&EnvironmentName>) -> String {
    environment.map(|name| format!(" --env {name}")).unwrap_or_default()
}

fn listed(versions: &[Version]) -> String {
    versions.iter().map(|version| format!("`{version}`")).collect::<Vec<_>>().join(", ")
}

fn named(paths: &[String], [one, several]: [&str; 2]) -> String {
    let list = paths.iter().map(|path| format!("`{path}`")).collect::<Vec<_>>().join(", ");
    format!("{list} {}", if paths.len() == 1 { one } else { several })
}

impl Explain for PlanError {
    fn kind(&self) -> Kind {
        match self {
            Self::UnknownVersion { .. } => Kind::Usage,
            Self::Edited { .. }
            | Self::MissingLocally { .. }
            | Self::OutOfOrder { .. }
            | Self::EditedBeforeResume { .. }
            | Self::NotInOneTransaction { .. } => Kind::Refused,
        }
    }

    fn help(&self) -> Option<String> {
        Some(match self {
            Self::Edited { paths, environment } => format!(
                "`git checkout -- {}` restores what was applied; put the change in a new file: `crmctl migrate new <title>`; \
                 if the database has the change already, `crmctl migrate repair{}` tells how to accept it",
                shell_words(paths.iter().map(String::as_str)),
                on(environment.as_ref())
            ),
            Self::MissingLocally { versions, environment } => {
                let on = on(environment.as_ref());
                format!(
                    "get the files back from git, or from the history with `crmctl migrate fetch{on}`; \
                     if they shall never come back: `crmctl migrate repair{on} --reverted {}`",
                    shell_words(versions.iter().map(Version::as_str))
                )
            }
            Self::OutOfOrder { environment, .. } => format!(
                "rename them to a newer version, or apply them now with `crmctl migrate up{} --out-of-order`",
                on(environment.as_ref())
            ),
            Self::UnknownVersion { .. } => "`crmctl migrate status` lists the versions".to_owned(),
            Self::EditedBeforeResume { statements_done, .. } => {
                format!("restore the first {statements_done} statements; only those behind them may change")
            }
            Self::NotInOneTransaction { .. } => {
                "leave out `--single-transaction`, or apply up to the file before with `--to`".to_owned()
            }
        })
    }

    fn location(&self) -> Option<Location> {
        match self {
            Self::NotInOneTransaction { at, .. } => at.clone(),
            Self::Edited { .. }
            | Self::MissingLocally { .. }
            | Self::OutOfOrder { .. }
            | Self::UnknownVersion { .. }
            | Self::EditedBeforeResume { .. } => None,
        }
    }
}
