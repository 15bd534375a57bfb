//! `crmctl doctor`.

use std::os::unix::fs::PermissionsExt as _;

use serde_json::Value;

use crate::support::{Call, Database, FaultProxy, Output, Project, Which, crmctl};

fn doctor(project: &Project) -> Call {
    crmctl(project).args(["doctor"])
}

/// The checks of one group, by the beginning of its title.
fn checks(output: &Output, group: &str) -> Vec<Value> {
    let document = output.json();
    let groups = document["report"]["groups"].as_array().unwrap();
    let found = groups.iter().find(|found| found["title"].as_str().unwrap().starts_with(group));
    found.unwrap_or_else(|| panic!("no group {group}: {output}"))["checks"].as_array().unwrap().clone()
}

fn check(output: &Output, group: &str, name: &str) -> Value {
    let found = checks(output, group).into_iter().find(|check| check["name"] == name);
    found.unwrap_or_else(|| panic!("no check {name}: {output}"))
}

fn state(output: &Output, group: &str, name: &str) -> String {
    check(output, group, name)["state"].as_str().unwrap().to_owned()
}

#[test]
fn a_project_that_is_fit_has_no_problem_and_nothing_is_changed() {
    let (local, cloud) = (Database::migrated(Which::Local), Database::migrated(Which::Network));
    let url = format!("{}?sslmode=require", cloud.url());
    let project = Project::new().local(&local).cloud_at(&url).with_crm_migrations();
    let (before, files) = (cloud.world(), project.files(""));

    let output = doctor(&project).arg("--json").success();
    let cloud_checks = checks(&output, "environment cloud");
    assert!(cloud_checks.iter().all(|check| check["state"] == "ok"), "{output}");
    assert!(check(&output, "environment cloud", "TLS")["what"].as_str().unwrap().starts_with("TLSv1."));
    assert_eq!(check(&output, "environment cloud", "migrations")["what"], "up to date");
    before.assert_same(&cloud.world());
    assert_eq!(files, project.files(""));
    cloud.until_alone();
}

#[test]
fn the_text_says_in_words_how_things_are() {
    let local = Database::empty();
    let project = Project::new().local(&local).migration("20260102000000_a", "create table a ()");

    let output = doctor(&project).success();
    output.answers("  warning  migrations   pending: 1").answers("help: `crmctl migrate up --env local`");
}

#[test]
fn a_dead_environment_takes_nothing_from_the_others() {
    let local = Database::migrated(Which::Local);
    let dead = "postgresql://postgres:p@127.0.0.1:1/postgres";
    let project = Project::new().local(&local).cloud_at(dead).with_crm_migrations();

    let output = doctor(&project).arg("--json").differs();
    assert_eq!(state(&output, "environment cloud", "connection"), "problem");
    assert_eq!(state(&output, "environment local", "migrations"), "ok");
}

#[test]
fn a_refused_login_is_a_problem_and_not_tried_again() {
    let database = Database::empty_on(Which::Network);
    let proxy = FaultProxy::to(Which::Network);
    let url = proxy.url(&database.url()).replacen(Which::Network.password(), "not-the-password", 1);

    let output =
        doctor(&Project::new().cloud_at(&url)).env("PASSWORD", "not-the-password").arg("--json").differs();
    let check = check(&output, "environment cloud", "connection");
    assert!(check["what"].as_str().unwrap().contains("refused the login of `postgres`"), "{check}");
    assert_eq!(proxy.connections(), 1);
}

#[test]
fn a_variable_that_is_not_set_is_a_warning_that_names_it_and_its_file() {
    let settings = "[environments.cloud]\nurl_env = \"CLOUD_URL\"\nenv_file = \".env.cloud\"\n";

    let output = doctor(&Project::new().setting(settings)).arg("--json").success();
    let check = check(&output, "environment cloud", "address");
    assert_eq!(check["state"], "warning");
    assert_eq!(check["help"], "set `CLOUD_URL`, or write it into `.env.cloud`");
}

#[test]
fn users_who_cannot_log_in_for_a_null_are_found_and_the_help_mends_them() {
    let local = Database::seeded(Which::Local);
    let project = Project::new().local(&local).with_crm_migrations();
    let nulls = "update auth.users set confirmation_token = null, aud = null \
                 where id = (select min(id::text)::uuid from auth.users)";
    local.run(nulls);

    let output = doctor(&project).arg("--json").differs();
    let found = check(&output, "environment local", "auth.users");
    assert!(found["what"].as_str().unwrap().starts_with("1 user cannot log in"), "{found}");
    assert!(found["what"].as_str().unwrap().ends_with("NULL in `aud`, `confirmation_token`"), "{found}");

    local.run(found["help"].as_str().unwrap().trim_matches('`'));
    let output = doctor(&project).arg("--json").success();
    assert_eq!(state(&output, "environment local", "auth.users"), "ok");
    assert_eq!(local.value("select count(*) from auth.users where aud = 'authenticated'"), "3");
}

#[test]
fn a_file_of_secrets_that_others_may_read_is_closed_after_consent() {
    let cloud = Database::empty_on(Which::Cloud);
    let project = Project::new().cloud(&cloud);
    let file = project.path().join(".env.production");
    let mode = || file.metadata().unwrap().permissions().mode() & 0o777;
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).unwrap();

    doctor(&project).differs().answers("chmod 600");
    doctor(&project).arg("--fix").differs().answers("problem  .env.production");
    assert_eq!(mode(), 0o644, "nobody agreed");

    doctor(&project).args(["--fix", "--yes"]).success().answers("fixed: closed `.env.production`");
    assert_eq!(mode(), 0o600);
}

#[test]
fn the_server_of_the_project_is_told_of_and_not_started() {
    let project = Project::new();

    let output = doctor(&project).arg("--json").success();
    assert_eq!(state(&output, "environment local", "address"), "ok");
    let status = crmctl(&project).args(["local", "status", "--json"]).success().json();
    assert_ne!(status["report"]["state"], "running", "{status}");
}

#[test]
fn a_folder_of_programs_that_holds_none_is_a_problem_that_fix_cannot_mend() {
    let project = Project::new();
    let with_folder = || doctor(&project).env("CRMCTL_PG_BIN", "/nowhere");

    with_folder().differs().answers("problem  PostgreSQL").answers("crmctl doctor --fix");
    with_folder().args(["--fix", "--yes"]).usage().says("unset `CRMCTL_PG_BIN`");
}

#[test]
fn programs_older_than_a_server_are_a_problem() {
    let local = Database::empty();
    let project = Project::new().local(&local);
    for (name, version) in [("initdb", "15.1"), ("postgres", "15.1"), ("pg_dump", "9.6.24"), ("psql", "15.1")]
    {
        let path = format!("bin/{name}");
        project.write(&path, &format!("#!/bin/sh\necho '{name} (PostgreSQL) {version}'\n"));
        let mode = std::fs::Permissions::from_mode(0o755);
        std::fs::set_permissions(project.path().join(path), mode).unwrap();
    }
    let bin = project.path().join("bin");

    let output = doctor(&project).env("CRMCTL_PG_BIN", bin.to_str().unwrap()).arg("--json").differs();
    let check = check(&output, "environment local", "pg_dump");
    assert_eq!(check["state"], "problem");
    assert!(check["what"].as_str().unwrap().starts_with("9.6.24 is older than the server"), "{check}");
}

#[test]
fn a_broken_migration_is_pointed_at() {
    let project = Project::new().migration("20260102000000_a", "select 'never closed");

    let output = doctor(&project).differs();
    output.answers("problem  migrations").answers("20260102000000_a.sql:1:8");
}
