//! What the catalog and the statistics say, read in one flight.

use std::collections::BTreeMap;

use crate::catalog::{Catalog, managed, snapshot};
use crate::migration::{History, history};
use crate::pg::{LOCK_NOT_AVAILABLE, PgResult, Row, Session, TableName};
use crate::validate::LOCK_TIMEOUT;

/// A table, view or the like.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Relation {
    pub(super) name: TableName,
    pub(super) kind: String,
    pub(super) is_partition: bool,
    pub(super) row_level_security: bool,
    pub(super) policies: u64,
    /// Whether the schema is the user's and not the platform's.
    pub(super) is_users: bool,
    pub(super) dead_rows: u64,
    pub(super) live_rows: u64,
}

impl Relation {
    /// Whether it has rows and policies of its own.
    pub(super) fn is_table(&self) -> bool {
        ["r", "p"].contains(&self.kind.as_str())
    }
}

/// An index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Index {
    pub(super) table: TableName,
    pub(super) name: String,
    pub(super) is_valid: bool,
    pub(super) is_partial: bool,
    /// Its key columns in order; an expression is an empty name.
    pub(super) columns: Vec<String>,
}

/// A foreign key, or another constraint that was never validated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Constraint {
    pub(super) table: TableName,
    /// `pg_class.relkind` of the table.
    pub(super) kind: String,
    pub(super) name: String,
    pub(super) columns: Vec<String>,
    pub(super) is_validated: bool,
    pub(super) rule: ConstraintRule,
}

/// What a constraint asks of a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum ConstraintRule {
    /// That there is a row it refers to.
    ForeignKey {
        parent: TableName,
        /// SQL: the columns of `c` are set; those of `p` are the same; those of `c` as a list.
        is_set: String,
        is_met: String,
        shown: String,
        /// Whether its triggers are switched off.
        is_disabled: bool,
    },
    /// That an expression is not false.
    Condition(String),
}

/// A column that takes its numbers from a sequence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct SequenceUse {
    pub(super) sequence: TableName,
    pub(super) table: TableName,
    pub(super) column: String,
    pub(super) is_rising: bool,
}

/// The state of the server.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Health {
    pub(super) transaction_age: u64,
    pub(super) connections: u64,
    pub(super) most_connections: u64,
    /// Where `pg_stat_statements` is installed.
    pub(super) statements_schema: Option<String>,
}

/// A transaction that has been open for long.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct OpenTransaction {
    pub(super) pid: u64,
    pub(super) application: String,
    pub(super) user: String,
    pub(super) is_idle: bool,
    pub(super) seconds: u64,
}

/// Everything that is known without looking at a row.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Facts {
    pub(super) relations: BTreeMap<TableName, Relation>,
    pub(super) indexes: Vec<Index>,
    pub(super) constraints: Vec<Constraint>,
    pub(super) sequences: Vec<SequenceUse>,
    pub(super) health: Health,
    pub(super) transactions: Vec<OpenTransaction>,
    pub(super) history: History,
    /// The whole schema, for the rules of lint; `None` when somebody has locked a part of it.
    pub(super) catalog: Option<Catalog>,
}

const QUERIES: [&str; 6] = [
    include_str!("sql/relations.sql"),
    include_str!("sql/indexes.sql"),
    include_str!("sql/constraints.sql"),
    include_str!("sql/sequences.sql"),
    include_str!("sql/health.sql"),
    include_str!("sql/transactions.sql"),
];

