//! What a comparison found, for people and for programs.

mod check;
mod junit;
mod markdown;
mod text;
mod words;

use std::collections::BTreeMap;

use serde::Serialize;

use crate::catalog::Difference;
use crate::error::ExitStatus;
use crate::parity::diff::{Comparison, HistoryDifference, TableParity, UserParity, UserVerdict, Verdict};
use crate::parity::rows::RowDifferences;
use crate::parity::{Level, NotCompared};
use crate::pg::TableName;
use crate::ui::{self, Annotation};

/// Annotations that GitHub shows of one step.
const ANNOTATIONS: usize = 10;

/// Two databases, compared.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ParityReport {
    /// What the left side is called.
    pub left: String,
    /// What the right side is called.
    pub right: String,
    /// How far the comparison went.
    pub level: Level,
    /// Whether nothing differs.
    pub equal: bool,
    /// Objects that differ.
    pub schema: Vec<SchemaDifference>,
    /// Migrations that only one side has.
    pub history: Option<HistoryDifference>,
    /// Every table that was compared.
    pub tables: Vec<TableParity>,
    /// Rows that differ, by table.
    #[serde(serialize_with = "by_name")]
    pub rows: BTreeMap<TableName, RowDifferences>,
    /// Every test user.
    pub test_users: Vec<UserParity>,
    /// What may differ without being told here.
    pub not_compared: Vec<NotCompared>,
}

/// An object that differs.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SchemaDifference {
    /// As a sentence.
    pub text: String,
    /// As values.
    #[serde(flatten)]
    pub difference: Difference,
}

fn by_name<S: serde::Serializer>(
    rows: &BTreeMap<TableName, RowDifferences>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_map(rows.iter().map(|(table, rows)| (table.to_string(), rows)))
}

impl ParityReport {
    pub(crate) fn new(
        (left, right): (String, String),
        level: Level,
        comparison: Comparison,
        rows: BTreeMap<TableName, RowDifferences>,
    ) -> Self {
        let Comparison { schema, history, tables, test_users, not_compared } = comparison;
        let equal = schema.is_empty()
            && history.is_none()
            && tables.iter().all(|table| table.verdict == Verdict::Equal)
            && test_users.iter().all(|user| user.verdict == UserVerdict::Equal);
        let sentence = |difference: Difference| SchemaDifference {
            text: difference.in_words(&left, &right),
            difference,
        };
        let schema = schema.into_iter().map(sentence).collect();
        Self { left, right, level, equal, schema, history, tables, rows, test_users, not_compared }
    }

    /// Success, or that something differs.
    #[must_use]
    pub fn exit_status(&self) -> ExitStatus {
        if self.equal { ExitStatus::Success } else { ExitStatus::Differs }
    }

    /// The rows that differ, a sentence each: `contacts row id=.. differs in email`.
    #[must_use]
    pub fn rows_in_words(&self) -> Vec<String> {
        let of_table = |(table, rows): (&TableName, &RowDifferences)| {
            let sentences = self.row_sentences(rows, usize::MAX);
            sentences.into_iter().map(|sentence| format!("{table} {sentence}")).collect::<Vec<_>>()
        };
        self.rows.iter().flat_map(of_table).collect()
    }

    /// A test report, as CI systems read it: a test case for each check and each table.
    #[must_use]
    pub fn junit(&self) -> String {
        junit::document(self)
    }

    /// Markdown for a comment on a pull request.
    #[must_use]
    pub fn markdown(&self) -> String {
        format!("### {}\n\n{}", self.title(), self.markdown_body())
    }

    /// The same without its title.
    #[must_use]
    pub fn markdown_body(&self) -> String {
        markdown::body(self)
    }

    /// What was found, in one line.
    #[must_use]
    pub fn title(&self) -> String {
        let verdict = if self.equal { "are equal" } else { "differ" };
        format!("crmctl verify: {} and {} {verdict}", self.left, self.right)
    }

    /// What differs, as remarks on the run; the last one says how many are not shown.
    #[must_use]
    pub fn annotations(&self) -> Vec<Annotation> {
        let checks = check::checks(self);
        let mut messages: Vec<(String, String)> = checks
            .into_iter()
            .filter(|check| !check.is_equal)
            .map(|check| {
                let details = check.details.into_iter().take(ANNOTATIONS);
                let lines: Vec<String> = std::iter::once(check.summary).chain(details).collect();
                (check.name, lines.join("\n"))
            })
            .collect();
        if messages.len() > ANNOTATIONS {
            let others = messages.split_off(ANNOTATIONS - 1).len();
            messages.push(("and more".to_owned(), format!("{others} more checks differ")));
        }
        let annotation = |(name, message): (String, String)| Annotation {
            level: ui::Level::Error,
            title: format!("{}: {name}", self.title()),
            message,
            location: None,
        };
        messages.into_iter().map(annotation).collect()
    }
}

#[cfg(test)]
mod tests;
