//! `crmctl sync` by way of staged tables: big sets, and targets that are in use.

use crate::support::{Call, Database, Output, Project, crmctl};
use crate::sync_awkward::{assert_same_rows, pair, project};

fn call(project: &Project) -> Call {
    crmctl(project).args(["sync", "--mode", "staged", "--force", "--confirm", "cloud"])
}

fn sync(project: &Project) -> Output {
    call(project).run()
}

fn is_gone(database: &Database) -> bool {
    database.value("select to_regnamespace('crmctl_sync')").is_empty()
}

/// Types and shapes that are easily got wrong when rows are compared or copied.
const SCHEMA: &str = r#"
create type public.mood as enum ('sad', 'glad');
create domain public.short as text check (length(value) < 20);
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
create table public.base (id int primary key);
create table public.derived (more text) inherits (public.base);
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
