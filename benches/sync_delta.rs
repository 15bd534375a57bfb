//! `crmctl sync --mode delta` of 1 % changed rows against a copy of all rows: what moves, over both connections and in
//! both directions.
//!
//! Of a table of many rows three parts move in a full copy: out of the source, out of the target into the backup, and
//! into the target. The same three parts of the rows that changed move in a delta, which is 1 % of it; all else that it
//! needs (digests of buckets, sketches, the numbers of the classes that differ) is about a tenth of that, whether the
//! changes lie together or not. What both need whatever the number of rows, such as the catalogs, weighs the more
//! the fewer rows there are: with a tenth of the rows the ratio is a few percent of itself larger.

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

use self::measure::Bench;
use self::support::{Database, Direction, FaultProxy, Project, Which, crmctl};

/// At most 1/80 and 1/40 of a full copy.
const LIMITS: [(&str, &str, f64); 2] = [
    ("clustered", "id <= (select max(id) from public.people) / 100", 0.0125),
    ("scattered", "id % 100 = 7", 0.025),
];

const SCHEMA: &str = "create table public.people (id bigint primary key, team integer not null, email text not null, \
    note text, price numeric(12, 2), met timestamptz, is_active boolean not null)";

fn main() {
    let bench = Bench::new("delta");
    let rows = if bench.is_quick() { 200_000 } else { 2_000_000 };
    let insert = format!(
        "insert into public.people select n, n % 1000, 'person' || n || '@example.com', repeat(md5(n::text), 3), n * 1.25, \
         '2026-01-01'::timestamptz + n * interval '1 s', n % 2 = 0 from generate_series(1, {rows}) as n"
    );
    let (local, cloud) = (Database::empty(), Database::empty_on(Which::Network));
    for database in [&local, &cloud] {
        database.run(SCHEMA).query(&insert);
        database.query("vacuum analyze");
    }

    let full = sync(&bench, [&local, &cloud], "full");
    bench.figure("full", "MB", &[full.megabytes]);
    for (name, changed, limit) in LIMITS {
        local.query(&format!(
            "update public.people set price = price + 1, note = 'called again' where {changed}"
        ));
        let delta = sync(&bench, [&local, &cloud], "delta");
        bench.figure(name, "MB", &[delta.megabytes]);
        bench.figure(&format!("{name} time against full"), "of it", &[delta.seconds / full.seconds]);
        bench.ratio(&format!("_{name}"), delta.megabytes / full.megabytes, limit);
    }
    bench.finish();
}

struct Cost {
    megabytes: f64,
    seconds: f64,
}

fn sync(bench: &Bench, [local, cloud]: [&Database; 2], mode: &str) -> Cost {
    let proxies = [FaultProxy::to(Which::Local), FaultProxy::to(Which::Network)];
    let url = |number: usize, database: &Database| {
        format!("{}?sslmode=disable", proxies[number].url(&database.url()))
    };
    let project = Project::new()
        .cloud_at(&url(1, cloud))
        .setting(&format!("[environments.local]\nurl = \"{}\"", url(0, local)));
    let seconds = Bench::seconds(|| {
        let call = crmctl(&project).args(["sync", "--mode", mode, "--force", "--confirm", "cloud"]);
        let running = call.spawn();
        bench.memory().watch(running.pid());
        running.finish().expect(0);
    });
    let sum = "select sum(hashtext(t::text)) from public.people as t";
    assert_eq!(local.value(sum), cloud.value(sum));
    let both = [Direction::ToServer, Direction::ToClient];
    let bytes: u64 = proxies.iter().flat_map(|proxy| both.map(|way| proxy.bytes(way))).sum();
    println!("# {mode}: {seconds:.1} s, {bytes} bytes");
    Cost { megabytes: f64::from(u32::try_from(bytes / 1000).unwrap()) / 1000.0, seconds }
}
