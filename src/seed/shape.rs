//! A table as the statements see it, whoever described it.

use crate::pg::{TableName, identifier, literal};
use crate::seed::generate::Table;
use crate::seed::identifier::RANGE;

/// What a row is called in the condition that tells generated rows.
pub(crate) const ALIAS: &str = "\u{1}";

/// Which columns of a table are written, and which of its rows were generated.
#[derive(Debug, Clone)]
pub(crate) struct Shape {
    /// Which table.
    pub(crate) table: TableName,
    /// The columns that are written, in the order of the generated fields.
    pub(crate) columns: Vec<String>,
    /// For each of them, whether its text is known before the server says it.
    pub(crate) compared: Vec<bool>,
    /// The columns that together are its key.
    pub(crate) key: Vec<String>,
    /// SQL: whether a row, called [`ALIAS`], was generated.
    pub(crate) mark: String,
    /// Whether live rows have a second key that must be taken out of the way before others can have it.
    pub(crate) has_second_key: bool,
    /// Whether a trigger sets `updated_at` where it was not changed as well.
    pub(crate) is_touched: bool,
}

impl Shape {
    /// A table of the CRM.
    pub(crate) fn of(table: Table, reference: &str) -> Self {
        let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        Self {
            table: TableName::new("public", table.name()),
            columns: names(table.columns()),
            compared: vec![true; table.columns().len()],
            key: names(table.key()),
            mark: is_generated(table, reference, ALIAS),
            has_second_key: table.has_second_key(),
            is_touched: !table.is_link(),
        }
    }

    /// The table as SQL.
    pub(crate) fn name(&self) -> String {
        self.table.sql()
    }

    /// SQL: whether the row that is called so was generated.
    pub(crate) fn ours(&self, alias: &str) -> String {
        self.mark.replace(ALIAS, alias)
    }

    /// Places of the key among the columns.
    pub(crate) fn key_places(&self) -> Vec<usize> {
        let place = |name: &String| self.columns.iter().position(|column| column == name);
        self.key.iter().filter_map(place).collect()
    }
}

/// Which rows were generated: those whose ids bear the mark. A link has no id of its own: it is between two
/// generated rows, and older than anybody's hand can have made it.
pub(crate) fn is_generated(table: Table, reference: &str, alias: &str) -> String {
    let [low, high] = RANGE;
    let is_marked =
        |column: &&str| format!("{alias}.{} between '{low}'::uuid and '{high}'::uuid", identifier(column));
    let mut condition: Vec<String> = table.key().iter().map(is_marked).collect();
    if table.is_link() {
        condition.push(format!("{alias}.created_at < {}::timestamptz", literal(reference)));
    }
    condition.join(" and ")
}
