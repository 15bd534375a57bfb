//! The history of a database: reading it, and the SQL that writes it.
//!
//! `supabase_migrations.schema_migrations` is shared with the Supabase CLI and written exactly as it does;
//! what only crmctl knows goes to `supabase_migrations.crmctl_migrations`.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::migration::file::MigrationFile;
use crate::migration::history_row::{ExtraRow, History, HistoryRow, RunState};
use crate::migration::settings::ONLY_IN_TRANSACTION;
use crate::migration::version::{Checksum, Version};
use crate::pg::{Answer, PgError, PgResult, Row, Session, SqlText, literal, optional_literal, text_array};

/// Begins a transaction that writes the history, whatever ran before it. What users put on the path is not called, by
/// event triggers neither, and no time-out of the role's stops it.
pub(crate) const BEGIN: &str = "reset role; reset all; begin; set local lock_timeout = '4s'; \
    set local statement_timeout = 0; set local idle_in_transaction_session_timeout = 0; \
    set local search_path = pg_catalog, pg_temp";

/// Creates what is missing, in the very shape the Supabase CLI gives its table. Older versions of it created
/// the version column only. What is there is not touched: `create .. if not exists` and `add column if not exists`
/// ask for rights and ownership even when there is nothing to do. A setting that the files would meet is met here.
pub(crate) const CREATE: &str = include_str!("history_tables.sql");

/// What [`record_prepared`] executes: the server plans it once, and not for every file. A trigger may keep the shared row
/// from being written, or change it: there is no checksum then, which our own table does not take. Nor is there one when
/// the file before it is missing, which the server was kept from carrying out.
const PREPARE: &str = "(pg_catalog.text, pg_catalog.text, pg_catalog.text[], pg_catalog.text, integer, bigint, pg_catalog.text, \
    pg_catalog.text, pg_catalog.text) as \
    with shared as (insert into supabase_migrations.schema_migrations (version, name, statements) values ($1, $2, $3) \
    returning version) insert into supabase_migrations.crmctl_migrations \
    (version, checksum, state, statements_done, duration_ms, crmctl_version, git_commit) \
    values ($1, (select $4 from shared where version operator(pg_catalog.=) $1 and ($9 is null or exists ( \
      select from supabase_migrations.crmctl_migrations before where before.version operator(pg_catalog.=) $9))), \
      'complete', $5, $6, $7, $8) \
    on conflict (version) do update set checksum = excluded.checksum, state = excluded.state, \
    statements_done = excluded.statements_done, prefix_checksum = null, duration_ms = excluded.duration_ms, \
    applied_at = pg_catalog.now(), applied_by = session_user, crmctl_version = excluded.crmctl_version, \
    git_commit = excluded.git_commit, statement_begun = null";

/// A prepared statement that writes the history of files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Prepared(u32);

/// Queues what makes the tables, and says in how many messages: when it fails, everything behind it is refused.
pub(crate) fn send_create(session: &mut Session) -> PgResult<usize> {
    session.send(BEGIN)?;
    session.send(&format!("{CREATE}; {ONLY_IN_TRANSACTION}; commit"))?;
    Ok(2)
}

/// The same, and the preparation of [`record_prepared`]. A session may serve several runs, so names are not used twice.
pub(crate) fn send_create_and_prepare(session: &mut Session) -> PgResult<Prepared> {
    static NEXT: AtomicU32 = AtomicU32::new(1);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    session.send(BEGIN)?;
    session.send(&format!(
        "{CREATE}; {ONLY_IN_TRANSACTION}; prepare crmctl_record_{number} {PREPARE}; commit"
    ))?;
    Ok(Prepared(number))
}

const ROWS: &str = "select version::pg_catalog.text as version, pg_catalog.to_jsonb(h) ->> 'name' as name, \
    pg_catalog.to_jsonb(h) ->> 'statements' as statements \
    from supabase_migrations.schema_migrations h order by version::pg_catalog.text collate \"C\"";

const EXTRAS: &str = "select version, checksum, state, statements_done, prefix_checksum \
    from supabase_migrations.crmctl_migrations";

