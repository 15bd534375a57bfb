//! Databases in which somebody has laid traps for whoever migrates them.

use crate::support::{Database, Project, crmctl};

/// A schema in which everything of the server's has a namesake that springs when it is touched, and which comes first
/// on the path of every client: functions, operators, types and catalogs. The platform's own event triggers, which
/// would step on them, are switched off.
const TRAPS: &str = r"
create schema trap;
set check_function_bodies = off;
do $$
declare
  found record;
begin
  for found in
    select format('create function trap.%I(%s) returns %s%s language plpgsql as %L', proname,
                  oidvectortypes(proargtypes), case when proretset then 'setof ' else '' end,
                  format_type(prorettype, null), 'begin raise ''sprung''; end') as statement
    from pg_proc where pronamespace = 'pg_catalog'::regnamespace and prokind = 'f'
      and not 2281 = any (proargtypes) and not 2275 = any (proargtypes) and prorettype not in (2281, 2275, 2279)
      and proargmodes is null and {wanted}
    union all
    select format('create function trap.operator_%s(%s) returns %s language plpgsql as %L; '
                  'create operator trap.%s (%s function = trap.operator_%1$s)', oid,
                  concat_ws(', ', nullif(oprleft, 0)::regtype, oprright::regtype), oprresult::regtype,
                  'begin raise ''sprung''; end', oprname,
                  case when oprleft <> 0 then format('leftarg = %s, ', oprleft::regtype) end
                  || format('rightarg = %s,', oprright::regtype))
    from pg_operator where oprnamespace = 'pg_catalog'::regnamespace and oprright <> 0 and oprleft <> 0
      and {wanted}
    union all
    select format('create domain trap.%I as pg_catalog.%1$I constraint sprung check (false)', typname)
    from pg_type where typnamespace = 'pg_catalog'::regnamespace and typtype = 'b' and typelem = 0
    union all
    select format('create view trap.%I as select 1 as sprung', relname)
    from pg_class where relnamespace = 'pg_catalog'::regnamespace and relkind in ('r', 'v')
  loop
    begin
      execute found.statement;
    exception when others then
      -- Some of them only a superuser may imitate.
      continue;
    end;
  end loop;
  execute format('alter role postgres in database %I set search_path = trap, public, pg_catalog', current_database());
end
$$";

/// A database with so many of these functions and operators.
fn trapped(functions: &str, operators: &str) -> Database {
    let database = Database::empty();
    database.run(&TRAPS.replacen("{wanted}", functions, 1).replace("{wanted}", operators));
    database
        .query("alter event trigger pgrst_ddl_watch disable; alter event trigger pgrst_drop_watch disable");
    let traps = "select count(*) > 100 and bool_or(proname = 'current_setting') from pg_proc where pronamespace = 'trap'::regnamespace";
    assert_eq!(database.value(traps), "t");
    database
}

/// A file with a way back, one that runs piece by piece, and one with data.
fn files(project: Project) -> Project {
    project
        .migration(
            "20260101000000_a",
            "create schema app;\ncreate table app.a (x int);\n-- crmctl:verify select true\n-- crmctl:down\n-- drop table app.a;\n-- drop schema app;\n",
        )
        .migration(
            "20260102000000_b",
            "-- crmctl:requires-version 15\ninsert into app.a values (1);\ncreate index concurrently i on app.a (x);",
        )
        .migration("20260103000000_c", "copy app.a from stdin;\n2\n\\.\nselect 1;\n")
}

