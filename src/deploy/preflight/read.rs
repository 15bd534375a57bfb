//! Reading what a deploy must know of its target before anything else: one flight, with the journal.

use std::path::Path;

use crate::deploy::ledger;
use crate::deploy::preflight::{Facts, Identity, OpenTransaction, Writable};
use crate::environment::Address;
use crate::pg::{PgError, PgResult, Row, Session, lock_holder_query};

const SERVER: &str = "select current_database() as database, current_user as role, \
    pg_catalog.current_setting('server_version') as version, pg_catalog.pg_is_in_recovery() as in_recovery, \
    (select reset_val = 'on' from pg_catalog.pg_settings where name = 'default_transaction_read_only') as read_only, \
    pg_catalog.pg_database_size(current_database()) as bytes, \
    pg_catalog.current_setting('max_connections')::int as max_connections, \
    pg_catalog.current_setting('max_connections')::int - pg_catalog.current_setting('superuser_reserved_connections')::int \
      - (select count(*) from pg_catalog.pg_stat_activity where backend_type = 'client backend') as free_connections, \
    (select count(*) from pg_catalog.pg_prepared_xacts where database = current_database()) as prepared, \
    pg_catalog.current_setting('server_version_num')::int / 10000 as major, \
    (select count(*) filter (where d.defaclacl::text ~ '[{,]anon=') * 2 > count(*) from pg_catalog.pg_default_acl d \
      where d.defaclnamespace = pg_catalog.to_regnamespace('public') and d.defaclrole = pg_catalog.to_regrole('postgres') \
        and d.defaclobjtype in ('r', 'S', 'f')) as is_open_to_all";

const TRANSACTIONS: &str = "select a.pid, coalesce(nullif(a.application_name, ''), 'unnamed') as application, \
    coalesce(a.state, 'unknown') as state, extract(epoch from clock_timestamp() - a.xact_start)::bigint as seconds, \
    (select string_agg(distinct c.relname, ' ' order by c.relname) from pg_catalog.pg_locks l \
       join pg_catalog.pg_class c on c.oid = l.relation join pg_catalog.pg_namespace n on n.oid = c.relnamespace \
       where l.pid = a.pid and l.granted and l.locktype = 'relation' and c.relkind in ('r', 'p', 'v', 'm') \
         and n.nspname !~ '^pg_' and n.nspname <> 'information_schema') as tables \
    from pg_catalog.pg_stat_activity a where a.datname = current_database() and a.pid <> pg_catalog.pg_backend_pid() \
      and a.backend_type = 'client backend' and a.xact_start < clock_timestamp() - interval '2 seconds' order by a.xact_start";

/// How many deploys are read to find the last ones.
const RECENT: u32 = 20;

/// Reads the target and the free space where backups go. One round trip, and one more session where a pooler may be in
/// between; changes nothing.
pub async fn read(session: &mut Session, project_ref: Option<&str>, backups: &Path) -> PgResult<Facts> {
    session.send(SERVER)?;
    session.send(TRANSACTIONS)?;
    session.send(&lock_holder_query())?;
    ledger::send(session, RECENT)?;
    let server = session.receive().await?.ok()?.rows();
    let transactions = session.receive().await?.ok()?.rows();
    let holder = session.receive().await?.ok()?.rows();
    let journal = ledger::receive(session).await?;
    let server =
        server.first().ok_or_else(|| PgError::Protocol("the server did not say who it is".to_owned()))?;
    let open = transactions.iter().map(|row| {
        let tables = row.text("tables").unwrap_or_default().split(' ').filter(|name| !name.is_empty());
        Ok(OpenTransaction {
            pid: row.get("pid")?,
            application: row.get("application")?,
            state: row.get("state")?,
            seconds: row.get("seconds")?,
            tables: tables.map(str::to_owned).collect(),
        })
    });
    let url = &session.target().url;
    // On hosted Supabase the port tells, and poolers of that kind are refused before anything is asked.
    let may_be_pooled = !url.is_socket() && matches!(Address::of(url), Address::Local | Address::Other);
    let shares_processes = may_be_pooled && shares_processes(session).await?;
    let url = &session.target().url;
    Ok(Facts {
        identity: Identity {
            host: url.host().to_owned(),
            port: url.port(),
            database: server.get("database")?,
            project_ref: project_ref.map(str::to_owned),
            server_version: server.get("version")?,
            role: server.get("role")?,
            bytes: server.get("bytes")?,
        },
        major: server.get("major")?,
        is_open_to_all: server.flag("is_open_to_all"),
        writable: match (server.flag("in_recovery"), server.flag("read_only")) {
            (true, _) => Writable::Replica,
            (false, true) => Writable::ReadOnly,
            (false, false) => Writable::Yes,
        },
        shares_processes,
        free_connections: server.get("free_connections")?,
        max_connections: server.get("max_connections")?,
        prepared: server.get("prepared")?,
        open: open.collect::<PgResult<_>>()?,
        lock_holder: holder.first().and_then(|row| row.text("holder")).map(str::to_owned),
        free_bytes: free_bytes(backups),
        journal,
    })
}

const PROCESS: &str = "select pg_catalog.pg_backend_pid() as pid";

/// Whether another session meets the process that serves this one while this one is idle, or this one meets another than
/// before. Only a pooler in transaction mode does that.
async fn shares_processes(session: &mut Session) -> PgResult<bool> {
    let process = |rows: Vec<Row>| rows.first().and_then(|row| row.text("pid").map(str::to_owned));
    let mine = process(session.query(PROCESS).await?);
    let mut other = match session.another().await {
        Ok(other) => other,
        Err(PgError::Interrupted) => return Err(PgError::Interrupted),
        // Nothing is known then; that there is no connection left is judged by its own numbers.
        Err(_) => return Ok(false),
    };
    let others = process(other.query(PROCESS).await?);
    other.close().await;
    Ok(mine == others || mine != process(session.query(PROCESS).await?))
}

/// Bytes free where `folder` is, or will be.
#[cfg(unix)]
fn free_bytes(folder: &Path) -> Option<u64> {
    let there = folder.ancestors().find(|folder| folder.is_dir())?;
    let there = if there.as_os_str().is_empty() { Path::new(".") } else { there };
    let volume = nix::sys::statvfs::statvfs(there).ok()?;
    #[allow(
        clippy::unnecessary_cast,
        clippy::useless_conversion,
        reason = "the types differ between systems"
    )]
    Some(u64::from(volume.blocks_available()) * u64::from(volume.fragment_size()))
}

#[cfg(not(unix))]
fn free_bytes(_folder: &Path) -> Option<u64> {
    None
}
