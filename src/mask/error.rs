//! Why columns cannot be masked as asked, or must not go along unmasked.

use crate::environment::EnvironmentName;
use crate::error::{Explain, Kind, Location};
use crate::mask::rule::Rule;

/// Found before anything is read but the catalog.
#[derive(Debug, thiserror::Error)]
pub enum MaskError {
    /// A rule for nothing.
    #[error("`{}` names no column of a table", .rule.pattern)]
    NoColumn {
        /// The rule.
        rule: Box<Rule>,
        /// A column that may be meant.
        meant: Option<String>,
    },
    /// The mask makes nothing that the column could hold.
    #[error("`{}` cannot mask `{column}`, which is {what}", .rule.mask.word())]
    DoesNotFit {
        /// The rule.
        rule: Box<Rule>,
        /// The column.
        column: String,
        /// What of it is in the way.
        what: String,
        /// What to do.
        help: &'static str,
    },
    /// Rows would not find each other any more.
    #[error("`{column}` and `{other}` are ends of one foreign key and would not be masked alike")]
    KeysDiffer {
        /// The rule of one of them.
        rule: Box<Rule>,
        /// The referring column.
        column: String,
        /// The column referred to.
        other: String,
    },
    /// Personal data would leave a protected environment.
    #[error("`{from}` is protected, and {} would leave it unmasked: {}", crate::ui::plural(.columns.len() as u64, "column that looks personal").replace("column that looks personals", "columns that look personal"), names(.columns))]
    Unmasked {
        /// The source.
        from: EnvironmentName,
        /// The columns, and a mask that fits each.
        columns: Vec<(String, String)>,
    },
}

/// The first of them.
fn names(columns: &[(String, String)]) -> String {
    let first: Vec<String> = columns.iter().take(5).map(|(column, _)| format!("`{column}`")).collect();
    let more = if columns.len() > first.len() { ", ..." } else { "" };
    first.join(", ") + more
}

impl Explain for MaskError {
    fn kind(&self) -> Kind {
        match self {
            Self::NoColumn { .. } | Self::DoesNotFit { .. } | Self::KeysDiffer { .. } => Kind::Usage,
            Self::Unmasked { .. } => Kind::Refused,
        }
    }

    fn help(&self) -> Option<String> {
        Some(match self {
            Self::NoColumn { meant: Some(meant), .. } => format!("is `{meant}` meant?"),
            Self::NoColumn { meant: None, .. } => {
                "write `schema.table.column`, or a pattern such as `*.email`".to_owned()
            }
            Self::DoesNotFit { help, .. } => (*help).to_owned(),
            Self::KeysDiffer { .. } => {
                "give both the same mask and the same type; a column that refers to a masked one without a rule of its own is masked like it".to_owned()
            }
            Self::Unmasked { columns, .. } => {
                let line = |(column, mask): &(String, String)| {
                    format!("{} = {mask}", toml::Value::from(column.as_str()))
                };
                let lines = columns.iter().map(line).collect::<Vec<_>>().join("\n");
                format!(
                    "put these lines into crmctl.toml and look at each (\"keep\" lets a column go along as it is); \
                     `--unmasked` lets everything go along\n[mask]\n{lines}"
                )
            }
        })
    }

    fn location(&self) -> Option<Location> {
        match self {
            Self::NoColumn { rule, .. } | Self::DoesNotFit { rule, .. } | Self::KeysDiffer { rule, .. } => {
                Some(rule.location.clone())
            }
            Self::Unmasked { .. } => None,
        }
    }
}
