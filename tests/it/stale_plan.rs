//! A database that somebody changes between the plan and its execution: what was consented to does not fit any more, and
//! nothing is done.

use crmctl::error::{Failure, Kind};
use crmctl::guard;
use crmctl::migration::{self, MigrationFile, Options, history};
use crmctl::plan::Silent;

use crate::deploy_cut::run::{NOBODY, connect, deploy_while, environment};
use crate::support::{Database, Project, World, crmctl, wait_for};

const FIRST: &str = "20260101000000_first";

fn fixture() -> (Database, Project) {
    let database = Database::empty();
    let project = Project::new()
        .local(&database)
        .migration(FIRST, "create table public.first ();")
        .migration("20260102000000_second", "create table public.second ();");
    (database, project)
}

/// Somebody else is faster. What is there then. On a thread of its own, because whoever planned is on one that waits for
/// the network.
fn meanwhile(database: &Database, project: &Project) -> World {
    let elsewhere = || {
        crmctl(project).args(["migrate", "up", "--to", "20260101000000"]).success();
        database.world()
    };
    std::thread::scope(|scope| scope.spawn(elsewhere).join().unwrap())
}

fn is_refused(failure: &Failure) {
    assert_eq!(failure.kind(), Kind::Refused, "{failure}");
    assert!(failure.to_string().contains("changed between the plan and its execution"), "{failure}");
}

#[test]
fn migrations_are_not_applied_by_a_plan_that_is_out_of_date() {
    let (database, project) = fixture();
    let (failure, before) = wait_for(async {
        let environment = environment(&database.url());
        let mut session = connect(&environment).await.unwrap();
        let directory = MigrationFile::read_dir(&project.path().join("migrations")).unwrap();
        let history = history::read(&mut session).await.unwrap();
        let plan = migration::plan(&directory, &history, &Options::default()).unwrap();
        let approved = guard::approve(plan, &environment, &NOBODY).unwrap();
        let before = meanwhile(&database, &project);
        (migration::apply::apply(&mut session, &approved, &Silent).await.unwrap_err(), before)
    });

    is_refused(&failure);
    before.assert_same(&database.world());
}

#[test]
fn a_deploy_is_not_carried_out_by_a_plan_that_is_out_of_date() {
    let (database, project) = fixture();
    let mut before = None;
    let migrations = project.path().join("migrations");
    let url = database.url();
    let deploy = deploy_while(&url, &migrations, || before = Some(meanwhile(&database, &project)));

    is_refused(&wait_for(deploy).unwrap_err());
    before.unwrap().assert_same(&database.world());
}
