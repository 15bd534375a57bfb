//! `crmctl sync` by way of staged tables, when something goes wrong on the way.

use crate::support::{Database, Direction, FaultProxy, Held, Project, Which, crmctl, kill_often};
use crate::sync_awkward::{assert_same_rows, pair, project};
use crate::sync_staging::{call, is_gone, sync, through, without_staged};

#[test]
fn the_next_run_re_uses_what_a_killed_one_has_staged() {
    let (local, cloud) = pair(TWO_TABLES);
    fill(&local);
    let (project, proxy) = through(&local, &cloud, |proxy| proxy);
    let before = without_staged(&cloud);
    kill_when_staged(&project, &cloud);
    before.assert_same(&without_staged(&cloud));
    let first = proxy.bytes(Direction::ToClient);

    let answer = call(&project)
        .arg("--json")
        .success()
        .says("re-used what an earlier run had staged: `large`, `small`")
        .json();
    let reused: Vec<&str> = answer["report"]["reused"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|table| table["name"].as_str())
        .collect();
    assert_eq!(reused, ["large", "small"]);
    let second = proxy.bytes(Direction::ToClient) - first;
    assert!(second * 10 < first, "{second} bytes after {first}");
    assert_same_rows(&local, &cloud);
    assert!(is_gone(&cloud));
}

#[test]
fn what_changed_in_the_source_since_is_staged_anew() {
    let (local, cloud) = pair(TWO_TABLES);
    fill(&local);
    let project = project(&local, &cloud);
    kill_when_staged(&project, &cloud);
    local.query("update public.small set x = 'changed since' where id = 7");

    sync(&project).expect(0).says("re-used what an earlier run had staged: `large`\n");
    assert_same_rows(&local, &cloud);
}

#[test]
fn a_record_is_not_believed_when_the_server_has_lost_the_rows() {
    let (local, cloud) = pair(TWO_TABLES);
    fill(&local);
    let project = project(&local, &cloud);
    kill_when_staged(&project, &cloud);
    // What a crash does to unlogged tables.
    let lost = cloud.value("select relation from crmctl_sync.finished where name = 'large'");
    cloud.query(&format!("truncate crmctl_sync.{lost}"));

    sync(&project)
        .expect(0)
        .says("re-used what an earlier run had staged: `small`")
        .says("the server has lost: `large`");
    assert_same_rows(&local, &cloud);
}

#[test]
fn a_run_that_goes_another_way_removes_what_was_left() {
    let (local, cloud) = pair(TWO_TABLES);
    fill(&local);
    let project = project(&local, &cloud);
    kill_when_staged(&project, &cloud);

    let full = ["sync", "--mode", "full", "--force", "--confirm", "cloud"];
    crmctl(&project).args(full).success().says("removed rows that an earlier run had staged");
    assert!(is_gone(&cloud));
    assert_same_rows(&local, &cloud);
}

#[test]
fn killed_at_any_moment_the_tables_are_wholly_old_or_wholly_new() {
    let (local, cloud) = pair(
        "create table public.a (id int primary key, x text); create table public.b (x text); \
         create table public.c (id int primary key references public.a)",
    );
    let rows = |tag: &str| {
        format!(
            "truncate public.a, public.b, public.c; \
             insert into public.a select n, '{tag} ' || n from generate_series(1, 2000) n; \
             insert into public.b select '{tag}' from generate_series(1, 100); \
             insert into public.c select n from generate_series(1, 300) n"
        )
    };
    local.query(&rows("new"));
    cloud.query(&rows("old"));
    let project = project(&local, &cloud);
    let old = without_staged(&cloud);
    let mut new = None;

    kill_often(
        &cloud,
        || call(&project),
        |what| {
            let now = without_staged(&cloud);
            let new = new.get_or_insert_with(|| now.clone());
            assert!(now == old || now == *new, "{what}\n{:#?}", now.differences(&old));
            cloud.query(&rows("old"));
        },
    );
    call(&project).success();
    assert!(is_gone(&cloud));
    assert_same_rows(&local, &cloud);
}

#[test]
fn cut_off_at_any_byte_the_tables_are_wholly_old_or_wholly_new_and_the_next_run_works() {
    let (local, cloud) = pair(TWO_TABLES);
    fill(&local);
    let proxy = FaultProxy::to(Which::Cloud);
    sync(&Project::new().local(&local).cloud_at(&proxy.url(&cloud.url()))).expect(0);
    let new = without_staged(&cloud);
    let damage = "delete from public.small where id < 100; update public.large set x = '' where id < 7000";
    for (direction, parts) in [(Direction::ToServer, 6), (Direction::ToClient, 4)] {
        let all = proxy.bytes(direction);
        for part in 1..parts {
            cloud.query(damage);
            let old = without_staged(&cloud);
            let cut = FaultProxy::to(Which::Cloud).cut_after(direction, all * part / parts);
            sync(&Project::new().local(&local).cloud_at(&cut.url(&cloud.url())));
            cloud.until_alone();
            let now = without_staged(&cloud);
            assert!(now == old || now == new, "{direction:?} {part}\n{:#?}", now.differences(&old));
        }
    }
    sync(&project(&local, &cloud)).expect(0);
    new.assert_same(&cloud.world());
}

#[test]
fn ctrl_c_while_rows_are_staged_stops_every_stream_and_keeps_what_is_whole() {
    let (local, cloud) = pair(TWO_TABLES);
    fill(&local);
    let (project, _proxy) =
        through(&local, &cloud, |proxy| proxy.stall_after(Direction::ToClient, 1_000_000));
    let before = without_staged(&cloud);
    let running = call(&project).spawn();
    cloud.until("to_regclass('crmctl_sync.finished') is not null");
    cloud.until(
        "exists (select from pg_stat_progress_copy where command = 'COPY FROM' and datname = current_database())",
    );

    running.interrupt();
    running.finish().expect(130);
    cloud.until_alone();
    before.assert_same(&without_staged(&cloud));
}

/// Two tables, one of them too large to go with the other.
const TWO_TABLES: &str = "create table public.small (id int primary key, x text); create table public.large (id int primary key, x text)";

fn fill(database: &Database) {
    database.query(
        "insert into public.small select n, md5(n::text) from generate_series(1, 1000) n; \
         insert into public.large select n, repeat(md5(n::text), 10) from generate_series(1, 8000) n",
    );
}

/// Kills a run that has staged everything and waits for a writer to end.
fn kill_when_staged(project: &Project, cloud: &Database) {
    let held = Held::of(cloud, "lock table public.small in row exclusive mode");
    let running = call(project).spawn();
    held.is_waited_for();
    running.kill();
    running.finish();
    held.let_go();
    cloud.until_alone();
}
