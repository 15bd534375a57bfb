//! `crmctl migrate up` with files as they are in the wild: one test for each nasty thing, named for what happens.

use crate::support::{Database, Project, crmctl};

const FIRST: &str = "20260101000000_first";
const SECOND: &str = "20260102000000_second";

/// Applies one file to a new database.
fn applied(text: &str) -> Database {
    let database = Database::empty();
    let project = Project::new().local(&database).migration(FIRST, text);
    crmctl(&project).args(["migrate", "up"]).success();
    assert_eq!(database.applied(), ["20260101000000"]);
    database
}

#[test]
fn a_new_enum_value_can_be_used_in_the_next_file() {
    let database = Database::empty();
    let project = Project::new()
        .local(&database)
        .migration(FIRST, "create type public.mood as enum ('sad'); create table public.a (m public.mood);")
        .migration(SECOND, "alter type public.mood add value 'glad';")
        .migration("20260103000000_third", "insert into public.a values ('glad');");

    crmctl(&project).args(["migrate", "up"]).success();
    assert_eq!(database.column("select m from public.a"), ["glad"]);
}

#[test]
fn a_new_enum_value_used_in_its_own_file_fails_whole_and_says_how_to_go_on() {
    let database = Database::empty();
    let text = "create table public.b ();\nalter type public.mood add value 'glad';\n\
                insert into public.a values ('glad');\n";
    let project = Project::new()
        .local(&database)
        .migration(FIRST, "create type public.mood as enum ('sad'); create table public.a (m public.mood);")
        .migration(SECOND, text);

    crmctl(&project).args(["migrate", "up"]).partial().says("second.sql:3:").says("-- crmctl:no-transaction");
    assert_eq!(database.value("select to_regclass('public.b')"), "", "nothing of it is left");
    let project = project.migration(SECOND, &format!("-- crmctl:no-transaction\n{text}"));
    crmctl(&project).args(["migrate", "up"]).success();
    assert_eq!(database.column("select m from public.a"), ["glad"]);
}

#[test]
fn a_transaction_around_the_whole_file_is_one_with_its_history() {
    let database = Database::empty();
    let project = Project::new()
        .local(&database)
        .migration(FIRST, "BEGIN;\ncreate table public.a ();\nCOMMIT;\n")
        .migration(SECOND, "begin;\ncreate table public.b ();\nselect oops;\ncommit;\n");

    crmctl(&project).args(["migrate", "up"]).partial().says("second.sql:3:8");
    assert_eq!(database.applied(), ["20260101000000"]);
    assert_eq!(database.value("select to_regclass('public.b')"), "");
    let project = project.migration(SECOND, "begin;\ncreate table public.b ();\ncommit;\n");
    crmctl(&project).args(["migrate", "up", "--single-transaction"]).success();
    let stored = "select array_to_string(statements, '|') from supabase_migrations.schema_migrations where name = 'second'";
    assert_eq!(database.value(stored), "begin|create table public.b ()|commit");
}

#[test]
fn several_transactions_of_the_author_run_as_they_are_written() {
    let text = "begin; create table public.a (x int); commit;\nbegin; insert into public.a values (1); rollback;\n\
                insert into public.a values (2);\nstart transaction; insert into public.a values (3); end;\n";
    assert_eq!(applied(text).column("select x from public.a order by 1"), ["2", "3"]);
}

#[test]
fn a_transaction_that_is_left_open_is_rolled_back_and_told() {
    let database = Database::empty();
    let project = Project::new()
        .local(&database)
        .migration(FIRST, "create table public.a (); begin; create table public.b ();");

    crmctl(&project).args(["migrate", "up"]).partial().says("leaves a transaction open");
    assert_eq!(database.value("select to_regclass('public.b')"), "");
    assert_eq!(database.applied(), [""; 0]);
}

#[test]
fn a_block_that_commits_by_itself_runs_alone() {
    let text = "create table public.a (x int);\n\
                do $$ begin for n in 1..3 loop insert into public.a values (n); commit; end loop; end $$;\n";
    assert_eq!(applied(text).value("select count(*) from public.a"), "3");
}

