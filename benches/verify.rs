//! `crmctl verify` of every row, and the text hash that people compare databases with.

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

use self::measure::{Bench, Peer, ServerTime, median, seeded};
use self::support::{Database, Project, Which, crmctl};

/// About 200,000 rows.
const SCALE: &str = "125";
/// The servers of the two databases.
const SIDES: [Which; 2] = [Which::Local, Which::Network];

fn main() {
    let bench = Bench::new("verify");
    let [local, cloud] = SIDES.map(|which| seeded(which, SCALE));
    let project = Project::new().local(&local).cloud_at(&format!("{}?sslmode=disable", cloud.url()));
    let hashes = text_hashes(&local);

    let mut figures = [const { Vec::new() }; 4];
    for _ in 0..bench.rounds() {
        let ours = measured([&local, &cloud], || {
            let running = crmctl(&project).args(["verify", "--level", "contents"]).spawn();
            bench.memory().watch(running.pid());
            running.finish().expect(0);
        });
        let theirs = measured([&local, &cloud], || {
            let sides = [&local, &cloud].map(|database| {
                let url = format!("{}?sslmode=disable", database.url());
                Peer::postgres("psql").args(["-X", "-q", &url, "-c", &hashes]).start()
            });
            for wait in sides {
                wait();
            }
        });
        for (figure, value) in figures.iter_mut().zip([ours, theirs].as_flattened()) {
            figure.push(*value);
        }
    }
    let [wall, processor, their_wall, their_processor] = &figures;
    bench.compare("wall", [wall, their_wall], 0.5);
    if median(their_processor) > 0.0 {
        bench.compare("processor", [processor, their_processor], 0.5);
    } else {
        bench.skipped("_processor", "the system does not tell the time of processes");
    }
    bench.finish();
}

/// Seconds on the clock, and of the processors of both servers.
fn measured(databases: [&Database; 2], work: impl FnOnce()) -> [f64; 2] {
    let servers = SIDES.map(ServerTime::start);
    let wall = Bench::seconds(work);
    let processor = servers.iter().zip(databases).map(|(server, database)| server.seconds(database)).sum();
    [wall, processor]
}

/// One statement with the hash of each table.
fn text_hashes(database: &Database) -> String {
    let tables = database.column(
        "select format('select sum(hashtext(t::text)) from %s t', oid::regclass) from pg_class \
         where relnamespace = 'public'::regnamespace and relkind = 'r'",
    );
    tables.join("; ")
}
