use super::*;
use crate::migration::file::test_file;

fn undo(sql: &str) -> Vec<String> {
    let text = inverse(&test_file("1_a", sql)).unwrap_or_else(|error| panic!("{sql}: {error:?}"));
    text.lines().map(str::to_owned).collect()
}

fn refusal(sql: &str) -> NotInvertible {
    match inverse(&test_file("1_a", sql)) {
        Ok(undone) => panic!("{sql} was inverted: {undone}"),
        Err(error) => error,
    }
}

#[test]
fn what_is_created_is_dropped_last_one_first() {
    let sql = "create table a (x int);\ncreate view \"V 1\" as select * from a;\ncreate unique index i on app.t (x);\n\
        create materialized view m as select 1;\ncreate sequence s;\ncreate schema app authorization postgres;\n\
        create type mood as enum ('sad');\ncreate domain d as text;\ncreate policy \"own\" on a for select using (true);\n\
        create trigger g after insert or update of x on app.t for each row execute function f();\ncreate publication p for table a;";

    let expected = [
        "drop publication p;",
        "drop trigger g on app.t;",
        "drop policy \"own\" on a;",
        "drop domain d;",
        "drop type mood;",
        "drop schema app;",
        "drop sequence s;",
        "drop materialized view m;",
        "drop index app.i;",
        "drop view \"V 1\";",
        "drop table a;",
    ];
    assert_eq!(undo(sql), expected);
}

#[test]
fn a_function_is_named_by_its_arguments_without_their_defaults() {
    let sql = "create function app.f(a int default 1, inout b numeric(10, 2) = g(1, 2), variadic -- all\n c text[]) \
        returns int language sql as $$ select 1; $$; create procedure p() language sql as ''";

    assert_eq!(
        undo(sql),
        ["drop procedure p();", "drop function app.f(a int, inout b numeric(10, 2), variadic c text[]);"]
    );
}

#[test]
fn columns_constraints_security_and_names_are_put_back() {
    assert_eq!(
        undo(
            "alter table only t add column a int default 1, add b text, add constraint c check (a > 0) not valid"
        ),
        ["alter table t drop constraint c, drop column b, drop column a;"]
    );
    assert_eq!(
        undo("alter table t enable row level security"),
        ["alter table t disable row level security;"]
    );
    assert_eq!(undo("alter table app.t rename to u"), ["alter table app.u rename to t;"]);
    assert_eq!(undo("alter table t rename a to b"), ["alter table t rename column b to a;"]);
    assert_eq!(
        undo("alter table t rename constraint a to \"B\""),
        ["alter table t rename constraint \"B\" to a;"]
    );
    assert_eq!(undo("alter type app.mood rename to m"), ["alter type app.m rename to mood;"]);
    assert_eq!(
        undo("alter type mood rename value 'a' to 'it''s'"),
        ["alter type mood rename value 'it''s' to 'a';"]
    );
    assert_eq!(
        undo("alter publication supabase_realtime add table a, app.b"),
        ["alter publication supabase_realtime drop table a, app.b;"]
    );
}

#[test]
fn an_index_made_concurrently_is_dropped_within_the_transaction() {
    assert_eq!(undo("create index concurrently i on t (a)"), ["drop index i;"]);
}

#[test]
fn what_concerns_only_what_the_file_made_goes_with_it() {
    let sql = "create table public.t (id int);\nalter table t alter column id set not null, add primary key (id);\n\
        create index on t (id);\ncomment on column t.id is 'x';\ngrant select, insert on table public.t to authenticated;\n\
        insert into t values (1), (2);\ncreate function f(a int) returns int language sql as '';\n\
        revoke all on function f(int) from public;\nset lock_timeout = '1s';\nnotify pgrst, 'reload schema';";

    assert_eq!(undo(sql), ["drop function f(a int);", "drop table public.t;"]);
}

#[test]
fn a_renamed_table_is_still_the_one_that_the_file_made() {
    assert_eq!(
        undo("create table a (); alter table a rename to b; grant select on b to anon;"),
        ["alter table b rename to a;", "drop table a;"]
    );
}

#[test]
fn what_has_no_certain_inverse_is_named_with_its_place() {
    let error = refusal("create table a ();\n-- gone\n  drop table b;");

    assert_eq!((error.command.as_str(), error.at.line, error.at.column), ("drop table", 3, 3));
    assert_eq!(error.reason, "what it drops is not known any more");
}

#[test]
fn nothing_is_guessed() {
    for sql in [
        "create table if not exists a ()",
        "create or replace function f() returns int language sql as ''",
        "create or replace view v as select 1",
        "create index if not exists i on t (a)",
        "create index on t (a)",
        "create extension pgcrypto",
        "create temp table a ()",
        "create role r",
        "create schema if not exists s",
        "create schema s create table t ()",
        "alter table t add column if not exists a int",
        "alter table if exists t add column a int",
        "alter table t add unique (a)",
        "alter table t add constraint p primary key (a)",
        "alter table t add constraint p unique using index i",
        "alter table t alter column a type bigint",
        "alter table t drop column a",
        "alter table t add column a int, alter column b drop not null",
        "alter table t set schema app",
        "create table t (); alter table t set schema app",
        "create table t (); alter table t attach partition p for values in (1)",
        "alter type mood add value 'glad'",
        "alter default privileges grant select on tables to anon",
        "grant select on t to anon",
        "create table t (); grant select on all tables in schema public to anon",
        "create table t (); grant select on t, u to anon",
        "comment on table t is 'x'",
        "insert into t values (1)",
        "create table t (); insert into t select f()",
        "create table t (); create trigger g after insert on t execute function f(); insert into t values (1)",
        "update t set a = 1",
        "delete from t",
        "truncate t",
        "select f()",
        "do $$ begin end $$",
        "set search_path = app",
        "select pg_catalog.set_config('search_path', '', false)",
        "begin; create table a (); commit",
    ] {
        refusal(sql);
    }
}
