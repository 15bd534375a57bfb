//! `crmctl migrate baseline`: a database with a schema and no history gets one.

use crate::support::{Database, Project, Which, crmctl};

const FIRST: &str = "20260101000000_first";
const SECOND: &str = "20260102000000_second";

/// A schema with what a plain dump misses, or writes so that not everybody can run it.
const SCHEMA: &str = "
create extension if not exists citext with schema extensions;
create schema private;
create type public.stage as enum ('new', 'won');
create table public.companies (
  id uuid primary key default gen_random_uuid(), name extensions.citext not null unique,
  stage public.stage not null default 'new', number bigint generated always as identity,
  created_at timestamptz not null default now());
comment on table public.companies is 'it''s; a table';
create table private.notes (id int primary key, company uuid references public.companies on delete cascade, body text);
create index notes_body on private.notes (lower(body)) where body <> ';';
alter table public.companies enable row level security;
create policy \"Own; companies\" on public.companies for select to authenticated using (auth.uid() = id);
create function private.touch() returns trigger language plpgsql security definer set search_path = '' as $$
begin new.name := new.name || ';'; return new; end $$;
create trigger touch before update on public.companies for each row execute function private.touch();
create function public.handle_new_user() returns trigger language plpgsql security definer set search_path = '' as $$
begin insert into public.companies (id, name) values (new.id, new.email); return new; end $$;
create trigger on_auth_user_created after insert on auth.users for each row execute function public.handle_new_user();
create view public.names with (security_invoker = on) as select name from public.companies;
grant select, insert on public.companies to authenticated;
revoke all on function public.handle_new_user() from public;
alter publication supabase_realtime add table public.companies;
insert into public.companies (name) values ('rows stay where they are');
insert into storage.buckets (id, name, public) values ('it''s', 'it''s', true);
";

/// A database with that schema, made past any history.
fn grown() -> Database {
    let database = Database::empty();
    database.run(SCHEMA);
    database
}

fn migrations(project: &Project) -> Vec<std::path::PathBuf> {
    project.files("migrations")
}

#[test]
fn makes_the_schema_into_a_file_that_makes_the_same_schema() {
    let database = grown();
    let project = Project::new().local(&database);
    let before = database.world().without_history();

    let output = crmctl(&project).args(["migrate", "baseline", "--name", "What was there"]).success();
    output.says("proved").answers("recorded as applied").answers("_what_was_there.sql");
    before.assert_same(&database.world().without_history());
    let files = migrations(&project);
    assert_eq!(files.len(), 1, "{files:?}");
    crmctl(&project).args(["migrate", "status", "--exit-code"]).success();
    crmctl(&project).args(["migrate", "verify"]).success().answers("no drift");

    let other = Database::empty_on(Which::Cloud);
    let elsewhere = Project::new().local(&database).cloud(&other);
    elsewhere.write(
        &format!("migrations/{}", files[0].file_name().unwrap().to_str().unwrap()),
        &std::fs::read_to_string(&files[0]).unwrap(),
    );
    crmctl(&elsewhere).args(["migrate", "up", "--env", "cloud", "--confirm", "cloud"]).success();
    crmctl(&elsewhere).args(["verify", "--level", "schema"]).success();
    assert_eq!(other.value("select count(*) from public.companies"), "0");
    assert_eq!(other.value("select concat(id, ' ', public) from storage.buckets"), "it's t");
}

#[test]
fn the_file_names_no_owner_and_holds_no_rows() {
    let database = grown();
    let project = Project::new().local(&database);
    crmctl(&project).args(["migrate", "baseline"]).success();

    let text = std::fs::read_to_string(&migrations(&project)[0]).unwrap();
    for unwanted in
        ["OWNER TO", "supabase_admin", "rows stay", "CREATE SCHEMA public", "\\restrict", "-- Name:"]
    {
        assert!(!text.contains(unwanted), "{unwanted} in\n{text}");
    }
    for wanted in ["on_auth_user_created", "supabase_realtime", "citext", "security_invoker"] {
        assert!(text.contains(wanted), "no {wanted} in\n{text}");
    }
}

#[test]
fn a_dry_run_proves_and_changes_nothing() {
    let database = grown();
    let project = Project::new().local(&database);
    let before = database.world();

    crmctl(&project).args(["migrate", "baseline", "--dry-run"]).success().answers("proved");
    before.assert_same(&database.world());
    assert!(migrations(&project).is_empty());
}

#[test]
fn an_empty_database_has_nothing_to_record() {
    let database = Database::empty();
    let project = Project::new().local(&database);
    let before = database.world();

    crmctl(&project).args(["migrate", "baseline"]).success().answers("nothing to record");
    before.assert_same(&database.world());
    assert!(migrations(&project).is_empty());
}

#[test]
fn files_that_the_database_has_already_are_recorded_up_to_a_version() {
    let database = Database::empty();
    database.run("create table public.a (id int primary key);");
    let project = Project::new()
        .local(&database)
        .migration(FIRST, "create table public.a (id int primary key);")
        .migration(SECOND, "create table public.b (id int primary key);");
    let before = database.world();

    let output = crmctl(&project).args(["migrate", "baseline"]).usage();
    output
        .says("the schema is what they make up to `20260101000000`")
        .says("--env local --to 20260101000000");
    crmctl(&project).args(["migrate", "baseline", "--to", "20270101000000"]).usage();
    before.assert_same(&database.world());
    crmctl(&project).args(["migrate", "baseline", "--to", "20260101000000"]).success().says("proved");
    assert_eq!(database.applied(), ["20260101000000"]);
    crmctl(&project).args(["migrate", "up"]).success();
    assert_eq!(database.value("select to_regclass('public.b') is not null"), "t");
    crmctl(&project).args(["migrate", "verify"]).success();
}

