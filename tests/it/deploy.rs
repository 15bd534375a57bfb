//! `crmctl deploy`.

use crate::support::{Call, Database, Project, Which, crmctl};

const NEXT: &str = "20270101000000_next";
const AFTER: &str = "20270102000000_after";

fn deployed_project() -> (Database, Project) {
    let cloud = Database::migrated(Which::Cloud);
    let project = Project::new().cloud(&cloud).with_crm_migrations();
    (cloud, project)
}

fn deploy(project: &Project) -> Call {
    crmctl(project).args(["deploy", "--confirm", "cloud"])
}

#[test]
fn applies_what_is_pending_after_a_backup() {
    let (cloud, project) = deployed_project();
    let project = project.migration(NEXT, "alter table public.contacts add column nickname text;");
    let output = deploy(&project).success();

    output.answers("deployed");
    assert_eq!(cloud.applied().last().unwrap(), "20270101000000");
    crmctl(&project).args(["backup", "verify", "latest"]).success();
    deploy(&project).success().answers("nothing to apply");
}

#[test]
fn shows_the_plan_and_does_nothing() {
    let (cloud, project) = deployed_project();
    let before = cloud.world();
    let project = project.migration(NEXT, "alter table public.contacts add column nickname text;");

    crmctl(&project).args(["deploy", "--plan"]).success().answers("nickname");
    before.assert_same(&cloud.world());
    assert_eq!(project.files("backups").len(), 0);
}

#[test]
fn refuses_without_the_name_of_the_environment() {
    let (cloud, project) = deployed_project();
    let before = cloud.world();
    let project = project.migration(NEXT, "alter table public.contacts add column nickname text;");

    crmctl(&project).args(["deploy"]).refused();
    crmctl(&project).args(["deploy", "--yes"]).refused();
    before.assert_same(&cloud.world());
}

#[test]
fn a_file_that_fails_takes_the_files_before_it_along() {
    let (cloud, project) = deployed_project();
    let before = cloud.world().without(&["sequence "]);
    // Only real rows make it fail: no rehearsal of the schema alone can know.
    cloud.query("insert into public.products (sales_id, name) select id, 'x' from public.sales limit 1");
    let project = project.migration(NEXT, "alter table public.contacts add column nickname text;").migration(
        AFTER,
        "do $$ begin if current_database() like 'test%' then raise 'not here'; end if; end $$;",
    );

    let output = deploy(&project).failed();
    output.says("not here");
    before.assert_same(&cloud.world().without(&["sequence "]).without_journal());
}

#[test]
fn a_rehearsal_finds_what_cannot_work_before_anything_is_touched() {
    let (cloud, project) = deployed_project();
    let before = cloud.world();
    let project = project.migration(NEXT, "alter table public.contacts add column nickname oops;");

    let output = deploy(&project).failed();
    output.says("oops").says("next.sql:1:");
    before.assert_same(&cloud.world());
    assert_eq!(project.files("backups").len(), 0);
}

#[test]
fn a_dangerous_file_is_refused_until_its_rule_is_allowed() {
    let (cloud, project) = deployed_project();
    let before = cloud.world();
    cloud.query("insert into auth.users (id, email) values (gen_random_uuid(), 'a@test.local')");
    let project = project.migration(NEXT, "drop table public.contact_notes;");

    let output = deploy(&project).run();
    assert!(matches!(output.code, Some(3 | 4)), "{output}");
    before.only("relation").assert_same(&cloud.world().only("relation"));
}
