//! What the catalog says of the described tables.

use serde::Deserialize;

use crate::pg::{PgError, PgResult, Row, TableName, text_array};

/// A table, as far as seeding needs it.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Relation {
    pub(crate) schema: String,
    pub(crate) name: String,
    /// Whether row level security would hide rows from us or refuse them.
    pub(crate) is_hidden: bool,
    /// Whether rows are to be had, changed and removed.
    pub(crate) is_ours: bool,
    pub(crate) columns: Vec<Attribute>,
    /// Primary key first, then other unique ones; only plain columns, for all rows.
    pub(crate) unique: Vec<Vec<String>>,
    pub(crate) foreign: Vec<Foreign>,
    /// The expressions of check constraints, as the server writes them.
    pub(crate) checks: Vec<String>,
}

/// A column.
#[derive(Debug, Clone, Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "facts, each asked of the server by itself")]
pub(crate) struct Attribute {
    pub(crate) name: String,
    /// As in the definition, with its length.
    pub(crate) definition: String,
    /// The name of the type itself; of a domain the one below it.
    #[serde(rename = "type")]
    pub(crate) kind: String,
    /// Of an array's element.
    pub(crate) element: Option<String>,
    /// As `pg_attribute` has it; of a domain the domain's.
    pub(crate) modifier: i64,
    pub(crate) labels: Vec<String>,
    pub(crate) is_required: bool,
    pub(crate) has_default: bool,
    /// Identity or a sequence: the key a row gets by itself.
    pub(crate) is_counted: bool,
    pub(crate) is_generated: bool,
}

/// A foreign key.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Foreign {
    pub(crate) columns: Vec<String>,
    pub(crate) schema: String,
    pub(crate) table: String,
    pub(crate) targets: Vec<String>,
    pub(crate) is_deferrable: bool,
}

impl Relation {
    pub(crate) fn table(&self) -> TableName {
        TableName::new(&self.schema, &self.name)
    }

    pub(crate) fn column(&self, name: &str) -> Option<&Attribute> {
        self.columns.iter().find(|column| column.name == name)
    }
}

impl Foreign {
    pub(crate) fn table(&self) -> TableName {
        TableName::new(&self.schema, &self.table)
    }
}

/// One row, and a document in it, for each table that is there.
pub(crate) fn query(tables: &[TableName]) -> String {
    let schemas: Vec<&str> = tables.iter().map(|table| table.schema.as_str()).collect();
    let names: Vec<&str> = tables.iter().map(|table| table.name.as_str()).collect();
    include_str!("catalog.sql")
        .replace("{schemas}", &text_array(&schemas))
        .replace("{names}", &text_array(&names))
}

pub(crate) fn relations(rows: &[Row]) -> PgResult<Vec<Relation>> {
    let document = |row: &Row| {
        serde_json::from_str(row.text("document").unwrap_or_default())
            .map_err(|error| PgError::Protocol(format!("the catalog's answer cannot be read: {error}")))
    };
    rows.iter().map(document).collect()
}
