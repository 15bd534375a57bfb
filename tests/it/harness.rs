//! The harness itself: a judge that sees nothing would call everything fine.

use std::time::{Duration, Instant};

use crate::support::{
    Database, Direction, FaultProxy, Project, Which, crmctl, fewest_round_trips, try_query,
};

#[test]
fn a_database_is_like_that_of_a_new_project_and_gone_afterwards() {
    let database = Database::empty();
    assert_eq!(database.value("select count(*) from auth.users"), "0");
    let name = database.name().to_owned();

    drop(database);
    let other = Database::empty();
    assert_eq!(other.value(&format!("select count(*) from pg_database where datname = '{name}'")), "0");
}

#[test]
fn the_servers_of_here_and_of_the_cloud_share_no_roles() {
    let (local, cloud) = (Database::empty(), Database::empty_on(Which::Cloud));
    cloud.query("create role only_here");

    assert_eq!(local.value("select count(*) from pg_roles where rolname = 'only_here'"), "0");
    cloud.query("drop role only_here");
}

#[test]
fn a_world_sees_one_changed_value_and_one_lost_right() {
    let database = Database::empty();
    database.run(
        "create table public.t (id int primary key, x text); insert into public.t values (1, 'a'), (2, 'b')",
    );
    let before = database.world();
    before.assert_same(&database.world());

    database.run("update public.t set x = 'c' where id = 2; grant select on public.t to anon");
    let differences = before.differences(&database.world());
    assert_eq!(differences.len(), 2, "{differences:?}");
}

#[test]
fn a_copied_database_is_the_same_world() {
    let (one, two) = (Database::empty(), Database::empty());

    one.world().assert_same(&two.world());
}

#[test]
fn a_proxy_delays_each_way_and_counts_those_who_wait() {
    let database = Database::empty();
    let trips = fewest_round_trips(4, || {
        let proxy = FaultProxy::to(Which::Local).delay(Duration::from_millis(20));
        let started = Instant::now();
        try_query(&proxy.url(&database.url()), "select 1; select 2").unwrap();
        let elapsed = started.elapsed();
        assert!(elapsed >= Duration::from_millis(80), "{elapsed:?}");
        assert_eq!(proxy.connections(), 1);
        proxy.round_trips()
    });

    // TLS or not, hello, and the query; the farewell may arrive before the proxy looks, or not.
    assert!((2..=4).contains(&trips), "{trips}");
}

#[test]
fn a_proxy_cuts_at_the_byte_it_was_told() {
    let database = Database::empty();
    let proxy = FaultProxy::to(Which::Local).cut_after(Direction::ToClient, 2000);
    let url = proxy.url(&database.url());

    try_query(&url, "select 1").unwrap();
    try_query(&url, "select repeat('x', 5000)").unwrap_err();
}

#[test]
fn the_program_runs_without_the_variables_of_this_process() {
    let project = Project::new();

    crmctl(&project).args(["--version"]).success().answers("crmctl ");
}
