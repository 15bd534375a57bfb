use super::*;
use crate::doctor::State as Found;
use crate::doctor::users::Users;

fn facts() -> Facts {
    Facts {
        version: "17.6".into(),
        major: 17,
        role: "postgres".into(),
        is_superuser: false,
        is_replica: false,
        tls: Some(("TLSv1.3".into(), "TLS_AES_256_GCM_SHA384".into())),
        may_silence_triggers: true,
        staged: None,
        timeouts: vec![("statement_timeout".into(), 120_000)],
        users: Users::Seen { rows: 3, broken: 0, columns: Vec::new() },
        history: Ok(History::default()),
    }
}

fn judged(url: &str, facts: &Facts) -> Vec<Check> {
    let environment = "cloud".parse().unwrap();
    let reached = Reached {
        environment: &environment,
        url: &url.parse().unwrap(),
        directory: Some(&Directory::default()),
    };
    checks(&reached, facts)
}

fn check(url: &str, facts: &Facts, name: &str) -> Check {
    judged(url, facts).into_iter().find(|check| check.name == name).unwrap()
}

const REMOTE: &str = "postgresql://postgres:hunter2@db.example.com/postgres";

#[test]
fn a_database_as_hosted_projects_have_it_is_fine() {
    let checks = judged(REMOTE, &facts());

    assert!(checks.iter().all(|check| check.state == Found::Ok), "{checks:#?}");
    assert!(!format!("{checks:?}").contains("hunter2"));
}

#[test]
fn plain_text_is_a_problem_unless_it_stays_on_this_machine() {
    let plain = Facts { tls: None, ..facts() };

    assert_eq!(check(&format!("{REMOTE}?sslmode=disable"), &plain, "TLS").state, Found::Problem);
    assert_eq!(check("postgresql://postgres@127.0.0.1/postgres", &plain, "TLS").state, Found::Ok);
}

#[test]
fn behind_a_pooler_the_server_does_not_know_how_we_came() {
    let pooler = "postgresql://postgres.abc:p@aws-0-eu-west-1.pooler.supabase.com:5432/postgres";

    let check = check(pooler, &Facts { tls: None, ..facts() }, "TLS");
    assert_eq!(
        (check.state, check.what.as_str()),
        (Found::Ok, "as far as the pooler, certificate not checked (sslmode=require)")
    );
}

#[test]
fn a_superuser_and_a_replica_are_warned_of() {
    assert_eq!(check(REMOTE, &Facts { is_superuser: true, ..facts() }, "role").state, Found::Warning);
    assert_eq!(check(REMOTE, &Facts { is_replica: true, ..facts() }, "server").state, Found::Warning);
}

#[test]
fn time_outs_that_end_sessions_are_warned_of_with_the_statement_that_lifts_them() {
    let usual = check(REMOTE, &facts(), "time-outs");
    assert_eq!(usual.what, "statement_timeout 2 min 0 s; crmctl's own sessions have none");

    let timeouts = vec![("transaction_timeout".into(), 60_000)];
    let check = check(REMOTE, &Facts { timeouts, ..facts() }, "time-outs");
    assert_eq!(check.state, Found::Warning);
    assert_eq!(check.help.unwrap(), "`alter role \"postgres\" set transaction_timeout = 0;`");
}

#[test]
fn pending_migrations_are_counted_and_the_command_is_named() {
    let file = std::sync::Arc::new(crate::migration::file::test_file("1_a", "select 1"));
    let directory = Directory { files: vec![file], ..Directory::default() };
    let (environment, url) = ("cloud".parse().unwrap(), REMOTE.parse().unwrap());
    let reached = Reached { environment: &environment, url: &url, directory: Some(&directory) };

    let check = migrations(&reached, &Ok(History::default()));
    assert_eq!((check.state, check.what.as_str()), (Found::Warning, "pending: 1"));
    assert_eq!(check.help.unwrap(), "`crmctl migrate up --env cloud`");
}

#[test]
fn rows_that_a_stopped_sync_has_left_are_told_with_what_removes_them() {
    assert!(judged(REMOTE, &facts()).iter().all(|check| check.name != "staged rows"));

    let check = check(REMOTE, &Facts { staged: Some("12 MB".to_owned()), ..facts() }, "staged rows");
    assert_eq!(check.state, Found::Warning);
    assert!(check.what.contains("12 MB"), "{check:?}");
}
