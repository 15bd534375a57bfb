//! The proof that everything is again what it was.

use std::collections::{BTreeMap, BTreeSet};

use crate::catalog::{Catalog, Facts, ObjectName, snapshot};
use crate::pg::{PgResult, Session};
use crate::sync::rebuild::Standing;

/// The tables and all that belongs to them, as [`Catalog`] tells it. What happens meanwhile elsewhere in the database is
/// no part of it, nor are object ids.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Schema {
    objects: BTreeMap<ObjectName, Facts>,
}

impl Schema {
    /// Reads it, as the session's transaction sees it, and leaves the transaction's settings as they are.
    pub(crate) async fn read(session: &mut Session, relations: &[Standing]) -> PgResult<Self> {
        session.send("savepoint crmctl_catalog")?;
        session.send(&snapshot::query())?;
        session.send("rollback to savepoint crmctl_catalog; release savepoint crmctl_catalog")?;
        session.receive().await?.ok()?;
        let catalog = session.receive().await?;
        session.receive().await?.ok()?;
        Ok(Self::of(Catalog::from_rows(&catalog.ok()?.rows())?, relations))
    }

    fn of(catalog: Catalog, relations: &[Standing]) -> Self {
        let tables: BTreeSet<(&str, &str)> = relations
            .iter()
            .map(|standing| (standing.name.schema.as_str(), standing.name.name.as_str()))
            .collect();
        let belongs = |name: &ObjectName, facts: &Facts| {
            let table = match name.kind.as_str() {
                "table" => Some(name.name.as_str()),
                _ => facts.get("table").and_then(serde_json::Value::as_str),
            };
            table.is_some_and(|table| tables.contains(&(name.schema.as_str(), table)))
        };
        Self { objects: catalog.objects.into_iter().filter(|(name, facts)| belongs(name, facts)).collect() }
    }

    /// The first object that is not the same in both.
    pub(crate) fn first_difference<'a>(&'a self, other: &'a Self) -> Option<&'a ObjectName> {
        let names = self.objects.keys().chain(other.objects.keys());
        names.filter(|name| self.objects.get(*name) != other.objects.get(*name)).min()
    }
}
