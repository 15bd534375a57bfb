//! Whether two databases are the same: schema, rows, migrations and test users.

mod asking;
mod columns;
mod diff;
mod digest;
mod failure;
#[cfg(test)]
pub(crate) mod fixture;
mod listed;
mod locate;
mod observe;
mod reading;
mod report;
mod rows;
mod share;
mod suspect;
mod uncompared;

use serde::Serialize;

pub use columns::{ColumnsDifference, TypeDifference};
pub use diff::{HistoryDifference, TableParity, UserParity, UserVerdict, Verdict};
pub use digest::{
    Relation, TableDigest, count_query, digest_query, digested, digests, digests_from_rows, relation_digests,
    relations_query,
};
pub(crate) use digest::{hash_of, mixtures, native, written};
pub use failure::ParityError;
pub use observe::{Side, TestUser, observe};
pub use report::{ParityReport, SchemaDifference};
pub use rows::{ColumnDifference, ComparedAs, Found, RowDifference, RowDifferences};
pub use uncompared::NotCompared;

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

    /// Whether nothing but rows counts.
    fn is_about_rows(self) -> bool {
        matches!(self, Self::Counts | Self::Contents)
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

/// Compares two databases, each in one snapshot, which stays open until its session is closed. A report comes only
/// when every part of both sides was read.
pub async fn verify(
    left: &mut Session,
    right: &mut Session,
    options: &Options,
) -> Result<ParityReport, ParityError> {
    let (ours, theirs) = tokio::try_join!(
        observe(left, options.level, options.test_users.as_deref()),
        observe(right, options.level, options.test_users.as_deref())
    )?;
    let names = (left.target().environment.to_string(), right.target().environment.to_string());
    if ours.identity == theirs.identity {
        return Err(ParityError::SameDatabase { left: names.0, right: names.1 });
    }
    if options.level.is_about_rows() && ours.tables.is_empty() && theirs.tables.is_empty() {
        return Err(ParityError::NoTables { left: names.0, right: names.1 });
    }
    if options.level.has_contents() && ours.encoding != theirs.encoding {
        return Err(ParityError::Encodings { left: ours.encoding, right: theirs.encoding });
    }
    let comparison = diff::compare(&ours, &theirs, options.level);
    let suspects = diff::suspects(&ours, &theirs, &comparison.tables, options.level);
    let rows = locate::locate(asking::Pair(left, right), &suspects, options.show_values).await?;
    Ok(ParityReport::new(names, options.level, comparison, rows))
}
