//! What is lost when statements run: read from their words, counted in the database. Pure.

use std::collections::BTreeSet;
use std::fmt;

use serde::Serialize;

use crate::migration::file::MigrationFile;
use crate::migration::word::folded;
use crate::migration::words::Words;
use crate::pg::{TableName, identifier};
use crate::ui::{plural, thousands};

/// Above this rows are not counted any further.
const ENOUGH: u64 = 1_000_000;

/// What a statement takes away.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Lost {
    /// A table with its rows.
    Table(TableName),
    /// A column with its values.
    Column(TableName, String),
    /// Rows of a table that stays.
    Rows(TableName),
}

/// Something that is lost, and how many rows that concerns.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Loss {
    /// What.
    pub lost: Lost,
    /// How many rows, or values that are not NULL; unknown until somebody counted.
    pub rows: Option<u64>,
}

impl Lost {
    /// The table it is about.
    #[must_use]
    pub fn table(&self) -> &TableName {
        match self {
            Self::Table(table) | Self::Column(table, _) | Self::Rows(table) => table,
        }
    }

    /// A query for how many rows there are to lose, as `rows`; it stops counting where the exact number does not
    /// matter any more.
    #[must_use]
    pub fn count(&self) -> String {
        let condition = match self {
            Self::Table(_) | Self::Rows(_) => String::new(),
            Self::Column(_, column) => format!(" where {} is not null", identifier(column)),
        };
        let table = self.table().sql();
        format!("select count(*) as rows from (select from {table}{condition} limit {}) counted", ENOUGH + 1)
    }
}

impl fmt::Display for Loss {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = |noun: &str| match self.rows {
            Some(rows) if rows > ENOUGH => format!("more than {} {noun}s", thousands(ENOUGH)),
            Some(rows) => plural(rows, noun),
            None => format!("its {noun}s"),
        };
        match &self.lost {
            Lost::Table(table) => write!(formatter, "table `{table}` with {}", count("row")),
            Lost::Column(table, column) => {
                write!(formatter, "column `{table}.{column}` with {}", count("value"))
            }
            Lost::Rows(table) => write!(formatter, "rows of `{table}`, of which there are {}", count("row")),
        }
    }
}

/// What the statements of a file take away.
pub(crate) fn losses(file: &MigrationFile) -> Vec<Loss> {
    let mut lost = BTreeSet::new();
    for statement in &file.statements {
        let mut words = Words::of(&file.text, statement);
        if words.take(&["drop", "table"]) {
            words.take(&["if", "exists"]);
            lost.extend(words.names().unwrap_or_default().iter().map(|name| Lost::Table(name.relation())));
        } else if words.take(&["alter", "table"]) {
            lost.extend(lost_columns(words));
        } else if words.take(&["truncate"]) {
            words.take(&["table"]);
            lost.extend(words.names().unwrap_or_default().iter().map(|name| Lost::Rows(name.relation())));
        } else if words.take(&["delete", "from"]) {
            words.take(&["only"]);
            lost.extend(words.name().map(|name| Lost::Rows(name.relation())));
        }
    }
    lost.into_iter().map(|lost| Loss { lost, rows: None }).collect()
}

fn lost_columns(mut words: Words<'_>) -> Vec<Lost> {
    words.take(&["if", "exists"]);
    words.take(&["only"]);
    let Some(table) = words.name() else { return Vec::new() };
    words.take(&["*"]);
    let column = |mut action: Words<'_>| {
        let drops =
            action.take(&["drop"]) && !action.begins_with_one_of(&["constraint", "expression", "identity"]);
        if !drops {
            return None;
        }
        action.take(&["column"]);
        action.take(&["if", "exists"]);
        Some(Lost::Column(table.relation(), folded(action.name()?.last())))
    };
    words.parts().into_iter().filter_map(column).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::migration::file::test_file;

    #[test]
    fn tables_columns_and_rows_are_lost_and_constraints_are_not() {
        let file = test_file(
            "1_a",
            "drop table if exists a, app.\"B\" cascade; alter table only a drop column if exists X, drop constraint c, \
             drop y; truncate t; delete from u where true; drop index i; alter table a disable row level security",
        );
        let shown: Vec<String> = losses(&file).iter().map(Loss::to_string).collect();

        let expected = [
            "table `app.B` with its rows",
            "table `a` with its rows",
            "column `a.x` with its values",
            "column `a.y` with its values",
            "rows of `t`, of which there are its rows",
            "rows of `u`, of which there are its rows",
        ];
        assert_eq!(shown, expected);
    }

    #[test]
    fn rows_are_counted_up_to_where_it_matters() {
        let column = Lost::Column(TableName::new("public", "a"), "x".to_owned());

        assert!(column.count().contains("from \"public\".\"a\" where \"x\" is not null limit 1000001"));
        let loss = |rows| Loss { lost: Lost::Table(TableName::new("public", "a")), rows: Some(rows) };
        assert_eq!(loss(1200).to_string(), "table `a` with 1,200 rows");
        assert_eq!(loss(1_000_001).to_string(), "table `a` with more than 1,000,000 rows");
    }
}
