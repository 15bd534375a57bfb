//! `crmctl sync` of many rows into empty tables, the server's own COPY of the same rows into bare tables, and the
//! programs that people take for it. `--large` takes 2 GB, `--quick` 40 MB.
//!
//! The server that is written to is as careful as one that people rely on: a COMMIT is on disk when it is answered.

#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::print_stderr,
    clippy::print_stdout,
    reason = "a bench starts programs by itself, and stops where it cannot go on"
)]

#[allow(dead_code, unused_imports, reason = "every bench needs another part of it")]
mod measure;
#[path = "../tests/it/support/mod.rs"]
#[allow(dead_code, unused_imports, reason = "every bench needs another part of it")]
mod support;

use std::path::Path;

use self::measure::{Bench, Peer, pgcopydb};
use self::support::{Project, Which, crmctl, try_query};

/// Nine indexes and four foreign keys.
const SCHEMA: &str = include_str!("sync_bulk/schema.sql");
/// 545,000 rows where `{scale}` is 1: 200 MB of text.
const ROWS: &str = include_str!("sync_bulk/rows.sql");
/// What the schema is when there are only columns.
const BARE: &str = "create table organizations_bare (like organizations); create table contacts_bare (like contacts); \
    create table deals_bare (like deals); create table activities_bare (like activities)";
const TABLES: [&str; 4] = ["organizations", "contacts", "deals", "activities"];
const SOURCE: &str = "bulk_source";
const TARGET: &str = "bulk_target";

fn main() {
    let bench = Bench::new("bulk");
    let has = |flag: &str| std::env::args().any(|argument| argument == flag);
    let scale = match (has("--large"), has("--quick")) {
        (true, _) => "10",
        (false, true) => "0.2",
        (false, false) => "1",
    };
    for setting in ["fsync", "full_page_writes", "synchronous_commit"] {
        let sql = format!("alter system set {setting} = on");
        execute(&Which::Cloud.cluster().admin_url("template1"), &sql);
    }
    execute(&Which::Cloud.cluster().admin_url("template1"), "select pg_reload_conf()");
    create(Which::Local, SOURCE);
    execute(&Which::Local.url(SOURCE), SCHEMA);
    execute(&Which::Local.url(SOURCE), &ROWS.replace("{scale}", scale));
    execute(&Which::Local.cluster().admin_url(SOURCE), "vacuum analyze");
    let folder = tempfile::tempdir().unwrap();
    open_to_all(folder.path());
    export(folder.path());

    let mut figures = [const { Vec::new() }; 5];
    let pgcopydb = pgcopydb();
    for _ in 0..bench.rounds() {
        figures[0].push(ours(&bench));
        figures[1].push(limit(folder.path()));
        figures[2].push(dump_and_restore());
        figures[3].push(dump_to_psql());
        if let Ok(program) = &pgcopydb {
            figures[4].push(clone(program));
        }
    }
    let [ours, limit, restored, piped, cloned] = &figures;
    bench.compare("copy", [ours, limit], 1.4);
    match pgcopydb {
        Ok(_) => bench.compare("pgcopydb", [ours, cloned], 1.0),
        Err(reason) => bench.skipped("_pgcopydb", &reason),
    }
    bench.compare("pg_restore", [ours, restored], 1.0);
    bench.compare("pg_dump_psql", [ours, piped], 0.5);
    bench.finish();
}

/// A database with nothing of the platform's in it, so that the other programs need not be told what to leave out.
fn create(which: Which, name: &str) {
    let admin = which.cluster().admin_url("template1");
    execute(&admin, &format!("drop database if exists {name}"));
    execute(&admin, &format!("create database {name} template template0 owner postgres"));
}

fn target(schema: &str) {
    create(Which::Cloud, TARGET);
    execute(&Which::Cloud.url(TARGET), schema);
    settle();
}

/// What was written before is not written out while something is measured.
fn settle() {
    execute(&Which::Cloud.cluster().admin_url("template1"), "checkpoint");
}