#[test]
fn no_migration_calls_what_others_have_put_on_the_path() {
    let database = trapped("true", "true");
    let project = files(Project::new().local(&database));

    crmctl(&project).args(["migrate", "up"]).success();
    crmctl(&project).args(["migrate", "status"]).success();
    crmctl(&project).args(["migrate", "repair", "--reverted", "20260103000000", "20260102000000"]).success();
    crmctl(&project).args(["migrate", "down", "--yes"]).success();
    crmctl(&project).args(["migrate", "repair", "--applied", "20260101000000"]).success();
    crmctl(&project).args(["validate"]).run();
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

#[test]
fn no_deploy_calls_what_others_have_put_on_the_path() {
    // Fewer of them: a deploy reads the whole schema, and more than once.
    let functions = "proname ~ '^(now|clock_|statement_t|current_|set_config|to_|json|count|pg_b|format|length|text|substr)'";
    let database = trapped(functions, "oprname in ('=', '<', '+', '-', '*', '||') and oprleft < 1200");
    let project = files(Project::new().local(&database));

    let deploy = || crmctl(&project).args(["deploy", "--env", "local", "--allow", "drift", "--yes"]);
    deploy().success();
    project.write(
        "migrations/20260104000000_d.sql",
        "create table app.d (x int);\n-- crmctl:down\n-- drop table app.d;\n",
    );
    deploy().success();
    crmctl(&project).args(["deploy", "rollback", "--env", "local", "--yes"]).success();
    assert_eq!(database.applied(), ["20260101000000", "20260102000000", "20260103000000"]);
    crmctl(&project).args(["migrate", "drift"]).differs().answers("trap");
}

const HISTORY: &str = "create schema supabase_migrations; create table supabase_migrations.schema_migrations \
    (version text not null primary key, statements text[], name text); \
    create function public.meddle() returns trigger language plpgsql as $$ begin ";

#[test]
fn a_history_that_does_not_keep_its_row_keeps_the_file_from_being_applied() {
    for meddling in ["return null", "new.version := 'other'; return new", "raise 'not today'"] {
        let database = Database::empty();
        database.run(&format!(
            "{HISTORY} {meddling}; end $$; create trigger meddle before insert \
             on supabase_migrations.schema_migrations for each row execute function public.meddle()"
        ));
        let before = database.world().without_history();
        let project =
            Project::new().local(&database).migration("20260101000000_a", "create table public.a ();");

        crmctl(&project).args(["migrate", "up"]).failed();
        crmctl(&project).args(["migrate", "up", "--single-transaction"]).failed();
        crmctl(&project)
            .args(["migrate", "repair", "--applied", "20260101000000"])
            .failed()
            .says("the history");
        assert!(database.applied().is_empty());
        before.assert_same(&database.world().without_history());
    }
}

#[test]
fn a_history_that_keeps_what_is_to_go_keeps_the_migration_from_being_undone() {
    let database = Database::empty();
    let file = "create table public.a ();\n-- crmctl:down\n-- drop table public.a;\n";
    let project = Project::new().local(&database).migration("20260101000000_a", file);
    crmctl(&project).args(["migrate", "up"]).success();
    database.run(
        "create function public.meddle() returns trigger language plpgsql as $$ begin return null; end $$; \
         create trigger meddle before delete on supabase_migrations.schema_migrations \
         for each row execute function public.meddle()",
    );
    let before = database.world();

    crmctl(&project).args(["migrate", "down", "--yes", "--no-rehearsal"]).failed().says("keeps its rows");
    crmctl(&project)
        .args(["migrate", "repair", "--reverted", "20260101000000"])
        .failed()
        .says("keeps its rows");
    before.assert_same(&database.world());
}

#[test]
fn a_history_of_another_shape_is_told_as_such() {
    for (columns, said) in [
        ("version bigint not null primary key", "version text not null primary key"),
        ("version text primary key, name text, statements jsonb", "version text not null primary key"),
        ("version text primary key, name text, statements text[], extra int not null", "the history"),
        ("version text, name text, statements text[]) partition by range (version", "no partition"),
    ] {
        let database = Database::empty();
        database.run(&format!(
            "create schema supabase_migrations; create table supabase_migrations.schema_migrations ({columns})"
        ));
        let before = database.world().without_history();
        let project =
            Project::new().local(&database).migration("20260101000000_a", "create table public.a ();");

        crmctl(&project).args(["migrate", "status"]).success();
        crmctl(&project).args(["migrate", "up"]).failed().says(said);
        before.assert_same(&database.world().without_history());
    }
}

#[test]
fn a_role_that_is_read_only_by_its_setting_is_told_and_nothing_is_made() {
    let database = Database::empty();
    database.query(&format!(
        "alter role postgres in database {} set default_transaction_read_only = on",
        database.name()
    ));
    let before = database.world();
    let project = Project::new().local(&database).migration("20260101000000_a", "create table public.a ();");

    crmctl(&project).args(["migrate", "up"]).failed().says("default_transaction_read_only");
    before.assert_same(&database.world());
}

#[test]
fn no_text_of_the_database_commands_the_workflow_or_floods_its_log() {
    let database = Database::empty();
    let project = Project::new().local(&database).migration(
        "20260101000000_a",
        "do $$ begin raise notice e'a\\n::error::owned\\n ##[warning]owned'; raise notice '%', repeat('x', 1000000); \
         for i in 1..5000 loop raise notice 'again'; end loop; end $$;",
    );

    let output = crmctl(&project).args(["migrate", "up"]).env("GITHUB_ACTIONS", "true").success();
    let is_command = |line: &str| line.trim_start().starts_with("::") || line.contains("##[");
    assert!(!output.stdout.lines().chain(output.stderr.lines()).any(is_command), "{output}");
    assert!(output.stderr.len() < 100_000 && output.stderr.contains("owned"));
}
