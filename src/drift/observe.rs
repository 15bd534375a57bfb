//! What drift must know of a database: history, schema and server, in one flight.

use crate::catalog::{Catalog, snapshot};
use crate::migration::{History, history};
use crate::pg::{PgResult, Session};

/// A database as it is.
#[derive(Debug, Clone)]
pub struct Observed {
    /// Its migration history.
    pub history: History,
    /// Its schema.
    pub catalog: Catalog,
    /// The major version of its server.
    pub major: u32,
}

/// The major version, as the column `major`.
pub(crate) const MAJOR: &str =
    "select pg_catalog.current_setting('server_version_num')::int / 10000 as major";

/// Reads a database.
pub async fn observe(session: &mut Session) -> PgResult<Observed> {
    history::send(session)?;
    session.send(&snapshot::query())?;
    session.send(MAJOR)?;
    let history = history::receive(session).await?;
    let catalog = Catalog::from_rows(&session.receive().await?.ok()?.rows())?;
    Ok(Observed { history, catalog, major: major(session).await? })
}

/// The answer to [`MAJOR`].
pub(crate) async fn major(session: &mut Session) -> PgResult<u32> {
    let rows = session.receive().await?.ok()?.rows();
    rows.first().map_or(Ok(0), |row| row.get("major"))
}
