//! `crmctl sync` by way of staged tables: big sets, and targets that are in use.

use crate::support::{
    Call, Database, Direction, FaultProxy, Held, Output, Project, Which, World, crmctl, try_query,
};
use crate::sync_awkward::{assert_same_rows, pair, project};

pub(crate) fn call(project: &Project) -> Call {
    crmctl(project).args(["sync", "--mode", "staged", "--force", "--confirm", "cloud"])
}

pub(crate) fn sync(project: &Project) -> Output {
    call(project).run()
}

pub(crate) fn is_gone(database: &Database) -> bool {
    database.value("select to_regnamespace('crmctl_sync')").is_empty()
}

/// Types and shapes that are easily got wrong when rows are compared or copied.
const SCHEMA: &str = r#"
create type public.mood as enum ('sad', 'glad'); create domain public.short as text check (length(value) < 20);
create type public.pair as (a numeric, b interval);
create table public.parents (id bigint generated always as identity primary key, name public.short, price numeric,
  span interval, ratio double precision, unique (name));
create table public.children (id int primary key, parent bigint references public.parents on delete cascade,
  doubled int generated always as (amount * 2) stored, amount int not null);
create table public.loops (id int primary key, next int references public.loops);
create table public."Quoted ""Name" ("select" public.mood, "ä ö" jsonb, two public.pair, list text[],
  primary key ("select", list));
create table public.keyless (x int, y text);
create table public.empty ();
create table public.parts (id int, at date, primary key (id, at)) partition by range (at);
create table public.parts_1 partition of public.parts for values from ('2026-01-01') to ('2027-01-01');
create table public.base (id int primary key); create table public.derived (more text) inherits (public.base);
create table public.log (note text);
create function public.log_it() returns trigger language plpgsql set search_path = '' as $$
  begin insert into public.log values ('fired'); return new; end $$;
create trigger log_it after insert or delete on public.children for each row execute function public.log_it();
alter table public.children enable always trigger log_it;
alter table public.parents enable row level security;
alter table public.parents force row level security;
create sequence public.counter;
"#;

const ROWS: &str = r#"
insert into public.parents (name, price, span, ratio) select 'p ' || n, n, n * interval '1 day', n from generate_series(1, 60) n;
insert into public.children (id, parent, amount) select n, 1 + n % 60, n from generate_series(1, 500) n;
insert into public.loops values (1, null), (2, 1), (3, 2);
insert into public."Quoted ""Name" values ('sad', '{"a": 1.0}', row(1.0, '1 mon'), '{a,null}'), ('glad', null, null, '{}');
insert into public.keyless values (1, 'a'), (1, 'a'), (null, null);
insert into public.empty select from generate_series(1, 3);
insert into public.parts select n, '2026-01-01'::date + n from generate_series(1, 100) n;
insert into public.base select generate_series(1, 5);
insert into public.derived select n, 'more' from generate_series(6, 9) n;
select setval('public.counter', 4711);
truncate public.log;
"#;

/// What makes the other side differ a little, in ways that equality of values does not show.
const CHANGES: &str = r#"
update public.parents set price = price + 0.00 where id = 1;
update public.parents set span = interval '24 hours' where id = 1;
update public.parents set ratio = '-0' where id = 3;
update public.parents set name = 'meanwhile' where id = 4;
update public.parents set name = 'p 4' where id = 6;
update public.parents set name = 'p 6' where id = 4;
delete from public.children where id in (7, 8);
insert into public.children (id, parent, amount) values (1000, 1, 1);
update public."Quoted ""Name" set "ä ö" = '{"a": 1.00}', two = row(1.00, '30 days') where "select" = 'sad';
insert into public.keyless values (7, 'old');
delete from public.parts where id = 3;
truncate public.log; insert into public.log values ('of the cloud');
"#;

fn awkward_pair() -> (Database, Database) {
    let (local, cloud) = pair(SCHEMA);
    local.query(ROWS);
    cloud.query(ROWS);
    cloud.query(CHANGES);
    (local, cloud)
}

#[test]
fn carries_every_row_of_every_shape_and_nothing_but_rows() {
    let (local, cloud) = awkward_pair();
    let definitions = cloud.world().without(&["rows ", "sequence "]);
    let source = local.world();

    sync(&project(&local, &cloud)).expect(0);
    assert_same_rows(&local, &cloud);
    source.assert_same(&local.world());
    definitions.assert_same(&cloud.world().without(&["rows ", "sequence "]));
}

