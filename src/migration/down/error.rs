//! Why migrations cannot be undone.

use crate::error::{Explain, Kind, Location};
use crate::migration::down::inverse::NotInvertible;
use crate::migration::script::ScriptError;
use crate::migration::version::Version;
use crate::ui::shell_word;

/// Why nothing is undone.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DownError {
    /// More was asked for than there is.
    #[error("{asked} steps back were asked for, and {applied} migrations are applied")]
    TooManySteps {
        /// How many were asked for.
        asked: usize,
        /// How many there are.
        applied: usize,
    },
    /// A version that is not applied.
    #[error("`{version}` is not applied")]
    NotApplied {
        /// The version.
        version: Version,
    },
    /// Something newer would stay.
    #[error("`{newer}` is newer than `{version}` and would stay")]
    NotNewest {
        /// What was to be undone.
        version: Version,
        /// What would stay.
        newer: Version,
    },
    /// The file is not what was applied.
    #[error("`{path}` was edited after being applied, so what undoes it is in doubt")]
    Edited {
        /// The file.
        path: String,
    },
    /// There is no file.
    #[error("`{version}` is applied, but there is no file of it, so what undoes it is not known")]
    MissingLocally {
        /// The version.
        version: Version,
    },
    /// A file stopped half-way.
    #[error("`{path}` is partly applied, so what is there is neither old nor new")]
    PartlyApplied {
        /// The file.
        path: String,
    },
    /// A statement without an inverse, and no down half.
    #[error("`{}` cannot be undone by itself: {}", .statement.command, .statement.reason)]
    NotInvertible {
        /// The statement.
        statement: Box<NotInvertible>,
        /// The down half that could be written.
        down: String,
    },
    /// A down half within the file and one beside it.
    #[error("`{path}` undoes a file that has a down half of its own as well")]
    TwoHalves {
        /// The one beside it.
        path: String,
    },
    /// A down half that holds nothing at all.
    #[error("the down half of `{title}` holds nothing")]
    EmptyHalf {
        /// The migration.
        title: String,
    },
    /// A down half that cannot be run.
    #[error(transparent)]
    Script(#[from] ScriptError),
    /// The rehearsal showed that the inverse does not lead back.
    #[error("what undoes `{title}` does not lead back to what was before: {object} {how}")]
    LeadsElsewhere {
        /// The newest migration undone.
        title: String,
        /// The first object that differs.
        object: String,
        /// In what way.
        how: &'static str,
    },
    /// On the target something else changed than in the rehearsal.
    #[error("{object} {}, unlike in the rehearsal; everything was rolled back", if *.missing { "did not change" } else { "changed" })]
    NotAsRehearsed {
        /// The object.
        object: String,
        /// Whether a change was expected and did not come.
        missing: bool,
    },
}

impl Explain for DownError {
    fn kind(&self) -> Kind {
        match self {
            Self::TooManySteps { .. } | Self::NotApplied { .. } => Kind::Usage,
            Self::NotAsRehearsed { .. } => Kind::Failed,
            Self::Script(error) => error.kind(),
            Self::NotNewest { .. }
            | Self::Edited { .. }
            | Self::MissingLocally { .. }
            | Self::PartlyApplied { .. }
            | Self::NotInvertible { .. }
            | Self::TwoHalves { .. }
            | Self::EmptyHalf { .. }
            | Self::LeadsElsewhere { .. } => Kind::Refused,
        }
    }

    fn help(&self) -> Option<String> {
        Some(match self {
            Self::TooManySteps { .. } | Self::NotApplied { .. } => {
                "`crmctl migrate status` lists what is applied".to_owned()
            }
            Self::NotNewest { newer, .. } => format!("undo `{newer}` first, or together with it"),
            Self::Edited { path } => format!("`git checkout -- {}` restores what was applied", shell_word(path)),
            Self::MissingLocally { .. } => "get the file back from git".to_owned(),
            Self::PartlyApplied { .. } => "finish it with `crmctl migrate up`, then undo it".to_owned(),
            Self::NotInvertible { down, .. } => format!(
                "write the statements that undo the file into `{down}`, or as comments behind `-- crmctl:down` in it"
            ),
            Self::TwoHalves { path } => format!("keep one of them: remove `{path}` or the lines from `-- crmctl:down` on"),
            Self::EmptyHalf { .. } => {
                "write what undoes it, or a comment that says why there is nothing to undo".to_owned()
            }
            Self::Script(error) => return error.help(),
            Self::LeadsElsewhere { .. } => {
                "write a down half; `--no-rehearsal` goes on without comparing".to_owned()
            }
            Self::NotAsRehearsed { .. } => {
                "the target's schema is not what its migrations make; `--no-rehearsal` goes on without comparing"
                    .to_owned()
            }
        })
    }

    fn location(&self) -> Option<Location> {
        match self {
            Self::NotInvertible { statement, .. } => Some(statement.at.clone()),
            Self::Script(error) => error.location(),
            Self::TooManySteps { .. }
            | Self::NotApplied { .. }
            | Self::NotNewest { .. }
            | Self::Edited { .. }
            | Self::MissingLocally { .. }
            | Self::PartlyApplied { .. }
            | Self::TwoHalves { .. }
            | Self::EmptyHalf { .. }
            | Self::LeadsElsewhere { .. }
            | Self::NotAsRehearsed { .. } => None,
        }
    }
}
