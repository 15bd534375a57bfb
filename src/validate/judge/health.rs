//! The state of the server and of its tables.

use std::time::Duration;

use crate::ui::{duration, thousands};
use crate::validate::check::{Check, Rule};
use crate::validate::facts::Facts;
use crate::validate::full_name;

/// Transaction numbers in use at which it is time to act; the server stops writing at two thousand million.
const OLD: u64 = 1_500_000_000;

pub(super) fn health(facts: &Facts) -> Vec<Check> {
    let health = &facts.health;
    let mut checks = Vec::new();
    let age = thousands(health.transaction_age);
    checks.push(if health.transaction_age > OLD {
        Check::warning(
            Rule::TransactionAge,
            "database",
            format!("the oldest row is {age} transactions old, near the wraparound"),
        )
        .help("find what keeps autovacuum from freezing, and run `vacuum freeze` on the oldest tables")
    } else {
        Check::ok(Rule::TransactionAge, "database", format!("the oldest row is {age} transactions old"))
    });
    let (used, most) = (health.connections, health.most_connections);
    let connections = format!("{used} of {most} connections are in use");
    checks.push(if used * 5 > most * 4 {
        Check::warning(Rule::Connections, "server", connections).help("close idle ones, or use the pooler")
    } else {
        Check::ok(Rule::Connections, "server", connections)
    });
    for open in &facts.transactions {
        let what = if open.is_idle { "idle in a transaction" } else { "in a transaction" };
        let since = duration(Duration::from_secs(open.seconds));
        let message =
            format!("`{}` of `{}` (pid {}) is {what} since {since}", open.application, open.user, open.pid);
        checks.push(
            Check::warning(Rule::LongTransaction, format!("pid {}", open.pid), message)
                .help(format!("wait for it, or end it with `select pg_terminate_backend({})`", open.pid)),
        );
    }
    if facts.transactions.is_empty() {
        checks.push(Check::ok(
            Rule::LongTransaction,
            "server",
            "no transaction is open for more than 5 minutes",
        ));
    }
    let is_bloated = |dead: u64, live: u64| dead > 10_000 && dead * 5 > live;
    let bloated: Vec<_> = facts
        .relations
        .values()
        .filter(|relation| is_bloated(relation.dead_rows, relation.live_rows))
        .collect();
    for relation in &bloated {
        let name = full_name(&relation.name);
        let (dead, live) = (thousands(relation.dead_rows), thousands(relation.live_rows));
        checks.push(
            Check::warning(
                Rule::DeadRows,
                name.clone(),
                format!("`{name}` holds {dead} dead rows beside {live} live ones"),
            )
            .help(format!("`vacuum (analyze) {}`", relation.name.sql())),
        );
    }
    if bloated.is_empty() {
        checks.push(Check::ok(Rule::DeadRows, "all", "no table is full of dead rows"));
    }
    checks
}
