//! The tables of a catalog as far as their rows are concerned, typed.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Deserialize;
use serde::de::value::MapDeserializer;
use serde_json::Value;

use crate::catalog::{Catalog, Facts};
use crate::pg::{PgError, PgResult, TableName};

impl Catalog {
    /// The tables, typed, in name order. Views and foreign tables are none.
    pub fn tables(&self) -> PgResult<Vec<Table>> {
        let mut tables: BTreeMap<TableName, Table> = self
            .of_kind("table")
            .map(|(name, facts)| {
                let table = TableName::new(&name.schema, &name.name);
                (table.clone(), Table::new(table, facts))
            })
            .collect();
        for (name, facts) in self.of_kind("column") {
            if let Some(table) =
                table_of(facts).and_then(|table| tables.get_mut(&TableName::new(&name.schema, table)))
            {
                Arc::make_mut(&mut table.columns).push(typed(facts)?);
            }
        }
        for (name, facts) in self.of_kind("constraint") {
            let constraint: Constraint = typed(facts)?;
            if let Some(table) = tables.get_mut(&TableName::new(&name.schema, &constraint.table)) {
                table.take_in(&name.name[constraint.table.len() + 1..], constraint);
            }
        }
        Ok(tables.into_values().collect())
    }
}

fn typed<T: serde::de::DeserializeOwned>(facts: &Facts) -> PgResult<T> {
    let facts = MapDeserializer::<_, serde_json::Error>::new(facts.iter());
    T::deserialize(facts).map_err(|error| PgError::Protocol(error.to_string()))
}

fn table_of(facts: &Facts) -> Option<&str> {
    facts.get("table").and_then(Value::as_str)
}

/// A column of a table.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Column {
    /// Name, unquoted.
    #[serde(rename = "column")]
    pub name: String,
    /// Type as SQL.
    #[serde(rename = "type")]
    pub data_type: String,
    /// The generation expression with its kind (`s` stored, `v` virtual) before it.
    pub generated: Option<String>,
    /// `a` always, `d` by default.
    pub identity: Option<String>,
    /// Whether NULL is refused.
    pub not_null: bool,
}

#[derive(Debug, Deserialize)]
struct Constraint {
    table: String,
    #[serde(rename = "type")]
    kind: String,
    definition: String,
    #[serde(default)]
    columns: Vec<String>,
    references: Option<TableName>,
    #[serde(default)]
    referenced_columns: Vec<String>,
    validated: bool,
    #[serde(default)]
    inherited: bool,
    #[serde(default)]
    inherited_and_local: bool,
    comment: Option<String>,
}

/// A foreign key of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ForeignKey {
    /// The table that has it.
    pub table: TableName,
    /// Name of the constraint.
    pub name: String,
    /// The referring columns.
    pub columns: Vec<String>,
    /// The table referred to.
    pub references: TableName,
    /// The columns referred to, in the order of `columns`.
    pub referenced_columns: Vec<String>,
    /// As `pg_get_constraintdef` shows it.
    pub definition: String,
    /// Whether all rows are known to fulfil it: not so when it is `NOT VALID`.
    pub is_validated: bool,
    /// Its comment.
    pub comment: Option<String>,
}

/// A CHECK that is `NOT VALID`: rows are known to be there that do not fulfil it, and none may be added.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LooseCheck {
    /// Name of the constraint.
    pub name: String,
    /// As `pg_get_constraintdef` shows it.
    pub definition: String,
    /// Its comment.
    pub comment: Option<String>,
}

/// A table as far as its rows are concerned. Clones share the columns, of which there are many.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    /// Its name.
    pub name: TableName,
    /// Whether its rows are in its partitions.
    pub is_partitioned: bool,
    /// Whether it is itself a partition: its rows are those of its root.
    pub is_partition: bool,
    /// The table that it is a partition of, which may be one itself.
    pub partition_of: Option<TableName>,
    /// All columns, in name order.
    pub columns: Arc<Vec<Column>>,
    /// Columns of the primary key; empty without one.
    pub primary_key: Vec<String>,
    /// Foreign keys.
    pub foreign_keys: Vec<ForeignKey>,
    /// Whether the primary key may be violated until a transaction ends.
    pub is_key_deferrable: bool,
    /// What stands for a row in logical replication: `full`, `nothing` or `index`; `None`: the primary key.
    pub replica_identity: Option<String>,
    /// CHECKs of its own that are not valid; those that it only has from a parent are the parent's.
    pub loose_checks: Vec<LooseCheck>,
}

impl Table {
    fn new(name: TableName, facts: &Facts) -> Self {
        Self {
            partition_of: partition_of(facts),
            name,
            is_partitioned: facts.contains_key("partitioned_by"),
            is_partition: facts.contains_key("partition"),
            columns: Arc::default(),
            primary_key: Vec::new(),
            foreign_keys: Vec::new(),
            is_key_deferrable: false,
            replica_identity: facts.get("replica_identity").and_then(Value::as_str).map(str::to_owned),
            loose_checks: Vec::new(),
        }
    }

    fn take_in(&mut self, name: &str, constraint: Constraint) {
        match (constraint.kind.as_str(), constraint.references) {
            ("p", _) => {
                self.is_key_deferrable = constraint.definition.contains(" DEFERRABLE");
                self.primary_key = constraint.columns;
            }
            ("f", Some(references)) => self.foreign_keys.push(ForeignKey {
                table: self.name.clone(),
                name: name.to_owned(),
                columns: constraint.columns,
                references,
                referenced_columns: constraint.referenced_columns,
                definition: constraint.definition,
                is_validated: constraint.validated,
                comment: constraint.comment,
            }),
            ("c", _)
                if !constraint.validated && (!constraint.inherited || constraint.inherited_and_local) =>
            {
                self.loose_checks.push(LooseCheck {
                    name: name.to_owned(),
                    definition: constraint.definition,
                    comment: constraint.comment,
                });
            }
            _ => {}
        }
    }

    /// The columns that hold data of their own: generated ones do not.
    pub fn stored_columns(&self) -> impl Iterator<Item = &Column> {
        self.columns.iter().filter(|column| column.generated.is_none())
    }

    /// Whether a deleted row can be told to the subscribers of a publication. Without that, the server refuses to
    /// delete rows of a published table.
    #[must_use]
    pub fn has_replica_identity(&self) -> bool {
        match self.replica_identity.as_deref() {
            None => !self.primary_key.is_empty() && !self.is_key_deferrable,
            Some(identity) => identity != "nothing",
        }
    }

    /// What to select from: a table's own rows, or those of all its partitions.
    #[must_use]
    pub fn from_clause(&self) -> String {
        if self.is_partitioned { self.name.sql() } else { format!("only {}", self.name.sql()) }
    }
}

fn partition_of(facts: &Facts) -> Option<TableName> {
    facts.get("partition")?;
    TableName::qualified(facts.get("inherits")?.get(0)?.as_str()?)
}
