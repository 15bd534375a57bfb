//! `crmctl migrate up` and `deploy` where files, roles and networks are not what one would wish for.

use std::time::{Duration, Instant};

use crate::support::{Database, Direction, FaultProxy, Project, Which, crmctl};

#[test]
fn a_deferred_constraint_that_fails_at_commit_names_the_file_and_leaves_nothing() {
    let database = Database::empty();
    let project = Project::new().local(&database).migration(
        "20260101000000_late",
        "create table public.a (id int primary key);\n\
         create table public.b (a int references public.a deferrable initially deferred);\n\
         insert into public.b values (1)",
    );
    let before = database.world();

    crmctl(&project).args(["migrate", "up"]).failed().says("20260101000000_late");
    before.assert_same(&database.world().without_history());
}

#[test]
fn a_deferred_constraint_that_fails_stops_the_files_behind_it() {
    let database = Database::empty();
    let late = "create table public.a (id int primary key);\n\
         create table public.b (a int references public.a deferrable initially deferred);\n\
         insert into public.b values (1)";
    let project = Project::new()
        .local(&database)
        .migration("20260101000000_early", "create table public.early ()")
        .migration("20260102000000_late", late)
        .migration("20260103000000_behind", "create table public.behind ()");

    crmctl(&project).args(["migrate", "up"]).partial().says("20260102000000_late");
    assert_eq!(database.applied(), ["20260101000000"]);
    assert_eq!(database.value("select to_regclass('public.behind')"), "");
}

#[test]
fn a_history_that_belongs_to_somebody_else_can_be_written_all_the_same() {
    let database = Database::empty();
    let first = Project::new().local(&database).migration("20260101000000_a", "select 1");
    crmctl(&first).args(["migrate", "up"]).success();
    database.query(
        "alter schema supabase_migrations owner to supabase_admin; \
         alter table supabase_migrations.schema_migrations owner to supabase_admin; \
         alter table supabase_migrations.crmctl_migrations owner to supabase_admin; \
         grant usage on schema supabase_migrations to postgres; \
         grant select, insert, update on all tables in schema supabase_migrations to postgres",
    );
    let project = first.migration("20260102000000_b", "create table public.b ()");

    crmctl(&project).args(["migrate", "up"]).success();
    assert_eq!(database.applied(), ["20260101000000", "20260102000000"]);
}

#[test]
fn a_file_without_a_transaction_is_not_stopped_by_the_time_out_of_the_role() {
    let database = Database::empty();
    database.query(&format!(
        "alter role postgres in database {} set statement_timeout = '300ms'",
        database.name()
    ));
    let slow = "create function public.slow(x int) returns int immutable language plpgsql as \
                $$ begin perform pg_catalog.pg_sleep(0.1); return x; end $$;\n";
    let project = Project::new()
        .local(&database)
        .migration(
            "20260101000000_a",
            &format!(
                "{slow}create table public.a (x int); insert into public.a select generate_series(1, 10);"
            ),
        )
        .migration("20260102000000_b", "create index concurrently a_x on public.a (public.slow(x));");

    crmctl(&project).args(["migrate", "up"]).success();
    assert_eq!(database.applied().len(), 2);
}

#[test]
fn discard_all_does_not_let_a_second_runner_in() {
    let database = Database::empty();
    let project = Project::new()
        .local(&database)
        .migration("20260101000000_a", "-- crmctl: no-transaction\ndiscard all;")
        .migration(
            "20260102000000_b",
            "do $$ begin while not exists (select from pg_catalog.pg_class where relname = 'told') loop perform pg_sleep(0.05); end loop; end $$;",
        );
    let running = crmctl(&project).args(["migrate", "up"]).spawn();
    database.until(
        "exists (select from pg_stat_activity where wait_event = 'PgSleep' and datname = current_database())",
    );

    let is_held = "exists (select from pg_locks l join pg_database d on d.oid = l.database \
                   where l.locktype = 'advisory' and l.granted and d.datname = current_database())";
    assert_eq!(database.value(&format!("select {is_held}")), "t");
    database.query("create table public.told ()");
    running.finish().expect(0);
}

