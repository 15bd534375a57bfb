use super::*;
use crate::environment::Protection;

const URL: &str =
    "postgresql://postgres.abcdefghijklmnopqrst:hunter2@aws-0-eu-west-1.pooler.supabase.com:5432/postgres";
const TEMPLATE: &str = "postgresql://postgres.abcdefghijklmnopqrst:[YOUR-PASSWORD]@aws-0-eu-west-1.pooler.supabase.com:5432/postgres";

fn project(config: &str) -> Project {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("crmctl.toml"), config).unwrap();
    Project::find(None, folder.path()).unwrap()
}

fn name(name: &str) -> EnvironmentName {
    name.parse().unwrap()
}

fn variables(pairs: &[(&str, &str)]) -> Variables {
    pairs.iter().copied().collect()
}

fn file(pairs: &[(&str, &str)]) -> EnvFile {
    EnvFile { name: ".env.production".to_owned(), variables: variables(pairs), readable_by_others: false }
}

#[test]
fn local_is_managed_and_open_unless_the_file_says_otherwise() {
    let environment = resolve(&project(""), &name("local"), &variables(&[]), None).unwrap();

    assert_eq!((environment.origin, environment.protection), (Origin::Managed, Protection::Open));
}

#[test]
fn the_process_wins_over_the_env_file() {
    let file = file(&[("DATABASE_URL_PRODUCTION", "postgresql://u:p@file.example.com/x")]);
    let process = variables(&[("DATABASE_URL_PRODUCTION", URL)]);

    let from_file = resolve(&project(""), &name("cloud"), &variables(&[]), Some(&file)).unwrap();
    let from_process = resolve(&project(""), &name("cloud"), &process, Some(&file)).unwrap();
    assert_eq!(from_file.url().unwrap().host(), "file.example.com");
    assert_eq!(from_process.url().unwrap().host(), "aws-0-eu-west-1.pooler.supabase.com");
    assert_eq!(from_process.project_ref(), Some("abcdefghijklmnopqrst"));
    assert_eq!(from_process.protection, Protection::Protected);
}

#[test]
fn the_supabase_password_fills_a_placeholder_of_cloud() {
    let variables = variables(&[
        ("DATABASE_URL_PRODUCTION", TEMPLATE),
        ("SUPABASE_DB_PASSWORD", "hun/ter@2"),
        ("PGPASSWORD", "no"),
    ]);

    let environment = resolve(&project(""), &name("cloud"), &variables, None).unwrap();
    assert_eq!(environment.url().unwrap().password().unwrap().expose(), "hun/ter@2");
}

#[test]
fn the_supabase_password_is_for_cloud_only() {
    let project = project("[environments.staging]\nurl_env = 'STAGING'\n");
    let variables =
        variables(&[("STAGING", "postgresql://u@example.com/x"), ("SUPABASE_DB_PASSWORD", "hunter2")]);

    let environment = resolve(&project, &name("staging"), &variables, None).unwrap();
    assert_eq!(environment.url().unwrap().password(), None);
}

#[test]
fn a_missing_variable_is_named_with_the_file_it_may_stand_in() {
    let error = resolve(&project(""), &name("cloud"), &variables(&[]), None).expect_err("nothing is set");

    assert_eq!(error.to_string(), "`DATABASE_URL_PRODUCTION`, the URL of environment `cloud`, is not set");
    assert_eq!(error.help().unwrap(), "set `DATABASE_URL_PRODUCTION`, or write it into `.env.production`");
}

#[test]
fn an_unknown_environment_is_answered_with_the_known_ones() {
    let error = resolve(&project(""), &name("prod"), &variables(&[]), None).expect_err("there is none");

    assert!(error.help().unwrap().starts_with("use one of `cloud`, `local`"));
}

#[test]
fn database_url_counts_for_cloud_only_where_no_file_defines_cloud() {
    let variables = variables(&[("DATABASE_URL", URL)]);
    let defined = project("[environments.cloud]\nprotection = 'guarded'\n");

    let environment = resolve(&project(""), &name("cloud"), &variables, None).unwrap();
    assert!(
        matches!(environment.origin, Origin::Url { source: Source::Variable { name }, .. } if name == "DATABASE_URL")
    );
    assert!(matches!(resolve(&defined, &name("cloud"), &variables, None), Err(ResolveError::Missing { .. })));
}

#[test]
fn cloud_without_a_file_is_protected_even_on_this_machine() {
    let variables = variables(&[("DATABASE_URL", "postgresql://postgres:postgres@localhost/postgres")]);

    assert_eq!(
        resolve(&project(""), &name("cloud"), &variables, None).unwrap().protection,
        Protection::Protected
    );
}

#[test]
fn protection_is_assumed_from_where_the_database_is() {
    let project = project("[environments.a]\n[environments.b]\n[environments.c]\nprotection = 'guarded'\n");
    let variables = variables(&[
        ("DATABASE_URL_A", "postgresql://127.0.0.1:54322/x"),
        ("DATABASE_URL_B", "postgresql://10.0.0.1/x"),
        ("DATABASE_URL_C", "postgresql://10.0.0.1/x"),
    ]);

    let protection =
        |environment| resolve(&project, &name(environment), &variables, None).unwrap().protection;
    assert_eq!(protection("a"), Protection::Open);
    assert_eq!(protection("b"), Protection::Protected);
    assert_eq!(protection("c"), Protection::Guarded);
}

#[test]
fn secrets_that_others_may_read_are_warned_of() {
    let readable = EnvFile { readable_by_others: true, ..file(&[("DATABASE_URL_PRODUCTION", URL)]) };
    let committed = project(&format!("[environments.cloud]\nurl = '{URL}'\n"));

    let environment = resolve(&project(""), &name("cloud"), &variables(&[]), Some(&readable)).unwrap();
    assert!(environment.warnings[0].contains("chmod 600 .env.production"));
    let environment = resolve(&committed, &name("cloud"), &variables(&[]), None).unwrap();
    assert!(environment.warnings[0].contains("holds a password"));
}

#[test]
fn neither_environment_nor_error_shows_the_password() {
    let transaction = URL.replace(":5432", ":6543");
    for url in
        [URL, &transaction, "postgresql://u:hunter2@h:port/x", "hunter2", "postgresql://u:hunter2/x@h/d"]
    {
        let variables = variables(&[("DATABASE_URL_PRODUCTION", url)]);
        let shown = match resolve(&project(""), &name("cloud"), &variables, None) {
            Ok(environment) => format!("{environment:?} {}", serde_json::to_string(&environment).unwrap()),
            Err(error) => format!("{error} {error:?} {:?}", error.help()),
        };

        assert!(!shown.contains("hunter2"), "{shown}");
    }
}
