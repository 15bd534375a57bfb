//! What must be so before a deploy starts: the environment that comes first, and the target itself.

use crate::support::{Call, Database, Project, Which, crmctl};

const NEXT: &str = "20270101000000_next";

fn fixture() -> (Database, Database, Project) {
    let (staging, cloud) = (Database::empty(), Database::empty_on(Which::Cloud));
    let project = Project::new()
        .cloud(&cloud)
        .setting(&format!(
            "[environments.staging]\nurl = \"{}\"\n[deploy]\nrequires = \"staging\"",
            staging.url()
        ))
        .migration(NEXT, "create schema deployed;");
    (staging, cloud, project)
}

fn deploy(project: &Project) -> Call {
    crmctl(project).args(["deploy", "--confirm", "cloud"])
}

#[test]
fn what_staging_has_not_passed_is_not_deployed() {
    let (staging, cloud, project) = fixture();
    let before = cloud.world();

    deploy(&project)
        .refused()
        .says("20270101000000_next.sql")
        .says("`staging`")
        .says("crmctl deploy --env staging");
    before.assert_same(&cloud.world());
    crmctl(&project).args(["deploy", "--env", "staging"]).success();
    assert_eq!(staging.applied(), ["20270101000000"]);
    crmctl(&project).args(["deploy", "--plan"]).success().answers("`staging` has the same files");
    deploy(&project).success();
    assert_eq!(cloud.applied(), ["20270101000000"]);
}

#[test]
fn other_contents_than_staging_had_are_refused() {
    let (_staging, cloud, project) = fixture();
    crmctl(&project).args(["deploy", "--env", "staging"]).success();
    project.write(&format!("migrations/{NEXT}.sql"), "create schema other;");

    deploy(&project).refused().says("other contents");
    assert!(cloud.applied().is_empty());
}

#[test]
fn a_deploy_to_staging_that_is_not_over_closes_the_gate() {
    let (staging, cloud, project) = fixture();
    crmctl(&project).args(["deploy", "--env", "staging"]).success();
    staging.query("update supabase_migrations.crmctl_deploys set state = 'applied', ended_at = null");

    deploy(&project).refused().says("unfinished").says("crmctl deploy resume --env staging");
    assert!(cloud.applied().is_empty());
}

#[test]
fn an_environment_that_cannot_be_asked_keeps_the_gate_closed_and_is_named() {
    let (staging, cloud, project) = fixture();
    let nobody = staging.url().replace("/test_", "/nobody_");
    let settings = std::fs::read_to_string(project.path().join("crmctl.toml")).unwrap();
    project.write("crmctl.toml", &settings.replace(&staging.url(), &nobody));

    deploy(&project)
        .failed()
        .says("`staging`, which must have passed the same files first, cannot be asked")
        .says("--allow gate");
    assert!(cloud.applied().is_empty());
}

#[test]
fn a_rule_that_there_is_not_is_no_leave() {
    let (_staging, cloud, project) = fixture();

    deploy(&project).args(["--allow", "gates"]).usage().says("did you mean `gate`?");
    assert!(cloud.applied().is_empty());
}

#[test]
fn the_gate_is_passed_by_in_an_emergency_and_that_is_written_down() {
    let (_staging, cloud, project) = fixture();

    deploy(&project).args(["--allow", "gate"]).success().says("is not asked");
    assert_eq!(cloud.value("select allowed ->> 0 from supabase_migrations.crmctl_deploys"), "gate");
}

#[test]
fn somebodys_open_transaction_on_a_table_of_the_files_is_told_of() {
    let cloud = Database::empty_on(Which::Cloud);
    let project =
        Project::new().cloud(&cloud).migration("20260101000000_held", "create table public.held (id int);");
    crmctl(&project).args(["migrate", "up", "--env", "cloud", "--confirm", "cloud"]).success();
    let project = project.migration(NEXT, "alter table public.held add column a int;");
    let url = cloud.url();
    let holder = std::thread::spawn(move || {
        let sql = "begin; lock table public.held in access share mode; select pg_sleep(600)";
        // It ends when it is told to.
        crate::support::try_query(&url, sql).unwrap_err();
    });
    cloud.until(
        "exists (select from pg_stat_activity where query like 'begin; lock table%' and datname = current_database() \
         and xact_start < clock_timestamp() - interval '3 s')",
    );

    crmctl(&project).args(["deploy", "--plan"]).success().answers("locks `held`");
    cloud.query(
        "select pg_terminate_backend(pid) from pg_stat_activity where query like 'begin; lock table%' \
         and datname = current_database()",
    );
    holder.join().unwrap();
}

#[test]
fn a_database_that_makes_sessions_read_only_is_refused() {
    let cloud = Database::empty_on(Which::Cloud);
    cloud.query(&format!("alter database {} set default_transaction_read_only = on", cloud.name()));
    let project = Project::new().cloud(&cloud).migration(NEXT, "create schema deployed;");

    deploy(&project).refused().says("read-only");
    assert!(cloud.applied().is_empty());
}

#[test]
fn another_name_for_the_same_database_asks_for_the_same_consent() {
    let cloud = Database::empty_on(Which::Cloud);
    let project = Project::new()
        .cloud(&cloud)
        .setting(&format!(
            "[environments.staging]\nurl = \"{}\"\nprotection = \"open\"",
            cloud.url_without_password()
        ))
        .migration(NEXT, "create schema deployed;");
    let staging =
        || crmctl(&project).args(["deploy", "--env", "staging"]).env("PGPASSWORD", Which::Cloud.password());

    staging()
        .args(["--yes"])
        .refused()
        .says("`staging` is the same database as `cloud`, so it is protected too");
    staging().args(["--confirm", "staging"]).refused().says("`staging` is not `cloud`");
    assert!(cloud.applied().is_empty());
    staging().args(["--confirm", "cloud"]).success();
    assert_eq!(cloud.applied(), ["20270101000000"]);
}
