//! Reading and writing the journal: one table in the target, beside the history of migrations. It is not part of the
//! user's schema, so no hash of the catalog and no backup sees it.

use crate::deploy::journal::{DeployId, DeployRecord, Journal};
use crate::pg::{PgError, PgResult, Session, literal};

/// Makes what is missing. Run by a deploy that really starts, never by one that only looks.
const CREATE: &str = "do $crmctl$ begin \
    if pg_catalog.to_regnamespace('supabase_migrations') is null then \
      create schema if not exists supabase_migrations; \
    end if; \
    if pg_catalog.to_regclass('supabase_migrations.crmctl_deploys') is null then \
      create table if not exists supabase_migrations.crmctl_deploys ( \
        id text not null primary key, environment text not null, state text not null, \
        started_at timestamptz not null default pg_catalog.now(), updated_at timestamptz not null default pg_catalog.now(), \
        ended_at timestamptz, deployed_by text not null, crmctl_version text not null, git_commit text, \
        files jsonb not null, atomic boolean not null, allowed jsonb not null, \
        catalog_before text not null, catalog_predicted text, catalog_after text, \
        backup text, hooks jsonb not null, error text); \
      create unique index if not exists crmctl_deploys_one_unfinished \
        on supabase_migrations.crmctl_deploys ((true)) where ended_at is null; \
    end if; end $crmctl$";

/// Nothing behind it in its message or transaction but the end: nobody waits for ever for who holds the journal.
const IMPATIENT: &str = "set local lock_timeout = '4s'; ";

/// Every column that a record brings.
const COLUMNS: [&str; 15] = [
    "id",
    "environment",
    "state",
    "deployed_by",
    "crmctl_version",
    "git_commit",
    "files",
    "atomic",
    "allowed",
    "catalog_before",
    "catalog_predicted",
    "catalog_after",
    "backup",
    "hooks",
    "error",
];

/// Statements that begin a deploy: the table, an end for an earlier one that changed nothing, and the first entry.
/// A deploy that somebody else began meanwhile makes them fail.
pub(crate) fn open(record: &DeployRecord, abandoned: Option<&DeployId>) -> String {
    let close = abandoned.map_or_else(String::new, |id| {
        format!(
            "update supabase_migrations.crmctl_deploys set state = 'failed', ended_at = pg_catalog.now(), updated_at = pg_catalog.now(), \
             error = coalesce(error, 'it stopped before anything was changed') where id operator(pg_catalog.=) {} and ended_at is null; ",
            literal(id.as_str())
        )
    });
    format!("{IMPATIENT}{CREATE}; {close}{}", save(record))
}

/// A statement that writes the whole of a record. Runs in whatever transaction is open.
pub(crate) fn save(record: &DeployRecord) -> String {
    let columns = COLUMNS.join(", ");
    let updates: Vec<String> = COLUMNS.map(|column| format!("{column} = excluded.{column}")).into();
    let ended = if record.state.is_end() { "pg_catalog.clock_timestamp()" } else { "null" };
    // A record is made of texts and lists; there is nothing in it that is no JSON.
    let json = serde_json::to_string(record).unwrap_or_default();
    format!(
        "{IMPATIENT}insert into supabase_migrations.crmctl_deploys ({columns}, ended_at) select {columns}, {ended}::pg_catalog.timestamptz \
         from pg_catalog.jsonb_populate_record(null::supabase_migrations.crmctl_deploys, {}::pg_catalog.jsonb) \
         on conflict (id) do update set {}, updated_at = pg_catalog.clock_timestamp(), ended_at = excluded.ended_at",
        literal(&json),
        updates.join(", ")
    )
}

/// Queues the query whose answer [`receive`] takes. Outside of a transaction: where there is no table the message
/// fails, and only that. The unfinished deploy is always among what it yields.
pub fn send(session: &mut Session, limit: u32) -> PgResult<()> {
    session.send(&format!(
        "select pg_catalog.to_jsonb(d)::pg_catalog.text as record from supabase_migrations.crmctl_deploys d \
         order by ended_at is not null, started_at desc, id desc limit {}",
        limit.max(1)
    ))
}

/// The journal, from the answer to what [`send`] queued; empty where there is no table.
pub async fn receive(session: &mut Session) -> PgResult<Journal> {
    let answer = session.receive().await?;
    if answer.error.as_ref().is_some_and(|error| error.code == "42P01") {
        return Ok(Journal::default());
    }
    let mut records = Vec::new();
    for row in answer.ok()?.rows() {
        let text: String = row.get("record")?;
        let record: DeployRecord = serde_json::from_str(&text)
            .map_err(|error| PgError::Protocol(format!("the journal of deploys cannot be read: {error}")))?;
        records.push(record);
    }
    records.sort_by(|one, other| (other.started_at, &other.id).cmp(&(one.started_at, &one.id)));
    Ok(Journal { records })
}

/// Reads the journal in one round trip.
pub async fn read(session: &mut Session, limit: u32) -> PgResult<Journal> {
    send(session, limit)?;
    receive(session).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::deploy::journal::{DeployState, test_record};

    #[test]
    fn an_entry_ends_with_its_state_and_quotes_what_it_holds() {
        let mut record = test_record(DeployState::Applying, &[]);
        record.error = Some("it's".to_owned());

        let open = save(&record);
        assert!(open.contains("null::pg_catalog.timestamptz") && open.contains("it''s"), "{open}");
        record.state = DeployState::RolledBack;
        assert!(save(&record).contains("pg_catalog.clock_timestamp()::pg_catalog.timestamptz"));
    }

    #[test]
    fn only_a_deploy_that_was_seen_unfinished_is_closed_by_the_next() {
        let record = test_record(DeployState::Planned, &[]);

        assert!(!open(&record, None).contains("'failed'"));
        assert!(open(&record, Some(&record.id)).contains("state = 'failed'"));
    }
}
