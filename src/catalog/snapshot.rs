//! What a database's schema is, as canonical values that can be compared and hashed.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use serde::Serialize;
use serde_json::Value;
use sha2::{Digest, Sha256};

pub use crate::catalog::sql::query;
use crate::catalog::{Facts, facts, routine, view};
use crate::pg::{PgError, PgResult, Row, Session};

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
            schema if schema == self.name && self.kind == "schema" => write!(formatter, "schema `{schema}`"),
            "" | "public" => write!(formatter, "{} `{}`", self.kind, self.name),
            schema => write!(formatter, "{} `{schema}.{}`", self.kind, self.name),
        }
    }
}

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

/// Reads the schema in one flight. The query sets what it must be read with, for migrations may have set something else;
/// resetting everything would make a session that only reads one that writes.
pub async fn read(session: &mut Session) -> PgResult<Catalog> {
    session.send("reset role")?;
    let reading = Reading::send(session)?;
    session.receive().await?.ok()?;
    reading.receive(session).await
}

/// A catalog on its way: its rows are taken while the server makes others, and none of them is kept as it came.
pub(crate) struct Reading(Arc<Mutex<PgResult<Catalog>>>);

impl Reading {
    /// Asks.
    pub(crate) fn send(session: &mut Session) -> PgResult<Self> {
        let reading = Arc::new(Mutex::new(Ok(Catalog::default())));
        let reader = Arc::clone(&reading);
        session.send_for(&query(), move |row| {
            let mut reading = reader.lock().unwrap_or_else(PoisonError::into_inner);
            if let Ok(catalog) = &mut *reading
                && let Err(error) = catalog.add(&row)
            {
                *reading = Err(error);
            }
        })?;
        Ok(Self(reading))
    }

    /// Takes the answer, when it is the next.
    pub(crate) async fn receive(self, session: &mut Session) -> PgResult<Catalog> {
        session.receive().await?.ok()?;
        std::mem::replace(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner), Ok(Catalog::default()))
    }
}

impl Catalog {
    /// A catalog from the rows of [`query`].
    pub fn from_rows(rows: &[Row]) -> PgResult<Self> {
        let mut catalog = Self::default();
        rows.iter().try_for_each(|row| catalog.add(row))?;
        Ok(catalog)
    }

    fn add(&mut self, row: &Row) -> PgResult<()> {
        let name = ObjectName { kind: row.get("kind")?, schema: row.get("schema")?, name: row.get("name")? };
        let json = row.text("facts").unwrap_or("{}");
        let canonical: Option<fn(&str) -> String> = match name.kind.as_str() {
            "view" | "materialized view" => Some(view::canonical),
            "function" | "procedure" => Some(routine::canonical),
            _ => None,
        };
        let object = self.objects.entry(name).or_default();
        let canonical = canonical.filter(|_| !object.contains_key("definition"));
        facts::add(object, json).map_err(|error| fault(row, &error))?;
        if let Some(canonical) = canonical
            && let Some(Value::String(definition)) = object.get_mut("definition")
        {
            *definition = canonical(definition);
        }
        Ok(())
    }

    /// SHA-256 over the hashes of all objects, in order, as lower-case hex.
    #[must_use]
    pub fn hash(&self) -> String {
        let mut root = Sha256::new();
        for (name, facts) in &self.objects {
            root.update(digest(name, facts));
        }
        format!("{:x}", root.finalize())
    }

    /// The hash of what a dump of the schema holds: without the rows that are part of a project. Begins with the
    /// generation of the way it is computed.
    #[must_use]
    pub fn schema_hash(&self) -> String {
        let mut root = Sha256::new();
        for (name, facts) in self.objects.iter().filter(|(name, _)| !is_row(&name.kind)) {
            root.update(digest(name, facts));
        }
        format!("{GENERATION}{:x}", root.finalize())
    }

    /// Whether this is the schema with such a hash; `None` when it was computed in another way.
    #[must_use]
    pub fn has_schema_hash(&self, hash: &str) -> Option<bool> {
        hash.starts_with(GENERATION).then(|| self.schema_hash() == hash)
    }

    /// The hash of every object.
    pub fn hashes(&self) -> impl Iterator<Item = (&ObjectName, String)> {
        self.objects.iter().map(|(name, facts)| (name, format!("{:x}", digest(name, facts))))
    }

    /// The objects of one kind.
    pub fn of_kind<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = (&'a ObjectName, &'a Facts)> {
        self.objects.iter().filter(move |(name, _)| name.kind == kind)
    }
}

fn fault(row: &Row, error: &serde_json::Error) -> PgError {
    let text = |column| row.text(column).unwrap_or_default();
    PgError::Protocol(format!("{} {}.{}: {error}", text("kind"), text("schema"), text("name")))
}

/// How schemas are hashed. To be raised when the facts or the way of hashing change.
const GENERATION: &str = "3:";

fn is_row(kind: &str) -> bool {
    matches!(kind, "storage bucket" | "cron job")
}

/// Whether a fact is part of what is compared. The others are told only: where a column stands, because one that
/// was dropped and added again stands last, and which version of an extension a server has.
#[must_use]
pub fn is_compared(fact: &str) -> bool {
    !matches!(fact, "position" | "version")
}

fn digest(name: &ObjectName, facts: &Facts) -> sha2::digest::Output<Sha256> {
    let mut hash = Sha256::new();
    for part in [&name.kind, &name.schema, &name.name] {
        hash.update(part);
        hash.update([0]);
    }
    for (fact, value) in facts.iter().filter(|(fact, _)| is_compared(fact)) {
        hash.update(fact);
        hash.update([0]);
        hash.update(value.to_string());
        hash.update([0]);
    }
    hash.finalize()
}
