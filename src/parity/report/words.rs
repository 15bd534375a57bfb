//! Rows and test users in sentences.

use crate::parity::diff::{TableParity, UserParity, UserVerdict, Verdict};
use crate::parity::report::ParityReport;
use crate::parity::rows::{ComparedAs, Found, RowDifference, RowDifferences};
use crate::parity::{Level, TestUser};

impl ParityReport {
    /// The sorts of rows that differ, with the words for a sort that only one side has.
    pub(super) fn sorts<'a>(&self, rows: &'a RowDifferences) -> Vec<(&'a Found, Option<String>)> {
        let only = |side: &str| Some(format!("only in {side}"));
        let all = [
            (&rows.changed, None),
            (&rows.only_left, only(&self.left)),
            (&rows.only_right, only(&self.right)),
        ];
        all.into_iter().filter(|(found, _)| found.count > 0).collect()
    }

    /// `at least 2 rows differ`, `1 row only in cloud`.
    pub(super) fn count_sentence(rows: &RowDifferences, found: &Found, only: Option<&str>) -> String {
        let at_least = if rows.truncated { "at least " } else { "" };
        let (word, differ) = if found.count == 1 { ("row", "differs") } else { ("rows", "differ") };
        format!("{at_least}{} {word} {}", found.count, only.unwrap_or(differ))
    }

    /// At most so many sentences about rows.
    pub(super) fn row_sentences(&self, rows: &RowDifferences, most: usize) -> Vec<String> {
        let of_sort = |(found, only): (&Found, Option<String>)| {
            let sentences = found.rows.iter().map(|row| self.row_sentence(rows, row, only.as_deref()));
            sentences.collect::<Vec<_>>()
        };
        self.sorts(rows).into_iter().flat_map(of_sort).take(most).collect()
    }

    pub(super) fn row_sentence(
        &self,
        rows: &RowDifferences,
        row: &RowDifference,
        only: Option<&str>,
    ) -> String {
        let shown = |value: &Option<String>| value.clone().unwrap_or_else(|| "NULL".to_owned());
        if let Some(place) = &row.place {
            let (left, right) = row.copies.unwrap_or_default();
            let times = |count: u64| if count == 1 { "once".to_owned() } else { format!("{count} times") };
            let where_else = only.unwrap_or("in both");
            return match (left, right) {
                (0, 1) | (1, 0) => format!("row at {place} {where_else}"),
                (0, count) | (count, 0) => format!("row at {place} {where_else}, {count} times"),
                _ => {
                    format!(
                        "row at {place} is {} in {}, {} in {}",
                        times(left),
                        self.left,
                        times(right),
                        self.right
                    )
                }
            };
        }
        let pairs = rows.key.iter().zip(&row.key).map(|(column, value)| format!("{column}={}", shown(value)));
        let name = format!("row {}", pairs.collect::<Vec<_>>().join(", "));
        if row.columns.is_empty() {
            return format!("{name} {}", only.unwrap_or("differs"));
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
        format!("{name} differs in {}", columns.collect::<Vec<_>>().join(", "))
    }

    /// What is the matter with a table; empty where nothing is, or the counts say it.
    pub(super) fn remark(&self, table: &TableParity) -> String {
        let verdict = match table.verdict {
            Verdict::Equal | Verdict::OnlyLeft | Verdict::OnlyRight => "",
            Verdict::CountsDiffer => "the number of rows differs",
            Verdict::ContentsDiffer => "the contents differ",
            Verdict::ColumnsDiffer => "the rows cannot be compared",
        };
        match &table.columns {
            Some(columns) if verdict.is_empty() => columns.in_words(&self.left, &self.right),
            Some(columns) => format!("{verdict}: {}", columns.in_words(&self.left, &self.right)),
            None => verdict.to_owned(),
        }
    }

    /// What is the matter with a test user; empty where nothing is.
    pub(super) fn user_remark(&self, user: &UserParity) -> String {
        match user.verdict {
            UserVerdict::Equal => String::new(),
            UserVerdict::OnlyLeft => format!("only in {}", self.left),
            UserVerdict::OnlyRight => format!("only in {}", self.right),
            UserVerdict::IdDiffers => "its id differs, so what refers to it does not find it".to_owned(),
            UserVerdict::RoleDiffers => {
                let role = |user: &Option<TestUser>| {
                    user.as_ref().and_then(|user| user.role.clone()).unwrap_or_else(|| "none".to_owned())
                };
                let (left, right) = (role(&user.left), role(&user.right));
                format!("its role is {left} in {}, {right} in {}", self.left, self.right)
            }
            UserVerdict::CannotLogIn => "cannot log in".to_owned(),
        }
    }

    /// Why a test user cannot log in, side by side.
    pub(super) fn user_problems(&self, user: &UserParity) -> Vec<String> {
        let sides = [(&self.left, &user.left), (&self.right, &user.right)];
        let of_side = |(side, user): (&String, &Option<TestUser>)| {
            let problems = user.iter().flat_map(|user| user.problems.clone());
            problems.map(|problem| format!("in {side}: {problem}")).collect::<Vec<_>>()
        };
        sides.into_iter().flat_map(of_side).collect()
    }

    /// The versions that only one side has.
    pub(super) fn history_sentences(&self) -> Vec<String> {
        let Some(history) = &self.history else { return Vec::new() };
        let sides = [(&history.only_left, &self.left), (&history.only_right, &self.right)];
        let of_side = |(versions, side): (&Vec<String>, &String)| {
            versions.iter().map(|version| format!("{version}: only in {side}")).collect::<Vec<_>>()
        };
        sides.into_iter().flat_map(of_side).collect()
    }

    /// Where both histories are; empty where they are the same.
    pub(super) fn heads(&self) -> String {
        let Some(history) = &self.history else { return String::new() };
        let head = |head: &Option<String>| head.clone().unwrap_or_else(|| "nothing".to_owned());
        let (left, right) = (head(&history.left_head), head(&history.right_head));
        format!("{} is at {left}, {} at {right}", self.left, self.right)
    }

    /// What was looked at, so that an equality says no more than it knows.
    pub(super) fn compared(&self) -> &'static str {
        match self.level {
            Level::Schema => "compared: schema and applied migrations",
            Level::Counts => "compared: numbers of rows",
            Level::Contents => "compared: contents of all tables",
            Level::All if self.tables.is_empty() => {
                "compared: schema, applied migrations, test users; there are no tables"
            }
            Level::All => "compared: schema, applied migrations, contents of all tables, test users",
        }
    }

    /// What was not looked at, a sentence each.
    pub(super) fn uncompared(&self) -> Vec<String> {
        let number = |left, right| {
            if left == right {
                format!("{left}")
            } else {
                format!("{left} in {}, {right} in {}", self.left, self.right)
            }
        };
        let sentence = |item: &super::NotCompared| {
            format!("{} ({}): {}", item.what, number(item.left, item.right), item.reason)
        };
        self.not_compared.iter().map(sentence).collect()
    }
}

/// Why rows are not told by their keys.
pub(super) fn bag_remark(rows: &RowDifferences) -> Option<&'static str> {
    match rows.compared_as {
        ComparedAs::Keyed => None,
        ComparedAs::BagWithoutKey => {
            Some("it has no primary key: a row that changed is one that only one side has")
        }
        ComparedAs::BagOfOtherKeys => {
            Some("its primary keys are not the same: a row that changed is one that only one side has")
        }
    }
}

fn quoted(value: Option<&str>) -> String {
    value.map_or_else(|| "NULL".to_owned(), |value| format!("`{value}`"))
}
