//! What a database says of itself, in two flights. Reads only.

use crate::doctor::users::{self, Users};
use crate::migration::{History, history};
use crate::pg::{PgResult, Row, Session};

/// Who we are and how we got there.
const SERVER: &str = "\
    select current_setting('server_version') as version, current_setting('server_version_num')::int / 10000 as major, \
      current_user as role, r.rolsuper as superuser, s.ssl as encrypted, s.version as tls, s.cipher as cipher, \
      pg_catalog.pg_is_in_recovery() as replica, \
      (select pg_catalog.pg_size_pretty(coalesce(sum(pg_catalog.pg_table_size(c.oid)), 0)) from pg_catalog.pg_namespace n \
        left join pg_catalog.pg_class c on c.relnamespace = n.oid and c.relkind = 'r' \
        where n.nspname = 'crmctl_sync' group by n.oid) as staged \
    from pg_catalog.pg_roles r left join pg_catalog.pg_stat_ssl s on s.pid = pg_catalog.pg_backend_pid() \
    where r.rolname = current_user";

/// Time-outs as server, database and role have set them: `reset_val` is what our own settings hide.
const TIMEOUTS: &str = "\
    select name, reset_val as milliseconds from pg_catalog.pg_settings where reset_val <> '0' and name in \
      ('statement_timeout', 'lock_timeout', 'idle_in_transaction_session_timeout', 'idle_session_timeout', \
       'transaction_timeout') order by name";

/// Whether triggers can be switched off while rows are loaded. Ends with its own message.
const REPLICA_ROLE: &str = "select pg_catalog.set_config('session_replication_role', 'replica', true)";

/// What is known of a database.
#[derive(Debug, Clone)]
pub struct Facts {
    /// Its version as written.
    pub version: String,
    /// Its major version.
    pub major: u32,
    /// Who we are in it.
    pub role: String,
    /// Whether that role may do everything.
    pub is_superuser: bool,
    /// Whether it only follows another server.
    pub is_replica: bool,
    /// Version and cipher of TLS, where the connection has it.
    pub tls: Option<(String, String)>,
    /// Whether the role may set `session_replication_role`.
    pub may_silence_triggers: bool,
    /// Time-outs that are set, with their milliseconds.
    pub timeouts: Vec<(String, u64)>,
    /// How much a sync that was stopped has left staged.
    pub staged: Option<String>,
    /// Its users.
    pub users: Users,
    /// Its migration history, or why that cannot be read.
    pub history: Result<History, String>,
}

impl Facts {
    /// Reads them.
    pub async fn read(session: &mut Session) -> PgResult<Self> {
        for query in [SERVER, TIMEOUTS, REPLICA_ROLE, users::EXISTING] {
            session.send(query)?;
        }
        let server = session.receive().await?.ok()?.rows();
        let timeouts = session.receive().await?.ok()?.rows();
        let may_silence_triggers = session.receive().await?.error.is_none();
        let existing = session.receive().await?;
        let users = match &existing.error {
            Some(error) => Users::Hidden(error.to_string()),
            None => count_users(session, &existing.rows()).await?,
        };
        let server = server.first().ok_or_else(|| {
            crate::pg::PgError::Protocol("the server does not know the role we logged in as".to_owned())
        })?;
        let timeout = |row: &Row| Ok((row.get("name")?, row.get("milliseconds")?));
        let tls = |row: &Row| Some((row.text("tls")?.to_owned(), row.text("cipher")?.to_owned()));
        Ok(Self {
            version: server.get("version")?,
            major: server.get("major")?,
            role: server.get("role")?,
            is_superuser: server.flag("superuser"),
            is_replica: server.flag("replica"),
            tls: tls(server).filter(|_| server.flag("encrypted")),
            may_silence_triggers,
            staged: server.text("staged").map(str::to_owned),
            timeouts: timeouts.iter().map(timeout).collect::<PgResult<_>>()?,
            users,
            // Last: when it fails, one of its two answers is left unread.
            history: history::read(session).await.map_err(|error| error.to_string()),
        })
    }
}

async fn count_users(session: &mut Session, existing: &[Row]) -> PgResult<Users> {
    let existing = existing.iter().map(|row| row.get("name")).collect::<PgResult<Vec<String>>>()?;
    let Some(query) = users::count(&existing) else { return Ok(Users::Absent) };
    session.send(&query)?;
    let answer = session.receive().await?;
    if let Some(error) = &answer.error {
        return Ok(Users::Hidden(error.to_string()));
    }
    let rows = answer.rows();
    let row = rows.first().ok_or_else(|| crate::pg::PgError::Protocol("a count without a row".to_owned()))?;
    let columns = row.columns().iter().filter(|name| !["rows", "broken"].contains(&name.as_str()));
    let columns = columns.filter(|name| row.flag(name)).cloned().collect();
    Ok(Users::Seen { rows: row.get("rows")?, broken: row.get("broken")?, columns })
}
