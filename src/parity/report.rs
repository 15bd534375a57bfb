//! What a comparison found, for people and for programs.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::catalog::Difference;
use crate::error::ExitStatus;
use crate::parity::Level;
use crate::parity::diff::{Comparison, HistoryDifference, TableParity, UserParity, UserVerdict, Verdict};
use crate::parity::rows::{Found, RowDifference, RowDifferences};
use crate::pg::TableName;
use crate::plan::Render;
use crate::ui::Style;

/// Rows of each sort that are shown to a person; JSON has all that were kept.
const SHOWN: usize = 20;

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
        let Comparison { schema, history, tables, test_users } = comparison;
        let equal = schema.is_empty()
            && history.is_none()
            && tables.iter().all(|table| table.verdict == Verdict::Equal)
            && test_users.iter().all(|user| user.verdict == UserVerdict::Equal);
        let sentence = |difference: Difference| SchemaDifference {
            text: difference.in_words(&left, &right),
            difference,
        };
        let schema = schema.into_iter().map(sentence).collect();
        Self { left, right, level, equal, schema, history, tables, rows, test_users }
    }

    /// Success, or that something differs.
    #[must_use]
    pub fn exit_status(&self) -> ExitStatus {
        if self.equal { ExitStatus::Success } else { ExitStatus::Differs }
    }

    /// The rows that differ, a sentence each: `contacts row id=.. differs in email`.
    #[must_use]
    pub fn rows_in_words(&self) -> Vec<String> {
        let sides = [Some(format!("only in {}", self.left)), Some(format!("only in {}", self.right))];
        let mut sentences = Vec::new();
        for (table, rows) in &self.rows {
            let sorts = [
                (&rows.changed, None),
                (&rows.only_left, sides[0].as_deref()),
                (&rows.only_right, sides[1].as_deref()),
            ];
            for (found, only) in sorts {
                let lines = found.rows.iter().map(|row| self.row_line(&rows.key, row, only));
                sentences.extend(lines.map(|line| format!("{table} {}", line.trim_start())));
            }
        }
        sentences
    }

    fn schema_lines(&self, style: Style, lines: &mut Vec<String>) {
        if !self.level.has_schema() {
            return;
        }
        match self.schema.len() {
            0 => lines.push(format!("{}  schema", style.good("equal  "))),
            1 => lines.push(format!("{}  schema, in 1 object", style.bad("differs"))),
            count => lines.push(format!("{}  schema, in {count} objects", style.bad("differs"))),
        }
        lines.extend(
            self.schema
                .iter()
                .map(|difference| format!("         {}", difference.text.replace('\n', "\n         "))),
        );
        let Some(history) = &self.history else {
            lines.push(format!("{}  applied migrations", style.good("equal  ")));
            return;
        };
        let head = |head: &Option<String>| head.clone().unwrap_or_else(|| "nothing".to_owned());
        lines.push(format!(
            "{}  applied migrations: {} is at {}, {} at {}",
            style.bad("differs"),
            self.left,
            head(&history.left_head),
            self.right,
            head(&history.right_head)
        ));
        for (versions, side) in [(&history.only_left, &self.left), (&history.only_right, &self.right)] {
            lines.extend(versions.iter().map(|version| format!("         {version}: only in {side}")));
        }
    }

    fn table_lines(&self, style: Style, lines: &mut Vec<String>) {
        let name_width =
            self.tables.iter().map(|table| table.table.to_string().chars().count()).max().unwrap_or(0).max(5);
        let count = |count: Option<u64>| count.map_or_else(|| "none".to_owned(), |count| count.to_string());
        let widths = [&self.left, &self.right].map(|side| side.chars().count().max(10));
        if !self.tables.is_empty() {
            let heading = format!(
                "         {:name_width$}  {:>left_width$}  {:>right_width$}",
                "table",
                self.left,
                self.right,
                left_width = widths[0],
                right_width = widths[1]
            );
            lines.push(style.strong(&heading));
        }
        for table in &self.tables {
            lines.push(format!(
                "{}  {:name_width$}  {:>left_width$}  {:>right_width$}{}",
                word(style, table.verdict == Verdict::Equal),
                table.table.to_string(),
                count(table.left),
                count(table.right),
                remark(table.verdict),
                left_width = widths[0],
                right_width = widths[1]
            ));
            if let Some(rows) = self.rows.get(&table.table) {
                self.row_lines(rows, lines);
            }
        }
    }

    fn row_lines(&self, rows: &RowDifferences, lines: &mut Vec<String>) {
        let at_least = if rows.truncated { "at least " } else { "" };
        let only = |side: &str| format!("only in {side}");
        let sorts = [
            (&rows.changed, None),
            (&rows.only_left, Some(only(&self.left))),
            (&rows.only_right, Some(only(&self.right))),
        ];
        for (found, only) in sorts.iter().filter(|(found, _)| found.count > 0) {
            let (rows_word, differ) = if found.count == 1 { ("row", "differs") } else { ("rows", "differ") };
            let what = only.as_deref().unwrap_or(differ);
            lines.push(format!("           {at_least}{} {rows_word} {what}", found.count));
            lines.extend(
                found.rows.iter().take(SHOWN).map(|row| self.row_line(&rows.key, row, only.as_deref())),
            );
            if !found.rows.is_empty() && found.count > SHOWN as u64 {
                lines.push(format!("             and {} more", more(found)));
            }
        }
    }

    fn row_line(&self, key: &[String], row: &RowDifference, only: Option<&str>) -> String {
        let shown = |value: &Option<String>| value.clone().unwrap_or_else(|| "NULL".to_owned());
        let pairs = key.iter().zip(&row.key).map(|(column, value)| format!("{column}={}", shown(value)));
        let mut line = format!("             row {}", pairs.collect::<Vec<_>>().join(", "));
        if row.columns.is_empty() {
            return only.map_or_else(|| line.clone(), |only| format!("{line} {only}"));
        }
        let columns = row.columns.iter().map(|column| match &column.values {
            None => column.column.clone(),
            Some((left, right)) => format!(
                "{} ({} in {}, {} in {})",
                column.column,
                quoted(left.as_deref()),
                self.left,
                quoted(right.as_deref()),
                self.right
            ),
        });
        line.push_str(" differs in ");
        line.push_str(&columns.collect::<Vec<_>>().join(", "));
        line
    }

    fn user_lines(&self, style: Style, lines: &mut Vec<String>) {
        for user in &self.test_users {
            let remark = match user.verdict {
                UserVerdict::Equal => String::new(),
                UserVerdict::OnlyLeft => format!(": only in {}", self.left),
                UserVerdict::OnlyRight => format!(": only in {}", self.right),
                UserVerdict::IdDiffers => {
                    ": its id differs, so what refers to it does not find it".to_owned()
                }
                UserVerdict::RoleDiffers => {
                    let role = |user: &Option<super::TestUser>| {
                        user.as_ref().and_then(|user| user.role.clone()).unwrap_or_else(|| "none".to_owned())
                    };
                    let (left, right) = (role(&user.left), role(&user.right));
                    format!(": its role is {left} in {}, {right} in {}", self.left, self.right)
                }
                UserVerdict::CannotLogIn => ": cannot log in".to_owned(),
            };
            lines.push(format!(
                "{}  test user {}{remark}",
                word(style, user.verdict == UserVerdict::Equal),
                user.email
            ));
            for (side, user) in [(&self.left, &user.left), (&self.right, &user.right)] {
                let problems = user.iter().flat_map(|user| &user.problems);
                lines.extend(problems.map(|problem| format!("         in {side}: {problem}")));
            }
        }
    }
}

