//! `crmctl migrate up` beside others: who blocks is named, and nothing commits after it said that it stopped.

use std::sync::mpsc;
use std::time::Duration;

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::support::{Database, Direction, FaultProxy, Project, Which, crmctl, try_query};

const FIRST: &str = "20260101000000_first";

/// Somebody who holds a lock until the test is done with it.
fn hold(database: &Database, statement: &str) -> std::thread::JoinHandle<()> {
    let (url, statement) = (database.url(), statement.to_owned());
    let (told, begun) = mpsc::channel();
    let holder = std::thread::spawn(move || {
        told.send(()).unwrap();
        // It is ended from outside.
        try_query(&url, &format!("begin; {statement}; select 'hunter2', pg_sleep(600)")).ok();
    });
    begun.recv().unwrap();
    database.until(
        "exists (select from pg_stat_activity where wait_event = 'PgSleep' and datname = current_database())",
    );
    holder
}

/// Somebody does.
const WAITS: &str = "exists (select from pg_locks where not granted and relation = 'public.a'::regclass)";

fn release(database: &Database) {
    database.query(
        "select pg_terminate_backend(pid) from pg_stat_activity \
         where wait_event = 'PgSleep' and datname = current_database()",
    );
}

#[test]
fn who_holds_the_lock_is_named_without_what_stands_in_its_quotes() {
    let database = Database::empty();
    database.run("create table public.a (x int)");
    let project = Project::new().local(&database).migration(
        FIRST,
        "-- crmctl:lock-timeout 100ms\ncreate table public.b ();\nalter table public.a add column y int;",
    );
    let holder = hold(&database, "lock table public.a in access share mode");

    let output = crmctl(&project).args(["migrate", "up"]).failed();
    release(&database);
    holder.join().unwrap();
    let output = output.says("blocked by pid ").says("AccessShareLock on public.a").says("first.sql:3:1");
    output.says("pg_terminate_backend(").says("trying again").never_says("hunter2");
    assert_eq!(database.value("select to_regclass('public.b')"), "", "the whole file was rolled back");
}

#[test]
fn a_lock_that_is_given_back_in_time_is_waited_for() {
    let database = Database::empty();
    database.run("create table public.a (x int)");
    let project = Project::new()
        .local(&database)
        .migration(FIRST, "-- crmctl:lock-timeout 2s\nalter table public.a add column y int;");
    let holder = hold(&database, "lock table public.a");
    let running = crmctl(&project).args(["migrate", "up"]).spawn();
    database.until(WAITS);

    release(&database);
    holder.join().unwrap();
    running.finish().expect(0);
    assert_eq!(database.applied().len(), 1);
}

#[test]
fn a_piece_that_did_not_get_its_lock_is_tried_again_and_nothing_before_it() {
    let database = Database::empty();
    database.run("create table public.a (x int)");
    let project = Project::new().local(&database).migration(
        FIRST,
        "-- crmctl:lock-timeout 1s\ncreate table public.b ();\nvacuum public.b;\nalter table public.a add column y int;",
    );
    let holder = hold(&database, "lock table public.a");
    let running = crmctl(&project).args(["migrate", "up"]).spawn();
    database.until(WAITS);
    database.until(&format!("not {WAITS}"));
    database.until(WAITS);

    release(&database);
    holder.join().unwrap();
    running.finish().expect(0);
    assert_eq!(database.applied().len(), 1);
}

#[test]
fn an_index_that_could_not_be_built_is_taken_away_and_built_once_it_can_be() {
    let database = Database::empty();
    let project = Project::new().local(&database).migration(
        FIRST,
        "create table public.a (x int);\ninsert into public.a values (1), (1);\n\
         create unique index concurrently a_x on public.a (x);",
    );

    crmctl(&project)
        .args(["migrate", "up"])
        .partial()
        .says("first.sql:3:1")
        .says("dropped the invalid index");
    assert_eq!(database.value("select to_regclass('public.a_x')"), "");
    database.query("delete from public.a");
    crmctl(&project).args(["migrate", "up"]).success();
    assert_eq!(
        database.value("select indisvalid from pg_index where indexrelid = 'public.a_x'::regclass"),
        "t"
    );
}

#[test]
fn an_index_that_is_there_and_invalid_is_not_taken_for_done() {
    let database = Database::empty();
    database.run("create table public.a (x int); insert into public.a values (1), (1)");
    // It fails and leaves the index behind.
    try_query(&database.url(), "create unique index concurrently a_x on public.a (x)").unwrap_err();
    let project = Project::new()
        .local(&database)
        .migration(FIRST, "create unique index concurrently if not exists a_x on public.a (x);");

    crmctl(&project).args(["migrate", "up"]).failed().says("invalid").says("drop index concurrently a_x");
    assert_eq!(database.applied(), [""; 0]);
}