fn ours(bench: &Bench) -> f64 {
    target(SCHEMA);
    let environment = format!("[environments.local]\nurl = \"{}\"", Which::Local.url(SOURCE));
    let project = Project::new().cloud_at(&Which::Cloud.url(TARGET)).setting(&environment);
    let seconds = Bench::seconds(|| {
        let arguments = ["sync", "--mode", "bulk", "--force", "--confirm", "cloud"];
        let running = crmctl(&project).args(arguments).spawn();
        bench.memory().watch(running.pid());
        running.finish().expect(0);
    });
    assert_same();
    seconds
}

/// Writes each table into a file, as the server itself does it.
fn export(folder: &Path) {
    for table in TABLES {
        let file = folder.join(table);
        let copy = format!("copy public.{table} to '{}' (format binary)", file.display());
        execute(&Which::Local.cluster().admin_url(SOURCE), &copy);
    }
}

fn limit(folder: &Path) -> f64 {
    target(&format!("set search_path = public; {SCHEMA}; {BARE}"));
    let copies = TABLES.map(|table| {
        format!("copy public.{table}_bare from '{}' (format binary)", folder.join(table).display())
    });
    let copies = format!("begin; {}; commit", copies.join("; "));
    Bench::seconds(|| execute(&Which::Cloud.cluster().admin_url(TARGET), &copies))
}

fn dump_and_restore() -> f64 {
    create(Which::Cloud, TARGET);
    settle();
    let folder = tempfile::tempdir().unwrap();
    let dump = folder.path().join("dump");
    let seconds = Bench::seconds(|| {
        let source = Which::Local.cluster().admin_url(SOURCE);
        Peer::postgres("pg_dump").args(["-Fd", "-j2", "-Z0", "--file"]).arg(&dump).arg(source).run();
        let target = Which::Cloud.cluster().admin_url(TARGET);
        Peer::postgres("pg_restore").args(["-j2", "--dbname"]).arg(target).arg(&dump).run();
    });
    assert_same();
    seconds
}

/// What is in the platform's documentation.
fn dump_to_psql() -> f64 {
    target(SCHEMA);
    let script = "{ echo 'set session_replication_role = replica;'; \"$1\" --data-only \"$2\"; } | \"$3\" -X -q -1 -v ON_ERROR_STOP=1 \"$4\"";
    let program = |name: &str| Which::Local.cluster().binaries().program(name);
    let seconds = Bench::seconds(|| {
        Peer::new(Path::new("sh"))
            .args(["-c", script, "sh"])
            .arg(program("pg_dump"))
            .arg(Which::Local.cluster().admin_url(SOURCE))
            .arg(program("psql"))
            .arg(Which::Cloud.cluster().admin_url(TARGET))
            .run();
    });
    assert_same();
    seconds
}

fn clone(program: &Path) -> f64 {
    create(Which::Cloud, TARGET);
    settle();
    let folder = tempfile::tempdir().unwrap();
    let seconds = Bench::seconds(|| {
        Peer::new(program)
            .args(["clone", "--table-jobs", "2", "--index-jobs", "2", "--source"])
            .arg(Which::Local.cluster().admin_url(SOURCE))
            .arg("--target")
            .arg(Which::Cloud.cluster().admin_url(TARGET))
            .arg("--dir")
            .arg(folder.path().join("work"))
            .run();
    });
    assert_same();
    seconds
}

/// Everybody has done the same work.
fn assert_same() {
    let counts = TABLES.map(|table| format!("(select count(*) from public.{table})")).join(" || ' ' || ");
    let indexes = "(select count(*) from pg_indexes where schemaname = 'public')";
    let keys = "(select count(*) from pg_constraint where contype = 'f' and convalidated)";
    let sql = format!("select {counts} || ' ' || {indexes} || ' ' || {keys}");
    assert_eq!(query(&Which::Local.url(SOURCE), &sql), query(&Which::Cloud.url(TARGET), &sql));
}

fn query(url: &str, sql: &str) -> Vec<Vec<Option<String>>> {
    try_query(url, sql).unwrap_or_else(|error| panic!("{error}\nin: {sql}"))
}

fn execute(url: &str, sql: &str) {
    query(url, sql);
}

/// The server runs as another account.
fn open_to_all(folder: &Path) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o777)).unwrap();
}
