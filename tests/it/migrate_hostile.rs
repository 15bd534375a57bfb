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
