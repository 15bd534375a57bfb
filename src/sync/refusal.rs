//! What forbids a sync: found before anything is touched. Pure.

use std::collections::BTreeSet;

use crate::catalog::Table;
use crate::environment::EnvironmentName;
use crate::error::{Explain, Kind};
use crate::pg::TableName;
use crate::sync::observe::Side;
use crate::sync::plan::Options;
use crate::sync::selection::Columns;

/// Why a sync cannot be done.
#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    /// Source and target are the same.
    #[error("`{0}` cannot be synced with itself")]
    SameEnvironment(EnvironmentName),
    /// Two names for one database.
    #[error("`{from}` and `{to}` are the same database")]
    SameDatabase {
        /// Source.
        from: EnvironmentName,
        /// Target.
        to: EnvironmentName,
    },
    /// The histories differ.
    #[error("`{from}` and `{to}` are not at the same migration ({left} against {right})")]
    HeadsDiffer {
        /// Source.
        from: EnvironmentName,
        /// Target.
        to: EnvironmentName,
        /// The source's newest version.
        left: String,
        /// The target's newest version.
        right: String,
    },
    /// A table or column is not on both sides.
    #[error("the tables of `{from}` and `{to}` differ: {what}")]
    TablesDiffer {
        /// Source.
        from: EnvironmentName,
        /// Target.
        to: EnvironmentName,
        /// The differences, in words.
        what: String,
    },
    /// An excluded table refers to one that would be overwritten.
    #[error("`{excluded}` is excluded but refers to `{table}`, whose rows would be replaced")]
    ExcludedRefers {
        /// The excluded table.
        excluded: TableName,
        /// The table it refers to.
        table: TableName,
    },
}

impl Explain for PlanError {
    fn kind(&self) -> Kind {
        match self {
            Self::SameEnvironment(_) => Kind::Usage,
            Self::SameDatabase { .. }
            | Self::HeadsDiffer { .. }
            | Self::TablesDiffer { .. }
            | Self::ExcludedRefers { .. } => Kind::Refused,
        }
    }

    fn help(&self) -> Option<String> {
        Some(match self {
            Self::SameEnvironment(_) => "name two environments with `--from` and `--to`".to_owned(),
            Self::SameDatabase { from, to } => {
                format!("check the URLs of `{from}` and `{to}`: one of them is not what it should be")
            }
            Self::HeadsDiffer { from, to, .. } => {
                format!(
                    "bring both to the same migration first: `crmctl migrate status --env {from}` and `--env {to}`"
                )
            }
            Self::TablesDiffer { from, to, .. } => {
                format!(
                    "see `crmctl verify --from {from} --to {to} --level schema`, then put the change in a migration"
                )
            }
            Self::ExcludedRefers { .. } => "exclude both tables, or neither".to_owned(),
        })
    }
}

/// A database would wait for itself, with its own rows as the ones to be replaced.
pub(crate) fn check_identity(source: &Side, target: &Side, options: &Options) -> Result<(), PlanError> {
    if source.identity == target.identity {
        return Err(PlanError::SameDatabase { from: options.from.clone(), to: options.to.clone() });
    }
    Ok(())
}

pub(crate) fn check_heads(source: &Side, target: &Side, options: &Options) -> Result<(), PlanError> {
    let (left, right) = (source.applied.versions(), target.applied.versions());
    if left == right {
        return Ok(());
    }
    let head = |versions: &[String]| {
        let newest = versions.last().map_or("none", String::as_str);
        format!("{newest}, {}", crate::ui::plural(versions.len() as u64, "migration"))
    };
    Err(PlanError::HeadsDiffer {
        from: options.from.clone(),
        to: options.to.clone(),
        left: head(left),
        right: head(right),
    })
}

pub(crate) fn check_tables(source: &[Table], target: &[Table], options: &Options) -> Result<(), PlanError> {
    let described = |tables: &[Table]| -> BTreeSet<String> {
        let included =
            tables.iter().filter(|table| !table.is_partition && !is_excluded(&table.name, options));
        included
            .flat_map(|table| {
                let columns = table.stored_columns().filter(|_| options.selection.columns == Columns::All);
                let columns = columns.map(|column| format!("{}.{}", table.name, column.name));
                columns.chain([table.name.to_string()])
            })
            .collect()
    };
    let (left, right) = (described(source), described(target));
    let only = |names: Vec<&String>, name: &EnvironmentName| {
        names.first().map(|first| match names.len() {
            1 => format!("`{first}` is only in `{name}`"),
            count => format!("`{first}` and {} more are only in `{name}`", count - 1),
        })
    };
    let differences = [
        only(left.difference(&right).collect(), &options.from),
        only(right.difference(&left).collect(), &options.to),
    ];
    let what: Vec<String> = differences.into_iter().flatten().collect();
    if what.is_empty() {
        return Ok(());
    }
    Err(PlanError::TablesDiffer { from: options.from.clone(), to: options.to.clone(), what: what.join("; ") })
}

pub(crate) fn is_excluded(name: &TableName, options: &Options) -> bool {
    let full = format!("{}.{}", name.schema, name.name);
    options.exclude.iter().any(|pattern| matches(pattern, &full) || matches(pattern, &name.to_string()))
}

/// Whether a pattern, in which `*` stands for any characters, fits a whole name.
pub(crate) fn matches(pattern: &str, name: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == name,
        Some((start, rest)) => name.strip_prefix(start).is_some_and(|name| {
            name.char_indices().map(|(at, _)| at).chain([name.len()]).any(|at| matches(rest, &name[at..]))
        }),
    }
}

pub(crate) fn check_excluded(excluded: &[Table], tables: &[Table]) -> Result<(), PlanError> {
    for table in excluded {
        for key in &table.foreign_keys {
            if tables.iter().any(|synced| synced.name == key.references) {
                return Err(PlanError::ExcludedRefers {
                    excluded: table.name.clone(),
                    table: key.references.clone(),
                });
            }
        }
    }
    Ok(())
}
