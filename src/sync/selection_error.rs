//! Why what was asked to go along cannot: found before anything is touched.

use crate::environment::EnvironmentName;
use crate::error::{Explain, Kind, Location};
use crate::mask::Rule;
use crate::sync::filter::Filter;

/// Found in the plan, or when the source tried the SQL.
#[derive(Debug, thiserror::Error)]
pub enum SelectionError {
    /// A filter for nothing.
    #[error("{} names no table that goes along", .0.place())]
    NoTable(Box<Filter>),
    /// The server does not understand a filter.
    #[error("{}: {message}", .filter.place())]
    BadFilter {
        /// Which.
        filter: Box<Filter>,
        /// PostgreSQL's own words.
        message: String,
    },
    /// The server does not understand a mask.
    #[error("the mask of `{}`: {message}", .rule.pattern())]
    BadMask {
        /// Which.
        rule: Box<Rule>,
        /// PostgreSQL's own words.
        message: String,
    },
    /// A column that would be left without a value.
    #[error("`{column}` is only in `{to}`, where it has no default and must not be NULL")]
    NoDefault {
        /// The column.
        column: String,
        /// The target.
        to: EnvironmentName,
    },
    /// One column, two types.
    #[error("`{column}` is of type {left} in the source and of type {right} in `{to}`")]
    TypesDiffer {
        /// The column.
        column: String,
        /// In the source.
        left: String,
        /// In the target.
        right: String,
        /// The target.
        to: EnvironmentName,
    },
    /// A key that only a part of a table has cannot be followed.
    #[error("`{partition}` is a partition with a foreign key of its own, which a filter cannot follow")]
    KeyOfPartition {
        /// The partition.
        partition: String,
    },
    /// A key that leads to a part of a table cannot be followed either.
    #[error(
        "`{table}` refers to the partition `{partition}` of a table that a filter narrows, which cannot be followed"
    )]
    KeyToPartition {
        /// The referring table.
        table: String,
        /// The partition.
        partition: String,
    },
}

impl Explain for SelectionError {
    fn kind(&self) -> Kind {
        match self {
            Self::NoTable(_) | Self::BadFilter { .. } | Self::BadMask { .. } => Kind::Usage,
            Self::NoDefault { .. }
            | Self::TypesDiffer { .. }
            | Self::KeyOfPartition { .. }
            | Self::KeyToPartition { .. } => Kind::Refused,
        }
    }

    fn help(&self) -> Option<String> {
        Some(match self {
            Self::NoTable(_) => "write `table` or `schema.table`; see `crmctl sync --dry-run` for the tables".to_owned(),
            Self::BadFilter { .. } => {
                "a filter is an SQL condition on the columns of its table; other tables and own functions are named with their schema".to_owned()
            }
            Self::BadMask { .. } => {
                "`sql` is an SQL expression of the columns of its table that gives one value for each row, which can be cast to the type of the column".to_owned()
            }
            Self::NoDefault { .. } => "give it a default in a migration, or exclude the table".to_owned(),
            Self::TypesDiffer { .. } => "bring both to one type in a migration, or exclude the table".to_owned(),
            Self::KeyOfPartition { .. } | Self::KeyToPartition { .. } => "exclude the table, or sync without the filter".to_owned(),
        })
    }

    fn location(&self) -> Option<Location> {
        match self {
            Self::NoTable(filter) | Self::BadFilter { filter, .. } => filter.location.clone(),
            Self::BadMask { rule, .. } => Some(rule.location().clone()),
            Self::NoDefault { .. }
            | Self::TypesDiffer { .. }
            | Self::KeyOfPartition { .. }
            | Self::KeyToPartition { .. } => None,
        }
    }
}