#[test]
fn files_that_change_rows_only_are_said_to_be_doubtful() {
    let database = Database::empty();
    database.run("create table public.a (id int primary key);");
    let project = Project::new()
        .local(&database)
        .migration(FIRST, "create table public.a (id int primary key);")
        .migration(SECOND, "insert into public.a values (1);")
        .migration("20260103000000_broken", "alter table public.gone add column a text;");

    let output = crmctl(&project).args(["migrate", "baseline"]).usage();
    output.says("--to 20260102000000").says("the files after `20260101000000` change rows only");
}

#[test]
fn another_schema_is_refused_unless_its_differences_are_accepted() {
    let database = Database::empty();
    database.run("create table public.a (id int primary key, extra text);");
    let project =
        Project::new().local(&database).migration(FIRST, "create table public.a (id int primary key);");
    let before = database.world();

    let output = crmctl(&project).args(["migrate", "baseline", "--to", "20260101000000"]).differs();
    output.answers("not proved").answers("column `a.extra`: only in local").answers("--accept-differences");
    before.assert_same(&database.world());
    let words = ["migrate", "baseline", "--to", "20260101000000", "--accept-differences"];
    crmctl(&project).args(words).success();
    assert_eq!(database.applied(), ["20260101000000"]);
}

#[test]
fn files_that_do_not_run_on_an_empty_project_prove_nothing() {
    let database = Database::empty();
    database.run("create table public.a (id int primary key);");
    let project =
        Project::new().local(&database).migration(FIRST, "alter table public.gone add column a text;");
    let before = database.world();

    let output = crmctl(&project).args(["migrate", "baseline", "--to", "20260101000000", "--json"]).differs();
    let document = output.json();
    assert!(document.to_string().contains("20260101000000_first.sql:1:1"), "{document}");
    before.assert_same(&database.world());
}

#[test]
fn a_database_with_a_history_is_sent_to_repair() {
    let database = Database::empty();
    let project = Project::new().local(&database).migration(FIRST, "create table public.a ();");
    crmctl(&project).args(["migrate", "up"]).success();

    let output = crmctl(&project).args(["migrate", "baseline", "--to", "20260101000000"]).refused();
    output.says("crmctl migrate repair --env local");
}

#[test]
fn a_protected_environment_wants_its_name_and_gets_no_file_before() {
    let database = Database::empty_on(Which::Cloud);
    database.run("create table public.a (id int primary key);");
    let project = Project::new().cloud(&database);
    let before = database.world();

    crmctl(&project).args(["migrate", "baseline", "--env", "cloud"]).refused().says("--confirm cloud");
    before.assert_same(&database.world());
    assert!(migrations(&project).is_empty());
    crmctl(&project).args(["migrate", "baseline", "--env", "cloud", "--confirm", "cloud"]).success();
    assert_eq!((database.applied().len(), migrations(&project).len()), (1, 1));
}

#[test]
fn a_history_that_cannot_be_written_leaves_no_file() {
    let database = Database::empty();
    database.run(
        "create table public.a (id int primary key); create schema supabase_migrations; \
         create table supabase_migrations.schema_migrations (version text primary key, statements text[], name text); \
         create function supabase_migrations.refuse() returns trigger language plpgsql as $$ begin raise 'no'; end $$; \
         create trigger refuse before insert on supabase_migrations.schema_migrations \
         for each row execute function supabase_migrations.refuse();",
    );
    let project = Project::new().local(&database);
    let before = database.world();

    crmctl(&project).args(["migrate", "baseline"]).failed();
    before.assert_same(&database.world());
    assert!(migrations(&project).is_empty());
}

#[test]
fn the_schema_of_the_crm_itself_is_proved() {
    let database = Database::migrated(Which::Local);
    database.run("drop schema supabase_migrations cascade");
    let project = Project::new().local(&database);

    crmctl(&project).args(["migrate", "baseline"]).success().says("proved");
    crmctl(&project).args(["migrate", "verify"]).success();
}

#[test]
fn a_file_that_was_recorded_and_never_written_comes_back_by_fetch() {
    let database = grown();
    let project = Project::new().local(&database);
    crmctl(&project).args(["migrate", "baseline"]).success();
    let path = migrations(&project).remove(0);
    std::fs::remove_file(&path).unwrap();

    crmctl(&project).args(["migrate", "fetch"]).success();
    assert!(path.exists(), "{path:?}");
    crmctl(&project).args(["migrate", "status", "--exit-code"]).success();
    crmctl(&project).args(["migrate", "verify"]).success();
}

#[test]
fn a_role_of_the_users_is_made_where_it_is_missing() {
    let database = Database::empty();
    let role = format!("reader_of_{}", database.name());
    database.run(&format!(
        "create role {role}; create table public.a (id int primary key); grant select on public.a to {role}"
    ));
    let project = Project::new().local(&database);

    crmctl(&project).args(["migrate", "baseline"]).success().says("proved");
    let text = std::fs::read_to_string(&migrations(&project)[0]).unwrap();
    assert!(text.contains(&format!("create role \"{role}\"")), "{text}");
    // Roles belong to the server, which other tests use.
    database.run(&format!("drop table public.a; drop role {role}"));
}
