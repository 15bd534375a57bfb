//! `crmctl sync` to targets that are not as they should be: all that is in the way is said, and nothing is touched.

use crate::support::{Database, Output, Project, Which, crmctl, try_query};

fn sync(project: &Project) -> Output {
    crmctl(project).args(["sync", "--force", "--confirm", "cloud"]).run()
}

#[test]
fn all_that_is_in_the_way_is_said_at_once_with_the_ways_out() {
    let (local, cloud) = (Database::empty(), Database::empty_on(Which::Cloud));
    let both = "create table public.closed (x int); create table public.hidden (x int); create table public.narrow (x int not null); \
        create table public.parts (x int) partition by list (x); create table public.part_1 partition of public.parts for values in (1); \
        create table public.kept (id int primary key); create table public.out (id int references public.kept); \
        create table public.theirs (x int); create table public.known (id int primary key); create table public.far (x int) partition by list (x)";
    local.run(both).run(
        "alter table public.narrow alter x drop not null; create table public.extra (); create sequence public.extra_s; \
         create table public.kinds (a int, b int generated always as (1) stored, c int, \"d.D\" text)",
    );
    local.query(
        "create role poor login password 'poor'; grant usage on schema public, auth to poor; \
         grant select on all tables in schema public, auth to poor; grant select on all sequences in schema public to poor; \
         revoke select on public.closed from poor; alter table public.hidden enable row level security",
    );
    cloud.run(both).run("create table public.kinds (a bigint, b int, c int generated always as identity)");
    cloud.query(
        "create table auth.refers (id int references public.known); alter table public.theirs owner to supabase_admin; \
         revoke all on public.theirs from public, postgres, anon, authenticated, service_role; grant select on public.theirs to postgres; \
         create function public.f() returns trigger language plpgsql as 'begin return new; end'; \
         create trigger always before insert on public.theirs for each row execute function public.f(); \
         alter table public.theirs enable always trigger always; \
         create extension postgres_fdw; create server away foreign data wrapper postgres_fdw; \
         create foreign table public.far_1 partition of public.far for values in (1) server away",
    );
    let url = local.url().replace("postgres:postgres@", "poor:poor@");
    let project = Project::new()
        .cloud(&cloud)
        .setting(&format!("[environments.local]\nurl = \"{url}\""))
        .setting("[sync]\nexclude = [\"public.out\", \"part_1\", \"kep*\"]");
    let project_with_half = Project::new()
        .cloud(&cloud)
        .setting(&format!("[environments.local]\nurl = \"{url}\""))
        .setting("[sync]\nexclude = [\"public.out\", \"part_1\"]");
    let before = cloud.world();

    sync(&project).expect(4).says("is excluded but is a partition of `parts`");
    let output = sync(&project_with_half)
        .expect(4)
        .says("for 9 reasons")
        .says("the tables of `local` and `cloud` differ: `extra` is only in `local`")
        .says("`kinds.a` is `integer` in `local` and `bigint` in `cloud`")
        .says("`kinds.b` is generated in `local` and neither generated nor an identity in `cloud`")
        .says("`kinds.c` is neither generated nor an identity in `local` and an identity always in `cloud`")
        .says("`kinds.d.D` is only in `local`")
        .says("`narrow.x` may be NULL in `local` and not in `cloud`")
        .says("sequence `extra_s` is only in `local`")
        .says("`out` is excluded but refers to `kept`")
        .says("`part_1` is excluded but is a partition of `parts`, which is not")
        .says("in `local` the role may not read `closed`")
        .says("in `local` row level security hides rows from the role: `hidden`")
        .says("in `cloud` the role lacks INSERT, DELETE, TRUNCATE on `theirs`")
        .says("in `cloud` triggers, rules or foreign keys of tables must rest that belong to other roles: `theirs (of supabase_admin)`")
        .says("in `cloud` `far` has partitions on other servers: `public.far_1`")
        .says("tables that are never synced refer to `known`, whose rows would be replaced: `auth.refers`")
        .says("use a role with BYPASSRLS");
    assert!(!output.stderr.contains("SQLSTATE"), "{output}");
    before.assert_same(&cloud.world());
}

#[test]
fn another_encoding_is_said_beforehand() {
    let local = Database::empty();
    local.run("create table public.a (t text); insert into public.a values ('日本')");
    let admin = |sql: &str| {
        try_query(&Which::Cloud.cluster().admin_url("template1"), sql).map(drop).expect("a database");
    };
    admin("create database sync_latin encoding latin1 locale 'C' template template0");
    let url = Which::Cloud.cluster().admin_url("sync_latin");
    try_query(&url, "create table public.a (t text)").expect("a table");
    let project = Project::new().local(&local).cloud_at(&url);

    sync(&project).expect(4).says("`local` is in the encoding UTF8 and `cloud` in LATIN1");
    admin("drop database sync_latin with (force)");
}

#[test]
fn a_row_that_does_not_fit_is_told_by_table_and_number_and_nothing_is_changed() {
    let (local, cloud) = (Database::empty(), Database::empty_on(Which::Cloud));
    local.run("create table public.a (x int); insert into public.a values (1), (2), (-3)");
    cloud.run("create table public.a (x int check (x > 0)); insert into public.a values (7)");
    let project = Project::new().local(&local).cloud(&cloud);

    sync(&project).expect(1).says("nothing was changed in the target: row 3 of `a`: new row for relation");
    assert_eq!(cloud.column("select x from public.a"), ["7"]);
}

#[test]
fn rows_that_a_foreign_key_of_the_target_alone_forbids_are_not_committed() {
    for which in [Which::Cloud, Which::Strict] {
        let (local, cloud) = (Database::empty(), Database::empty_on(which));
        let both = "create table public.a (id int primary key); create table public.b (a int)";
        local.run(both).run("insert into public.b values (1)");
        cloud.run(both).run("alter table public.b add foreign key (a) references public.a");
        let before = cloud.world();

        sync(&Project::new().local(&local).cloud(&cloud)).expect(1).says("b");
        before.assert_same(&cloud.world());
    }
}

#[test]
fn what_is_left_alone_is_told_in_the_plan() {
    let (local, cloud) = (Database::empty(), Database::empty_on(Which::Cloud));
    let both = "create table public.a (id int primary key, file oid); create materialized view public.ours as select id from public.a; \
        create materialized view public.hollow as select id from public.a; \
        create materialized view public.over_hollow as select count(*) as n from public.hollow; \
        refresh materialized view public.hollow with no data; create materialized view public.theirs as select id from public.a";
    local.run(both).run("insert into public.a values (1, lo_create(0))");
    cloud.run(both);
    cloud.query(
        "alter materialized view public.theirs owner to supabase_admin; grant select on public.a to supabase_admin; \
         create extension postgres_fdw; create server away foreign data wrapper postgres_fdw; \
         create foreign table public.far (x int) server away",
    );
    let project = Project::new().local(&local).cloud(&cloud);

    sync(&project)
        .expect(0)
        .says("refresh 1 materialized view")
        .says("materialized view `over_hollow` keeps its old rows: it reads `hollow`, which was never filled")
        .says("materialized view `theirs` keeps its old rows: only `supabase_admin` may refresh it")
        .says("foreign tables are left alone, their rows are elsewhere: `far`")
        .says("large objects are not copied: `local` has 1; columns that may refer to them go along as numbers: `a.file`");
    assert_eq!(cloud.value("select id from public.ours"), "1");
    assert_eq!(cloud.value("select count(*) from public.theirs"), "0");
}
