//! Which rows differ, as values. Pure.

use std::collections::BTreeMap;

use serde::Serialize;

/// Keys of each sort that are kept; the others are only counted.
const KEPT: usize = 1000;

/// How the rows of one table differ.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct RowDifferences {
    /// Columns of the primary key; without one, rows are compared as a bag, and rows that changed are rows that
    /// only one side has.
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

/// Rows, counted, and the first of them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Found {
    /// How many.
    pub count: u64,
    /// The first of them, in the order of their keys' text. None for a table without a key.
    pub rows: Vec<RowDifference>,
}

/// One row.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct RowDifference {
    /// The values of the primary key, as text.
    pub key: Vec<Option<String>>,
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
    fn add(&mut self, text: &str) {
        self.count += 1;
        if self.rows.len() < KEPT {
            self.rows.push(RowDifference { key: fields(text), columns: Vec::new(), text: text.to_owned() });
        }
    }
}

/// Compares keys with the hash of their row.
pub(crate) fn by_key(left: &BTreeMap<String, String>, right: &BTreeMap<String, String>) -> RowDifferences {
    let mut differences = RowDifferences::default();
    for (key, hash) in left {
        match right.get(key) {
            None => differences.only_left.add(key),
            Some(other) if other != hash => differences.changed.add(key),
            Some(_) => {}
        }
    }
    for key in right.keys().filter(|key| !left.contains_key(*key)) {
        differences.only_right.add(key);
    }
    differences
}

/// Compares bags: the hash of a row with how often it is there.
pub(crate) fn as_bags(left: &BTreeMap<String, u64>, right: &BTreeMap<String, u64>) -> RowDifferences {
    let surplus = |ours: &BTreeMap<String, u64>, theirs: &BTreeMap<String, u64>| Found {
        count: ours
            .iter()
            .map(|(hash, count)| count.saturating_sub(theirs.get(hash).copied().unwrap_or(0)))
            .sum(),
        rows: Vec::new(),
    };
    RowDifferences {
        only_left: surplus(left, right),
        only_right: surplus(right, left),
        ..RowDifferences::default()
    }
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

    fn map<V: Clone>(entries: &[(&str, V)]) -> BTreeMap<String, V> {
        entries.iter().map(|(key, value)| ((*key).to_owned(), value.clone())).collect()
    }

    #[test]
    fn rows_with_a_key_are_changed_or_on_one_side_only() {
        let left = map(&[("(1)", "a".to_owned()), ("(2)", "b".to_owned()), ("(3)", "c".to_owned())]);
        let right = map(&[("(1)", "a".to_owned()), ("(2)", "x".to_owned()), ("(4)", "d".to_owned())]);

        let differences = by_key(&left, &right);
        let key = |found: &Found| found.rows[0].key[0].clone().expect("not null");
        assert_eq!(
            [key(&differences.changed), key(&differences.only_left), key(&differences.only_right)],
            ["2", "3", "4"]
        );
    }

    #[test]
    fn rows_without_a_key_count_with_their_duplicates() {
        let differences = as_bags(&map(&[("h", 3), ("i", 1)]), &map(&[("h", 1), ("j", 1)]));

        assert_eq!((differences.only_left.count, differences.only_right.count), (3, 1));
    }

    #[test]
    fn only_the_first_rows_are_kept_but_all_are_counted() {
        let left: BTreeMap<String, String> =
            (0..2500).map(|key| (format!("({key})"), String::new())).collect();

        let differences = by_key(&left, &BTreeMap::new());
        assert_eq!((differences.only_left.count, differences.only_left.rows.len()), (2500, KEPT));
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