/// Everything but what is staged, which a run that died leaves for the next one.
pub(crate) fn without_staged(database: &Database) -> World {
    database.world().without_schema("crmctl_sync")
}

#[test]
fn rows_that_are_equal_in_value_only_are_made_the_same() {
    let (local, cloud) = awkward_pair();

    sync(&project(&local, &cloud)).expect(0);
    let shown = "select concat_ws(' ', price, span) from public.parents where id = 1";
    assert_eq!(cloud.value(shown), "1 1 day");
    let shown = "select two::text from public.\"Quoted \"\"Name\" where \"select\" = 'sad'";
    assert_eq!(cloud.value(shown), "(1.0,\"1 mon\")");
}

#[test]
fn rows_that_did_not_change_are_not_written() {
    let (local, cloud) = awkward_pair();
    let versions =
        "select string_agg(xmin::text, ' ' order by id) from public.children where id between 10 and 400";
    let before = cloud.value(versions);

    sync(&project(&local, &cloud)).expect(0);
    assert_eq!(cloud.value(versions), before);
}

#[test]
fn nobody_but_the_owner_can_read_staged_rows_whatever_default_privileges_say() {
    let (local, cloud) = awkward_pair();
    cloud.run(
        "alter default privileges grant all on tables to anon, authenticated, service_role, public; \
         alter default privileges grant all on schemas to anon, authenticated, service_role, public",
    );
    let held = Held::of(&cloud, "lock table public.parents in row exclusive mode");
    let project = project(&local, &cloud);
    let running = call(&project).spawn();
    held.is_waited_for();

    assert_eq!(
        cloud.value("select count(*) > 9 from pg_class where relnamespace = 'crmctl_sync'::regnamespace"),
        "t"
    );
    let open = cloud.column(
        "select nspname || ' ' || r from pg_namespace, unnest(array['anon', 'authenticated', 'service_role', 'public']) r \
         where nspname = 'crmctl_sync' and has_schema_privilege(r, oid, 'usage, create') \
         union all select relname || ' ' || r from pg_class, unnest(array['anon', 'authenticated', 'service_role', 'public']) r \
         where relnamespace = 'crmctl_sync'::regnamespace and relkind = 'r' \
         and (has_table_privilege(r, oid, 'select, insert, update, delete, truncate') or not relrowsecurity)",
    );
    assert_eq!(open, Vec::<String>::new());
    held.let_go();
    running.finish().expect(0);
    assert!(is_gone(&cloud));
}

#[test]
fn readers_and_writers_are_not_kept_waiting_while_rows_are_staged() {
    // Nobody else shall hold a lock on it, not for an instant.
    let (local, cloud) =
        pair("create table public.a (id int primary key, x text) with (autovacuum_enabled = off)");
    local.query("insert into public.a select n, 'new' from generate_series(1, 1000) n");
    cloud.query("insert into public.a select n, 'old' from generate_series(1, 900) n");
    // The source does not answer any more once it has sent some rows.
    let (project, proxy) = through(&local, &cloud, |proxy| proxy.stall_after(Direction::ToClient, 140_000));
    local.query("insert into public.a select n, repeat('x', 100) from generate_series(2000, 9000) n");
    let running = call(&project).spawn();
    cloud.until(
        "exists (select from pg_stat_progress_copy where command = 'COPY FROM' and datname = current_database())",
    );

    let at_once = "set lock_timeout = '1ms'; select count(*) from public.a; update public.a set x = 'meanwhile' where id = 1; \
                   lock table public.a in access exclusive mode";
    assert!(try_query(&cloud.admin_url(), &format!("begin; {at_once}; commit")).is_ok());
    running.kill();
    running.finish();
    drop(proxy);
}

#[test]
fn readers_do_not_wait_for_a_merge() {
    let (local, cloud) = awkward_pair();
    // Somebody has read the tables that change, and goes on reading.
    let held =
        Held::of(&cloud, "lock table public.parents, public.children, public.parts in access share mode");

    sync(&project(&local, &cloud)).expect(0);
    held.let_go();
    assert_same_rows(&local, &cloud);
}

