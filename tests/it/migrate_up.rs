//! `crmctl migrate up`.

use crate::support::{Database, Project, crmctl};

const FIRST: &str = "20260101000000_first";
const SECOND: &str = "20260102000000_second";
const THIRD: &str = "20260103000000_third";

/// What the program notes for itself and what PostgreSQL never rolls back.
const NOTES: &[&str] = &["sequence "];

fn project(database: &Database) -> Project {
    Project::new().local(database)
}

#[test]
fn applies_every_file_in_the_order_of_versions() {
    let database = Database::empty();
    let project = project(&database)
        .migration(SECOND, "alter table public.a add column x int;")
        .migration(FIRST, "create table public.a (id int);");

    let output = crmctl(&project).args(["migrate", "up"]).success();
    output.answers("20260101000000_first").answers("2 migrations applied");
    assert_eq!(database.applied(), ["20260101000000", "20260102000000"]);
    assert_eq!(database.value("select count(*) from information_schema.columns where table_name = 'a'"), "2");
}

#[test]
fn applies_the_crms_own_migrations_and_then_has_nothing_to_do() {
    let database = Database::empty();
    let project = project(&database).with_crm_migrations();
    let output = crmctl(&project).args(["migrate", "up", "--json"]).success();
    assert_eq!(output.json()["outcome"], "success");
    let before = database.world();

    crmctl(&project).args(["migrate", "up"]).success().answers("nothing to apply");
    before.assert_same(&database.world());
    assert_eq!(database.applied().len(), project.files("migrations").len());
}

#[test]
fn changes_nothing_when_it_only_shows_the_plan() {
    let database = Database::empty();
    let project = project(&database).migration(FIRST, "create table public.a ();");
    let before = database.world();

    crmctl(&project).args(["migrate", "up", "--dry-run"]).success().answers("20260101000000_first");
    before.assert_same(&database.world());
}

#[test]
fn does_not_take_line_ends_for_an_edit() {
    let database = Database::empty();
    let project = project(&database).migration(FIRST, "create table public.a ();\nselect 1;\n");
    crmctl(&project).args(["migrate", "up"]).success();

    let project = project.migration(FIRST, "create table public.a ();\r\nselect 1;\r\n\r\n");
    crmctl(&project).args(["migrate", "up"]).success().answers("nothing to apply");
}

#[test]
fn stops_after_the_version_it_was_told() {
    let database = Database::empty();
    let project = project(&database)
        .migration(FIRST, "create table public.a ();")
        .migration(SECOND, "create table public.b ();");

    crmctl(&project).args(["migrate", "up", "--to", "20260101000000"]).success();
    assert_eq!(database.applied(), ["20260101000000"]);
}

#[test]
fn applies_all_or_nothing_in_a_single_transaction() {
    let database = Database::empty();
    let project = project(&database)
        .migration(FIRST, "create table public.a ();")
        .migration(SECOND, "create table public.a ();");
    let before = database.world().without(NOTES);

    crmctl(&project).args(["migrate", "up", "--single-transaction"]).failed().says("second.sql:1:");
    before.assert_same(&database.world().without(NOTES));
    let project = project.migration(SECOND, "create table public.b ();");
    crmctl(&project).args(["migrate", "up", "--single-transaction"]).success();
    assert_eq!(database.applied().len(), 2);
}

#[test]
fn loads_the_rows_of_a_dump() {
    let database = Database::empty();
    let text = "\\restrict abc\ncreate table public.a (id int, x text);\n\
                copy public.a (id, x) from stdin;\n1\tone; two\n2\t\\N\n3\tthe\\ttab\n\\.\n\n\
                insert into public.a values (4, 'later');\n\\unrestrict abc\n";
    let project = project(&database).migration(FIRST, text);

    crmctl(&project).args(["migrate", "up"]).success();
    let rows = database.column("select concat_ws('|', id, x) from public.a order by id");
    assert_eq!(rows, ["1|one; two", "2", "3|the\ttab", "4|later"]);
}

#[test]
fn runs_statements_that_refuse_a_transaction_and_those_around_them() {
    let database = Database::empty();
    let project = project(&database)
        .migration(FIRST, "create table public.a (id int);")
        .migration(SECOND, "create index concurrently a_id on public.a (id);\nvacuum public.a;")
        .migration(THIRD, "create table public.c ();");

    crmctl(&project).args(["migrate", "up"]).success();
    assert_eq!(
        database.value("select indisvalid from pg_index where indexrelid = 'public.a_id'::regclass"),
        "t"
    );
    assert_eq!(database.applied().len(), 3);
}

