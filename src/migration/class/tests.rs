use super::*;
use crate::migration::statement::split;

fn class(statement: &str) -> Class {
    split("a.sql", statement).expect("the statement is whole")[0].class
}

fn all(expected: Class, statements: &[&str]) {
    for statement in statements {
        assert_eq!(class(statement), expected, "{statement}");
    }
}

#[test]
fn transaction_control_is_recognised() {
    all(
        Class::TransactionControl,
        &[
            "BEGIN",
            "begin isolation level serializable",
            "start transaction",
            "commit and chain",
            "end",
            "abort",
            "rollback",
            "rollback work",
            "prepare transaction 'x'",
            "commit prepared 'x'",
            "/* c */ -- d\n commit",
        ],
    );
}

#[test]
fn savepoints_and_prepared_statements_do_not_end_the_transaction() {
    all(
        Class::Plain,
        &[
            "savepoint a",
            "release a",
            "rollback to a",
            "rollback work to savepoint a",
            "prepare x as select 1",
        ],
    );
}

#[test]
fn statements_the_server_refuses_in_a_transaction_are_recognised() {
    all(
        Class::NonTransactional,
        &[
            "create index concurrently i on t (a)",
            "CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS i ON t (a)",
            "drop index concurrently i",
            "reindex (verbose) index concurrently i",
            "reindex database x",
            "reindex schema s",
            "vacuum",
            "vacuum full t",
            "alter system set a = 1",
            "cluster",
            "cluster (verbose)",
            "create database x",
            "drop tablespace x",
            "create subscription s connection 'x' publication p",
            "alter subscription s refresh publication",
            "alter subscription s add publication p",
            "alter subscription s set (failover = true)",
            "create subscription s connection 'x' publication p with (copy_data = false)",
            "drop subscription s",
            "alter table t detach partition p concurrently",
            "alter database x set tablespace y",
            "discard all",
            "do $$ begin delete from t; commit; end $$",
            "do language plpgsql $x$ begin rollback and chain; end $x$",
            "do 'begin commit; end'",
        ],
    );
}

#[test]
fn their_neighbours_run_in_a_transaction() {
    all(
        Class::Plain,
        &[
            "create index i on t (a)",
            "refresh materialized view concurrently m",
            "reindex table t",
            "cluster t using i",
            "alter subscription s disable",
            "alter subscription s connection 'x'",
            "alter subscription s set (slot_name = none)",
            "alter subscription s skip (lsn = none)",
            "alter subscription s set publication a, b with (refresh = false)",
            "create subscription s connection 'x' publication p with (connect = false, slot_name = 's')",
            "create subscription s connection 'x' publication p with (create_slot=OFF)",
            "alter table t detach partition p",
            "alter database x set a = 1",
            "create table vacuum (a int)",
            "create index \"concurrently\" on t (a)",
            "do $$ begin /* commit; */ perform 'commit;'; end $$",
            "create procedure p() language plpgsql as $$ begin commit; end $$",
            "call p()",
        ],
    );
}

#[test]
fn settings_that_outlive_the_transaction_are_recognised() {
    all(
        Class::LeakingSet,
        &[
            "set search_path = ''",
            "set role admin",
            "set session authorization x",
            "select pg_catalog.set_config('search_path', '', false)",
        ],
    );
    all(
        Class::Plain,
        &[
            "set local role x",
            "set constraints all deferred",
            "set transaction read only",
            "select set_config('a', 'b', true)",
            "update t set a = 1",
        ],
    );
}

#[test]
fn a_new_enum_value_is_a_class_of_its_own() {
    assert_eq!(class("alter type mood add value if not exists 'glad' before 'sad'"), Class::AddsEnumValue);
    assert_eq!(class("alter type mood rename value 'a' to 'b'"), Class::Plain);
}

#[test]
fn the_command_is_the_words_before_the_first_name() {
    let command = |statement| split("a.sql", statement).unwrap()[0].command.clone();

    assert_eq!(
        command("-- c\nCREATE UNIQUE INDEX CONCURRENTLY a ON b (c)"),
        "create unique index concurrently"
    );
    assert_eq!(command("vacuum full t"), "vacuum");
}
