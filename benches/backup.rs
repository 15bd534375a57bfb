//! `crmctl backup create` of many rows, and `pg_dump -Fc`.

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

use self::measure::{Bench, Peer, median, seeded};
use self::support::{Project, Which, crmctl};

/// About 200,000 rows.
const SCALE: &str = "125";

fn main() {
    let bench = Bench::new("backup");
    let database = seeded(Which::Network, SCALE);
    let url = format!("{}?sslmode=disable", database.url());

    let mut figures = [const { Vec::new() }; 4];
    for _ in 0..bench.rounds() {
        let project = Project::new().cloud_at(&url);
        let ours = Bench::seconds(|| {
            let running = crmctl(&project).args(["backup", "create", "--env", "cloud"]).spawn();
            bench.memory().watch(running.pid());
            running.finish().expect(0);
        });
        let size = project.files("backups").iter().map(|file| megabytes(file)).sum();

        let dump = project.path().join("dump");
        let theirs = Bench::seconds(|| {
            Peer::postgres("pg_dump").args(["-Fc", "--file"]).arg(&dump).arg(&url).run();
        });
        for (figure, value) in figures.iter_mut().zip([ours, size, theirs, megabytes(&dump)]) {
            figure.push(value);
        }
    }
    let [ours, size, theirs, their_size] = &figures;
    bench.compare("pg_dump", [ours, theirs], 0.2);
    bench.figure("size ours", "MB", size);
    bench.figure("size theirs", "MB", their_size);
    bench.ratio("_size", median(size) / median(their_size), 0.85);
    bench.finish();
}

fn megabytes(file: &std::path::Path) -> f64 {
    f64::from(u32::try_from(file.metadata().unwrap().len()).unwrap()) / 1024.0 / 1024.0
}
