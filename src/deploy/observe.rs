//! What deploy must know of its target: history, schema and sizes, in one flight.

use crate::catalog::managed::is_managed;
use crate::catalog::{Catalog, snapshot};
use crate::deploy::losses;
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

/// Reads the target.
pub async fn observe(session: &mut Session) -> PgResult<Observed> {
    let history = read_history_first(session).await?;
    read_the_rest(session, history).await
}

/// Asks for everything and waits for the history only: what it says can be worked on while the server still reads its
/// catalog for [`read_the_rest`].
pub async fn read_history_first(session: &mut Session) -> PgResult<History> {
    history::send(session)?;
    session.send(&snapshot::query())?;
    session.send(LiveFacts::query())?;
    session.send(losses::BEFORE)?;
    session.send(drift::MAJOR)?;
    history::receive(session).await
}

/// The rest of what [`read_history_first`] asked for.
pub async fn read_the_rest(session: &mut Session, history: History) -> PgResult<Observed> {
    let catalog = Catalog::from_rows(&session.receive().await?.ok()?.rows())?;
    let facts = LiveFacts::from_rows(&session.receive().await?.ok()?.rows())?.with_catalog(&catalog);
    let stored = losses::before(&session.receive().await?.ok()?.rows(), &facts)?;
    let major = drift::major(session).await?;
    Ok(Observed { history, catalog, major, facts, stored })
}
