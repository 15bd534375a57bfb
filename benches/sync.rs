//! `crmctl sync` of the default data set to a database far away, and the chain of programs that it replaces.

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

use std::path::Path;
use std::time::Duration;

use self::measure::{Bench, Peer, median};
use self::support::{Database, FaultProxy, Project, Which, crmctl};

/// Half of the 50 ms that a round trip to another continent takes.
const EACH_WAY: Duration = Duration::from_millis(25);
/// Five to sign in over TLS, one for the catalog, one for everything else, and COMMIT. That of TCP, the ninth, is not
/// seen by the proxy, which answers it at once.
const TRIPS_LIMIT: f64 = 8.0;

/// What scripts list by hand.
const TABLES: [&str; 14] = [
    "activities",
    "contact_notes",
    "contact_tags",
    "contacts",
    "opportunities",
    "opportunity_notes",
    "opportunity_products",
    "organization_tags",
    "organizations",
    "products",
    "segments",
    "tags",
    "tasks",
    "test_user_metadata",
];

fn main() {
    let bench = Bench::new("sync");
    let local = Database::seeded(Which::Local);

    let (mut ours, mut trips) = (Vec::new(), Vec::new());
    for _ in 0..bench.rounds() {
        let (seconds, count) = sync(&bench, &local);
        ours.push(seconds);
        trips.push(count);
    }
    let naive: Vec<f64> = (0..bench.slow_rounds()).map(|_| naive_chain(&local)).collect();
    let piped: Vec<f64> = (0..bench.rounds()).map(|_| dump_into_psql(&local)).collect();

    bench.figure("round trips on the target", "of them", &trips);
    bench.ratio("_round_trips", median(&trips) / TRIPS_LIMIT, 1.0);
    bench.compare("naive", [&ours, &naive], 1.0 / 40.0);
    bench.compare("pg_dump_psql", [&ours, &piped], 1.0 / 6.0);
    bench.finish();
}

/// A cloud whose rows are not those of `local`.
fn cloud() -> Database {
    let cloud = Database::seeded(Which::Network);
    cloud.run("update public.contacts set first_name = 'Somebody'; delete from public.activities");
    cloud
}

fn far_away(cloud: &Database) -> (FaultProxy, String) {
    let proxy = FaultProxy::to(Which::Network).delay(EACH_WAY);
    let url = format!("{}?sslmode=require", proxy.url(&cloud.url()));
    (proxy, url)
}

/// Seconds and round trips.
fn sync(bench: &Bench, local: &Database) -> (f64, f64) {
    let cloud = cloud();
    let (proxy, url) = far_away(&cloud);
    let project = Project::new().local(local).cloud_at(&url);
    let seconds = Bench::seconds(|| {
        let running = crmctl(&project).args(["sync", "--force", "--confirm", "cloud"]).spawn();
        bench.memory().watch(running.pid());
        running.finish().expect(0);
    });
    assert_same_counts(local, &cloud);
    (seconds, f64::from(u32::try_from(proxy.round_trips()).unwrap()))
}

/// What scripts do that people keep for this: back up, dump, truncate table by table, load, users, count table by table.
fn naive_chain(local: &Database) -> f64 {
    let cloud = cloud();
    let (proxy, url) = far_away(&cloud);
    let folder = tempfile::tempdir().unwrap();
    let (backup, dump) = (folder.path().join("backup.sql"), folder.path().join("dump.sql"));
    let seconds = Bench::seconds(|| {
        dump_rows(&url, &backup);
        dump_rows(&local.url(), &dump);
        for table in TABLES {
            psql(&url).args(["-c", &format!("truncate table public.{table} cascade")]).run();
        }
        psql(&url).args(["-c", "truncate table public.sales cascade"]).run();
        psql(&url).stdin(&dump).run();
        let users = "where email like '%@test.local'";
        let columns = "id, email, encrypted_password, raw_user_meta_data";
        psql(&local.url()).args(["-c", &format!("select {columns} from auth.users {users}")]).run();
        psql(&url).args(["-c", &format!("update auth.users set updated_at = now() {users}")]).run();
        for table in TABLES {
            let count = format!("select count(*) from public.{table}");
            psql(&local.url()).args(["-c", &count]).run();
            psql(&url).args(["-c", &count]).run();
        }
        psql(&url).args(["-c", &format!("select email from auth.users {users} order by email")]).run();
    });
    println!("# naive: {} connections, {} round trips", proxy.connections(), proxy.round_trips());
    assert_same_counts(local, &cloud);
    seconds
}

/// The rows alone, neither backed up nor compared.
fn dump_into_psql(local: &Database) -> f64 {
    let cloud = cloud();
    let (proxy, url) = far_away(&cloud);
    let tables = TABLES.map(|table| format!("public.{table}")).join(", ");
    let empty = format!("truncate table {tables}, public.sales cascade");
    let seconds = Bench::seconds(|| {
        let dump = dump(&local.url());
        psql(&url).args(["-c", &empty, "-f", "-"]).fed_by(dump);
    });
    println!("# pg_dump | psql: {} connections, {} round trips", proxy.connections(), proxy.round_trips());
    assert_same_counts(local, &cloud);
    seconds
}

fn dump(url: &str) -> Peer {
    let flags = ["--no-owner", "--no-acl", "--data-only", "--schema=public"];
    Peer::postgres("pg_dump").args(flags).arg(url)
}

fn dump_rows(url: &str, to: &Path) {
    dump(url).arg("--file").arg(to).run();
}

fn psql(url: &str) -> Peer {
    Peer::postgres("psql").args(["-X", "-q", "-v", "ON_ERROR_STOP=1", url])
}

fn assert_same_counts(local: &Database, cloud: &Database) {
    for table in TABLES {
        let count = format!("select count(*) from public.{table}");
        assert_eq!(local.value(&count), cloud.value(&count), "{table}");
    }
}
