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
    crmctl(project).args(["deploy", "--confirm", "cloud", "--allow", "D02"])
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
    rollback(&project).success().says("nothing to roll back");
    assert_eq!(cloud.applied().len(), 2, "asking twice does not undo two");
    rollback(&project).arg(&id).success();
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

#[test]
fn written_down_halves_lead_back_without_losing_what_was_written_since() {
    let (cloud, project) = fixture();
    let before = cloud.world().without(&["rows public kept"]);
    let project = project
        .migration("20270101000000_next", "alter table public.kept add column phone text;")
        .file("migrations/20270101000000_next.down.sql", "alter table public.kept drop column phone;");
    deploy(&project).success();
    cloud.query("insert into public.kept values (2, 'two', '555')");

    crmctl(&project).args(["deploy", "rollback", "--plan"]).success().answers("drop column phone");
    rollback(&project).success().answers("undone 20270101000000").answers("equal");
    before.assert_same(&cloud.world().without(&["rows public kept"]).without_journal());
    assert_eq!(cloud.value("select count(*) from public.kept"), "2", "the row from after the deploy stays");
    assert_eq!(cloud.value("select state from supabase_migrations.crmctl_deploys"), "rolled_back");
}

#[test]
fn what_no_statement_brings_back_is_said_and_the_backup_brings_it() {
    let (cloud, project) = fixture();
    let before = cloud.world();
    let project = project.file(
        "migrations/20270101000000_next.down.sql",
        "alter table public.kept add column name text not null default ''; alter table public.kept alter name drop default;",
    );
    deploy(&project).success();

    crmctl(&project)
        .args(["deploy", "rollback", "--plan"])
        .success()
        .answers("does not come back")
        .answers("--restore");
    rollback(&project).args(["--restore"]).success().answers("equal");
    before.assert_same(&cloud.world().without_journal());
}

#[test]
fn a_down_half_that_does_not_lead_back_gives_way_to_the_backup() {
    let (cloud, project) = fixture();
    let before = cloud.world();
    let project = project
        .file("migrations/20270101000000_next.down.sql", "alter table public.kept add column other text;");
    deploy(&project).success();

    rollback(&project).success().says("does not lead back").answers("Restored").answers("equal");
    before.assert_same(&cloud.world().without_journal());
}

/// One file that commits by itself, and one that fails after its first statement as long as `mended` is not there.
fn half_way(project: Project) -> Project {
    project.migration(NEXT, "alter table public.kept add column phone text;").migration(
        "20270102000000_alone",
        "-- crmctl: no-transaction\ncreate schema alone;\n\
         do $$ begin if current_database() like 'test%' and to_regclass('public.mended') is null then raise 'not yet'; end if; end $$;\n\
         create table alone.t (id int);",
    )
}

#[test]
fn a_deploy_that_stopped_half_way_goes_on_at_the_failed_statement() {
    let (cloud, project) = fixture();
    let project = half_way(project);
    deploy(&project).partial().says("not yet").says("crmctl deploy resume --env cloud");
    assert_eq!(cloud.value("select state from supabase_migrations.crmctl_deploys"), "applying");
    crmctl(&project).args(["deploy", "status"]).success().answers("a part of its files is applied");
    deploy(&project).refused().says("unfinished");

    cloud.query("create table public.mended ()");
    crmctl(&project).args(["deploy", "resume"]).refused();
    crmctl(&project).args(["deploy", "resume", "--confirm", "cloud"]).success();
    assert_eq!(cloud.value("select to_regclass('alone.t')"), "alone.t");
    assert_eq!(cloud.value("select state from supabase_migrations.crmctl_deploys"), "done");
    assert_eq!(cloud.applied().len(), 3);
}

#[test]
fn a_deploy_that_stopped_half_way_can_be_undone() {
    let (cloud, project) = fixture();
    let before = cloud.world();
    let project = half_way(project);
    deploy(&project).partial();

    rollback(&project).success().answers("equal");
    before.assert_same(&cloud.world().without_journal());
    assert_eq!(cloud.value("select state from supabase_migrations.crmctl_deploys"), "rolled_back");
}

#[test]
fn a_deploy_that_stops_half_way_is_undone_by_itself_when_asked_for() {
    let (cloud, project) = fixture();
    let before = cloud.world();
    let project = half_way(project);

    deploy(&project).args(["--rollback-on-failure"]).failed().says("was rolled back").answers("equal");
    before.assert_same(&cloud.world().without_journal());
}
