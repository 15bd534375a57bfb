use super::*;
use crate::error::Explain as _;

#[test]
fn an_unknown_key_is_an_error_that_names_file_and_line() {
    let error =
        ConfigFile::parse("crmctl.toml", "[project]\nname = \"crm\"\nmigration = \"x\"\n").expect_err("typo");

    let location = error.location().unwrap();
    assert_eq!(location.to_string(), "crmctl.toml:3:1");
    assert_eq!(location.excerpt, "migration = \"x\"");
    assert_eq!(error.to_string(), "unknown field `migration`");
    assert!(error.help().unwrap().contains("`migrations`"));
}

#[test]
fn the_documented_file_is_understood() {
    let text = r#"
        [project]
        name = "crm"
        migrations = "migrations"
        seeds = "seeds"
        [environments.local]
        managed = true
        [environments.cloud]
        url_env = "DATABASE_URL_PRODUCTION"
        env_file = ".env.production"
        protection = "protected"
        [sync]
        exclude = ["public.audit_*"]
        auth_users = "%@test.local"
        [backup]
        dir = "backups"
        [deploy]
        requires = "staging"
        before = ["npm run maintenance on"]
        after = ["npx supabase functions deploy"]
        time_limit = "10min"
    "#;

    let file = ConfigFile::parse("crmctl.toml", text).unwrap();
    assert_eq!(file.environments.len(), 2);
    assert_eq!(file.backup.keep, Keep::default());
    assert_eq!(file.deploy.requires, Some(EnvironmentName::known("staging")));
    assert_eq!(file.deploy.after, ["npx supabase functions deploy"]);
}

#[test]
fn a_key_that_would_do_nothing_is_refused_with_its_line() {
    for (key, text) in [
        ("recipients", "[backup]\ndir = 'x'\nrecipients = ['age1']\n"),
        ("keep", "[backup]\n\nkeep.last = 7\n"),
    ] {
        let error = ConfigFile::parse("crmctl.toml", text).expect_err(text);
        assert!(error.to_string().contains(&format!("`{key}`")), "{error}");
        assert_eq!(error.location().unwrap().line, 3, "{text}");
    }
}

#[test]
fn two_origins_of_one_environment_are_refused() {
    let text = "[environments.local]\nmanaged = true\nurl = \"postgresql://localhost\"\n";

    let error = ConfigFile::parse("crmctl.toml", text).expect_err("ambiguous");
    assert_eq!(error.location().unwrap().line, 1);
}

#[test]
fn no_error_shows_a_value_that_may_be_a_password() {
    for text in [
        "[environments.cloud]\nmanaged = \"postgresql://u:hunter2@h/d\"\n",
        "[environments.cloud]\nurl = \"postgresql://u:hunter2@h/d\n",
        "[environments.cloud]\nurl = postgresql://u:hunter2@h/d\n",
        "[environments.cloud]\nurls = \"postgresql://u:hunter2@h/d\"\n",
        "[environments.cloud]\npassword = \"hunter2\"\n",
        "[environments.cloud]\nmanaged = \"hunter2\"\n",
        "[environments.cloud]\nprotection = \"postgresql://u:hunter2@h/d\"\n",
        "environments = \"hunter2\"\n",
        "[environments]\ncloud = \"postgresql://u:hunter2@h/d\"\n",
        "hunter2\n",
    ] {
        let error = ConfigFile::parse("crmctl.toml", text).expect_err(text);
        let shown = format!("{error} {error:?} {:?} {:?}", error.help(), error.location());
        assert!(!shown.contains("hunter2"), "{shown}");
    }
}
