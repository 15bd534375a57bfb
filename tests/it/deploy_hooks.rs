//! Commands before and after a deploy.

use crate::support::{Call, Database, Project, Which, crmctl, until};

const NEXT: &str = "20270101000000_next";

fn fixture(hooks: &str) -> (Database, Project) {
    let cloud = Database::empty_on(Which::Cloud);
    let project = Project::new()
        .cloud(&cloud)
        .migration(NEXT, "create schema deployed;")
        .setting(&format!("[deploy]\n{hooks}"));
    (cloud, project)
}

fn deploy(project: &Project) -> Call {
    crmctl(project).args(["deploy", "--confirm", "cloud"])
}

fn is_deployed(cloud: &Database) -> bool {
    !cloud.value("select to_regnamespace('deployed')").is_empty()
}

fn state(cloud: &Database) -> String {
    cloud.value("select state from supabase_migrations.crmctl_deploys")
}

#[test]
fn commands_run_in_order_in_the_projects_folder_and_know_what_is_deployed() {
    let (cloud, project) = fixture(
        "before = [\"echo $CRMCTL_PHASE $CRMCTL_ENVIRONMENT >> log\", \"echo second >> log\"]\n\
         after = [\"echo $CRMCTL_PHASE $CRMCTL_DEPLOY_ID >> log; echo said aloud\"]",
    );
    crmctl(&project).args(["deploy", "--plan"]).success().answers("echo second >> log");
    assert!(!project.path().join("log").exists(), "a plan runs nothing");

    deploy(&project).success().says("said aloud").answers("3 commands");
    let log = std::fs::read_to_string(project.path().join("log")).unwrap();
    let id = cloud.value("select id from supabase_migrations.crmctl_deploys");
    assert_eq!(log, format!("before cloud\nsecond\nafter {id}\n"));
    assert_eq!(state(&cloud), "done");
}

#[test]
fn a_command_before_that_fails_ends_the_deploy_before_anything_is_done() {
    let (cloud, project) =
        fixture("before = [\"echo one >> log\", \"echo oh no >&2; exit 3\", \"echo three >> log\"]");

    deploy(&project).failed().says("oh no").says("exit status: 3");
    assert!(!is_deployed(&cloud));
    assert_eq!(state(&cloud), "failed");
    assert_eq!(std::fs::read_to_string(project.path().join("log")).unwrap(), "one\n");
    assert_eq!(
        cloud.value("select hooks -> 'before' ->> 0 from supabase_migrations.crmctl_deploys"),
        "echo one >> log"
    );
    assert!(project.files("backups").is_empty());
}

#[test]
fn a_command_after_that_fails_is_where_the_deploy_goes_on() {
    let (cloud, project) = fixture(
        "after = [\"echo one >> log\", \"test -e mended && echo two >> log\", \"echo three >> log\"]",
    );

    deploy(&project).partial().answers("deployed").says("crmctl deploy resume --env cloud");
    assert!(is_deployed(&cloud));
    assert_eq!(state(&cloud), "applied");
    project.write("mended", "");
    crmctl(&project).args(["deploy", "resume", "--confirm", "cloud"]).success();
    assert_eq!(std::fs::read_to_string(project.path().join("log")).unwrap(), "one\ntwo\nthree\n");
    assert_eq!(state(&cloud), "done");
}

#[test]
fn no_hooks_means_none() {
    let (cloud, project) = fixture("before = [\"exit 1\"]\nafter = [\"exit 1\"]");

    deploy(&project).args(["--no-hooks"]).success();
    assert_eq!(state(&cloud), "done");
}

#[test]
fn a_command_that_knows_the_password_cannot_show_it() {
    // Every output of every test is searched for the password of the cloud.
    let (cloud, project) = fixture("after = [\"cat .env.production; exit 1\"]");

    deploy(&project).partial().says("***");
    assert!(!cloud.value("select error from supabase_migrations.crmctl_deploys").contains("s3cret"));
}

#[test]
fn stopping_takes_down_everything_a_command_has_started() {
    let (cloud, project) = fixture("before = [\"sleep 300 & echo $! > pid; wait\"]");
    let running = deploy(&project).spawn();
    let pid = || std::fs::read_to_string(project.path().join("pid")).unwrap_or_default();
    until("the command runs", || pid().ends_with('\n'));
    running.interrupt();

    running.finish().expect(130).says("interrupted in the command `sleep 300");
    let stat = std::path::PathBuf::from(format!("/proc/{}/stat", pid().trim()));
    until("its child is gone", || std::fs::read_to_string(&stat).map_or(true, |stat| stat.contains(") Z ")));
    assert_eq!(state(&cloud), "failed");
    assert!(!is_deployed(&cloud));
}

#[test]
fn a_command_that_a_signal_ended_says_so() {
    let (cloud, project) = fixture("before = [\"kill -9 $$\"]");

    deploy(&project).failed().says("signal: 9");
    assert!(!is_deployed(&cloud));
}

#[test]
fn a_command_that_takes_too_long_is_ended_with_everything_it_has_started() {
    let (cloud, project) =
        fixture("time_limit = \"1s\"\nbefore = [\"echo $$ > pid; sleep 300 & echo $! >> pid; wait\"]");

    deploy(&project).failed().says("took longer than 1").says("sleep 300");
    let pids = std::fs::read_to_string(project.path().join("pid")).unwrap_or_default();
    for pid in pids.lines() {
        let stat = std::path::PathBuf::from(format!("/proc/{pid}/stat"));
        until("it is gone", || std::fs::read_to_string(&stat).map_or(true, |stat| stat.contains(") Z ")));
    }
    assert_eq!(state(&cloud), "failed");
}

#[test]
fn a_command_shows_no_secret_that_it_inherits_and_no_line_without_end() {
    let (_cloud, project) =
        fixture("before = [\"echo key $SUPABASE_ACCESS_TOKEN; head -c 9000000 /dev/zero | tr '\\\\0' x\"]");

    let output = deploy(&project).env("SUPABASE_ACCESS_TOKEN", "sbp_0123456789").success();
    let output = output.says("key ***").never_says("sbp_0123456789");
    assert!(output.stderr.len() < 20_000, "{} bytes", output.stderr.len());
}

#[test]
fn what_a_command_asks_a_workflow_to_hide_is_hidden() {
    let (_cloud, project) = fixture("before = [\"cat told\"]");
    project.write("told", "::add-mask::hidden-word\nit is hidden-word\n");

    let output = deploy(&project).env("GITHUB_ACTIONS", "true").success();
    output.says("it is ***").never_says("hidden-word");
}
