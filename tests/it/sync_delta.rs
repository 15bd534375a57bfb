//! `crmctl sync --mode delta`: only the rows that differ, with the guarantees of a full copy.

use crate::support::{Database, Direction, FaultProxy, Output, Project, Which, crmctl};
use crate::sync_awkward::{assert_same_rows, project};

/// Everything that makes rows hard to tell apart, or hard to replace.
const SCHEMA: &str = r#"
create type public.mood as enum ('glad', 'sad');
create table public.parents (id bigint generated always as identity primary key, name text not null unique,
  price numeric, note jsonb, list text[], mood public.mood, doubled int generated always as (id * 2) stored);
create table public.children (
  parent bigint not null references public.parents on delete cascade, "Place" int, note text, primary key (parent, "Place"));
create table public.tree (id uuid primary key, above uuid references public.tree, at timestamptz unique);
create table public.hens (id int primary key, egg int);
create table public.eggs (id int primary key, hen int references public.hens);
alter table public.hens add constraint hens_egg foreign key (egg) references public.eggs;
create table public.log (note text, at timestamptz);
create table public.parts (id int, region text, body text, primary key (id, region)) partition by list (region);
create table public.parts_a partition of public.parts for values in ('a');
create table public.parts_b partition of public.parts for values in ('b');
create function public.meddle() returns trigger language plpgsql set search_path = '' as $$
  begin new.note = 'meddled'; return new; end $$;
create trigger meddle before insert or update on public.children for each row execute function public.meddle();
alter table public.parents enable row level security;
alter table public.parents force row level security;
create policy nobody on public.parents using (false);
create sequence public.counter;
"#;

/// The same on both sides.
const ROWS: &str = r#"
set session_replication_role = replica;
insert into public.parents (name, price, note, list, mood)
  select 'parent ' || n, n, jsonb_build_object('n', n), array[n::text, null], 'glad' from generate_series(1, 300) n;
insert into public.children select n % 300 + 1, n, 'child ' || n from generate_series(1, 900) n;
insert into public.tree select md5(n::text)::uuid, case when n > 1 then md5((n / 2)::text)::uuid end,
  '2026-01-01'::timestamptz + n * interval '1 day' from generate_series(1, 200) n;
insert into public.eggs select n, n from generate_series(1, 50) n;
insert into public.hens select n, n from generate_series(1, 50) n;
insert into public.log select 'line ' || n % 90, '2026-01-01' from generate_series(1, 100) n;
insert into public.parts select n, case when n % 2 = 0 then 'a' else 'b' end, repeat(md5(n::text), 200) from generate_series(1, 80) n;
"#;

/// What happens in the source: every kind of change there is.
const CHANGES: &str = r#"
set session_replication_role = replica;
delete from public.parents where id in (7, 8); delete from public.children where parent in (7, 8);
insert into public.parents (name, mood) values ('new', 'sad'), ('', null);
insert into public.children values (301, 1, null), (301, 2, '');
update public.parents set name = 'between' where id = 1; update public.parents set name = 'parent 1' where id = 2;
update public.parents set name = 'parent 2' where id = 1;
update public.parents set name = 'parent 7' where id = 9;
update public.parents set price = 3.00 where id = 3;
update public.parents set note = '{"n": 4.0}' where id = 4;
update public.parents set list = '{}' where id = 5;
update public.children set parent = 20 where parent = 10 and "Place" = 609;
update public.tree set above = md5('3')::uuid where id = md5('150')::uuid;
update public.tree set at = at + interval '100 years' where at > '2026-06-01';
update public.tree set at = at - interval '99 years 364 days' where at > '2100-01-01';
delete from public.hens where id = 3; delete from public.eggs where id = 3;
update public.hens set egg = 5 where id = 4;
insert into public.eggs values (60, 60); insert into public.hens values (60, 60);
delete from public.log where note = 'line 4'; insert into public.log values ('line 5', '2026-01-01'), (null, null);
update public.parts set region = 'b' where id = 2;
update public.parts set body = repeat(md5('x'), 300) where id = 3;
select setval('public.counter', 4711);
"#;

fn pair(which: Which) -> (Database, Database) {
    let (local, cloud) = (Database::empty(), Database::empty_on(which));
    for database in [&local, &cloud] {
        database.run(SCHEMA);
        database.query(ROWS);
    }
    (local, cloud)
}

fn delta(project: &Project) -> Output {
    crmctl(project).args(["sync", "--mode", "delta", "--force", "--confirm", "cloud"]).run()
}

#[test]
fn every_kind_of_change_is_carried_over_and_nothing_but_rows_changes() {
    for which in [Which::Cloud, Which::Strict] {
        let (local, cloud) = pair(which);
        local.query(CHANGES);
        let definitions = cloud.world().without(&["rows ", "sequence "]);

        delta(&project(&local, &cloud)).expect(0);
        assert_same_rows(&local, &cloud);
        definitions.assert_same(&cloud.world().without(&["rows ", "sequence "]));
    }
}

#[test]
fn the_backup_brings_exactly_the_old_rows_back() {
    for (which, by_restore) in [(Which::Cloud, false), (Which::Cloud, true), (Which::Strict, false)] {
        let (local, cloud) = pair(which);
        local.query(CHANGES);
        let before = cloud.world();
        let project = project(&local, &cloud);
        let call =
            crmctl(&project).args(["sync", "--mode", "delta", "--force", "--confirm", "cloud", "--json"]);
        let answer = call.success().json();

        if by_restore {
            let backup = answer["report"]["backup"].as_str().expect("a backup");
            let arguments = ["restore", backup, "--env", "cloud", "--force", "--confirm", "cloud"];
            crmctl(&project).args(arguments).success();
        } else {
            let file = answer["report"]["backup_file"].as_str().expect("a file");
            psql(&cloud, file);
        }
        before.assert_same(&cloud.world());
    }
}

fn psql(database: &Database, file: &str) {
    let psql = std::process::Command::new("psql")
        .args(["-X", "-q", "-1", "-v", "ON_ERROR_STOP=1", "-d", &database.url_without_password(), "-f", file])
        .output()
        .unwrap();
    assert!(psql.status.success(), "{}", String::from_utf8_lossy(&psql.stderr));
}

#[test]
fn equal_sides_are_told_to_be_equal_and_next_to_nothing_moves() {
    let (local, cloud) = pair(Which::Cloud);
    let filler = "insert into public.log select repeat('x', 300), now() from generate_series(1, 20000) n";
    local.query(filler);
    cloud.query(filler);
    cloud.query("update public.log set at = '2026-01-02'");
    local.query("update public.log set at = '2026-01-02'");
    let proxy = FaultProxy::to(Which::Cloud);
    let project = Project::new().local(&local).cloud_at(&proxy.url(&cloud.url()));
    let before = cloud.world();

    let output = crmctl(&project).args(["sync", "--mode", "delta"]).success();
    output.answers("holds what `local` holds");
    before.assert_same(&cloud.world());
    let bytes = proxy.bytes(Direction::ToServer) + proxy.bytes(Direction::ToClient);
    assert!(bytes < 400_000, "{bytes} bytes for 6 MB of rows");
    assert_eq!(project.files("backups").len(), 0);
}
