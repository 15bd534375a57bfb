//! A foreign key between two of the tables.

use crate::pg::{PgResult, Row, TableName, identifier, literal};
use crate::sync::rebuild::Step;

/// A foreign key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Key {
    table: TableName,
    name: String,
    definition: String,
    comment: Option<String>,
    /// The index it stands on, with all its parts.
    pub(super) family: u32,
    pub(super) is_held: bool,
}

impl Key {
    pub(super) fn read(row: &Row) -> PgResult<Self> {
        Ok(Self {
            table: TableName::new(row.get::<String>("schema")?, row.get::<String>("table")?),
            name: row.get("name")?,
            definition: row.get("definition")?,
            comment: row.text("comment").map(str::to_owned),
            family: row.get("family")?,
            is_held: row.flag("is_held"),
        })
    }

    pub(super) fn takes_down(&self) -> String {
        format!("alter table {} drop constraint {}", self.table.sql(), identifier(&self.name))
    }

    /// Its words say `NOT VALID` only where it was not valid before; all others are checked against all rows.
    pub(super) fn puts_up(&self) -> Step {
        let (table, name) = (self.table.sql(), identifier(&self.name));
        let mut statements = vec![format!("alter table {table} add constraint {name} {}", self.definition)];
        if let Some(comment) = &self.comment {
            statements.push(format!("comment on constraint {name} on {table} is {}", literal(comment)));
        }
        Step { what: self.name.clone(), statements }
    }
}
