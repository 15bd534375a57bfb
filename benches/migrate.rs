//! `crmctl migrate up` beside other runners: on this machine, and with the database far away.

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

use self::measure::files::{large, statements, title, version};
use self::measure::{Bench, Memory, Peer, dbmate, median, supabase};
use self::support::{Database, FaultProxy, Project, Which, crmctl};

const FILES: usize = 200;
const MANY: usize = 2_000;
/// Half of a round trip of 40 ms.
const EACH_WAY: Duration = Duration::from_millis(20);
/// Twice the file of this size, and 30 MB for everything else, is what its migration may take.
const LARGE: usize = 50;

fn main() {
    let bench = Bench::new("migrate");
    nearby(&bench);
    many(&bench);
    far_away(&bench);
    memory_of_a_large_file(&bench);
    bench.finish();
}

/// On the same machine, over TCP.
fn nearby(bench: &Bench) {
    let dbmate = dbmate();
    let (mut ours, mut dbmates, mut sessions, mut least) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for _ in 0..bench.rounds() {
        ours.push(up(bench.memory(), FILES, |database| plain(&database.url())));
        if let Ok(program) = &dbmate {
            dbmates.push(with_dbmate(program, FILES, |database| plain(&database.url())));
        }
        sessions.push(with_psql_in_one_session());
        least.push(with_psql_in_one_transaction(FILES));
    }
    bench.figure("the server's own work", "s", &least);
    match dbmate {
        Ok(_) => bench.compare("dbmate", [&ours, &dbmates], 0.6),
        Err(reason) => bench.skipped("_dbmate", &reason),
    }
    // Where there is no network it does the server's own work and little else, without a history: no slower is all there is.
    bench.compare("psql_session", [&ours, &sessions], 1.0);
    let psqls: Vec<f64> = (0..bench.slow_rounds()).map(|_| with_psql_per_file()).collect();
    bench.compare("psql", [&ours, &psqls], 0.2);
    match supabase() {
        Ok(program) => {
            let theirs: Vec<f64> = (0..bench.slow_rounds())
                .map(|_| with_supabase(&program, FILES, |database| plain(&database.url())))
                .collect();
            bench.compare("supabase", [&ours, &theirs], 0.25);
        }
        Err(reason) => bench.skipped("_supabase", &reason),
    }
}

/// Ten times as many files take ten times as long, and memory that is bounded all the same.
fn many(bench: &Bench) {
    let dbmate = dbmate();
    let (mut ours, mut dbmates, mut least) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..bench.rounds() {
        ours.push(up(bench.memory(), MANY, |database| plain(&database.url())));
        if let Ok(program) = &dbmate {
            dbmates.push(with_dbmate(program, MANY, |database| plain(&database.url())));
        }
        least.push(with_psql_in_one_transaction(MANY));
    }
    bench.figure("the server's own work for 2000 files", "s", &least);
    match dbmate {
        Ok(_) => bench.compare("2000_files_dbmate", [&ours, &dbmates], 0.6),
        Err(reason) => bench.skipped("_2000_files_dbmate", &reason),
    }
}

/// Where a round trip takes 40 ms. What takes minutes there is measured with few files and scaled.
fn far_away(bench: &Bench) {
    let far = |proxy: &FaultProxy, database: &Database| plain(&proxy.url(&database.url()));
    let proxy = || FaultProxy::to(Which::Network).delay(EACH_WAY);
    let mut trips = 0;
    let ours: Vec<f64> = (0..bench.rounds())
        .map(|_| {
            let proxy = proxy();
            let seconds = up(bench.memory(), FILES, |database| far(&proxy, database));
            trips = proxy.round_trips();
            seconds
        })
        .collect();
    bench.figure("far away", &format!("s, {trips} round trips,"), &ours);
    let scaled = |run: &dyn Fn(usize) -> f64| {
        let (few, more) = (run(2), run(22));
        #[expect(clippy::cast_precision_loss, reason = "it is 198")]
        let rest = (FILES - 2) as f64;
        few + (more - few) / 20.0 * rest
    };
    let compare = |name: &str, times: f64, theirs: f64| {
        println!("# migrate {name} far away: {theirs:.1} s, scaled from runs of 2 and 22 files");
        bench.ratio(&format!("_wan_{name}_{times:.0}x"), median(&ours) * times / theirs, 1.0);
    };
    match dbmate() {
        Ok(program) => {
            let run = |files| {
                let proxy = proxy();
                with_dbmate(&program, files, |database| far(&proxy, database))
            };
            compare("dbmate", 100.0, scaled(&run));
        }
        Err(reason) => bench.skipped("_wan_dbmate_100x", &reason),
    }
    match supabase() {
        Ok(program) => {
            let run = |files| {
                let proxy = proxy();
                with_supabase(&program, files, |database| far(&proxy, database))
            };
            compare("supabase", 40.0, scaled(&run));
        }
        Err(reason) => bench.skipped("_wan_supabase_40x", &reason),
    }
}

