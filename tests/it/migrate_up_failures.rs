//! `crmctl migrate up`, where it fails, refuses or is stopped.

use crate::support::{Database, Project, Which, crmctl};

const FIRST: &str = "20260101000000_first";
const SECOND: &str = "20260102000000_second";
const THIRD: &str = "20260103000000_third";

fn project(database: &Database) -> Project {
    Project::new().local(database)
}

#[test]
fn stops_at_the_first_failing_file_and_keeps_the_earlier_ones() {
    let database = Database::empty();
    let project = project(&database)
        .migration(FIRST, "create table public.a ();")
        .migration(SECOND, "create table public.b ();\ncreate table public.a ();")
        .migration(THIRD, "create table public.c ();");

    let output = crmctl(&project).args(["migrate", "up"]).partial();
    output.says("already exists").says("migrations/20260102000000_second.sql:2:");
    assert_eq!(database.applied(), ["20260101000000"]);
    let tables = "select tablename from pg_tables where schemaname = 'public' order by 1";
    assert_eq!(database.column(tables), ["a"]);
}

#[test]
fn says_in_json_what_was_done_before_it_failed() {
    let database = Database::empty();
    let project =
        project(&database).migration(FIRST, "create table public.a ();").migration(SECOND, "select 1 / 0;");

    let answer = crmctl(&project).args(["migrate", "up", "--json"]).partial().json();
    assert_eq!(answer["outcome"], "partial");
    assert_eq!(answer["error"]["kind"], "partial");
    let location = &answer["error"]["location"];
    assert_eq!((location["line"].as_u64(), location["column"].as_u64()), (Some(1), Some(1)), "{answer}");
    assert!(answer.to_string().contains("\"version\":\"20260101000000\""), "{answer}");
}

#[test]
fn fails_without_a_trace_when_the_first_file_fails() {
    let database = Database::empty();
    let project = project(&database).migration(FIRST, "create table public.a ();\nselect oops;");

    crmctl(&project).args(["migrate", "up"]).failed().says("oops");
    assert_eq!(database.applied(), [""; 0]);
    assert_eq!(database.value("select to_regclass('public.a')"), "");
}

#[test]
fn shows_the_place_of_an_error_with_a_caret() {
    let database = Database::empty();
    let text =
        "-- äöü ✓\ncreate table public.a (id int);\n\ninsert into public.a (id, oops) values (1, 2);\n";
    let project = project(&database).migration(FIRST, text);

    let output = crmctl(&project).args(["migrate", "up"]).failed();
    let output = output.says("migrations/20260101000000_first.sql:4:27").says("(id, oops) values");
    let lines: Vec<&str> = output.stderr.lines().collect();
    let excerpt = lines.iter().position(|line| line.contains("(id, oops)")).unwrap();
    let caret = lines[excerpt + 1].find('^').expect("a caret below the line");
    assert_eq!(lines[excerpt].find("oops"), Some(caret), "{output}");
}

#[test]
fn shows_the_place_of_an_error_the_server_gives_none_for() {
    let database = Database::empty();
    let text = "create table public.a (id int primary key);\ninsert into public.a values (1);\n\
                insert into public.a values (1);\n";
    let project = project(&database).migration(FIRST, text);

    crmctl(&project).args(["migrate", "up"]).failed().says("first.sql:3:1").says("duplicate key");
}

#[test]
fn refuses_a_file_that_was_edited_after_it_was_applied() {
    let database = Database::empty();
    let project = project(&database).migration(FIRST, "create table public.a ();");
    crmctl(&project).args(["migrate", "up"]).success();
    let before = database.world();

    let project =
        project.migration(FIRST, "create table public.b ();").migration(SECOND, "create table public.c ();");
    let output = crmctl(&project).args(["migrate", "up"]).refused();
    output.says("edited after being applied").says("20260101000000_first.sql");
    before.assert_same(&database.world());
}

#[test]
fn refuses_two_files_of_one_version_before_anything_runs() {
    let database = Database::empty();
    let before = database.world();
    let project = project(&database)
        .migration(FIRST, "create table public.a ();")
        .migration("20260101000000_again", "create table public.b ();");

    let output = crmctl(&project).args(["migrate", "up"]).run();
    assert!(matches!(output.code, Some(2 | 4)), "{output}");
    output.says("20260101000000");
    before.assert_same(&database.world());
}

