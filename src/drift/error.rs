//! Why drift cannot be told.

use crate::error::{Explain, Failure, Kind};
use crate::migration::{ScriptError, Version};

/// Why nobody can say what the applied migrations make.
#[derive(Debug, thiserror::Error)]
pub enum DriftError {
    /// The file is another one by now, or gone, and the history kept no statements of it.
    #[error("nobody knows what migration `{version}` was when it was applied: {reason}")]
    Forgotten {
        /// Which migration.
        version: Version,
        /// What is wrong with the file.
        reason: &'static str,
    },
    /// What the history kept of it cannot be read.
    #[error("what the history keeps of migration `{version}` cannot be run: {error}")]
    Unreadable {
        /// Which migration.
        version: Version,
        /// Why.
        error: Box<ScriptError>,
    },
}

impl Explain for DriftError {
    fn help(&self) -> Option<String> {
        match self {
            Self::Forgotten { version, .. } => Some(format!(
                "bring the file of `{version}` back as it was, from git; `crmctl migrate status` shows how files and history stand"
            )),
            Self::Unreadable { .. } => Some(OTHER_WAY.to_owned()),
        }
    }
}

/// What else tells schemas apart.
const OTHER_WAY: &str = "`crmctl verify --level schema` compares two environments without their migrations";

/// Applied files that do not run on a fresh server: what was done there is nobody's concern.
pub(crate) fn cannot_tell(failure: Failure) -> Failure {
    if failure.kind() == Kind::Interrupted {
        return failure.without_done();
    }
    let failure = failure
        .context("the applied migrations do not run on a fresh server, so that drift cannot be told")
        .of_kind(Kind::Failed)
        .without_done();
    if failure.help().is_some() { failure } else { failure.with_help(OTHER_WAY) }
}