fn memory_of_a_large_file(bench: &Bench) {
    for (name, is_copy) in [("copy", true), ("insert", false)] {
        let database = Database::empty_on(Which::Network);
        let project = Project::new()
            .cloud_at(&plain(&database.url()))
            .migration("20260101000000_large", &large(LARGE, is_copy));
        let memory = Memory::default();
        run(&project, &memory);
        let limit = f64::from(u32::try_from(2 * LARGE + 30).unwrap());
        println!("# migrate {LARGE} MB {name}: {:.0} MB", memory.megabytes());
        bench.ratio(&format!("_memory_large_{name}"), memory.megabytes() / limit, 1.0);
    }
}

fn up(memory: &Memory, files: usize, url: impl FnOnce(&Database) -> String) -> f64 {
    let database = Database::empty_on(Which::Network);
    let mut project = Project::new().cloud_at(&url(&database));
    for index in 0..files {
        project = project.migration(&format!("{}_{}", version(index), title(index)), &statements(index));
    }
    let seconds = Bench::seconds(|| run(&project, memory));
    assert_eq!(database.applied().len(), files);
    seconds
}

fn run(project: &Project, memory: &Memory) {
    let running = crmctl(project).args(["migrate", "up", "--env", "cloud", "--confirm", "cloud"]).spawn();
    memory.watch(running.pid());
    running.finish().expect(0);
}

fn with_dbmate(program: &Path, files: usize, url: impl FnOnce(&Database) -> String) -> f64 {
    let database = Database::empty_on(Which::Network);
    let folder = tempfile::tempdir().unwrap();
    for index in 0..files {
        let text = format!("-- migrate:up\n{}\n-- migrate:down\n", statements(index));
        std::fs::write(folder.path().join(format!("{}_{}.sql", version(index), title(index))), text).unwrap();
    }
    let peer = Peer::new(program)
        .args(["--url", &url(&database), "--no-dump-schema", "--migrations-dir"])
        .arg(folder.path())
        .arg("up");
    let seconds = Bench::seconds(|| peer.run());
    assert_eq!(database.value("select count(*) from public.schema_migrations"), files.to_string());
    seconds
}

fn with_supabase(program: &Path, files: usize, url: impl FnOnce(&Database) -> String) -> f64 {
    let database = Database::empty_on(Which::Network);
    let folder = tempfile::tempdir().unwrap();
    let migrations = folder.path().join("supabase/migrations");
    std::fs::create_dir_all(&migrations).unwrap();
    std::fs::write(folder.path().join("supabase/config.toml"), "project_id = \"bench\"\n").unwrap();
    for index in 0..files {
        let path = migrations.join(format!("{}_{}.sql", version(index), title(index)));
        std::fs::write(path, statements(index)).unwrap();
    }
    let peer = Peer::new(program)
        .args(["db", "push", "--yes", "--db-url", &url(&database), "--workdir"])
        .arg(folder.path())
        .env("HOME", folder.path());
    let seconds = Bench::seconds(|| peer.run());
    assert_eq!(database.applied().len(), files);
    seconds
}

/// One process per file, as scripts do it.
fn with_psql_per_file() -> f64 {
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

/// One process for all, a transaction per file and no history: as little as there can be.
fn with_psql_in_one_session() -> f64 {
    let database = Database::empty_on(Which::Network);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("all.sql");
    let file = |index| format!("begin;\n{}commit;\n", statements(index));
    std::fs::write(&path, (0..FILES).map(file).collect::<String>()).unwrap();
    let url = plain(&database.url());
    let peer = Peer::postgres("psql").args(["-X", "-q", "-v", "ON_ERROR_STOP=1", &url, "-f"]).arg(&path);
    Bench::seconds(|| peer.run())
}

/// The same in one transaction: nobody can be quicker than the server at what the files say.
fn with_psql_in_one_transaction(files: usize) -> f64 {
    let database = Database::empty_on(Which::Network);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("all.sql");
    std::fs::write(&path, (0..files).map(statements).collect::<String>()).unwrap();
    let url = plain(&database.url());
    let peer =
        Peer::postgres("psql").args(["-X", "-q", "-1", "-v", "ON_ERROR_STOP=1", &url, "-f"]).arg(&path);
    Bench::seconds(|| peer.run())
}

fn plain(url: &str) -> String {
    format!("{url}?sslmode=disable")
}
