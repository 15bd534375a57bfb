//! `crmctl local`, `init` and `completions`: what needs no database to begin with.

use crate::support::{Project, crmctl};

#[test]
fn a_managed_server_starts_by_itself_keeps_its_rows_and_goes_without_a_trace() {
    let project = Project::new()
        .setting("[environments.local]\nmanaged = true")
        .migration("20260101000000_first", "create table public.a (id int);");
    crmctl(&project).args(["migrate", "up"]).success();
    crmctl(&project).args(["local", "status"]).success().answers("running");

    crmctl(&project).args(["local", "stop"]).success();
    crmctl(&project).args(["migrate", "status", "--exit-code"]).success();
    crmctl(&project).args(["local", "destroy"]).success();
    let answer = crmctl(&project).args(["local", "status", "--json"]).success().json();
    assert_eq!(answer["report"]["state"], "absent", "{answer}");
}

#[test]
fn init_makes_a_project_and_overwrites_nothing() {
    let project = Project::new().file("crmctl.toml", "# mine\n");
    crmctl(&project).args(["init", "--crm"]).success();

    assert_eq!(std::fs::read_to_string(project.path().join("crmctl.toml")).unwrap(), "# mine\n");
    assert!(project.files("migrations").len() > 5);
    let before = project.files("");
    crmctl(&project).args(["init", "--crm"]).success();
    assert_eq!(before, project.files(""));
    crmctl(&project).args(["migrate", "lint"]).success();
}

#[test]
fn completions_know_every_command() {
    let output = crmctl(&Project::new()).args(["completions", "bash"]).success();
    for command in ["migrate", "sync", "verify", "restore"] {
        assert!(output.stdout.contains(command), "no `{command}`: {output}");
    }
}