/// Queues what [`receive`] takes. Outside of a transaction: a table that is not there fails its message, and only that.
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
            version: Version::stored(row.text("version").ok_or_else(without_version)?),
            name: row.text("name").map(str::to_owned),
            statements: row.text("statements").and_then(|json| serde_json::from_str(json).ok()),
        });
    }
    history.extras = extras.iter().map(extra).collect::<PgResult<BTreeMap<_, _>>>()?;
    Ok(history)
}

fn without_version() -> PgError {
    PgError::Protocol("`supabase_migrations.schema_migrations` has a row without a version".to_owned())
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

/// Behind a file's own statements, whose role may not write the history; the other for a file that changes the user.
const OWN_RIGHTS: [&str; 2] = ["reset role; ", "set session authorization default; reset role; "];

/// Records a file as applied, in both tables. Runs at the end of the file's own transaction.
pub(crate) fn record(file: &MigrationFile) -> SqlText {
    let whole = Progress { done: file.statements.len(), ..Progress::default() };
    let mut sql = SqlText::from(OWN_RIGHTS[usize::from(file.changes_session_user())]);
    sql.append(record_complete(file, &whole));
    sql
}

/// The same by the prepared statement, behind the file `before`; fails with 26000 where a file has deallocated it.
pub(crate) fn record_prepared(
    file: &MigrationFile,
    before: Option<&Version>,
    Prepared(number): Prepared,
) -> SqlText {
    let mut sql = SqlText::from(format!(
        "{}execute crmctl_record_{number}({}, {}, ",
        OWN_RIGHTS[usize::from(file.changes_session_user())],
        literal(file.version.as_str()),
        literal(&file.name),
    ));
    push_statements(&mut sql, file);
    sql.push(&format!(
        ", {}, {}, {}, {}, {}, {})",
        literal(file.checksum.as_str()),
        file.statements.len(),
        elapsed(file),
        literal(env!("CARGO_PKG_VERSION")),
        optional_literal(file.git_commit.as_deref()),
        optional_literal(before.map(Version::as_str)),
    ));
    sql
}

/// Fails where this file is not applied.
pub(crate) fn only_behind(version: &Version) -> String {
    let check = format!(
        "begin if not exists (select from supabase_migrations.crmctl_migrations \
         where version operator(pg_catalog.=) {}) then raise exception 'the file before it was not applied'; end if; end",
        literal(version.as_str())
    );
    format!("do {}; ", literal(&check))
}

/// The statements of a file as an array, none of them copied.
fn push_statements(sql: &mut SqlText, file: &MigrationFile) {
    let bytes = file.bytes();
    sql.push("array[");
    for (index, statement) in file.statements.iter().enumerate() {
        if index > 0 {
            sql.push(", ");
        }
        sql.push_literal(bytes.slice(statement.range.clone()));
    }
    sql.push("]::pg_catalog.text[]");
}

/// How far a file came that runs piece by piece, and how long it took since that was last recorded.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Progress {
    /// Statements that are done for good.
    pub(crate) done: usize,
    /// The statement that is begun next, when a crash would leave doubt about it.
    pub(crate) begun: Option<usize>,
    /// How long it took, measured here; otherwise the server says how long the transaction has been running.
    pub(crate) milliseconds: Option<u128>,
}

/// The rows of both tables for a file that is done.
pub(crate) fn record_complete(file: &MigrationFile, progress: &Progress) -> SqlText {
    let version = literal(file.version.as_str());
    let mut sql = SqlText::from(format!(
        "with shared as (insert into supabase_migrations.schema_migrations (version, name, statements) values ({version}, {}, ",
        literal(&file.name),
    ));
    push_statements(&mut sql, file);
    sql.push(") returning version) ");
    let checksum = format!(
        "(select {}::pg_catalog.text from shared where version operator(pg_catalog.=) {version})",
        literal(file.checksum.as_str())
    );
    sql.push(&record_extra(file, ("complete", &checksum), progress));
    sql
}

/// Records how far a file came that runs piece by piece.
pub(crate) fn record_progress(file: &MigrationFile, progress: &Progress) -> String {
    record_extra(file, ("partial", &literal(file.checksum.as_str())), progress)
}

/// A query for what [`record_progress`] recorded.
pub(crate) fn progress_query(file: &MigrationFile) -> String {
    let version = literal(file.version.as_str());
    format!(
        "select statements_done, statement_begun, prefix_checksum from supabase_migrations.crmctl_migrations \
         where version operator(pg_catalog.=) {version} and state operator(pg_catalog.=) 'partial'"
    )
}