#[test]
fn a_table_of_which_most_changed_is_replaced_and_its_indexes_are_what_they_were() {
    let (local, cloud) = pair(
        "create table public.big (id int primary key, x text, n int, unique (x, n), check (n > 0)); \
         create index on public.big (lower(x)) where n > 5; comment on index public.big_lower_idx is 'kept'; \
         create table public.refers (id int primary key, big int references public.big on delete cascade)",
    );
    let rows = |tag: &str| {
        format!(
            "insert into public.big select n, '{tag}' || repeat(md5(n::text), 3), n from generate_series(1, 12000) n; \
             insert into public.refers select n, n from generate_series(1, 12000) n"
        )
    };
    local.query(&rows("new"));
    cloud.query(&(rows("old") + "; update public.refers set big = 1"));
    let definitions = cloud.world().without(&["rows ", "sequence "]);
    let index = cloud.value("select pg_relation_filenode('public.big_pkey')");

    sync(&project(&local, &cloud)).expect(0);
    assert_same_rows(&local, &cloud);
    definitions.assert_same(&cloud.world().without(&["rows ", "sequence "]));
    assert_eq!(cloud.value("select obj_description('public.big_lower_idx'::regclass)"), "kept");
    assert_ne!(cloud.value("select pg_relation_filenode('public.big_pkey')"), index);
}

#[test]
fn without_the_replica_role_everything_is_replaced_in_the_order_of_foreign_keys() {
    let schema = "create table public.a (id int primary key, next int); create table public.b (id int primary key, a int references public.a); \
                  alter table public.a add foreign key (next) references public.b";
    let (local, cloud) = (Database::empty(), Database::empty_on(Which::Strict));
    for database in [&local, &cloud] {
        database.run(schema);
    }
    let rows = "insert into public.a values (1, null); insert into public.b values (1, 1); update public.a set next = 1";
    local.query(rows);
    cloud.query("insert into public.a values (1, null), (2, null); insert into public.b values (9, 2)");
    let definitions = cloud.world().without(&["rows ", "sequence "]);

    sync(&project(&local, &cloud)).expect(0);
    assert_same_rows(&local, &cloud);
    definitions.assert_same(&cloud.world().without(&["rows ", "sequence "]));
}

#[test]
fn a_role_that_may_not_create_a_schema_is_told_and_served_without_one() {
    let (local, cloud) = pair("create table public.a (id int primary key)");
    local.query("insert into public.a values (1)");
    cloud.query(&format!(
        "alter database {name} owner to supabase_admin; revoke create on database {name} from postgres",
        name = cloud.name()
    ));

    sync(&project(&local, &cloud)).expect(0).says("without staging, since the role may not create a schema");
    assert_same_rows(&local, &cloud);
}

#[test]
fn users_go_along_with_what_triggers_make_of_them() {
    let schema = "create table public.profiles (id uuid primary key references auth.users, note text); \
        create table public.mine (id int primary key, owner uuid references auth.users on delete cascade); \
        create function public.handle_new_user() returns trigger language plpgsql security definer set search_path = '' as $$ \
          begin insert into public.profiles values (new.id, 'by the trigger'); return new; end $$; \
        create trigger handle_new_user after insert on auth.users for each row execute function public.handle_new_user()";
    let (local, cloud) = pair(schema);
    let user = |n: u32, email: &str| {
        format!(
            "insert into auth.users (id, email) values ('00000000-0000-0000-0000-{n:012}', '{email}@test.local'); \
             insert into public.mine values ({n}, '00000000-0000-0000-0000-{n:012}');"
        )
    };
    local.query(&(user(1, "a") + &user(2, "b") + "update public.profiles set note = 'of the source'"));
    cloud.query(&(user(1, "a") + &user(3, "b")));

    sync(&project(&local, &cloud)).expect(0);
    assert_same_rows(&local, &cloud);
    assert_eq!(cloud.column("select email from auth.users order by id"), ["a@test.local", "b@test.local"]);
}

/// A project whose source is behind a bad network.
pub(crate) fn through(
    local: &Database,
    cloud: &Database,
    fault: impl Fn(FaultProxy) -> FaultProxy,
) -> (Project, FaultProxy) {
    let proxy = fault(FaultProxy::to(Which::Local));
    let environment = format!("[environments.local]\nurl = \"{}\"", proxy.url(&local.url()));
    (Project::new().cloud(cloud).setting(&environment), proxy)
}
