//! `crmctl deploy rollback`.

use crate::support::{Call, Database, Project, Which, crmctl};

const NEXT: &str = "20270101000000_next";

fn fixture() -> (Database, Project) {
    let cloud = Database::empty_on(Which::Cloud);
    let project = Project::new().cloud(&cloud).migration(
        "20260101000000_a",
        "create table public.kept (id int primary key, name text not null); insert into public.kept values (1, 'one');",
    );
    crmctl(&project).args(["migrate", "up", "--env", "cloud", "--confirm", "cloud"]).success();
    let project = project.migration(NEXT, "alter table public.kept drop column name;");
    (cloud, project)
}

fn deploy(project: &Project) -> Call {
    crmctl(project).args(["deploy", "--confirm", "cloud", "--allow", "D02", "--allow", "drop-column"])
}

fn rollback(project: &Project) -> Call {
    crmctl(project).args(["deploy", "rollback", "--confirm", "cloud"])
}

#[test]
fn without_a_way_down_the_backup_is_restored_and_the_schema_is_the_one_from_before() {
    let (cloud, project) = fixture();
    let before = cloud.world();
    deploy(&project).success().answers("crmctl deploy rollback --env cloud");
    assert_eq!(cloud.applied().len(), 2);

    crmctl(&project).args(["deploy", "rollback", "--plan"]).success().answers("every row written since");
    assert_eq!(cloud.applied().len(), 2, "a plan changes nothing");
    rollback(&project).success().answers("equal").answers("undo with: crmctl restore");
    before.assert_same(&cloud.world().without_journal());
    assert_eq!(cloud.value("select state from supabase_migrations.crmctl_deploys"), "rolled_back");
    rollback(&project).success();
    crmctl(&project).args(["deploy", "status"]).success().answers("rolled back");
}

#[test]
fn it_wants_the_name_of_the_environment() {
    let (cloud, project) = fixture();
    deploy(&project).success();
    let before = cloud.world();

    crmctl(&project).args(["deploy", "rollback"]).refused();
    crmctl(&project).args(["deploy", "rollback", "--yes"]).refused();
    before.assert_same(&cloud.world());
}

#[test]
fn the_first_deploy_of_all_leaves_no_history_behind() {
    let cloud = Database::empty_on(Which::Cloud);
    let project = Project::new().cloud(&cloud).migration(NEXT, "create schema deployed;");
    deploy(&project).success();

    rollback(&project).success().answers("equal");
    assert!(cloud.applied().is_empty());
    assert_eq!(cloud.value("select to_regnamespace('deployed')"), "");
    deploy(&project).success();
}

#[test]
fn what_was_applied_later_is_not_undone_by_the_way() {
    let (cloud, project) = fixture();
    deploy(&project).success();
    let id = cloud.value("select id from supabase_migrations.crmctl_deploys");
    let project = project.migration("20270102000000_more", "create schema more;");
    deploy(&project).success();

    rollback(&project).arg(&id).refused().says("`20270102000000` was applied").says("crmctl restore");
    rollback(&project).success();
    assert_eq!(cloud.value("select to_regnamespace('more')"), "");
    rollback(&project).success();
    assert_eq!(cloud.applied(), ["20260101000000"]);
}

#[test]
fn a_deploy_whose_backup_is_gone_is_not_rolled_back() {
    let (cloud, project) = fixture();
    deploy(&project).success();
    let before = cloud.world();
    std::fs::remove_dir_all(project.path().join("backups")).unwrap();

    rollback(&project).usage().says("there is no backup");
    before.assert_same(&cloud.world());
}
