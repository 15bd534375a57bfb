//! The journal of deploys: `crmctl deploy status`, and what an unfinished deploy means for the next.

use crate::support::{Call, Database, Project, Which, crmctl};

const NEXT: &str = "20270101000000_next";
const SQL: &str = "create schema deployed; create table deployed.t (id int primary key);";

fn fixture() -> (Database, Project) {
    let cloud = Database::empty_on(Which::Cloud);
    let project = Project::new().cloud(&cloud).migration("20260101000000_a", "create schema a;");
    crmctl(&project).args(["migrate", "up", "--env", "cloud", "--confirm", "cloud"]).success();
    let project = project.migration(NEXT, SQL);
    (cloud, project)
}

fn deploy(project: &Project) -> Call {
    crmctl(project).args(["deploy", "--confirm", "cloud"])
}

fn status(project: &Project) -> Call {
    crmctl(project).args(["deploy", "status"])
}

fn column(cloud: &Database, name: &str) -> String {
    cloud.value(&format!("select {name} from supabase_migrations.crmctl_deploys"))
}

#[test]
fn a_deploy_is_written_down_where_it_was_done() {
    let (cloud, project) = fixture();
    let before = crmctl(&project).args(["deploy", "--plan", "--json"]).success().json();
    deploy(&project).env("GITHUB_ACTOR", "octocat").env("GITHUB_SHA", "0123abc").success();

    assert_eq!(
        column(&cloud, "concat_ws(' ', state, environment, deployed_by, git_commit, atomic)"),
        "done cloud octocat 0123abc t"
    );
    assert_eq!(column(&cloud, "jsonb_array_length(files)"), "1");
    assert_eq!(column(&cloud, "concat(files -> 0 ->> 'version', '_', files -> 0 ->> 'name')"), NEXT);
    let hashes = column(
        &cloud,
        "concat_ws(' ', length(catalog_before), length(catalog_after), catalog_before <> catalog_after)",
    );
    assert_eq!(hashes, "64 64 t");
    assert_eq!(column(&cloud, "ended_at >= started_at and error is null"), "t");
    let backup = column(&cloud, "backup");
    crmctl(&project).args(["backup", "verify", &backup]).success();
    let report = &before["report"]["plan"];
    assert!(report["preflight"]["identity"]["database"].is_string(), "{before}");
    assert!(report["rehearsal"]["milliseconds"].is_f64(), "{before}");
    assert_eq!(report["rehearsal"]["predicted_hash"], column(&cloud, "catalog_after"), "{before}");
    assert_eq!(report["record"]["catalog_before"], column(&cloud, "catalog_before"), "{before}");
    status(&project).success().answers("done").answers(&backup).answers("octocat");
}

#[test]
fn whoever_only_looks_writes_nothing() {
    let (cloud, project) = fixture();
    let before = cloud.world();

    crmctl(&project).args(["deploy", "--plan"]).success().answers("connections free").answers("undo:");
    status(&project).success().answers("there was no deploy yet");
    crmctl(&project).args(["deploy", "resume"]).success().answers("there was no deploy yet");
    crmctl(&project).args(["deploy", "rollback"]).success().answers("there was no deploy yet");
    before.assert_same(&cloud.world());
}

#[test]
fn a_deploy_that_failed_is_written_down_with_its_reason() {
    let (cloud, project) = fixture();
    let project = project.migration(
        NEXT,
        "create schema gone; do $$ begin if current_database() like 'test%' then raise 'not here'; end if; end $$;",
    );
    deploy(&project).failed().says("not here");

    assert_eq!(column(&cloud, "state"), "failed");
    assert!(column(&cloud, "error").contains("not here"));
    assert_eq!(cloud.value("select to_regnamespace('gone')"), "");
    status(&project).args(["--exit-code"]).success().answers("failed").answers("not here");
}

#[test]
fn a_deploy_that_stopped_before_it_changed_anything_gives_way_to_the_next() {
    let (cloud, project) = fixture();
    let project = project.setting("[deploy]\nbefore = [\"kill -9 $PPID\"]");
    // The command kills crmctl itself.
    assert_eq!(deploy(&project).run().code, None);
    cloud.until_alone();

    assert_eq!(column(&cloud, "state"), "planned");
    status(&project).args(["--exit-code"]).differs().answers("stopped before anything was changed");
    deploy(&project).args(["--no-hooks"]).success().says("changed nothing and is closed");
    let states =
        cloud.column("select state from supabase_migrations.crmctl_deploys order by started_at, state desc");
    assert_eq!(states, ["failed", "done"]);
}

#[test]
fn a_deploy_that_stopped_before_it_changed_anything_is_closed_when_its_file_is_gone() {
    let (cloud, project) = fixture();
    let project = project.setting("[deploy]\nbefore = [\"kill -9 $PPID\"]");
    assert_eq!(deploy(&project).run().code, None);
    cloud.until_alone();
    std::fs::remove_file(project.path().join(format!("migrations/{NEXT}.sql"))).unwrap();

    status(&project).args(["--exit-code"]).differs().answers("crmctl deploy rollback --env cloud");
    crmctl(&project).args(["deploy", "rollback", "--confirm", "cloud"]).success();
    assert_eq!(column(&cloud, "ended_at is not null"), "t");
    status(&project).args(["--exit-code"]).success();
}

#[test]
fn an_unfinished_deploy_that_changed_something_is_in_the_way_of_the_next() {
    let (cloud, project) = fixture();
    let project = project.setting("[deploy]\nafter = [\"kill -9 $PPID\"]");
    assert_eq!(deploy(&project).run().code, None);
    cloud.until_alone();

    assert_eq!(column(&cloud, "state"), "applied");
    let project = project.migration("20270102000000_more", "create schema more;");
    deploy(&project)
        .refused()
        .says("crmctl deploy resume --env cloud")
        .says("crmctl deploy rollback --env cloud");
    status(&project).args(["--exit-code"]).differs().answers("crmctl deploy resume --env cloud");
    crmctl(&project).args(["deploy", "resume", "--no-hooks", "--confirm", "cloud"]).success();
    assert_eq!(column(&cloud, "state"), "done");
    assert_eq!(cloud.value("select to_regnamespace('more')"), "", "it goes on with its own files only");
    deploy(&project).args(["--no-hooks"]).success();
}

#[test]
fn a_deploy_does_not_go_on_with_other_files_than_it_began_with() {
    let (cloud, project) = fixture();
    let project = project.setting("[deploy]\nafter = [\"exit 7\"]");
    deploy(&project).partial().says("exit 7");
    project.write(&format!("migrations/{NEXT}.sql"), "create schema other;");

    crmctl(&project)
        .args(["deploy", "resume", "--confirm", "cloud"])
        .refused()
        .says("20270101000000_next.sql");
    assert_eq!(column(&cloud, "state"), "applied");
}

#[test]
fn the_journal_is_no_part_of_a_backup_and_survives_a_restore() {
    let (cloud, project) = fixture();
    deploy(&project).success();
    let backup = column(&cloud, "backup");

    crmctl(&project).args(["restore", &backup, "--env", "cloud", "--force", "--confirm", "cloud"]).success();
    assert_eq!(cloud.applied(), ["20260101000000"]);
    assert_eq!(column(&cloud, "state"), "done");
    // By the facts nothing of it is there any more.
    crmctl(&project)
        .args(["deploy", "rollback", "--confirm", "cloud"])
        .success()
        .answers("had changed nothing");
}