#[test]
fn a_procedure_that_commits_is_explained() {
    let database = Database::empty();
    let text = "create procedure public.p() language plpgsql as $$ begin commit; end $$;\ncall public.p();\n";
    let project = Project::new().local(&database).migration(FIRST, text);

    crmctl(&project).args(["migrate", "up"]).failed().says("first.sql:2:1").says("-- crmctl:no-transaction");
    let project = project.migration(FIRST, &format!("-- crmctl:no-transaction\n{text}"));
    crmctl(&project).args(["migrate", "up"]).success();
}

#[test]
fn locks_savepoints_cursors_and_prepared_statements_work_in_a_file() {
    let text = "create table public.a (x int);\nlock table public.a in exclusive mode;\nsavepoint s;\n\
                insert into public.a values (1);\nrollback to s;\ninsert into public.a values (2);\nrelease s;\n\
                declare c cursor for select x from public.a; fetch c; close c;\n\
                prepare p as insert into public.a values ($1); execute p(3); deallocate p;\n\
                listen l; notify l, 'x'; unlisten *; deallocate all;\n";
    assert_eq!(applied(text).column("select x from public.a order by 1"), ["2", "3"]);
}

#[test]
fn everything_that_hides_a_semicolon_arrives_whole() {
    let text = "create table public.a (id int, x text);\n\
        create rule r as on delete to public.a do also (select 1; select 2);\n\
        create function public.f(n int) returns text language sql begin atomic\n\
          select case when n > 1 then case n when 2 then 'two;' end else 'one' end; end;\n\
        create function public.g() returns text language plpgsql as $größe$ begin return $$;$$; end $größe$;\n\
        insert into public.a values (1, E'it\\'s; fine'), (2, U&'\\0061;'), (3, 'a'\n ';b') /* ; /* ; */ ; */;\n\
        insert into public.a values (4, '--'), (5 --;\n, '/*')";
    let database = applied(text);
    assert_eq!(
        database.column("select x from public.a order by id"),
        ["it's; fine", "a;", "a;b", "--", "/*"]
    );
    assert_eq!(database.value("select public.f(2) || public.g()"), "two;;");
    assert_eq!(
        database.value("select cardinality(statements) from supabase_migrations.schema_migrations"),
        "6"
    );
}

#[test]
fn copy_data_that_look_like_sql_stay_data() {
    let text = "create table public.a (id int, x text);\r\ncopy public.a from stdin;\r\n1\t'; drop table a; --\r\n\
                2\t$$\r\n3\t\\\\.\r\n4\t/*\r\n\\.\r\n\r\ncopy public.a from stdin;\r\n\\.\r\nselect 1;\r\n";
    let database = applied(text);
    assert_eq!(
        database.column("select x from public.a order by id"),
        ["'; drop table a; --", "$$", "\\.", "/*"]
    );
}

#[test]
fn a_byte_order_mark_an_empty_file_and_one_of_comments_are_recorded() {
    let database = Database::empty();
    let project = Project::new()
        .local(&database)
        .migration("1_bom", "\u{feff}create table public.a ();")
        .migration("2_empty", "")
        .migration("3_comments", "-- nothing\n/* at all */")
        .migration("4_", ";;\n;");

    crmctl(&project).args(["migrate", "up"]).success();
    assert_eq!(database.applied(), ["1", "2", "3", "4"]);
    assert_eq!(database.value("select to_regclass('public.a')"), "a");
}

#[test]
fn a_role_and_a_path_that_a_file_sets_hold_to_its_end_and_no_further() {
    let database = Database::empty();
    let project = Project::new()
        .local(&database)
        .migration(
            FIRST,
            "create schema other; grant all on schema other to anon;\nset role anon;\nset search_path = other;\n\
             begin; create table a (); commit;\ncreate table b (); begin; create table c (); commit;",
        )
        .migration(SECOND, "create table public.d ();");

    crmctl(&project).args(["migrate", "up"]).success();
    let owners = "select tableowner || '.' || schemaname || '.' || tablename from pg_tables \
                  where schemaname in ('other', 'public') order by tablename";
    assert_eq!(
        database.column(owners),
        ["anon.other.a", "anon.other.b", "anon.other.c", "postgres.public.d"]
    );
}

