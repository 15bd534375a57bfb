//! Databases in which somebody has laid traps for whoever migrates them.

use crate::support::{Database, Project, crmctl};

/// Functions and operators that are called like those of the server and come first on the path of every client. Those
/// that the platform's own event triggers would call are left out.
const TRAPS: &str = "\
    create schema trap; \
    create function trap.same(oid, regclass) returns boolean language plpgsql as $$ begin raise 'sprung'; end $$; \
    create function trap.less(bigint, integer) returns boolean language plpgsql as $$ begin raise 'sprung'; end $$; \
    create function trap.times(numeric, integer) returns numeric language plpgsql as $$ begin raise 'sprung'; end $$; \
    create function trap.plus(bigint, bigint) returns bigint language plpgsql as $$ begin raise 'sprung'; end $$; \
    create function trap.now() returns timestamptz language plpgsql as $$ begin raise 'sprung'; end $$; \
    create function trap.clock_timestamp() returns timestamptz language plpgsql as $$ begin raise 'sprung'; end $$; \
    create function trap.current_setting(text, boolean) returns text language plpgsql as $$ begin raise 'sprung'; end $$; \
    create operator trap.= (leftarg = oid, rightarg = regclass, function = trap.same); \
    create operator trap.< (leftarg = bigint, rightarg = integer, function = trap.less); \
    create operator trap.* (leftarg = numeric, rightarg = integer, function = trap.times); \
    create operator trap.+ (leftarg = bigint, rightarg = bigint, function = trap.plus); \
    do $$ begin execute format('alter role %I in database %I set search_path = trap, public, pg_catalog', current_user, current_database()); end $$";

#[test]
fn nothing_of_ours_calls_what_others_have_put_on_the_path() {
    let database = Database::empty();
    database.run(TRAPS);
    let project = Project::new()
        .local(&database)
        .migration(
            "20260101000000_a",
            "create table public.a (x int);\n-- crmctl:down\n-- drop table public.a;\n",
        )
        .migration(
            "20260102000000_b",
            "insert into public.a values (1);\ncreate index concurrently i on public.a (x);",
        )
        .migration("20260103000000_c", "copy public.a from stdin;\n2\n\\.\nselect 1;\n");

    crmctl(&project).args(["migrate", "up"]).success();
    crmctl(&project).args(["migrate", "repair", "--reverted", "20260103000000", "20260102000000"]).success();
    crmctl(&project).args(["migrate", "down", "--yes"]).success();
    crmctl(&project).args(["migrate", "repair", "--applied", "20260101000000"]).success();
    assert_eq!(database.applied(), ["20260101000000"]);
}

#[test]
fn what_a_file_selects_is_read_by_nobody() {
    let database = Database::empty();
    let project = Project::new()
        .local(&database)
        .migration("20260101000000_a", "set client_encoding = 'LATIN1'; select U&'\\00e9' as \"\u{e9}\";")
        .migration(
            "20260102000000_b",
            "set client_encoding = 'LATIN1'; vacuum; select U&'\\00e9'; copy (select U&'\\00e9') to stdout;",
        )
        .migration(
            "20260103000000_c",
            "create table public.c (x int);\ncopy public.c from stdout;\n1\n\\.\n",
        );

    crmctl(&project).args(["migrate", "up"]).success();
    assert_eq!(database.applied().len(), 3);
    assert_eq!(database.value("select x from public.c"), "1");
}

#[test]
fn a_temporary_table_of_one_file_is_not_in_the_way_of_the_next() {
    let database = Database::empty();
    let project = Project::new()
        .local(&database)
        .migration("20260101000000_a", "create temp table work (x int) on commit drop;")
        .migration("20260102000000_b", "create temp table work (x int) on commit drop;")
        .migration("20260103000000_c", "create temp table work (x int);")
        .migration(
            "20260104000000_d",
            "create table public.work (y int); set search_path = public; insert into work (y) values (1);",
        );

    crmctl(&project).args(["migrate", "up", "--single-transaction"]).success();
    assert_eq!(database.value("select y from public.work"), "1");
}

#[test]
fn a_file_that_goes_on_as_somebody_else_is_recorded_and_the_next_is_not_run_as_them() {
    let database = Database::empty();
    let become_another = "set session authorization authenticator; select 1;";
    let project = Project::new()
        .setting(&format!("[environments.local]\nurl = \"{}\"", database.admin_url()))
        .migration("20260101000000_a", become_another)
        .migration("20260102000000_b", &format!("vacuum; {become_another} vacuum; select 1;"))
        .migration("20260103000000_c", "create table public.c as select session_user::text as who");

    crmctl(&project).args(["migrate", "up"]).success();
    assert_eq!(database.applied().len(), 3);
    assert_ne!(database.value("select who from public.c"), "authenticator");
}

#[test]
fn strings_end_where_they_were_seen_to_end_whatever_the_role_has_for_a_default() {
    let database = Database::empty();
    database.query(&format!(
        "alter role postgres in database {} set standard_conforming_strings = off",
        database.name()
    ));
    let project = Project::new().local(&database).migration(
        "20260101000000_a",
        "create table public.a (x text); insert into public.a values ('a\\'); insert into public.a values (' b');",
    );

    crmctl(&project).args(["migrate", "up"]).success();
    assert_eq!(database.value("select string_agg(x, '+' order by x desc) from public.a"), "a\\+ b");
}

#[test]
fn a_file_that_goes_on_where_it_stopped_has_the_settings_it_had_there() {
    let database = Database::empty();
    let project = Project::new().local(&database).migration(
        "20260101000000_a",
        "create schema app; create table app.a (x int); insert into app.a values (1), (1);\n\
         set search_path = app;\nbegin; set search_path = nowhere; rollback;\n\
         create unique index concurrently a_x on a (x);\ncreate table b ();",
    );
    crmctl(&project).args(["migrate", "up"]).partial().says("a_x");
    database.run("delete from app.a");

    crmctl(&project).args(["migrate", "up"]).success();
    assert_eq!(database.value("select to_regclass('app.b')"), "app.b");
}
