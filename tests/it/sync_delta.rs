//! `crmctl sync --mode delta`: only the rows that differ, with the guarantees of a full copy.

use crate::support::{Database, Direction, FaultProxy, Output, Project, Which, crmctl, fewest_round_trips};
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
const ROWS: &str = r"
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
";

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
    let output = crmctl(project).args(["sync", "--mode", "delta", "--force", "--confirm", "cloud"]).run();
    output.says("sync what differs")
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
        let answer = call.success().says("in `cloud` that differ").json();

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

#[test]
fn a_connection_cut_anywhere_leaves_the_target_wholly_old() {
    let (local, cloud) = pair(Which::Cloud);
    local.query(CHANGES);
    let before = cloud.world().without(&["sequence "]);
    let whole = FaultProxy::to(Which::Cloud);
    let trial = Project::new().local(&local).cloud_at(&whole.url(&cloud.url()));
    crmctl(&trial).args(["sync", "--mode", "delta", "--dry-run"]).success().answers("sync what differs");
    let planning = whole.bytes(Direction::ToServer);

    for more in [10, 600, 5_000, 14_000, 30_000] {
        let proxy = FaultProxy::to(Which::Cloud).cut_after(Direction::ToServer, planning + more);
        let output = delta(&Project::new().local(&local).cloud_at(&proxy.url(&cloud.url())));
        assert!(matches!(output.code, Some(1 | 10)), "cut after {more} bytes: {output}");
        cloud.until_alone();
        before.assert_same(&cloud.world().without(&["sequence "]));
    }
    delta(&project(&local, &cloud)).expect(0);
    assert_same_rows(&local, &cloud);
}

#[test]
fn an_answer_to_commit_that_is_lost_is_told_and_the_backup_is_there() {
    let (local, cloud) = pair(Which::Cloud);
    local.query("update public.hens set egg = 1 where id = 2");
    let through = |proxy: &FaultProxy| Project::new().local(&local).cloud_at(&proxy.url(&cloud.url()));
    let whole = FaultProxy::to(Which::Cloud);
    delta(&through(&whole)).expect(0);
    let all = whole.bytes(Direction::ToClient);
    cloud.query("set session_replication_role = replica; update public.hens set egg = 2 where id = 2");

    // `COMMIT` and that the server is ready: the last 17 bytes it says.
    let proxy = FaultProxy::to(Which::Cloud).cut_after(Direction::ToClient, all - 10);
    let project = through(&proxy);
    delta(&project).expect(0).says("the server says that it was committed").answers("crmctl restore");
    cloud.until_alone();
    assert_same_rows(&local, &cloud);
    assert_eq!(project.files("backups").len(), 2);
}

#[test]
fn at_most_three_round_trips_are_added_to_those_of_a_full_copy() {
    let (local, cloud) = pair(Which::Network);
    let trips = |mode: &str, expected: usize| {
        fewest_round_trips(expected, || {
            let proxy = FaultProxy::to(Which::Network).delay(std::time::Duration::from_millis(20));
            let project = Project::new().local(&local).cloud_at(&proxy.url(&cloud.url()));
            local.query("update public.hens set egg = coalesce(egg, 0) + 1 where id = 2");
            crmctl(&project).args(["sync", "--mode", mode, "--force", "--confirm", "cloud"]).success();
            proxy.round_trips()
        })
    };
    let full = trips("full", 8);

    let delta = trips("delta", full + 3);
    assert!(delta <= full + 3, "{delta} against {full}");
    assert_same_rows(&local, &cloud);
}

#[test]
fn readers_do_not_wait_and_writers_do() {
    let (local, cloud) = pair(Which::Cloud);
    local.query("update public.hens set egg = 1 where id = 2");
    cloud.run(
        "create function public.wait() returns int language plpgsql as $$ begin perform pg_catalog.pg_sleep(600); return 1; end $$; \
         alter table public.hens add check (egg <> 1 or id = 1 or public.wait() > 0)",
    );
    let project = project(&local, &cloud);
    let call = crmctl(&project).args(["sync", "--mode", "delta", "--force", "--confirm", "cloud"]);
    let running = call.spawn();
    cloud.until(
        "exists (select from pg_stat_activity where wait_event = 'PgSleep' and datname = current_database())",
    );

    assert_eq!(cloud.value("set lock_timeout = '5s'; select count(*) from public.hens"), "50");
    let writer = cloud.value(
        "do $$ begin set local lock_timeout = '100ms'; update public.eggs set hen = 1 where id = 9; \
         raise 'a writer did not wait'; exception when lock_not_available then null; end $$; select 'waited'",
    );
    assert_eq!(writer, "waited");
    running.interrupt();
    running.finish().expect(130);
}

#[test]
fn rows_that_only_changed_stay_where_they_are_if_foreign_keys_cannot_rest() {
    let (local, cloud) = pair(Which::Strict);
    local.query(
        "set session_replication_role = replica; update public.parents set price = 1000 where id = 5; \
         delete from public.parents where id = 9; update public.children set parent = 301 where parent = 9; \
         insert into public.parents (name) values ('new'); update public.hens set egg = 1 where id = 2",
    );
    let keys = "select string_agg(oid::text, ' ' order by oid) from pg_constraint";
    let before = cloud.value(keys);

    delta(&project(&local, &cloud)).expect(0);
    assert_same_rows(&local, &cloud);
    assert_eq!(cloud.value(keys), before);
}

#[test]
fn large_sides_that_hold_nearly_the_same_are_synced_by_what_differs() {
    let (local, cloud) = (Database::empty(), Database::empty_on(Which::Cloud));
    for database in [&local, &cloud] {
        database.run("create table public.big (id int primary key, body text)");
        database.query("insert into public.big select n, repeat(md5(n::text), 20) from generate_series(1, 16000) n; analyze");
    }
    let plan = || crmctl(&project(&local, &cloud)).args(["sync", "--dry-run"]).success();

    plan().answers("there is nothing to do");
    local.query("update public.big set body = '' where id % 100 = 1; delete from public.big where id = 5");
    plan().answers("sync what differs").answers("of 15,999 rows differ");
    local.query("update public.big set body = 'x'");
    plan().answers("rows in `big` differ").answers("replace them by those of `local`");
}

#[test]
fn all_rows_are_copied_when_auth_users_differ() {
    let (local, cloud) = (Database::seeded(Which::Local), Database::migrated(Which::Cloud));

    let project = project(&local, &cloud);
    crmctl(&project).args(["sync", "--mode", "delta", "--dry-run"]).success().answers("auth users differ");
    crmctl(&project).args(["sync", "--mode", "delta", "--force", "--confirm", "cloud"]).success();
    local.query("update public.contacts set first_name = 'Somebody' where id = (select min(id::text) from public.contacts)::uuid");
    delta(&project).expect(0);
    assert_same_rows(&local, &cloud);
}

#[test]
fn rows_that_were_chosen_by_a_hash_of_their_key_are_not_taken_for_few() {
    let (local, cloud) = (Database::empty(), Database::empty_on(Which::Cloud));
    for database in [&local, &cloud] {
        database.run("create table public.cohort (id bigint primary key, name text unique, body text)");
        database.query("insert into public.cohort select n, n, 'as it was' from generate_series(1, 20000) n");
    }
    local.query("update public.cohort set body = 'changed' where hashint8(id) & 63 = 0");

    delta(&project(&local, &cloud)).expect(0);
    assert_same_rows(&local, &cloud);
}