#[test]
fn what_cannot_be_run_is_refused_with_its_place_before_anything_is_done() {
    let nasty: [(&[u8], &str); 6] = [
        (b"select 1;\nselect '\0';", "second.sql:2:9"),
        (b"-- caf\xe9\nselect 1;", "second.sql:1:7"),
        (b"select 1;\n\\connect other\n", "second.sql:2:1"),
        (b"select 1;\n  select $a$ oops $A$;", "second.sql:2:10"),
        (b"copy a from stdin;\n1\n", "second.sql:1:1"),
        (b"set standard_conforming_strings = off;", "second.sql:1:1"),
    ];
    for (bytes, place) in nasty {
        let project = Project::new()
            .cloud_at("postgresql://postgres:unused@127.0.0.1:1/postgres")
            .migration(FIRST, "create table public.a ();");
        std::fs::write(project.path().join(format!("migrations/{SECOND}.sql")), bytes).unwrap();

        crmctl(&project)
            .args(["migrate", "up", "--env", "cloud", "--confirm", "cloud"])
            .refused()
            .says(place);
    }
}

#[test]
fn a_hundred_thousand_statements_and_a_line_of_megabytes_go_through() {
    let many = "insert into public.a values (1);\n".repeat(20_000);
    let rows = vec!["(2)"; 500_000].join(",");
    let database = Database::empty();
    let project = Project::new()
        .local(&database)
        .migration(FIRST, &format!("create table public.a (x int);\n{many}"))
        .migration(SECOND, &format!("insert into public.a values {rows};"));

    crmctl(&project).args(["migrate", "up"]).success();
    assert_eq!(database.value("select count(*) from public.a"), "520000");
    let stored =
        "select cardinality(statements) from supabase_migrations.schema_migrations where name = 'first'";
    assert_eq!(database.value(stored), "20001");
}

#[test]
fn the_history_says_how_long_a_file_took_and_of_which_commit_it_is() {
    const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";
    let database = Database::empty();
    let project = Project::new()
        .local(&database)
        .file(".git/HEAD", COMMIT)
        .migration(FIRST, "select pg_sleep(0.2);")
        .migration(
            SECOND,
            "create table public.a (x int);\ncopy public.a from stdin;\n1\n\\.\nselect pg_sleep(0.1);",
        )
        .migration("20260103000000_third", "select pg_sleep(0.1); vacuum;");

    crmctl(&project).args(["migrate", "up"]).success();
    let times =
        database.column("select duration_ms from supabase_migrations.crmctl_migrations order by version");
    let times: Vec<u32> = times.iter().map(|text| text.parse().unwrap()).collect();
    assert!(times[0] >= 200 && times[1] >= 100 && times[2] >= 100, "{times:?}");
    assert!(times.iter().all(|time| *time < 20_000), "{times:?}");
    assert_eq!(
        database
            .value("select string_agg(distinct git_commit, ',') from supabase_migrations.crmctl_migrations"),
        COMMIT
    );
}

#[test]
fn a_history_of_an_older_crmctl_is_written_on() {
    let database = Database::empty();
    let first = Project::new().local(&database).migration(FIRST, "select 1");
    crmctl(&first).args(["migrate", "up"]).success();
    database.query(
        "alter table supabase_migrations.crmctl_migrations drop column git_commit, drop column statement_begun",
    );

    let project = first.migration(SECOND, "create table public.a (); vacuum;");
    crmctl(&project).args(["migrate", "up"]).success();
    assert_eq!(database.applied().len(), 2);
}

#[test]
fn a_file_that_needs_a_newer_server_is_refused_by_it() {
    let database = Database::empty();
    let project = Project::new()
        .local(&database)
        .migration(FIRST, "-- crmctl:requires-version 99\ncreate table public.a ();");

    crmctl(&project).args(["migrate", "up"]).failed().says("requires PostgreSQL 99");
    assert_eq!(database.value("select to_regclass('public.a')"), "");
}