#[test]
fn after_a_signal_the_database_does_not_change_any_more() {
    let seed: u64 = rand::random();
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    for number in 0..20 {
        let database = Database::empty();
        let mut project = Project::new().local(&database);
        for file in 10..50 {
            let sql = format!("create table public.t{file} (x int); select pg_sleep(0.01);");
            project = project.migration(&format!("202601010000{file}_t"), &sql);
        }
        let mut running = crmctl(&project).args(["migrate", "up"]).spawn();
        // The moment of the signal is what this is about.
        std::thread::sleep(Duration::from_millis(random.random_range(0..600)));
        if running.has_ended() {
            continue;
        }
        if number % 2 == 0 {
            running.interrupt();
        } else {
            running.terminate();
        }

        let output = running.finish();
        let history = database.applied();
        let tables = "select substr(tablename, 2) from pg_tables where schemaname = 'public' order by 1";
        let expected: Vec<String> =
            database.column(tables).iter().map(|number| format!("202601010000{number}")).collect();
        assert_eq!(history, expected, "seed {seed}: {output}");
        // Before it listens for signals, it has done nothing.
        let has_not_begun = output.code.is_none() && history.is_empty();
        assert!(has_not_begun || matches!(output.code, Some(0 | 130)), "seed {seed}: {output}");
        database.until_alone();
        assert_eq!(database.applied(), history, "seed {seed}: something was done after the end: {output}");
    }
}

/// A file of every kind of piece, and what it must come to.
const EVERY_KIND: &str = "create table public.a (x int);\ninsert into public.a values (1);\n\
    create index concurrently a_x on public.a (x);\ninsert into public.a values (2);\nvacuum public.a;\n\
    begin; insert into public.a values (3); commit;\ncreate index concurrently on public.a ((x + 1)) where x > 0;\n\
    drop index concurrently public.a_x;\ncreate unique index concurrently if not exists a_u on public.a (x);\n";

fn check_every_kind(database: &Database, what: &str) {
    assert_eq!(database.column("select x from public.a order by 1"), ["1", "2", "3"], "{what}");
    let indexes = "select relname || ' ' || indisvalid from pg_index join pg_class on oid = indexrelid \
                   where indrelid = 'public.a'::regclass order by 1";
    assert_eq!(database.column(indexes), ["a_expr_idx true", "a_u true"], "{what}");
    assert_eq!(database.applied().len(), 1, "{what}");
}

#[test]
fn a_connection_that_is_cut_anywhere_leaves_what_the_next_run_completes() {
    let whole = {
        let database = Database::empty_on(Which::Cloud);
        let proxy = FaultProxy::to(Which::Cloud);
        let project = Project::new().cloud_at(&proxy.url(&database.url())).migration(FIRST, EVERY_KIND);
        crmctl(&project).args(["migrate", "up", "--env", "cloud", "--confirm", "cloud"]).success();
        check_every_kind(&database, "not cut at all");
        [proxy.bytes(Direction::ToServer), proxy.bytes(Direction::ToClient)]
    };
    for (direction, bytes) in [(Direction::ToServer, whole[0]), (Direction::ToClient, whole[1])] {
        for step in 1..=7 {
            let at = bytes * step / 8;
            let what = format!("cut after {at} of {bytes} bytes {direction:?}");
            let database = Database::empty_on(Which::Cloud);
            let proxy = FaultProxy::to(Which::Cloud).cut_after(direction, at);
            let project = Project::new().cloud_at(&proxy.url(&database.url())).migration(FIRST, EVERY_KIND);
            let up = |project: &Project| {
                crmctl(project).args(["migrate", "up", "--env", "cloud", "--confirm", "cloud"]).run()
            };

            up(&project);
            database.until_alone();
            let project = Project::new().cloud(&database).migration(FIRST, EVERY_KIND);
            let output = up(&project);
            assert_eq!(output.code, Some(0), "{what}: {output}");
            check_every_kind(&database, &what);
        }
    }
}

#[test]
fn killed_anywhere_in_a_file_of_every_kind_the_next_run_completes_it() {
    let seed: u64 = rand::random();
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    for number in 0..12 {
        let database = Database::empty();
        let project = Project::new().local(&database).migration(FIRST, EVERY_KIND);
        let mut running = crmctl(&project).args(["migrate", "up"]).spawn();
        // The moment of the kill is what this is about.
        std::thread::sleep(Duration::from_millis(random.random_range(5..150)));
        if !running.has_ended() {
            running.kill();
        }
        running.finish();
        database.until_alone();

        let output = crmctl(&project).args(["migrate", "up"]).run();
        assert_eq!(output.code, Some(0), "run {number}, seed {seed}: {output}");
        check_every_kind(&database, &format!("run {number}, seed {seed}: {output}"));
    }
}
