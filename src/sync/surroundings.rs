//! What stands around the tables of a side, and decides whether a sync is possible: rights, filters, views that must
//! be refreshed, tables that belong to others.

use std::collections::{BTreeMap, BTreeSet};

use crate::catalog::managed;
use crate::pg::{PgResult, Row, TableName};

/// What stands around the tables.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Surroundings {
    rows: BTreeMap<String, BTreeMap<TableName, BTreeSet<String>>>,
}

impl Surroundings {
    /// From the answer to [`query`].
    pub(crate) fn from_rows(rows: &[Row]) -> PgResult<Self> {
        let mut all = Self::default();
        for row in rows {
            let name = TableName::new(row.get::<String>("schema")?, row.get::<String>("name")?);
            let details = all.rows.entry(row.get("kind")?).or_default().entry(name).or_default();
            details.extend(row.text("detail").map(str::to_owned));
        }
        Ok(all)
    }

    /// The objects something is true of, with what is said of each.
    pub(crate) fn all(&self, kind: &str) -> impl Iterator<Item = (&TableName, &BTreeSet<String>)> {
        self.rows.get(kind).into_iter().flatten()
    }

    /// Whether something is true of an object.
    pub(crate) fn is(&self, kind: &str, name: &TableName) -> bool {
        self.rows.get(kind).is_some_and(|names| names.contains_key(name))
    }

    /// What is said of an object.
    pub(crate) fn of(&self, kind: &str, name: &TableName) -> String {
        let details = self.rows.get(kind).and_then(|names| names.get(name));
        details.map(|details| details.iter().cloned().collect::<Vec<_>>().join(", ")).unwrap_or_default()
    }

    /// What is said of the database as a whole.
    pub(crate) fn value(&self, kind: &str) -> Option<&str> {
        self.all(kind).next()?.1.iter().next().map(String::as_str)
    }

    /// Whether something is true of the database as a whole.
    pub(crate) fn has(&self, kind: &str) -> bool {
        self.rows.contains_key(kind)
    }
}

/// Reads everything in one statement.
pub(crate) fn query() -> String {
    include_str!("surroundings.sql")
        .replace("{user_schema:n.nspname}", &managed::is_user_schema_sql("n.nspname"))
}

#[cfg(test)]
pub(crate) fn surroundings(rows: &[(&str, &str, &str)]) -> Surroundings {
    let mut all = Surroundings::default();
    for (kind, name, detail) in rows {
        let name = TableName::new("public", *name);
        all.rows.entry((*kind).to_owned()).or_default().entry(name).or_default().insert((*detail).to_owned());
    }
    all
}
