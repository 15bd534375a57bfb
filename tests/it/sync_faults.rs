//! `crmctl sync` when something goes wrong on the way, or is very big.

use std::time::{Duration, Instant};

use crate::support::{Direction, FaultProxy, Project, Which, crmctl};
use crate::sync_awkward::{assert_same_rows, pair, project, sync};

#[test]
fn a_source_that_is_lost_after_the_commit_does_not_make_it_a_failure() {
    let (local, cloud) = pair("create table public.a (x int)");
    local.query("insert into public.a values (1)");
    let through = |proxy: &FaultProxy| {
        Project::new()
            .cloud(&cloud)
            .setting(&format!("[environments.local]\nurl = \"{}\"", proxy.url(&local.url())))
    };
    let whole = FaultProxy::to(Which::Local);
    sync(&through(&whole)).expect(0);
    let all = whole.bytes(Direction::ToServer);
    cloud.query("truncate public.a");

    // The last words are `rollback` and the farewell.
    let proxy = FaultProxy::to(Which::Local).cut_after(Direction::ToServer, all - 15);
    sync(&through(&proxy)).expect(0);
    assert_eq!(cloud.value("select count(*) from public.a"), "1");
}

#[test]
fn rows_of_many_megabytes_do_not_fill_the_memory() {
    let (local, cloud) = pair("create table public.big (id int primary key, x text)");
    local
        .query("insert into public.big select n, repeat(md5(n::text), 600000) from generate_series(1, 12) n");
    cloud.query(
        "insert into public.big select n, repeat(md5(n::text), 600000) from generate_series(50, 56) n",
    );
    let project = project(&local, &cloud);

    let mut running = crmctl(&project).args(["sync", "--force", "--confirm", "cloud"]).spawn();
    let mut peak = 0;
    while !running.has_ended() {
        peak = peak.max(resident_kilobytes(running.pid().as_raw()));
        std::thread::sleep(Duration::from_millis(3));
    }
    running.finish().expect(0);
    assert_same_rows(&local, &cloud);
    assert!(peak < 64 * 1024, "{peak} kB of memory");
}

fn resident_kilobytes(pid: i32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or("0");
    line.split_whitespace().next().and_then(|number| number.parse().ok()).unwrap_or(0)
}

#[test]
fn a_server_that_is_told_to_end_the_connection_is_quoted() {
    let (local, cloud) = pair("create table public.a (x int)");
    cloud.run("create function public.wait() returns int language plpgsql as $$ begin perform pg_catalog.pg_sleep(600); return 1; end $$; \
               create table public.slow (x int, check (x > 0 or public.wait() > 0))");
    local.run("create table public.slow (x int)");
    local.query("insert into public.slow values (0)");
    let before = cloud.world();
    let project = project(&local, &cloud);
    let running = crmctl(&project).args(["sync", "--force", "--confirm", "cloud"]).spawn();
    cloud.until(
        "exists (select from pg_stat_activity where wait_event = 'PgSleep' and datname = current_database())",
    );

    cloud.query("select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'crmctl sync' and datname = current_database()");
    running.finish().expect(1).says("terminating connection due to administrator command");
    before.assert_same(&cloud.world());
}

#[test]
fn ctrl_c_in_the_midst_of_many_rows_stops_both_sides_at_once() {
    let (local, cloud) = pair("create table public.a (x int, y text)");
    local.query("insert into public.a select n, repeat('x', 400) from generate_series(1, 200000) n");
    cloud.run("create function public.slowly() returns boolean language plpgsql as $$ begin perform pg_catalog.pg_sleep(0.0005); return true; end $$; \
               alter table public.a add check (public.slowly())");
    let before = cloud.world();
    let project = project(&local, &cloud);
    let running = crmctl(&project).args(["sync", "--force", "--confirm", "cloud"]).spawn();
    cloud.until(
        "exists (select from pg_stat_progress_copy where command = 'COPY FROM' and datname = current_database())",
    );
    let started = Instant::now();

    running.interrupt();
    running.finish().expect(130);
    assert!(started.elapsed() < Duration::from_secs(30), "it took {:?}", started.elapsed());
    cloud.until_alone();
    before.assert_same(&cloud.world());
}

#[test]
fn a_second_sync_waits_for_the_first_and_then_does_its_work() {
    let (local, cloud) = pair("create table public.a (x int)");
    local.query("insert into public.a select generate_series(1, 1000)");
    let project = project(&local, &cloud);
    let call = || crmctl(&project).args(["sync", "--force", "--confirm", "cloud"]);

    let (first, second) = (call().spawn(), call().spawn());
    first.finish().expect(0);
    second.finish().expect(0);
    assert_same_rows(&local, &cloud);
}
