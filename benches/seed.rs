//! `crmctl seed` of many rows, and COPY of the same rows from a file.

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

use self::measure::{Bench, Peer, seed};
use self::support::{Database, Which};

/// A million rows.
const SCALE: &str = "545";
/// About 100,000 rows.
const QUICK_SCALE: &str = "60";
/// At least 60 % of the speed of COPY, whatever it takes to make the rows up.
const GOAL: f64 = 1.0 / 0.6;
/// To find that there is nothing to do takes at most so much of what it takes to do it.
const AGAIN_GOAL: f64 = 0.5;

fn main() {
    let bench = Bench::new("seed");
    let folder = tempfile::tempdir().unwrap();
    let rows = folder.path().join("rows.sql");

    let scale = if bench.is_quick() { QUICK_SCALE } else { SCALE };
    let rounds = if bench.is_quick() { bench.rounds() } else { bench.slow_rounds() };
    let (mut ours, mut theirs, mut small, mut again) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for _ in 0..rounds {
        let database = Database::migrated(Which::Network);
        ours.push(Bench::seconds(|| seed(&database, "all", scale, bench.memory())));
        again.push(Bench::seconds(|| seed(&database, "all", scale, bench.memory())));
        if !rows.exists() {
            let flags = ["--data-only", "--schema=public", "--exclude-table=public.sales"];
            let dump =
                Peer::postgres("pg_dump").args(flags).args(["--exclude-table=public.test_user_metadata"]);
            dump.arg("--file").arg(&rows).arg(database.url()).run();
        }
        let copy = Database::migrated(Which::Network);
        seed(&copy, "users", "1", bench.memory());
        let url = format!("{}?sslmode=disable", copy.url());
        let psql = Peer::postgres("psql").args(["-X", "-q", "-1", "-v", "ON_ERROR_STOP=1", &url, "-f"]);
        let psql = psql.arg(&rows);
        theirs.push(Bench::seconds(|| psql.run()));
        let count = "select count(*) from public.activities";
        assert_eq!(database.value(count), copy.value(count));

        let database = Database::migrated(Which::Network);
        small.push(Bench::seconds(|| seed(&database, "all", "1", bench.memory())));
    }
    bench.compare("copy", [&ours, &theirs], GOAL);
    bench.figure("again, with nothing to do", "s", &again);
    bench.ratio("_again", measure::median(&again) / measure::median(&ours), AGAIN_GOAL);
    bench.figure("default data set", "s", &small);
    bench.ratio("_default_1s", measure::median(&small), 1.0);
    bench.finish();
}
