//! Whether two databases are the same: schema, rows, migrations and test users.

mod diff;
mod digest;
#[cfg(test)]
pub(crate) mod fixture;
mod locate;
mod observe;
mod report;
mod rows;
mod suspect;

use serde::Serialize;

pub use diff::{HistoryDifference, TableParity, UserParity, UserVerdict, Verdict};
pub use digest::{
    Relation, TableDigest, count_query, digest_query, digested, digests, digests_from_rows, relation_digests,
    relations_query,
};
pub use observe::{Side, TestUser, observe};
pub use report::{ParityReport, SchemaDifference};
pub use rows::{ColumnDifference, Found, RowDifference, RowDifferences};

use crate::error::Result;
use crate::pg::Session;

/// What is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, clap::ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// The schema and the applied migrations
    Schema,
    /// The number of rows of each table
    Counts,
    /// The rows of each table, to the last bit
    Contents,
    /// Schema, rows and test users
    #[default]
    All,
}

impl Level {
    /// Whether the schema counts.
    #[must_use]
    pub fn has_schema(self) -> bool {
        matches!(self, Self::Schema | Self::All)
    }

    /// Whether the rows' contents count.
    #[must_use]
    pub fn has_contents(self) -> bool {
        matches!(self, Self::Contents | Self::All)
    }
}

/// How to compare.
#[derive(Debug, Clone)]
pub struct Options {
    /// What.
    pub level: Level,
    /// Which users are test users: a pattern of `like` for their e-mail address. `None`: nobody.
    pub test_users: Option<String>,
    /// Whether the report may hold values of columns.
    pub show_values: bool,
}

/// Compares two databases, each in one snapshot. A report comes only when every part of both sides was read.
pub async fn verify(left: &mut Session, right: &mut Session, options: &Options) -> Result<ParityReport> {
    let (ours, theirs) = tokio::try_join!(
        observe(left, options.level, options.test_users.as_deref()),
        observe(right, options.level, options.test_users.as_deref())
    )?;
    let comparison = diff::compare(&ours, &theirs, options.level);
    let suspects = diff::suspects(&ours, &theirs, &comparison.tables, options.level);
    let rows = locate::locate(locate::Pair(left, right), &suspects, options.show_values).await?;
    tokio::try_join!(left.run("commit"), right.run("commit"))?;
    let names = (left.target().environment.to_string(), right.target().environment.to_string());
    Ok(ParityReport::new(names, options.level, comparison, rows))
}
