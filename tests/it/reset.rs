//! `crmctl reset`.

use crate::support::{Call, Database, Project, Which, crmctl};

const PASSWORD: &str = "Pa55-of-the-tests";

fn reset(project: &Project, which: &str) -> Call {
    crmctl(project).args(["reset"]).arg(which).env("TEST_USER_PASSWORD", PASSWORD)
}

fn project() -> Project {
    Project::new().with_crm_migrations().with_crm_seeds()
}

#[test]
fn wants_the_word_even_where_everything_is_open() {
    let local = Database::seeded(Which::Local);
    let project = project().local(&local);
    let before = local.world();

    reset(&project, "local").refused().says("RESET");
    reset(&project, "local").arg("--yes").refused();
    reset(&project, "local").args(["--confirm", "local"]).refused();
    reset(&project, "local").args(["--confirm", "RESET", "--dry-run"]).success();
    before.assert_same(&local.world());
}

#[test]
fn brings_a_local_database_back_to_migrations_and_seeds() {
    let local = Database::seeded(Which::Local);
    let project = project().local(&local);
    let rows = local.world().only("rows public");
    local.run("create table public.mine (x int); insert into public.mine values (1)");
    local.query("update public.contacts set first_name = 'changed'");

    reset(&project, "local").args(["--confirm", "RESET"]).success();
    rows.assert_same(&local.world().only("rows public"));
    crmctl(&project).args(["migrate", "status", "--exit-code"]).success();
    crmctl(&project).args(["backup", "verify", "latest"]).success();
}

#[test]
fn empties_and_seeds_the_cloud_but_keeps_its_schema_and_its_users() {
    let cloud = Database::seeded(Which::Cloud);
    let project = project().cloud(&cloud);
    cloud.query("insert into auth.users (id, email) values (gen_random_uuid(), 'somebody@example.com')");
    cloud.query("update public.contacts set first_name = 'changed'");
    let definitions = cloud.world().without(&["rows ", "sequence "]);

    reset(&project, "cloud").args(["--confirm", "RESET"]).success();
    definitions.assert_same(&cloud.world().without(&["rows ", "sequence "]));
    assert_eq!(cloud.value("select count(*) from public.contacts where first_name = 'changed'"), "0");
    assert_eq!(cloud.value("select count(*) from auth.users where email = 'somebody@example.com'"), "1");
    assert_ne!(cloud.value("select count(*) from public.contacts"), "0");
}

#[test]
fn does_not_harm_a_database_that_cannot_be_seeded_and_says_so() {
    let cloud = Database::empty_on(Which::Cloud);
    let before = cloud.world();

    reset(&project().cloud(&cloud), "cloud").args(["--confirm", "RESET"]).run().says("not seeded");
    // The tables of the history are crmctl's own.
    before.assert_same(&cloud.world().without_history());
}
