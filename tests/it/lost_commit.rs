//! The answer to COMMIT is lost: what is said then must be true whichever way it went.

use crate::support::{Database, Direction, FaultProxy, Project, Which, crmctl};

#[test]
fn a_seed_whose_commit_was_not_answered_never_says_that_nothing_changed() {
    let (whole, cloud) = (Database::migrated(Which::Cloud), Database::migrated(Which::Cloud));
    let project = |proxy: &FaultProxy, database: &Database| {
        let at = proxy.url(&database.url());
        Project::new()
            .setting(&format!("[environments.stage]\nurl = \"{at}\""))
            .with_crm_migrations()
            .with_crm_seeds()
    };
    let seed = |project: &Project| {
        crmctl(project).args(["seed", "--env", "stage"]).env("TEST_USER_PASSWORD", "Pa55-of-the-tests").run()
    };
    let proxy = FaultProxy::to(Which::Cloud);
    seed(&project(&proxy, &whole)).expect(0);
    let all = proxy.bytes(Direction::ToClient);

    // `COMMIT` and that the server is ready: the last 17 bytes it says.
    let proxy = FaultProxy::to(Which::Cloud).cut_after(Direction::ToClient, all - 10);
    let output = seed(&project(&proxy, &cloud));
    cloud.until_alone();
    let is_there = cloud.value("select count(*) from public.contacts") != "0";
    assert!(is_there, "the test means to lose the answer only: {output}");
    assert_eq!(output.code, Some(10), "{output}");
}

#[test]
fn an_environment_called_cloud_is_protected_even_at_the_end_of_a_tunnel() {
    let cloud = Database::empty_on(Which::Cloud);
    let proxy = FaultProxy::to(Which::Cloud);
    let project = Project::new()
        .setting(&format!("[environments.cloud]\nurl = \"{}\"", proxy.url(&cloud.url())))
        .migration("20260101000000_a", "create table public.a ()");

    crmctl(&project).args(["migrate", "up", "--env", "cloud", "--yes"]).refused();
    assert_eq!(cloud.applied(), [""; 0]);
}