#[test]
fn files_whose_answer_was_lost_are_found_in_the_history_and_told() {
    let database = Database::empty_on(Which::Cloud);
    let sql = |number: u32| format!("create table public.t{number} (id int); select repeat('x', 40000);");
    let with_files = |project: Project| {
        (1..=3).fold(project, |project, number| {
            project.migration(&format!("2026010{number}000000_t"), &sql(number))
        })
    };
    let proxy = FaultProxy::to(Which::Cloud).cut_after(Direction::ToClient, 60_000);
    let project = with_files(Project::new().cloud_at(&proxy.url(&database.url())));

    let output =
        crmctl(&project).args(["migrate", "up", "--env", "cloud", "--confirm", "cloud", "--json"]).run();
    database.until_alone();
    let applied = database.applied().len();
    // Only the answer to the first file arrives for certain. The server may notice that nobody listens any more at
    // any moment after it; whatever it did, that is what is to be told.
    assert!(applied >= 1, "{output}");
    let told = output.json();
    let done = told.pointer("/report/applied").and_then(|list| list.as_array());
    assert_eq!(done.map(Vec::len), Some(applied), "{output}");
    assert_eq!(output.code, Some(if applied == 3 { 0 } else { 10 }), "{output}");
}

#[test]
fn a_server_that_hears_nothing_any_more_does_not_hold_ctrl_c_up_for_minutes() {
    let database = Database::empty_on(Which::Cloud);
    let mut project = Project::new();
    for number in 10..30 {
        project = project
            .migration(&format!("202601{number}000000_t"), &format!("select '{}';", "x".repeat(30_000)));
    }
    let proxy = FaultProxy::to(Which::Cloud).stall_after(Direction::ToServer, 60_000);
    let project = project.cloud_at(&proxy.url(&database.url()));
    let running = crmctl(&project).args(["migrate", "up", "--env", "cloud", "--confirm", "cloud"]).spawn();
    crate::support::until("it is stalled", || proxy.is_stalled());
    let started = Instant::now();

    running.interrupt();
    let output = running.finish();
    assert!(started.elapsed() < Duration::from_secs(30), "it took {:?}: {output}", started.elapsed());
    assert!(matches!(output.code, Some(10 | 130)), "{output}");
}

#[test]
fn ctrl_c_ends_the_wait_between_two_tries() {
    let database = Database::empty();
    database.run("create table public.a (x int)");
    let project = Project::new()
        .local(&database)
        .migration("20260101000000_a", "alter table public.a add column y int;");
    let url = database.url();
    let (told, held) = std::sync::mpsc::channel();
    let holder = std::thread::spawn(move || {
        told.send(()).unwrap();
        crate::support::try_query(&url, "begin; lock table public.a; select pg_sleep(600)").ok();
    });
    held.recv().unwrap();
    database.until(
        "exists (select from pg_stat_activity where wait_event = 'PgSleep' and datname = current_database())",
    );
    let running = crmctl(&project).args(["migrate", "up"]).spawn();
    database.until("exists (select from pg_locks where not granted and relation = 'public.a'::regclass)");

    running.interrupt();
    running.finish().expect(130);
    database.query("select pg_terminate_backend(pid) from pg_stat_activity where wait_event = 'PgSleep' and datname = current_database()");
    holder.join().unwrap();
    assert_eq!(database.applied(), [""; 0]);
}

#[test]
fn every_row_of_a_check_counts() {
    let cloud = Database::migrated(Which::Cloud);
    let project = Project::new().cloud(&cloud).with_crm_migrations().migration(
        "20270101000000_a",
        "create schema checked;\n-- crmctl:verify select n < 2 from generate_series(1, 3) n\n",
    );
    let before = cloud.world();

    crmctl(&project).args(["deploy", "--confirm", "cloud"]).failed().says("does not hold");
    before.assert_same(&cloud.world().without_journal());
}

#[test]
fn keys_that_would_do_nothing_are_refused_with_their_line() {
    let database = Database::empty();
    for line in [
        "[backup]\nrecipients = [\"age1xyz\"]",
        "[backup]\noffsite = \"s3://bucket\"",
        "[backup]\nkeep = { last = 3 }",
    ] {
        let project = Project::new().local(&database).setting(line);
        let key = line.lines().nth(1).unwrap().split(' ').next().unwrap();
        crmctl(&project).args(["migrate", "status"]).usage().says(key).says("crmctl.toml:6");
    }
}
