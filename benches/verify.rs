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

use std::fmt::Write as _;

use self::measure::{Bench, Peer, ServerTime, median, of_own_children, reladiff, seeded};
use self::support::{Database, Project, Which, crmctl};

/// About 200,000 rows.
const SCALE: &str = "125";
/// The servers of the two databases.
const SIDES: [Which; 2] = [Which::Local, Which::Network];
/// Rows that are changed for the second comparison.
const CHANGED: usize = 200;
/// How reladiff divides tables: as it does by itself, and in smaller pieces.
const RELADIFF: [[&str; 2]; 2] = [["32", "16384"], ["32", "1000"]];

fn main() {
    let bench = Bench::new("verify");
    let [local, cloud] = SIDES.map(|which| seeded(which, SCALE));
    let project = Project::new().local(&local).cloud_at(&plain(&cloud.url()));
    let sides = [&local, &cloud];
    text_hash(&bench, &project, sides);
    match reladiff() {
        Ok(python) => {
            // It goes over TCP only.
            let twin = seeded(Which::Network, SCALE);
            let project = Project::new().local(&twin).cloud_at(&plain(&cloud.url()));
            let sides = [&twin, &cloud];
            let compare = |name: &str, code| other_program(&bench, &project, sides, (name, code, &python));
            compare("reladiff", 0);
            let change = format!(
                "set session_replication_role = replica; update public.activities set subject = subject || '!' where id in \
                 (select id from public.activities order by md5(id::text) limit {CHANGED})"
            );
            cloud.query(&change);
            cloud.query("vacuum analyze");
            compare("reladiff_changed", 3);
        }
        Err(reason) => bench.skipped("_reladiff", &reason),
    }
    bench.finish();
}

fn verify(bench: &Bench, project: &Project, code: i32) {
    let running = crmctl(project).args(["verify", "--level", "contents"]).spawn();
    bench.memory().watch(running.pid());
    running.finish().expect(code);
}

/// Processor time of the servers, and of our program as well, to that of the servers with the text hash. The time on
/// the clock is told, too.
fn text_hash(bench: &Bench, project: &Project, sides: [&Database; 2]) {
    let hashes = text_hashes(sides[0]);
    let mut figures = [const { Vec::new() }; 4];
    for _ in 0..bench.rounds() {
        let before = of_own_children();
        let [wall, servers] = measured(sides, || verify(bench, project, 0));
        let ours = [wall, servers + of_own_children() - before];
        let theirs = measured(sides, || {
            let both = sides.map(|database| {
                let url = plain(&database.url());
                Peer::postgres("psql").args(["-X", "-q", &url, "-c", &hashes]).start()
            });
            for wait in both {
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
        bench.compare("cpu", [processor, their_processor], 0.5);
    } else {
        bench.skipped("_cpu", "the system does not tell the time of processes");
    }
}

/// Time on the clock to that of reladiff, which is given the settings it is quickest with.
fn other_program(
    bench: &Bench,
    project: &Project,
    sides: [&Database; 2],
    (name, code, python): (&str, i32, &std::path::Path),
) {
    let folder = tempfile::tempdir().unwrap();
    let (script, tables) = (folder.path().join("compare.py"), folder.path().join("tables"));
    std::fs::write(&script, include_str!("measure/reladiff.py")).unwrap();
    std::fs::write(&tables, keys_and_columns(sides[0])).unwrap();
    let [left, right] = sides.map(|database| plain(&database.url()));
    let (mut ours, mut theirs) = (Vec::new(), RELADIFF.map(|_| Vec::new()));
    for _ in 0..bench.slow_rounds() {
        ours.push(Bench::seconds(|| verify(bench, project, code)));
        for (settings, seconds) in RELADIFF.iter().zip(&mut theirs) {
            let peer =
                Peer::new(python).arg(&script).args([&left, &right, "4"]).args(*settings).stdin(&tables);
            seconds.push(Bench::seconds(|| {
                let found = peer.answer();
                // A row that changed is one that goes and one that comes.
                let expected = if code == 0 { 0 } else { 2 * CHANGED };
                assert_eq!(found.trim(), expected.to_string());
            }));
        }
    }
    let quickest = theirs.iter().min_by(|one, other| median(one).total_cmp(&median(other))).unwrap();
    bench.compare(name, [&ours, quickest], 1.0 / 6.0);
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

/// A line for each table: its name, its key, its other columns.
fn keys_and_columns(database: &Database) -> String {
    let rows = database.query(
        "select c.relname, string_agg(a.attname, ',' order by a.attnum) filter (where a.attnum = any (p.conkey)), \
         coalesce(string_agg(a.attname, ',' order by a.attnum) filter (where a.attnum <> all (p.conkey)), '') \
         from pg_class c join pg_constraint p on p.conrelid = c.oid and p.contype = 'p' \
         join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = '' \
         where c.relnamespace = 'public'::regnamespace and c.relkind = 'r' group by 1 order by 1",
    );
    rows.into_iter().fold(String::new(), |mut lines, row| {
        let cells: Vec<String> = row.into_iter().map(Option::unwrap_or_default).collect();
        // Writing into a string does not fail.
        let _ = writeln!(lines, "{}", cells.join("\t"));
        lines
    })
}

fn plain(url: &str) -> String {
    format!("{url}?sslmode=disable")
}
