//! The history of a database: reading it, and the SQL that writes it.
//!
//! `supabase_migrations.schema_migrations` is shared with the Supabase CLI and written exactly as it does;
//! what only crmctl knows goes to `supabase_migrations.crmctl_migrations`.

use std::collections::BTreeMap;

use crate::migration::file::MigrationFile;
use crate::migration::history_row::{ExtraRow, History, HistoryRow, RunState};
use crate::migration::version::{Checksum, Version};
use crate::pg::{Answer, PgResult, Row, Session, literal, text_array};

/// Creates what is missing, in the very shape the Supabase CLI gives its table. Older versions of it created
/// the version column only. What is there is not touched: `create .. if not exists` and `add column if not exists`
/// ask for rights and ownership even when there is nothing to do.
pub(crate) const CREATE: &str = "do $crmctl$ begin \
    if pg_catalog.to_regnamespace('supabase_migrations') is null then \
      create schema if not exists supabase_migrations; \
    end if; \
    if pg_catalog.to_regclass('supabase_migrations.schema_migrations') is null then \
      create table if not exists supabase_migrations.schema_migrations (version text not null primary key); \
    end if; \
    if (select count(*) from pg_catalog.pg_attribute where not attisdropped and attname in ('statements', 'name') \
        and attrelid = 'supabase_migrations.schema_migrations'::pg_catalog.regclass) < 2 then \
      alter table supabase_migrations.schema_migrations add column if not exists statements text[]; \
      alter table supabase_migrations.schema_migrations add column if not exists name text; \
    end if; \
    if pg_catalog.to_regclass('supabase_migrations.crmctl_migrations') is null then \
      create table if not exists supabase_migrations.crmctl_migrations ( \
        version text not null primary key, checksum text not null, state text not null, \
        statements_done integer not null, prefix_checksum text, duration_ms bigint, \
        applied_at timestamptz not null default now(), applied_by text not null default session_user, \
        crmctl_version text not null); \
    end if; end $crmctl$";

const ROWS: &str = "select version, to_jsonb(h) ->> 'name' as name, to_jsonb(h) ->> 'statements' as statements \
    from supabase_migrations.schema_migrations h order by version collate \"C\"";

const EXTRAS: &str = "select version, checksum, state, statements_done, prefix_checksum \
    from supabase_migrations.crmctl_migrations";

/// Queues the queries whose answers [`receive`] takes. Outside of a transaction: a table that does not exist
/// makes its message fail, and only that.
pub fn send(session: &mut Session) -> PgResult<()> {
    session.send(ROWS)?;
    session.send(EXTRAS)
}

/// The history, from the answers to what [`send`] queued.
pub async fn receive(session: &mut Session) -> PgResult<History> {
    let rows = unless_missing(session.receive().await?)?;
    let extras = unless_missing(session.receive().await?)?.unwrap_or_default();
    let environment = Some(session.target().environment.clone());
    let mut history = History { environment, recorded: rows.is_some(), ..History::default() };
    for row in rows.unwrap_or_default() {
        history.rows.push(HistoryRow {
            version: Version::stored(row.get::<String>("version")?),
            name: row.text("name").map(str::to_owned),
            statements: row.text("statements").and_then(|json| serde_json::from_str(json).ok()),
        });
    }
    history.extras = extras.iter().map(extra).collect::<PgResult<BTreeMap<_, _>>>()?;
    Ok(history)
}

/// Reads the history in one round trip.
pub async fn read(session: &mut Session) -> PgResult<History> {
    send(session)?;
    receive(session).await
}

fn unless_missing(answer: Answer) -> PgResult<Option<Vec<Row>>> {
    match &answer.error {
        Some(error) if error.code == "42P01" => Ok(None),
        _ => answer.ok().map(|answer| Some(answer.rows())),
    }
}

fn extra(row: &Row) -> PgResult<(Version, ExtraRow)> {
    let state = match row.text("prefix_checksum") {
        Some(prefix) if row.text("state") == Some("partial") => RunState::Partial {
            statements_done: row.get("statements_done")?,
            prefix: Checksum::stored(prefix),
        },
        _ => RunState::Complete,
    };
    let checksum = Checksum::stored(row.get::<String>("checksum")?);
    Ok((Version::stored(row.get::<String>("version")?), ExtraRow { checksum, state }))
}

/// Records a file as applied, in both tables. Runs at the end of the file's own transaction, whose start is
/// `now()`.
pub(crate) fn record(file: &MigrationFile) -> String {
    let version = literal(file.version.as_str());
    format!(
        "reset role; insert into supabase_migrations.schema_migrations (version, name, statements) values ({version}, {}, {}); {}",
        literal(&file.name),
        text_array(&file.statements_for_history()),
        record_extra(file, "complete", file.statements.len())
    )
}

/// Records how far a file came that runs statement by statement.
pub(crate) fn record_progress(file: &MigrationFile, statements_done: usize) -> String {
    record_extra(file, "partial", statements_done)
}

/// A query for what [`record_progress`] recorded.
pub(crate) fn progress_query(file: &MigrationFile) -> String {
    let version = literal(file.version.as_str());
    format!(
        "select statements_done from supabase_migrations.crmctl_migrations where version = {version} and state = 'partial'"
    )
}

fn record_extra(file: &MigrationFile, state: &str, done: usize) -> String {
    format!(
        "insert into supabase_migrations.crmctl_migrations \
         (version, checksum, state, statements_done, prefix_checksum, duration_ms, crmctl_version) \
         values ({}, {}, {}, {done}, {}, (extract(epoch from clock_timestamp() - now()) * 1000)::bigint, {}) \
         on conflict (version) do update set checksum = excluded.checksum, state = excluded.state, \
         statements_done = excluded.statements_done, prefix_checksum = excluded.prefix_checksum, \
         duration_ms = excluded.duration_ms, applied_at = now(), crmctl_version = excluded.crmctl_version",
        literal(file.version.as_str()),
        literal(file.checksum.as_str()),
        literal(state),
        literal(file.prefix_checksum(done).as_str()),
        literal(env!("CARGO_PKG_VERSION")),
    )
}