/// Reads all of it in one round trip. Outside of a transaction.
pub(super) async fn read(session: &mut Session) -> PgResult<Facts> {
    // The server opens a table to write down its expressions: one that is locked must not hold everything up.
    session.send(&format!("set lock_timeout = {}", LOCK_TIMEOUT.as_millis()))?;
    for query in QUERIES {
        session.send(&query.replace("{user_schema:n.nspname}", &managed::is_user_schema_sql("n.nspname")))?;
    }
    session.send(&snapshot::query())?;
    history::send(session)?;
    session.receive().await?.ok()?;
    let mut answers = Vec::with_capacity(QUERIES.len());
    for _ in QUERIES {
        answers.push(session.receive().await?);
    }
    let catalog = session.receive().await?;
    let history = history::receive(session).await?;
    let mut rows = answers.into_iter().map(|answer| answer.ok().map(crate::pg::Answer::rows));
    let mut next = || rows.next().unwrap_or_else(|| Ok(Vec::new()));
    let relations = each(&next()?, relation)?;
    Ok(Facts {
        relations: relations.into_iter().map(|relation| (relation.name.clone(), relation)).collect(),
        indexes: each(&next()?, index)?,
        constraints: each(&next()?, constraint)?,
        sequences: each(&next()?, sequence)?,
        health: each(&next()?, health)?.into_iter().next().unwrap_or_default(),
        transactions: each(&next()?, transaction)?,
        history,
        catalog: match catalog.error {
            Some(error) if error.code == LOCK_NOT_AVAILABLE => None,
            _ => Some(Catalog::from_rows(&catalog.ok()?.rows())?),
        },
    })
}

fn each<T>(rows: &[Row], read: impl Fn(&Row) -> PgResult<T>) -> PgResult<Vec<T>> {
    rows.iter().map(read).collect()
}

fn name(row: &Row, schema: &str, name: &str) -> PgResult<TableName> {
    Ok(TableName::new(row.get::<String>(schema)?, row.get::<String>(name)?))
}

fn columns(row: &Row) -> Vec<String> {
    row.text("columns").and_then(|json| serde_json::from_str(json).ok()).unwrap_or_default()
}

fn relation(row: &Row) -> PgResult<Relation> {
    Ok(Relation {
        name: name(row, "schema", "name")?,
        kind: row.get("kind")?,
        is_partition: row.flag("is_partition"),
        row_level_security: row.flag("row_level_security"),
        policies: row.get("policies")?,
        is_users: row.flag("is_users"),
        dead_rows: row.get("dead_rows")?,
        live_rows: row.get("live_rows")?,
    })
}

fn index(row: &Row) -> PgResult<Index> {
    Ok(Index {
        table: name(row, "schema", "table")?,
        name: row.get("name")?,
        is_valid: row.flag("is_valid"),
        is_partial: row.flag("is_partial"),
        columns: columns(row),
    })
}

fn constraint(row: &Row) -> PgResult<Constraint> {
    let rule = match row.text("type") {
        Some("f") => ConstraintRule::ForeignKey {
            parent: name(row, "parent_schema", "parent_table")?,
            is_set: row.get("is_set")?,
            is_met: row.get("is_met")?,
            shown: row.get("shown")?,
            is_disabled: row.flag("is_disabled"),
        },
        _ => ConstraintRule::Condition(row.get("condition")?),
    };
    Ok(Constraint {
        table: name(row, "schema", "table")?,
        kind: row.get("kind")?,
        name: row.get("name")?,
        columns: columns(row),
        is_validated: row.flag("is_validated"),
        rule,
    })
}

fn sequence(row: &Row) -> PgResult<SequenceUse> {
    Ok(SequenceUse {
        sequence: name(row, "sequence_schema", "sequence")?,
        table: name(row, "schema", "table")?,
        column: row.get("column")?,
        is_rising: row.flag("is_rising"),
    })
}

fn health(row: &Row) -> PgResult<Health> {
    let multixact: u64 = row.get("multixact_age")?;
    Ok(Health {
        transaction_age: multixact.max(row.get("transaction_age")?),
        connections: row.get("connections")?,
        most_connections: row.get("most_connections")?,
        statements_schema: row.text("statements_schema").map(str::to_owned),
    })
}

fn transaction(row: &Row) -> PgResult<OpenTransaction> {
    Ok(OpenTransaction {
        pid: row.get("pid")?,
        application: row.get("application")?,
        user: row.text("user").unwrap_or("?").to_owned(),
        is_idle: row.text("state").is_some_and(|state| state.starts_with("idle in transaction")),
        seconds: row.get("seconds")?,
    })
}