#[test]
fn resumes_a_file_without_transaction_at_the_statement_that_failed() {
    let database = Database::empty();
    let statements = |last: &str| {
        format!(
            "create table public.a (id int);\ncreate index concurrently a_id on public.a (id);\n{last};\n"
        )
    };
    let project = project(&database).migration(FIRST, &statements("select oops"));

    crmctl(&project).args(["migrate", "up"]).partial().says("first.sql:3:");
    assert_eq!(database.applied(), [""; 0], "a half file is not applied");
    let output = crmctl(&project).args(["migrate", "status", "--exit-code"]).differs();
    output.answers("part");
    let project = project.migration(FIRST, &statements("create table public.b ()"));
    crmctl(&project).args(["migrate", "up"]).success();
    assert_eq!(database.applied(), ["20260101000000"]);
    assert_eq!(database.value("select to_regclass('public.b')"), "b");
}

#[test]
fn keeps_the_settings_of_one_file_out_of_the_next() {
    let database = Database::empty();
    let project = project(&database)
        .migration(FIRST, "create schema other; set search_path = other; set role anon;")
        .migration(SECOND, "create table a (id int);");

    crmctl(&project).args(["migrate", "up"]).success();
    let owner = "select tableowner || '.' || schemaname from pg_tables where tablename = 'a'";
    assert_eq!(database.value(owner), "postgres.public");
}

#[test]
fn writes_the_history_as_the_supabase_cli_does() {
    let database = Database::empty();
    let text = "-- about a\ncreate table public.a (id int);\n\n insert into public.a values (1) ; -- one\n\
                create function public.f() returns text language sql as $$ select ';' $$;\n";
    let project = project(&database).migration(FIRST, text).migration("20260102000000_", "");
    crmctl(&project).args(["migrate", "up"]).success();

    let rows = database.query(
        "select version, name, to_jsonb(statements)::text from supabase_migrations.schema_migrations order by 1",
    );
    let row = |index: usize| rows[index].iter().map(|value| value.clone().unwrap()).collect::<Vec<_>>();
    assert_eq!(row(0)[..2], ["20260101000000", "first"]);
    let statements: Vec<String> = serde_json::from_str(&row(0)[2]).unwrap();
    assert_eq!(
        statements[..2],
        ["-- about a\ncreate table public.a (id int)", "insert into public.a values (1)"]
    );
    assert!(statements[2].ends_with("$$ select ';' $$"), "{statements:?}");
    assert_eq!(row(1), ["20260102000000", "", "[]"]);
    let columns = "select string_agg(attname || ' ' || format_type(atttypid, atttypmod) || ' ' || attnotnull, ', ' \
        order by attnum) from pg_attribute where attnum > 0 and \
        attrelid = 'supabase_migrations.schema_migrations'::regclass";
    assert_eq!(database.value(columns), "version text true, statements text[] false, name text false");
}

#[test]
fn goes_on_where_the_supabase_cli_stopped() {
    let database = Database::empty();
    database.run(
        "create schema supabase_migrations; create table supabase_migrations.schema_migrations \
         (version text not null primary key, statements text[], name text); create table public.a (); \
         insert into supabase_migrations.schema_migrations (version, name, statements) \
         values ('20260101000000', 'first', array['create table public.a ()'])",
    );
    let project = project(&database)
        .migration(FIRST, "create table public.a ();\n")
        .migration(SECOND, "create table public.b ();\n");

    crmctl(&project).args(["migrate", "up"]).success().answers("1 migration applied");
    assert_eq!(database.applied().len(), 2);
}

#[test]
fn shows_what_the_server_remarks_on_a_file() {
    let database = Database::empty();
    let sql = "create table if not exists public.a (); create table if not exists public.a (); \
               do $$ begin raise notice 'halfway'; end $$;";
    let project = project(&database).migration(FIRST, sql);

    let output = crmctl(&project).args(["migrate", "up"]).success();
    assert!(output.stderr.contains("notice: relation \"a\" already exists, skipping"), "{output}");
    assert!(output.stderr.contains("notice: halfway"), "{output}");
    assert!(!output.stdout.contains("halfway"), "{output}");
}
