//! What the facts of a database mean. Pure.

use std::time::Duration;

use crate::doctor::{Check, Facts, users};
use crate::environment::{Address, DatabaseUrl, EnvironmentName, SslMode};
use crate::migration::{Directory, History, State, states};
use crate::ui;

/// Where a database was reached.
pub(super) struct Reached<'a> {
    /// The environment it is.
    pub(super) environment: &'a EnvironmentName,
    /// By which URL.
    pub(super) url: &'a DatabaseUrl,
    /// The files, if the folder can be read.
    pub(super) directory: Option<&'a Directory>,
}

/// Every check that needs nothing but the facts.
pub(super) fn checks(reached: &Reached<'_>, facts: &Facts) -> Vec<Check> {
    let mut checks = vec![
        server(facts),
        tls(reached.url, facts),
        role(facts),
        triggers(facts),
        migrations(reached, &facts.history),
        users::check(&facts.users),
        timeouts(facts),
    ];
    checks.extend(staged(facts));
    checks
}

/// What a sync has staged and not put into place. It is in nobody's way but the disk's.
fn staged(facts: &Facts) -> Option<Check> {
    facts.staged.as_ref().map(|size| {
        Check::warning(
            "staged rows",
            format!("{size} in schema `crmctl_sync`: a sync is at work or was stopped"),
        )
        .with_help("the next `crmctl sync` uses them or removes them")
    })
}

fn server(facts: &Facts) -> Check {
    let name = "server";
    if facts.is_replica {
        let what = format!("PostgreSQL {}, a read replica: nothing can be written to it", facts.version);
        return Check::warning(name, what).with_help("use the URL of the primary database");
    }
    Check::ok(name, format!("PostgreSQL {}", facts.version))
}

fn tls(url: &DatabaseUrl, facts: &Facts) -> Check {
    let name = "TLS";
    let mode = url.ssl_mode();
    let is_checked = matches!(mode, SslMode::VerifyCa | SslMode::VerifyFull);
    let certificate = if is_checked { "certificate checked" } else { "certificate not checked" };
    let word = mode.word();
    if matches!(Address::of(url), Address::SessionPooler { .. }) {
        // `pg_stat_ssl` is about the way between pooler and server; ours is encrypted, or the URL had been refused.
        return Check::ok(name, format!("as far as the pooler, {certificate} (sslmode={word})"));
    }
    match &facts.tls {
        Some((version, cipher)) => {
            Check::ok(name, format!("{version}, {cipher}, {certificate} (sslmode={word})"))
        }
        None if url.is_socket() || url.is_local() => Check::ok(name, "none, and none needed on this machine"),
        None => Check::problem(name, format!("none: passwords and rows pass in plain text (sslmode={word})"))
            .with_help("put `sslmode=require` into the URL"),
    }
}

fn role(facts: &Facts) -> Check {
    let role = &facts.role;
    if facts.is_superuser {
        return Check::warning(
            "role",
            format!("`{role}` is a superuser: nothing stops a mistake, and hosted projects have none"),
        )
        .with_help("use the role `postgres` that Supabase gives, or one that owns no more than it needs");
    }
    Check::ok("role", format!("`{role}`, not a superuser"))
}

/// Both are fine: without the right, `sync` goes the longer way.
fn triggers(facts: &Facts) -> Check {
    let role = &facts.role;
    let what = if facts.may_silence_triggers {
        format!("`{role}` may switch them off while rows are loaded (`session_replication_role`)")
    } else {
        format!("`{role}` may not set `session_replication_role`; sync switches them off table by table")
    };
    Check::ok("triggers", what)
}

/// The history in one word, and the worst one where there are several.
fn migrations(reached: &Reached<'_>, history: &Result<History, String>) -> Check {
    let (name, environment) = ("migrations", reached.environment);
    let history = match history {
        Ok(history) => history,
        Err(reason) => return Check::warning(name, format!("the history cannot be read: {reason}")),
    };
    let Some(directory) = reached.directory else {
        let applied = u64::try_from(history.rows.len()).unwrap_or(u64::MAX);
        return Check::ok(
            name,
            format!("{} applied, no folder to compare with", ui::plural(applied, "migration")),
        );
    };
    let entries = states(directory, history);
    let count = |state| entries.iter().filter(|entry| entry.state == state).count();
    let worst =
        [State::PartlyApplied, State::Edited, State::MissingLocally, State::OutOfOrder, State::Pending];
    let Some(state) = worst.into_iter().find(|state| count(*state) > 0) else {
        return Check::ok(name, "up to date");
    };
    let what = format!("{}: {}", state.words(), count(state));
    let see = format!("`crmctl migrate status --env {environment}`");
    match state {
        State::Applied => Check::ok(name, what),
        State::Pending => {
            Check::warning(name, what).with_help(format!("`crmctl migrate up --env {environment}`"))
        }
        State::OutOfOrder | State::MissingLocally | State::Edited => {
            Check::warning(name, what).with_help(see)
        }
        State::PartlyApplied => Check::problem(name, what).with_help(see),
    }
}

/// crmctl lifts the usual ones for its own sessions; these two it cannot see coming.
fn timeouts(facts: &Facts) -> Check {
    let name = "time-outs";
    let show = |(name, milliseconds): &(String, u64)| {
        format!("{name} {}", ui::duration(Duration::from_millis(*milliseconds)))
    };
    let ends_sessions = |name: &str| name == "transaction_timeout" || name == "idle_session_timeout";
    let harmful: Vec<_> = facts.timeouts.iter().filter(|(name, _)| ends_sessions(name)).collect();
    if !harmful.is_empty() {
        let list = harmful.iter().map(|timeout| show(timeout)).collect::<Vec<_>>().join(", ");
        let resets = harmful
            .iter()
            .map(|(name, _)| format!("alter role {} set {name} = 0;", crate::pg::identifier(&facts.role)));
        let help = resets.collect::<Vec<_>>().join(" ");
        return Check::warning(name, format!("{list}: a long backup or sync may be cut off"))
            .with_help(format!("`{help}`"));
    }
    if facts.timeouts.is_empty() {
        return Check::ok(name, "none");
    }
    let list = facts.timeouts.iter().map(show).collect::<Vec<_>>().join(", ");
    Check::ok(name, format!("{list}; crmctl's own sessions have none"))
}

#[cfg(test)]
mod tests;
