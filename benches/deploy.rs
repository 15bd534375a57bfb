//! `crmctl deploy --plan` with 200 small files: what the rehearsal costs on top of PostgreSQL's own work.

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

use self::measure::{Bench, Peer, median};
use self::support::{Call, Database, Project, Which, crmctl};

const FILES: usize = 200;
/// What starting a server, comparing schemas and looking at locks may take beside the files themselves.
const LIMIT: f64 = 1.5;

fn main() {
    let bench = Bench::new("deploy");
    let (mut pending, mut applied, mut own) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..bench.rounds() {
        own.push(with_psql());
        pending.push(plan(&bench, 0));
        applied.push(plan(&bench, FILES));
    }
    bench.figure("psql, one session", "s", &own);
    tell(&bench, "rehearsal_200_files", &pending, &own);
    tell(&bench, "replay_200_files", &applied, &own);
    bench.finish();
}

fn tell(bench: &Bench, name: &str, ours: &[f64], own: &[f64]) {
    bench.figure(name, "s", ours);
    bench.ratio(&format!("_{name}"), (median(ours) - median(own)).max(0.0) / LIMIT, 1.0);
}

/// The plan of a deploy of as many files as are not applied, and of one more.
fn plan(bench: &Bench, applied: usize) -> f64 {
    let cloud = Database::empty_on(Which::Cloud);
    let mut project = Project::new().cloud(&cloud);
    for index in 0..FILES {
        project = project.migration(&name(index), &statements(index));
    }
    if applied > 0 {
        crmctl(&project).args(["migrate", "up", "--env", "cloud", "--confirm", "cloud"]).success();
    }
    let project = project.migration("20270101000000_last", "comment on schema public is 'of the CRM';");
    Bench::seconds(|| {
        let running = allowing_all_of_lint(crmctl(&project).args(["deploy", "--plan", "--json"])).spawn();
        bench.memory().watch(running.pid());
        running.finish().expect(0);
    })
}

/// What lint says of the files is not what is measured.
fn allowing_all_of_lint(call: Call) -> Call {
    crmctl::lint::RULES.iter().fold(call, |call, rule| call.arg("--allow").arg(rule.id))
}

/// PostgreSQL's own work: all files, each in a transaction, in one session.
fn with_psql() -> f64 {
    let database = Database::empty_on(Which::Cloud);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("all.sql");
    let text: String =
        (0..FILES).fold(String::new(), |text, index| text + "begin;\n" + &statements(index) + "commit;\n");
    std::fs::write(&path, text).unwrap();
    let url = database.url();
    Bench::seconds(|| {
        let peer = Peer::postgres("psql").args(["-X", "-q", "-v", "ON_ERROR_STOP=1", &url, "-f"]);
        peer.arg(&path).run();
    })
}

fn name(index: usize) -> String {
    format!("202601{:02}{:02}0000_file_{index}", 1 + index / 24, index % 24)
}

/// What people write in small migrations, four files to a table.
fn statements(index: usize) -> String {
    let table = format!("public.orders_{}", index / 4);
    match index % 4 {
        0 => format!(
            "create table {table} (\n  id uuid primary key default gen_random_uuid(),\n  \
             customer text not null,\n  amount numeric(12, 2) not null check (amount >= 0),\n  \
             status text not null default 'open',\n  created_at timestamptz not null default now()\n);\n\
             alter table {table} enable row level security;\n"
        ),
        1 => format!(
            "create index on {table} (customer);\ncreate index on {table} (created_at) where status = 'open';\n"
        ),
        2 => format!("alter table {table} add column note text;\n"),
        _ => format!(
            "create view {table}_by_status with (security_invoker = true) as\n  \
             select status, count(*) as orders, sum(amount) as amount from {table} group by status;\n\
             create policy readable on {table} for select to authenticated using (true);\n"
        ),
    }
}
