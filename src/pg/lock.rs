//! crmctl's lock on a database: one advisory lock, taken by trying again, never by waiting in a queue.
//!
//! A blocked waiter for an advisory lock and a `create index concurrently` of the holder wait for each other
//! for ever, so nobody waits inside `pg_advisory_lock`. The lock is held by the very connection that writes:
//! should crmctl be killed, its server process finishes or rolls back what it has, and only then lets go.

use crate::pg::error::{LOCK_HELD, STALE_PLAN};
use crate::pg::ident::{literal, optional_literal};
use crate::plan::Fingerprint;

/// The bytes of `crmctl` as a number: the same for every version, so that versions exclude each other.
pub(crate) const KEY: i64 = 0x6372_6D63_746C;

/// Which rows of `pg_locks` are this lock.
fn is_ours(alias: &str) -> String {
    format!(
        "{alias}.locktype = 'advisory' and {alias}.granted and {alias}.objsubid = 1 \
         and {alias}.classid = {} and {alias}.objid = {}",
        KEY >> 32,
        KEY & 0xffff_ffff
    )
}

/// A query for who holds the lock: one text, or NULL.
pub(crate) fn holder_query() -> String {
    format!(
        "select pg_catalog.string_agg(pg_catalog.format('pid %s, %s, since %s', a.pid, coalesce(nullif(a.application_name, ''), 'unnamed'), \
         pg_catalog.to_char(coalesce(a.xact_start, a.backend_start), 'HH24:MI:SS TZ')), '; ') as holder \
         from pg_catalog.pg_locks l join pg_catalog.pg_stat_activity a on a.pid = l.pid \
         where l.database = (select oid from pg_catalog.pg_database where datname = current_database()) and {}",
        is_ours("l")
    )
}

/// One attempt at the session's lock before anything is read, so that nobody else can make a plan stale.
pub(crate) fn early_attempt() -> String {
    format!("select pg_catalog.pg_try_advisory_lock({KEY}) as locked")
}

/// Statements for one attempt at the session's lock: the first says whether it is `locked`; the second lets the
/// session write and has a row, if it is and the plan still fits. It looks at the database after the first, so that
/// nothing of what the last holder did is missed.
pub(crate) fn attempt(fingerprint: &Fingerprint) -> String {
    format!(
        "select pg_catalog.pg_try_advisory_lock({KEY}) as locked; \
         select pg_catalog.set_config('default_transaction_read_only', 'off', false) \
         where ({})::text is not distinct from {} and exists \
         (select from pg_catalog.pg_locks l where l.pid = pg_catalog.pg_backend_pid() and {})",
        fingerprint.query,
        optional_literal(fingerprint.value.as_deref()),
        is_ours("l")
    )
}

/// A statement that opens a writing transaction's work: takes the lock until its end, or fails; and fails
/// when the plan is stale. It waits on the server, at most `tries` tenths of a second, so that it costs no
/// round trip of its own.
pub(crate) fn guard(fingerprint: &Fingerprint, tries: u32) -> String {
    format!(
        "do {} ",
        literal(&format!(
            "declare held text; begin \
               for try in 1..{tries} loop \
                 exit when pg_catalog.pg_try_advisory_xact_lock({KEY}); \
                 if try = {tries} then \
                   {} into held; \
                   raise exception 'another crmctl is at work' using errcode = '{LOCK_HELD}', detail = coalesce(held, ''); \
                 end if; \
                 perform pg_catalog.pg_sleep(0.1); \
               end loop; \
               {} \
             end",
            holder_query().replacen(" as holder ", " ", 1),
            stale_unless(fingerprint)
        ))
    )
}

/// A statement that fails when the database is not as it was when the plan was made: what a lock was waited for may have
/// changed it.
pub(crate) fn still_as_planned(fingerprint: &Fingerprint) -> String {
    format!("do {}", literal(&format!("begin {} end", stale_unless(fingerprint))))
}

fn stale_unless(fingerprint: &Fingerprint) -> String {
    format!(
        "if ({})::text is distinct from {} then \
           raise exception 'the plan is stale' using errcode = '{STALE_PLAN}'; \
         end if;",
        fingerprint.query,
        optional_literal(fingerprint.value.as_deref())
    )
}