impl Render for ParityReport {
    fn render(&self, style: &Style) -> String {
        let mut lines = Vec::new();
        self.schema_lines(*style, &mut lines);
        self.table_lines(*style, &mut lines);
        self.user_lines(*style, &mut lines);
        let verdict = if self.equal {
            style.good(&format!("{} and {} are equal", self.left, self.right))
        } else {
            style.bad(&format!("{} and {} differ", self.left, self.right))
        };
        lines.push(format!("{verdict} {}", compared(self.level)));
        lines.join("\n")
    }
}

/// As wide whichever it is, so that columns stay aligned.
fn word(style: Style, is_equal: bool) -> String {
    if is_equal { style.good("equal  ") } else { style.bad("differs") }
}

fn remark(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Equal | Verdict::OnlyLeft | Verdict::OnlyRight => "",
        Verdict::CountsDiffer => "  the number of rows differs",
        Verdict::ContentsDiffer => "  the contents differ",
        Verdict::ColumnsDiffer => "  not the same columns: the rows cannot be compared",
    }
}

/// What was looked at, so that an equality says no more than it knows.
fn compared(level: Level) -> &'static str {
    match level {
        Level::Schema => "(compared: schema and applied migrations)",
        Level::Counts => "(compared: numbers of rows)",
        Level::Contents => "(compared: contents of all tables)",
        Level::All => "(compared: schema, applied migrations, contents of all tables, test users)",
    }
}

fn more(found: &Found) -> u64 {
    found.count - SHOWN as u64
}

fn quoted(value: Option<&str>) -> String {
    value.map_or_else(|| "NULL".to_owned(), |value| format!("`{value}`"))
}

#[cfg(test)]
mod tests;
