//! In which columns two tables differ. Pure.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::catalog::Table;

/// The columns that keep the rows of two tables from being compared. Generated ones do not count.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct ColumnsDifference {
    /// Columns that only the left side has.
    pub only_left: Vec<String>,
    /// Columns that only the right side has.
    pub only_right: Vec<String>,
    /// Columns of another type.
    pub types: Vec<TypeDifference>,
}

/// A column of another type.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TypeDifference {
    /// Its name.
    pub column: String,
    /// The type on the left.
    pub left: String,
    /// The type on the right.
    pub right: String,
}

impl ColumnsDifference {
    pub(crate) fn between(ours: &Table, theirs: &Table) -> Option<Self> {
        let (ours, theirs) = (types(ours), types(theirs));
        let missing = |side: &BTreeMap<&str, &str>, other: &BTreeMap<&str, &str>| -> Vec<String> {
            side.keys().filter(|name| !other.contains_key(*name)).map(ToString::to_string).collect()
        };
        let other_type = |(column, left): (&&str, &&str)| {
            let right = theirs.get(column).filter(|right| *right != left)?;
            let [column, left, right] = [column, left, right].map(|text| (*text).to_owned());
            Some(TypeDifference { column, left, right })
        };
        let difference = Self {
            only_left: missing(&ours, &theirs),
            only_right: missing(&theirs, &ours),
            types: ours.iter().filter_map(other_type).collect(),
        };
        (difference != Self::default()).then_some(difference)
    }

    /// As a part of a sentence: `email` is only in local; `age` is `text` in local, `integer` in cloud.
    pub(crate) fn in_words(&self, left: &str, right: &str) -> String {
        let only = |columns: &'_ [String], side: &str| -> Vec<String> {
            columns.iter().map(|column| format!("`{column}` is only in {side}")).collect()
        };
        let other = |difference: &TypeDifference| {
            let TypeDifference { column, left: ours, right: theirs } = difference;
            format!("`{column}` is `{ours}` in {left}, `{theirs}` in {right}")
        };
        let types = self.types.iter().map(other).collect();
        [only(&self.only_left, left), only(&self.only_right, right), types].concat().join("; ")
    }
}

/// Whether two tables hold the same columns; their order does not matter.
pub(crate) fn has_same_columns(ours: &Table, theirs: &Table) -> bool {
    types(ours) == types(theirs)
}

fn types(table: &Table) -> BTreeMap<&str, &str> {
    table.stored_columns().map(|column| (&*column.name, &*column.data_type)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parity::fixture::table;

    #[test]
    fn columns_that_keep_rows_from_being_compared_are_told() {
        let ours = table("t", &[("a", "text"), ("b", "integer"), ("c", "date")], &[]);
        let theirs = table("t", &[("b", "bigint"), ("c", "date"), ("d", "text")], &[]);

        let difference = ColumnsDifference::between(&ours, &theirs).expect("they differ");
        assert_eq!(
            difference.in_words("local", "cloud"),
            "`a` is only in local; `d` is only in cloud; `b` is `integer` in local, `bigint` in cloud"
        );
        assert_eq!(ColumnsDifference::between(&ours, &ours), None);
    }
}
