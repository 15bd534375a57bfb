//! What tests stand on: servers, databases, projects, the program, and a bad network.

mod certificate;
mod cluster;
mod crmctl;
mod database;
mod fault;
mod fault_proxy;
mod held;
mod killing;
mod outcome;
mod project;
mod query;
mod world;

pub(crate) use certificate::Certificates;
pub(crate) use cluster::{Which, of_other_versions};
pub(crate) use crmctl::{Call, Running, crmctl};
pub(crate) use database::Database;
pub(crate) use fault::{Built, Fate, Hurt, OLDEST_BACKUP, Scenario, Side, Stage, Stop};
pub(crate) use fault_proxy::{Direction, FaultProxy, Moment, fewest_round_trips, make_a_process_up};
pub(crate) use held::Held;
pub(crate) use killing::kill_often;
pub(crate) use outcome::Output;
pub(crate) use project::{Project, repository};
pub(crate) use query::{try_query, wait_for};
pub(crate) use world::World;

/// Waits until something is so, at most half a minute.
pub(crate) fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(30);
    while !is_so() {
        assert!(std::time::Instant::now() < deadline, "still not so: {what}");
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
}
