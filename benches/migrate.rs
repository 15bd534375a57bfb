//! `crmctl migrate up` with 200 small files: on this machine, and with the database far away.

#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a bench starts programs by itself, and stops where it cannot go on"
)]
#![expect(clippy::print_stdout, reason = "the figures are the answer")]

#[allow(dead_code, unused_imports, reason = "every bench needs another part of it")]
mod measure;
#[path = "../tests/it/support/mod.rs"]
#[allow(dead_code, unused_imports, reason = "every bench needs another part of it")]
mod support;

use std::time::Duration;

use self::measure::{Bench, Peer, dbmate, median};
use self::support::{Database, FaultProxy, Project, Which, crmctl};

const FILES: usize = 200;
/// Half of the 50 ms that a round trip to another continent takes.
const EACH_WAY: Duration = Duration::from_millis(25);
/// What the whole set may take there: a person does not notice it.
const FAR_AWAY_LIMIT: f64 = 1.2;

fn main() {
    let bench = Bench::new("migrate");
    nearby(&bench);
    far_away(&bench);
    bench.finish();
}

/// On the same machine, over TCP.
fn nearby(bench: &Bench) {
    let dbmate = dbmate();
    let (mut ours, mut dbmates, mut psqls) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..bench.rounds() {
        ours.push(up(bench, |database| plain(&database.url())));
        if let Ok(program) = &dbmate {
            dbmates.push(with_dbmate(|| Peer::new(program)));
        }
        psqls.push(with_psql());
    }
    match dbmate {
        Ok(_) => bench.compare("dbmate", [&ours, &dbmates], 0.6),
        Err(reason) => bench.skipped("_dbmate", &reason),
    }
    bench.compare("psql", [&ours, &psqls], 0.2);
}

/// With TLS, SCRAM and a long way.
fn far_away(bench: &Bench) {
    let mut trips = 0;
    let ours: Vec<f64> = (0..bench.rounds())
        .map(|_| {
            let proxy = FaultProxy::to(Which::Network).delay(EACH_WAY);
            let seconds = up(bench, |database| format!("{}?sslmode=require", proxy.url(&database.url())));
            trips = proxy.round_trips();
            seconds
        })
        .collect();
    bench.figure("far away", &format!("s, {trips} round trips,"), &ours);
    bench.ratio("_wan_1200ms", median(&ours) / FAR_AWAY_LIMIT, 1.0);
}

fn up(bench: &Bench, url: impl FnOnce(&Database) -> String) -> f64 {
    let database = Database::empty_on(Which::Network);
    let mut project = Project::new().cloud_at(&url(&database));
    for index in 0..FILES {
        project = project.migration(&format!("{}_{}", version(index), title(index)), &statements(index));
    }
    let seconds = Bench::seconds(|| {
        let running =
            crmctl(&project).args(["migrate", "up", "--env", "cloud", "--confirm", "cloud"]).spawn();
        bench.memory().watch(running.pid());
        running.finish().expect(0);
    });
    assert_eq!(database.applied().len(), FILES);
    seconds
}

fn with_dbmate(program: impl FnOnce() -> Peer) -> f64 {
    let database = Database::empty_on(Which::Network);
    let folder = tempfile::tempdir().unwrap();
    for index in 0..FILES {
        let text = format!("-- migrate:up\n{}\n-- migrate:down\n", statements(index));
        std::fs::write(folder.path().join(format!("{}_{}.sql", version(index), title(index))), text).unwrap();
    }
    let peer = program()
        .args(["--url", &plain(&database.url()), "--no-dump-schema", "--migrations-dir"])
        .arg(folder.path())
        .arg("up");
    let seconds = Bench::seconds(|| peer.run());
    assert_eq!(database.value("select count(*) from public.schema_migrations"), FILES.to_string());
    seconds
}

/// One process per file, as scripts do it.
fn with_psql() -> f64 {
    let database = Database::empty_on(Which::Network);
    let folder = tempfile::tempdir().unwrap();
    let path = |index| folder.path().join(format!("{}.sql", version(index)));
    for index in 0..FILES {
        std::fs::write(path(index), statements(index)).unwrap();
    }
    let url = plain(&database.url());
    Bench::seconds(|| {
        for index in 0..FILES {
            let peer = Peer::postgres("psql").args(["-X", "-q", "-1", "-v", "ON_ERROR_STOP=1", &url, "-f"]);
            peer.arg(path(index)).run();
        }
    })
}

fn plain(url: &str) -> String {
    format!("{url}?sslmode=disable")
}

fn version(index: usize) -> String {
    format!("202601{:02}{:02}0000", 1 + index / 24, index % 24)
}

fn title(index: usize) -> String {
    let table = index / 4;
    match index % 4 {
        0 => format!("create_table_{table}"),
        1 => format!("index_table_{table}"),
        2 => format!("extend_table_{table}"),
        _ => format!("report_on_table_{table}"),
    }
}

/// What people write in small migrations, four files to a table.
fn statements(index: usize) -> String {
    let table = format!("public.orders_{}", index / 4);
    match index % 4 {
        0 => format!(
            "-- Orders of one region.\ncreate table {table} (\n  id uuid primary key default gen_random_uuid(),\n  \
             customer text not null,\n  amount numeric(12, 2) not null check (amount >= 0),\n  \
             status text not null default 'open',\n  created_at timestamptz not null default now()\n);\n\
             comment on table {table} is 'Orders; one row each';\n\
             alter table {table} enable row level security;\n"
        ),
        1 => format!(
            "create index on {table} (customer);\ncreate index on {table} (created_at) where status = 'open';\n"
        ),
        2 => format!(
            "alter table {table} add column note text;\n\
             comment on column {table}.note is 'What the customer said; it''s free text';\n"
        ),
        _ => format!(
            "create view {table}_by_status with (security_invoker = true) as\n  \
             select status, count(*) as orders, sum(amount) as amount from {table} group by status;\n\
             create policy readable on {table} for select to authenticated using (true);\n"
        ),
    }
}
