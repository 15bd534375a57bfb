//! Why a delta was not committed.

use crate::environment::EnvironmentName;
use crate::error::{Explain, Kind};
use crate::pg::TableName;

/// Why a delta was not committed.
#[derive(Debug, thiserror::Error)]
pub enum DeltaError {
    /// More rows differ than were expected.
    #[error("many more rows of `{table}` differ than when the plan was made, so nothing was changed")]
    TooMany {
        /// The table.
        table: TableName,
        /// What was to be overwritten.
        to: EnvironmentName,
    },
    /// A table that was equal is so no more.
    #[error("rows of `{table}` in `{to}` were changed after the plan was made, so nothing was committed")]
    Moved {
        /// The table.
        table: TableName,
        /// What was to be overwritten.
        to: EnvironmentName,
    },
    /// The rows that were found are not all that differ.
    #[error("`{table}` would not hold the same rows on both sides, so nothing was committed")]
    Incomplete {
        /// The table.
        table: TableName,
    },
}

impl Explain for DeltaError {
    fn kind(&self) -> Kind {
        Kind::Failed
    }

    fn help(&self) -> Option<String> {
        Some(match self {
            Self::TooMany { .. } => "copy all rows: `crmctl sync --mode full --force`".to_owned(),
            Self::Moved { to, .. } => {
                format!("run it again once nobody writes to `{to}`: the rows are looked at anew")
            }
            Self::Incomplete { .. } => {
                "copy all rows: `crmctl sync --mode full --force`; if that fails too, see to triggers that change \
                 rows while they are written"
                    .to_owned()
            }
        })
    }
}
