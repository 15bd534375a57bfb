//! What deploy must know of its target: history, schema and sizes, in one flight.

use std::collections::BTreeMap;

use crate::catalog::managed::is_managed;
use crate::catalog::{Catalog, snapshot};
use crate::deploy::losses::{self, Stored};
use crate::drift;
use crate::lint::LiveFacts;
use crate::migration::{History, history};
use crate::pg::{PgResult, Session};

/// The target as it is before.
#[derive(Debug, Clone)]
pub struct Observed {
    /// Its migration history.
    pub history: History,
    /// Its schema.
    pub catalog: Catalog,
    /// The major version of its server.
    pub major: u32,
    /// Its tables and their sizes, for lint.
    pub facts: LiveFacts,
    /// What its tables are stored in, to see afterwards which were emptied.
    pub(crate) stored: losses::Before,
}

impl Observed {
    /// Rows in the tables of the user's schemas, as far as statistics know.
    #[must_use]
    pub fn rows_of_the_user(&self) -> u64 {
        let sizes = self.facts.existing_tables.iter().flatten();
        sizes
            .filter(|(name, _)| !is_managed(name.split('.').next().unwrap_or_default()))
            .map(|(_, rows)| rows)
            .sum()
    }
}

/// Rows of each table, as far as statistics know. A table that was never analysed counts as holding rows.
const SIZES: &str = "select n.nspname || '.' || c.relname as name, c.oid, \
    pg_catalog.pg_relation_filenode(c.oid) as storage, \
    case when c.reltuples < 0 then greatest(coalesce(s.n_live_tup, 1), 1) else c.reltuples::bigint end as rows \
    from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace \
    left join pg_catalog.pg_stat_all_tables s on s.relid = c.oid where c.relkind in ('r', 'p')";

/// Reads the target.
pub async fn observe(session: &mut Session) -> PgResult<Observed> {
    history::send(session)?;
    session.send(&snapshot::query())?;
    session.send(SIZES)?;
    session.send(drift::MAJOR)?;
    let history = history::receive(session).await?;
    let catalog = Catalog::from_rows(&session.receive().await?.ok()?.rows())?;
    let (mut tables, mut stored) = (BTreeMap::new(), losses::Before::new());
    for row in session.receive().await?.ok()?.rows() {
        let rows = row.get("rows")?;
        tables.insert(row.get("name")?, rows);
        stored.insert(row.get("oid")?, Stored { storage: row.text("storage").map(str::to_owned), rows });
    }
    let major = drift::major(session).await?;
    let facts = LiveFacts { existing_tables: Some(tables) };
    Ok(Observed { history, catalog, major, facts, stored })
}