#[test]
fn refuses_a_file_older_than_what_is_applied_until_told() {
    let database = Database::empty();
    let project = project(&database).migration(SECOND, "create table public.b ();");
    crmctl(&project).args(["migrate", "up"]).success();
    let project = project.migration(FIRST, "create table public.a ();");

    crmctl(&project).args(["migrate", "up"]).refused().says("--out-of-order");
    assert_eq!(database.applied(), ["20260102000000"]);
    crmctl(&project).args(["migrate", "up", "--out-of-order"]).success();
    assert_eq!(database.applied(), ["20260101000000", "20260102000000"]);
}

#[test]
fn refuses_a_single_transaction_for_what_cannot_be_in_one() {
    let database = Database::empty();
    let project = project(&database)
        .migration(FIRST, "create table public.a (id int);")
        .migration(SECOND, "\ncreate index concurrently a_id on public.a (id);");

    let output = crmctl(&project).args(["migrate", "up", "--single-transaction"]).refused();
    output.says("20260102000000_second.sql:2:1");
    assert_eq!(database.applied(), [""; 0]);
}

#[test]
fn says_which_line_of_a_dump_is_no_good() {
    let database = Database::empty();
    let text = "create table public.a (id int);\ncopy public.a from stdin;\n1\noops\n\\.\n";
    let project = project(&database).migration(FIRST, text);

    crmctl(&project).args(["migrate", "up"]).failed().says("oops");
    assert_eq!(database.value("select to_regclass('public.a')"), "");
}

#[test]
fn waits_for_another_crmctl_and_then_gives_up_and_says_who_it_is() {
    let database = Database::empty();
    let project = project(&database).migration(FIRST, "select pg_sleep(600);");
    let other = crmctl(&project).args(["migrate", "up"]).spawn();
    database.until(
        "exists (select from pg_stat_activity where wait_event = 'PgSleep' and datname = current_database())",
    );

    crmctl(&project).args(["migrate", "up"]).busy().says("crmctl migrate up").says("pid ");
    other.interrupt();
    other.finish().expect(130);
}

#[test]
fn ctrl_c_stops_the_statement_on_the_server_and_leaves_nothing() {
    let database = Database::empty();
    let project = project(&database).migration(FIRST, "create table public.a (); select pg_sleep(600);");
    let running = crmctl(&project).args(["migrate", "up"]).spawn();
    database.until(
        "exists (select from pg_stat_activity where wait_event = 'PgSleep' and datname = current_database())",
    );
    let started = std::time::Instant::now();

    running.interrupt();
    running.finish().expect(130);
    assert!(started.elapsed().as_secs() < 30);
    database.until_alone();
    assert_eq!(database.value("select to_regclass('public.a')"), "");
    assert_eq!(database.applied(), [""; 0]);
    let locks = "select count(*) from pg_locks l join pg_database d on d.oid = l.database \
                 where l.locktype = 'advisory' and d.datname = current_database()";
    assert_eq!(database.value(locks), "0");
}

#[test]
fn asks_for_the_name_of_a_protected_environment() {
    let cloud = Database::empty_on(Which::Cloud);
    let project = Project::new().cloud(&cloud).migration(FIRST, "create table public.a ();");
    let before = cloud.world();
    let up = || crmctl(&project).args(["migrate", "up", "--env", "cloud"]);

    up().refused().says("cloud");
    up().arg("--yes").refused();
    up().args(["--confirm", "local"]).refused();
    before.assert_same(&cloud.world());
    up().args(["--confirm", "cloud"]).success();
    assert_eq!(cloud.applied().len(), 1);
}

#[test]
fn takes_the_name_of_a_protected_environment_from_a_variable() {
    let cloud = Database::empty_on(Which::Cloud);
    let project = Project::new().cloud(&cloud).migration(FIRST, "create table public.a ();");

    crmctl(&project).args(["migrate", "up", "--env", "cloud"]).env("CRMCTL_CONFIRM", "cloud").success();
}

#[test]
fn refuses_text_that_is_no_sql_before_it_connects() {
    let project = Project::new()
        .cloud_at("postgresql://postgres:unused@127.0.0.1:1/postgres")
        .migration(FIRST, "select 1;\nselect 'no end;\n");

    let output = crmctl(&project).args(["migrate", "up", "--env", "cloud"]).run();
    assert!(matches!(output.code, Some(1 | 2 | 4)), "{output}");
    output.says("first.sql:2:8");
}