/// Takes back that a statement was begun: it has failed, and nobody doubts it.
pub(crate) fn forget_begun(file: &MigrationFile) -> String {
    let which = format!(
        "version operator(pg_catalog.=) {} and state operator(pg_catalog.=) 'partial'",
        literal(file.version.as_str())
    );
    format!(
        "set session authorization default; reset role; delete from supabase_migrations.crmctl_migrations where {which} and statements_done operator(pg_catalog.=) 0; \
         update supabase_migrations.crmctl_migrations set statement_begun = null where {which} and statement_begun is not null"
    )
}

/// Takes migrations out of both tables, or fails: a trigger may keep rows that are to go.
pub(crate) fn forget(versions: &[&Version]) -> String {
    let versions = text_array(&versions.iter().map(|version| version.as_str()).collect::<Vec<_>>());
    let which = format!("version operator(pg_catalog.=) any ({versions})");
    let kept = format!(
        "begin if exists (select from supabase_migrations.schema_migrations where {which}) then \
         raise exception 'a trigger or a rule on `supabase_migrations.schema_migrations` keeps its rows'; end if; end"
    );
    format!(
        "delete from supabase_migrations.schema_migrations where {which}; \
         delete from supabase_migrations.crmctl_migrations where {which}; do {}",
        literal(&kept)
    )
}

/// What a file took before is added to, and never lost, when it is resumed.
fn record_extra(file: &MigrationFile, (state, checksum): (&str, &str), progress: &Progress) -> String {
    let Progress { done, begun, milliseconds } = progress;
    let prefix = (state == "partial").then(|| file.prefix_checksum(*done));
    let milliseconds =
        milliseconds.map_or_else(|| elapsed(file).to_owned(), |milliseconds| milliseconds.to_string());
    format!(
        "insert into supabase_migrations.crmctl_migrations as m \
         (version, checksum, state, statements_done, prefix_checksum, duration_ms, crmctl_version, git_commit, statement_begun) \
         values ({}, {checksum}, '{state}', {done}, {}, {milliseconds}, {}, {}, {}) \
         on conflict (version) do update set checksum = excluded.checksum, state = excluded.state, \
         statements_done = excluded.statements_done, prefix_checksum = excluded.prefix_checksum, \
         duration_ms = excluded.duration_ms operator(pg_catalog.+) case when m.state operator(pg_catalog.=) 'partial' then coalesce(m.duration_ms, 0) else 0 end, \
         applied_at = pg_catalog.now(), applied_by = session_user, crmctl_version = excluded.crmctl_version, \
         git_commit = excluded.git_commit, statement_begun = excluded.statement_begun",
        literal(file.version.as_str()),
        optional_literal(prefix.as_ref().map(Checksum::as_str)),
        literal(env!("CARGO_PKG_VERSION")),
        optional_literal(file.git_commit.as_deref()),
        begun.map_or_else(|| "null".to_owned(), |index| index.to_string()),
    )
}

/// Notes when a file begins, where its last message does not begin with it. Ends with the transaction.
pub(crate) fn note_begin(file: &MigrationFile) -> &'static str {
    match file.segments().len() {
        0 | 1 => "",
        _ => {
            "; select pg_catalog.set_config('crmctl.began', extract(epoch from pg_catalog.clock_timestamp())::pg_catalog.text, true)"
        }
    }
}

/// How long a file has been running, in milliseconds: since its last message arrived, or since [`note_begin`].
fn elapsed(file: &MigrationFile) -> &'static str {
    match file.segments().len() {
        0 | 1 => {
            "(extract(epoch from pg_catalog.clock_timestamp() operator(pg_catalog.-) pg_catalog.statement_timestamp()) \
             operator(pg_catalog.*) 1000)::bigint"
        }
        _ => {
            "((extract(epoch from pg_catalog.clock_timestamp()) operator(pg_catalog.-) \
             case when pg_catalog.length(pg_catalog.current_setting('crmctl.began', true)) operator(pg_catalog.>) 0 \
             then pg_catalog.current_setting('crmctl.began', true)::numeric else extract(epoch from pg_catalog.now()) end) \
             operator(pg_catalog.*) 1000)::bigint"
        }
    }
}
