//! Which rows differ, as values. Pure.

use serde::Serialize;

use crate::parity::listed::{Entry, Listed};

/// How the rows of one table differ.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct RowDifferences {
    /// What tells one row from another.
    pub compared_as: ComparedAs,
    /// Columns of the primary key. Empty where rows are compared as a bag: rows that changed are then rows that only
    /// one side has.
    pub key: Vec<String>,
    /// Rows on both sides with the same key and other contents.
    pub changed: Found,
    /// Rows that only the left side has.
    pub only_left: Found,
    /// Rows that only the right side has.
    pub only_right: Found,
    /// There may be more: so many differ that not all were looked at.
    pub truncated: bool,
}

/// What tells one row from another.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ComparedAs {
    /// The primary key.
    #[default]
    Keyed,
    /// All that the row holds, and how often it is there: the table has no primary key.
    BagWithoutKey,
    /// The same, because the primary keys are not the same on both sides.
    BagOfOtherKeys,
}

/// Rows, counted, and the first of them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Found {
    /// How many.
    pub count: u64,
    /// The first of them, in the order of their keys' text.
    pub rows: Vec<RowDifference>,
}

/// One row.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct RowDifference {
    /// The values of the primary key, as text. Empty for a row without one.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub key: Vec<Option<String>>,
    /// Where a row without a key is: the table that holds it, and its `ctid` at this moment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
    /// How often a row without a key is on the left and on the right.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub copies: Option<(u64, u64)>,
    /// Columns that differ, if they were looked at.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub columns: Vec<ColumnDifference>,
    /// The key as the server shows it.
    #[serde(skip)]
    pub(crate) text: String,
}

/// A column that differs in a row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ColumnDifference {
    /// Its name.
    pub column: String,
    /// The values on the left and on the right, cut when they are long; only when values may be shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub values: Option<(Option<String>, Option<String>)>,
}

impl Found {
    fn add(&mut self, count: u64, most: usize, row: impl FnOnce() -> RowDifference) {
        self.count += count;
        if self.rows.len() < most {
            self.rows.push(row());
        }
    }
}

/// Compares keys with the hash of their row. At most so many rows of each sort are named.
pub(crate) fn by_key(left: &Listed, right: &Listed, most: usize) -> RowDifferences {
    let mut differences = RowDifferences::default();
    let row = |entry: &Entry| RowDifference {
        key: fields(&entry.key),
        text: entry.key.to_string(),
        ..RowDifference::default()
    };
    differences.truncated = Listed::pairs(left, right, |ours, theirs| match (ours, theirs) {
        (Some(ours), None) => differences.only_left.add(1, most, || row(ours)),
        (None, Some(theirs)) => differences.only_right.add(1, most, || row(theirs)),
        (Some(ours), Some(theirs)) if ours.value != theirs.value => {
            differences.changed.add(1, most, || row(ours));
        }
        (Some(_), Some(_)) | (None, None) => {}
    });
    differences
}

/// Compares bags: the hash of a row with how often it is there.
pub(crate) fn as_bags(left: &Listed, right: &Listed, most: usize) -> RowDifferences {
    let mut differences = RowDifferences::default();
    differences.truncated = Listed::pairs(left, right, |ours, theirs| {
        let times = |entry: Option<&Entry>| entry.map_or(0, |entry| entry.value.unsigned_abs());
        let copies = (times(ours), times(theirs));
        let row = |entry: Option<&Entry>| RowDifference {
            place: entry.and_then(|entry| entry.place.as_deref().map(str::to_owned)),
            copies: Some(copies),
            ..RowDifference::default()
        };
        if copies.0 > copies.1 {
            differences.only_left.add(copies.0 - copies.1, most, || row(ours));
        } else if copies.1 > copies.0 {
            differences.only_right.add(copies.1 - copies.0, most, || row(theirs));
        }
    });
    differences
}

/// The fields of a record in PostgreSQL's text form, `(1,"a ""b""",)`.
pub(crate) fn fields(record: &str) -> Vec<Option<String>> {
    let inner = record.strip_prefix('(').and_then(|text| text.strip_suffix(')')).unwrap_or(record);
    let mut fields = vec![None::<String>];
    let mut quoted = false;
    let mut characters = inner.chars().peekable();
    while let Some(character) = characters.next() {
        if character == ',' && !quoted {
            fields.push(None);
            continue;
        }
        let Some(field) = fields.last_mut() else { break };
        let field = field.get_or_insert_default();
        match character {
            // Inside quotes, a quote is doubled.
            '"' if quoted && characters.peek() == Some(&'"') => field.extend(characters.next()),
            '"' => quoted = !quoted,
            '\\' => field.extend(characters.next()),
            other => field.push(other),
        }
    }
    fields
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listed(entries: &[(&str, i64)]) -> Listed {
        let mut listed = Listed::new(usize::MAX, usize::MAX);
        for (key, value) in entries {
            listed.add((*key).to_owned(), *value, Some("notes (0,1)".to_owned()));
        }
        listed
    }

    #[test]
    fn rows_with_a_key_are_changed_or_on_one_side_only() {
        let left = listed(&[("(1)", 1), ("(2)", 2), ("(3)", 3)]);
        let right = listed(&[("(1)", 1), ("(2)", 9), ("(4)", 4)]);

        let differences = by_key(&left, &right, 10);
        let key = |found: &Found| found.rows[0].key[0].clone().expect("not null");
        assert_eq!(
            [key(&differences.changed), key(&differences.only_left), key(&differences.only_right)],
            ["2", "3", "4"]
        );
    }

    #[test]
    fn rows_without_a_key_count_with_their_duplicates_and_are_told_by_their_place() {
        let differences = as_bags(&listed(&[("h", 3), ("i", 1)]), &listed(&[("h", 1), ("j", 1)]), 10);

        assert_eq!((differences.only_left.count, differences.only_right.count), (3, 1));
        let row = &differences.only_left.rows[0];
        assert_eq!((row.place.as_deref(), row.copies), (Some("notes (0,1)"), Some((3, 1))));
    }

    #[test]
    fn only_the_first_rows_are_named_but_all_are_counted() {
        let mut left = Listed::new(usize::MAX, usize::MAX);
        for key in 1000..3500 {
            left.add(format!("({key})"), 0, None);
        }

        let differences = by_key(&left, &Listed::new(9, 9), 100);
        assert_eq!((differences.only_left.count, differences.only_left.rows.len()), (2500, 100));
    }

    #[test]
    fn a_record_is_taken_apart_into_its_fields() {
        let text = |value: &str| Some(value.to_owned());

        assert_eq!(fields("(17)"), [text("17")]);
        assert_eq!(
            fields(r#"(1,"a ""b"", c",,"","x\\y")"#),
            [text("1"), text("a \"b\", c"), None, text(""), text("x\\y")]
        );
    }
}
