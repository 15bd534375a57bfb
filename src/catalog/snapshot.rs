//! What a database's schema is, as canonical values that can be compared and hashed.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::catalog::managed;
use crate::pg::{PgError, PgResult, Row, Session, TableName};

/// What identifies an object: kind, schema, and name within the schema (`table.column` for parts of tables).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct ObjectName {
    /// `table`, `column`, `policy`, ...
    pub kind: String,
    /// Schema, unquoted.
    pub schema: String,
    /// Name within the schema.
    pub name: String,
}

impl std::fmt::Display for ObjectName {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.schema.as_str() {
            "" | "public" => write!(formatter, "{} `{}`", self.kind, self.name),
            schema => write!(formatter, "{} `{schema}.{}`", self.kind, self.name),
        }
    }
}

/// The facts of an object that make it what it is, by name.
pub type Facts = BTreeMap<String, Value>;

/// Everything the user made in a database. Owners are normalised, the platform's objects left out.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Catalog {
    /// Every object with its facts.
    #[serde(serialize_with = "serialize_objects")]
    pub objects: BTreeMap<ObjectName, Facts>,
}

fn serialize_objects<S: serde::Serializer>(
    objects: &BTreeMap<ObjectName, Facts>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_map(objects.iter().map(|(name, facts)| (name.to_string(), facts)))
}

/// The query for [`Catalog::from_rows`]: one statement, one round trip.
#[must_use]
pub fn query() -> String {
    include_str!("snapshot.sql").replace("{user_schema:n.nspname}", &managed::is_user_schema_sql("n.nspname"))
}

/// Reads the schema in one flight, with the settings it must be read with: migrations may have changed them.
pub async fn read(session: &mut Session) -> PgResult<Catalog> {
    session.send("reset role; reset all; set search_path = ''")?;
    session.send(&query())?;
    session.receive().await?.ok()?;
    Catalog::from_rows(&session.receive().await?.ok()?.rows())
}

impl Catalog {
    /// A catalog from the rows of [`query`].
    pub fn from_rows(rows: &[Row]) -> PgResult<Self> {
        let mut objects = BTreeMap::new();
        for row in rows {
            let name =
                ObjectName { kind: row.get("kind")?, schema: row.get("schema")?, name: row.get("name")? };
            let facts: String = row.get("facts")?;
            let facts = serde_json::from_str(&facts).map_err(|error| PgError::Protocol(error.to_string()))?;
            // Names with dots in them can meet: better no answer than one that leaves an object out.
            if objects.contains_key(&name) {
                return Err(PgError::Protocol(format!("two objects of the catalog are called {name}")));
            }
            objects.insert(name, facts);
        }
        Ok(Self { objects })
    }

    /// SHA-256 over every object's canonical facts, as lower-case hex. Columns count by name, not by position.
    #[must_use]
    pub fn hash(&self) -> String {
        let mut hash = Sha256::new();
        for (name, facts) in &self.objects {
            hash.update(format!("{}\0{}\0{}\0", name.kind, name.schema, name.name));
            for (fact, value) in facts.iter().filter(|(fact, _)| *fact != "position") {
                hash.update(format!("{fact}\0{value}\0"));
            }
        }
        format!("{:x}", hash.finalize())
    }

    /// The objects of one kind.
    pub fn of_kind<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = (&'a ObjectName, &'a Facts)> {
        self.objects.iter().filter(move |(name, _)| name.kind == kind)
    }

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
            let column: Column = typed(facts)?;
            if let Some(table) = tables.get_mut(&TableName::new(&name.schema, &column.table)) {
                table.columns.push(column);
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
    let object = facts.iter().map(|(name, value)| (name.clone(), value.clone())).collect();
    serde_json::from_value(Value::Object(object)).map_err(|error| PgError::Protocol(error.to_string()))
}

/// A column of a table.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Column {
    table: String,
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
}

/// A foreign key of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ForeignKey {
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
}

/// A table as far as its rows are concerned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    /// Its name.
    pub name: TableName,
    /// Whether its rows are in its partitions.
    pub is_partitioned: bool,
    /// Whether it is itself a partition: its rows are those of its root.
    pub is_partition: bool,
    /// All columns, in name order.
    pub columns: Vec<Column>,
    /// Columns of the primary key; empty without one.
    pub primary_key: Vec<String>,
    /// Foreign keys.
    pub foreign_keys: Vec<ForeignKey>,
}

impl Table {
    fn new(name: TableName, facts: &Facts) -> Self {
        Self {
            name,
            is_partitioned: facts.contains_key("partitioned_by"),
            is_partition: facts.contains_key("partition"),
            columns: Vec::new(),
            primary_key: Vec::new(),
            foreign_keys: Vec::new(),
        }
    }

    fn take_in(&mut self, name: &str, constraint: Constraint) {
        match (constraint.kind.as_str(), constraint.references) {
            ("p", _) => self.primary_key = constraint.columns,
            ("f", Some(references)) => self.foreign_keys.push(ForeignKey {
                name: name.to_owned(),
                columns: constraint.columns,
                references,
                referenced_columns: constraint.referenced_columns,
                definition: constraint.definition,
            }),
            _ => {}
        }
    }

    /// The columns that hold data of their own: generated ones do not.
    pub fn stored_columns(&self) -> impl Iterator<Item = &Column> {
        self.columns.iter().filter(|column| column.generated.is_none())
    }

    /// What to select from: a table's own rows, or those of all its partitions.
    #[must_use]
    pub fn from_clause(&self) -> String {
        if self.is_partitioned { self.name.sql() } else { format!("only {}", self.name.sql()) }
    }
}
