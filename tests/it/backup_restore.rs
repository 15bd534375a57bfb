//! `crmctl backup` and `crmctl restore`.

use std::os::unix::fs::PermissionsExt;

use crate::support::{Database, Project, Which, crmctl};

/// The name of the newest backup.
fn name_of_backup(project: &Project) -> String {
    let mut names: Vec<String> = project
        .path()
        .join("backups")
        .read_dir()
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| !name.starts_with('.'))
        .collect();
    names.sort();
    names.pop().expect("a backup")
}

fn cloud_project(cloud: &Database) -> Project {
    Project::new().cloud(cloud)
}

#[test]
fn a_restored_database_is_the_same_world_as_before() {
    let database = Database::seeded(Which::Local);
    let project = Project::new().local(&database);
    let before = database.world();
    crmctl(&project).args(["backup", "create"]).success();
    database.query("drop table public.contacts cascade; truncate public.tasks; update auth.users set encrypted_password = 'x'");

    crmctl(&project).args(["restore", "latest", "--force"]).success();
    before.assert_same(&database.world());
}

#[test]
fn a_backup_brings_an_empty_project_to_the_same_rows() {
    let (local, cloud) = (Database::seeded(Which::Local), Database::empty_on(Which::Cloud));
    let project = Project::new().local(&local).cloud(&cloud);
    crmctl(&project).args(["backup", "create"]).success();

    crmctl(&project).args(["restore", "latest", "--env", "cloud", "--force", "--confirm", "cloud"]).success();
    for beginning in
        ["rows public", "policy public", "rows auth.users", "rows supabase_migrations", "column public"]
    {
        local.world().only(beginning).assert_same(&cloud.world().only(beginning));
    }
    let project = project.with_crm_migrations();
    crmctl(&project)
        .args(["migrate", "up", "--env", "cloud", "--confirm", "cloud"])
        .success()
        .answers("nothing to apply");
}

#[test]
fn a_backup_changes_nothing_in_the_database() {
    let cloud = Database::seeded(Which::Cloud);
    let before = cloud.world();

    // Reading needs no consent, not even from a protected environment.
    crmctl(&cloud_project(&cloud)).args(["backup", "--env", "cloud"]).success();
    before.assert_same(&cloud.world());
}

#[test]
fn a_backup_is_for_its_owner_only_and_holds_no_password_of_the_database() {
    let cloud = Database::seeded(Which::Cloud);
    let project = cloud_project(&cloud);
    crmctl(&project).args(["backup", "--env", "cloud"]).success();

    let files = project.files("backups");
    assert!(files.len() >= 2, "{files:?}");
    for file in files {
        assert_eq!(file.metadata().unwrap().permissions().mode() & 0o077, 0, "{}", file.display());
        let bytes = std::fs::read(&file).unwrap();
        let text = String::from_utf8_lossy(&bytes);
        assert!(!text.contains(Which::Cloud.password()), "{}", file.display());
    }
}

#[test]
fn one_changed_byte_is_found_and_never_restored() {
    let database = Database::seeded(Which::Local);
    let project = Project::new().local(&database);
    crmctl(&project).args(["backup"]).success();
    crmctl(&project).args(["backup", "verify", "latest"]).success();
    let before = database.world();
    let files = project.files("backups");
    let largest = files.iter().max_by_key(|file| file.metadata().unwrap().len()).unwrap();
    let mut bytes = std::fs::read(largest).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(largest, bytes).unwrap();

    crmctl(&project).args(["backup", "verify", "latest"]).differs();
    let output = crmctl(&project).args(["restore", "latest", "--force"]).run();
    assert!(matches!(output.code, Some(1 | 4)), "{output}");
    before.assert_same(&database.world());
}

#[test]
fn a_restore_refuses_without_force_and_without_the_name_of_what_it_overwrites() {
    let cloud = Database::seeded(Which::Cloud);
    let project = cloud_project(&cloud);
    crmctl(&project).args(["backup", "--env", "cloud"]).success();
    let name = name_of_backup(&project);
    let before = cloud.world();
    let restore = || crmctl(&project).args(["restore", &name, "--env", "cloud"]);

    restore().args(["--confirm", "cloud"]).refused().says("--force");
    restore().args(["--force"]).refused();
    restore().args(["--force", "--yes"]).refused();
    before.assert_same(&cloud.world());
}

#[test]
fn a_restore_backs_up_first_and_can_be_undone() {
    let database = Database::seeded(Which::Local);
    let project = Project::new().local(&database);
    crmctl(&project).args(["backup"]).success();
    let first = name_of_backup(&project);
    database.query("update public.contacts set first_name = 'later work'");
    let later = database.world();

    crmctl(&project).args(["restore", &first, "--force"]).success();
    let second = name_of_backup(&project);
    assert_ne!(first, second);
    crmctl(&project).args(["restore", &second, "--force"]).success();
    later.assert_same(&database.world());
}

#[test]
fn a_backup_that_was_killed_is_no_backup() {
    let database = Database::seeded(Which::Local);
    let project = Project::new().local(&database);
    let running = crmctl(&project).args(["backup"]).spawn();
    crate::support::until("a folder is there", || project.path().join("backups").exists());

    running.kill();
    running.finish();
    crmctl(&project).args(["backup", "list"]).success();
    // It was killed before it was done, or after; never in between.
    let output = crmctl(&project).args(["backup", "verify", "latest"]).run();
    assert!(matches!(output.code, Some(0 | 2)), "{output}");
    crmctl(&project).args(["backup"]).success();
    crmctl(&project).args(["backup", "verify", "latest"]).success();
}

#[test]
fn no_backup_of_that_name_is_an_error_and_not_an_empty_restore() {
    let database = Database::seeded(Which::Local);
    let before = database.world();

    let output = crmctl(&Project::new().local(&database)).args(["restore", "local-2020", "--force"]).run();
    assert!(matches!(output.code, Some(1 | 2)), "{output}");
    before.assert_same(&database.world());
}

#[test]
fn a_backup_restores_with_psql_alone() {
    let (local, cloud) = (Database::seeded(Which::Local), Database::empty_on(Which::Cloud));
    let project = Project::new().local(&local);
    crmctl(&project).args(["backup"]).success();
    let folder = project.path().join("backups").join(name_of_backup(&project));

    for part in ["auth", "dump", "extras"] {
        let bytes = std::fs::read(folder.join(format!("{part}.sql.zst"))).unwrap();
        let script = project.path().join(format!("{part}.sql"));
        std::fs::write(&script, zstd::decode_all(&bytes[..]).unwrap()).unwrap();
        // Not with ON_ERROR_STOP: pg_dump makes schema public, which every project has.
        let psql = std::process::Command::new("psql")
            .args(["-X", "-q", "-d", &cloud.url_without_password(), "-f", script.to_str().unwrap()])
            .output()
            .unwrap();
        assert!(psql.status.success(), "{}", String::from_utf8_lossy(&psql.stderr));
    }
    for beginning in ["rows public", "rows auth.users", "rows supabase_migrations"] {
        local.world().only(beginning).assert_same(&cloud.world().only(beginning));
    }
}
