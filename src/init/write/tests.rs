use std::path::Path;

use crate::environment::{DatabaseUrl, EnvFile, EnvironmentName, Project, Protection, UrlDefaults};
use crate::error::Explain as _;
use crate::init::{InitReport, Schema, files, observe, write};

fn init(folder: &Path, schema: Schema) -> InitReport {
    let project = Project::find(Some(folder), folder).unwrap();
    write(&files(&observe(&project).unwrap(), schema).unwrap()).unwrap()
}

fn everything_below(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(everything_below(&path));
        } else {
            found.push(format!("{}: {}", path.display(), std::fs::read_to_string(&path).unwrap()));
        }
    }
    found.sort_unstable();
    found
}

#[test]
fn a_second_run_writes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let first = init(folder.path(), Schema::Crm);
    let before = everything_below(folder.path());

    let second = init(folder.path(), Schema::Crm);
    assert_eq!(second.kept, first.created);
    assert!(second.created.is_empty() && second.ignored.is_empty());
    assert_eq!(everything_below(folder.path()), before);
}

#[test]
fn a_file_that_is_there_is_not_overwritten_even_if_it_came_after_the_plan() {
    let folder = tempfile::tempdir().unwrap();
    let project = Project::find(Some(folder.path()), folder.path()).unwrap();
    let plan = files(&observe(&project).unwrap(), Schema::Own).unwrap();
    std::fs::write(folder.path().join("crmctl.toml"), "# mine\n").unwrap();

    let report = write(&plan).unwrap();
    assert_eq!(report.kept, [Path::new("crmctl.toml")]);
    assert_eq!(std::fs::read_to_string(folder.path().join("crmctl.toml")).unwrap(), "# mine\n");
}

#[test]
fn a_gitignore_keeps_its_lines_and_gets_the_missing_ones() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(".gitignore");
    std::fs::write(&path, "node_modules\n.env.*\n").unwrap();

    init(folder.path(), Schema::Own);
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(text.starts_with("node_modules\n.env.*\n"), "{text}");
    assert!(text.contains("\n/backups/\n") && !text.contains(".env.production"), "{text}");
}

#[cfg(unix)]
#[test]
fn nobody_else_may_read_the_file_for_secrets() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    init(folder.path(), Schema::Own);

    let mode = |name: &str| folder.path().join(name).metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(".env.production"), 0o600);
    assert_eq!(mode("crmctl.toml") & 0o600, 0o600);
}

#[cfg(unix)]
#[test]
fn a_folder_that_cannot_be_made_leaves_no_file() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("seeds"), "a file where a folder should be").unwrap();
    let project = Project::find(Some(folder.path()), folder.path()).unwrap();
    let plan = files(&observe(&project).unwrap(), Schema::Own).unwrap();

    let failure = write(&plan).expect_err("`seeds` is no folder");
    assert!(failure.to_string().contains("seeds"), "{failure}");
    assert_eq!(everything_below(folder.path()).len(), 1);
}

#[test]
fn a_fresh_project_is_understood_and_its_cloud_is_protected() {
    let folder = tempfile::Builder::new().prefix("it's \"quoted\" ").tempdir().unwrap();
    init(folder.path(), Schema::Own);

    let project = Project::find(None, folder.path()).unwrap();
    assert_eq!(project.name, folder.path().file_name().unwrap().to_str().unwrap());
    let cloud = &project.environments[&EnvironmentName::known("cloud")];
    assert_eq!(cloud.protection, Some(Protection::Protected));
    assert!(project.environments[&EnvironmentName::known("local")].managed);
}

#[test]
fn every_commented_key_of_the_configuration_is_known_and_shows_its_default() {
    let folder = tempfile::tempdir().unwrap();
    init(folder.path(), Schema::Own);
    let path = folder.path().join("crmctl.toml");
    let plain = Project::find(None, folder.path()).unwrap();

    let text = std::fs::read_to_string(&path).unwrap();
    let is_setting = |line: &str| line.starts_with('[') || line.contains(" = ");
    let with_all: String = text
        .lines()
        .map(|line| line.strip_prefix("# ").filter(|line| is_setting(line)).unwrap_or(line).to_owned() + "\n")
        .collect();
    std::fs::write(&path, &with_all).unwrap();
    let mut full = Project::find(None, folder.path()).unwrap();

    assert!(
        with_all.lines().filter(|line| is_setting(line) && !line.starts_with('#')).count() > 15,
        "{with_all}"
    );
    assert!(full.environments.remove(&EnvironmentName::known("staging")).is_some());
    assert_eq!((full.migrations, full.seeds), (plain.migrations, plain.seeds));
    // Nothing is required by default, so that the file shows an example.
    assert_eq!(full.deploy.requires.take(), Some(EnvironmentName::known("staging")));
    assert_eq!((full.sync, full.backup, full.deploy), (plain.sync, plain.backup, plain.deploy));
}

#[test]
fn a_template_that_was_not_filled_in_is_refused_with_something_to_do() {
    let folder = tempfile::tempdir().unwrap();
    init(folder.path(), Schema::Own);
    let file = EnvFile::read_named(&folder.path().join(".env.production")).unwrap();
    let url = file.variables.get("DATABASE_URL_PRODUCTION").unwrap();
    assert_eq!(file.variables.get("TEST_USER_PASSWORD"), None);

    let untouched = DatabaseUrl::parse(url, &UrlDefaults::default()).expect_err("nothing is filled in");
    assert!(untouched.help().unwrap().contains("dashboard"), "{untouched}");
    let url = url.replace("[PROJECT-REF]", "abc").replace("[HOST]", "aws-0-eu-west-1.pooler.supabase.com");
    let error = DatabaseUrl::parse(&url, &UrlDefaults::default()).expect_err("no password");
    assert!(
        error.to_string().contains("[YOUR-PASSWORD]")
            && error.help().unwrap().contains("SUPABASE_DB_PASSWORD")
    );
}
