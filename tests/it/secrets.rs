//! No password is ever seen: not in the list of processes, not in files, not in the server's log. That none is printed
//! is checked for every run of every test.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::support::{Call, Database, Project, Which, crmctl};

const PASSWORD: &str = "Pa55-of-the-test-users";

/// Looks at the arguments of all processes of this machine until told to stop.
struct Watcher {
    stop: Arc<AtomicBool>,
    thread: std::thread::JoinHandle<BTreeSet<String>>,
}

impl Watcher {
    fn start() -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let told = Arc::clone(&stop);
        let thread = std::thread::spawn(move || {
            let mut seen = BTreeSet::new();
            while !told.load(Ordering::Relaxed) {
                seen.extend(command_lines());
            }
            seen
        });
        Self { stop, thread }
    }

    fn finish(self) -> BTreeSet<String> {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.join().unwrap()
    }
}

fn command_lines() -> impl Iterator<Item = String> {
    let processes = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    processes.filter_map(|entry| {
        let bytes = std::fs::read(entry.path().join("cmdline")).ok()?;
        Some(String::from_utf8_lossy(&bytes).replace('\0', " "))
    })
}

fn seed_back_up_and_restore(project: &Project) {
    for arguments in [&["seed"][..], &["backup", "create"], &["restore", "latest", "--force"]] {
        let call = arguments.iter().fold(crmctl(project), Call::arg);
        call.args(["--env", "cloud", "--confirm", "cloud"]).env("TEST_USER_PASSWORD", PASSWORD).success();
    }
}

#[test]
fn the_list_of_processes_never_shows_a_password() {
    if !std::path::Path::new("/proc/self/cmdline").exists() {
        return; // Not Linux: there is no such list to read.
    }
    let cloud = Database::migrated(Which::Cloud);
    let project = Project::new().cloud(&cloud).with_crm_migrations().with_crm_seeds();
    let watcher = Watcher::start();
    seed_back_up_and_restore(&project);
    let seen = watcher.finish();

    assert!(seen.iter().any(|line| line.contains("pg_dump")), "the watcher was too slow to see pg_dump");
    for secret in [Which::Cloud.password(), PASSWORD] {
        let shown: Vec<&String> = seen.iter().filter(|line| line.contains(secret)).collect();
        assert!(shown.is_empty(), "{shown:?}");
    }
}

#[test]
fn no_file_of_the_project_holds_a_password_but_the_one_it_was_written_to() {
    let cloud = Database::migrated(Which::Cloud);
    let project = Project::new().cloud(&cloud).with_crm_migrations().with_crm_seeds();
    let seed = crmctl(&project).args(["seed", "--env", "cloud", "--confirm", "cloud"]);
    seed.env("TEST_USER_PASSWORD", PASSWORD).success();
    crmctl(&project).args(["backup", "--env", "cloud"]).success();

    let mut holders = Vec::new();
    for file in project.files("") {
        let mut bytes = std::fs::read(&file).unwrap();
        if file.extension().is_some_and(|extension| extension == "zst") {
            bytes = zstd::decode_all(&bytes[..]).unwrap();
        }
        let text = String::from_utf8_lossy(&bytes);
        if text.contains(Which::Cloud.password()) || text.contains(PASSWORD) {
            holders.push(file.file_name().unwrap().to_str().unwrap().to_owned());
        }
    }
    assert_eq!(holders, [".env.production"]);
}

#[test]
fn no_row_of_the_database_holds_a_password_in_plain_text() {
    let cloud = Database::migrated(Which::Cloud);
    let project = Project::new().cloud(&cloud).with_crm_migrations().with_crm_seeds();
    let seed = crmctl(&project).args(["seed", "--env", "cloud", "--confirm", "cloud"]);
    seed.env("TEST_USER_PASSWORD", PASSWORD).success();

    let tables = cloud.column(
        "select format('%I.%I', schemaname, tablename) from pg_tables \
         where schemaname !~ '^pg_' and schemaname <> 'information_schema'",
    );
    for table in tables {
        let found = cloud.value(&format!("select count(*) from {table} t where t::text like '%{PASSWORD}%'"));
        assert_eq!(found, "0", "{table}");
    }
}

#[test]
fn the_log_of_a_server_that_logs_everything_holds_no_password() {
    let cloud = Database::migrated(Which::Cloud);
    for setting in ["log_statement = 'all'", "log_min_duration_statement = 0"] {
        cloud.query(&format!("alter database {} set {setting}", cloud.name()));
    }
    let project = Project::new().cloud(&cloud).with_crm_migrations().with_crm_seeds();
    seed_back_up_and_restore(&project);

    let log = String::from_utf8_lossy(&std::fs::read(Which::Cloud.cluster().log()).unwrap()).into_owned();
    assert!(log.contains("auth.users"), "it logs statements");
    assert!(!log.contains(PASSWORD), "the password of the test users is in the log");
}

#[test]
fn an_error_of_a_wrong_configuration_shows_no_password() {
    let secret = "s3cret-in-a-url";
    for url in [
        format!("postgresql://postgres:{secret}@127.0.0.1:99999/postgres"),
        format!("postgresql://postgres:{secret}@127.0.0.1:1/postgres?sslmode=maybe"),
        format!("postgres//postgres:{secret}@127.0.0.1/postgres"),
        format!("postgresql://postgres:{secret}@db.abcdefghijklmnopqrst.supabase.co:6543/postgres"),
        format!("postgresql://postgres:{secret}#x@127.0.0.1:1/postgres"),
    ] {
        let project = Project::new().cloud_at(&url);
        for json in [None, Some("--json")] {
            let call = json.into_iter().fold(crmctl(&project), Call::arg);
            let output = call.args(["migrate", "status", "--env", "cloud", "--verbose"]).run();
            assert_ne!(output.code, Some(0), "{output}");
            output.never_says(secret);
        }
    }
}

#[test]
fn others_may_not_read_the_env_file_without_a_word_about_it() {
    use std::os::unix::fs::PermissionsExt;
    let cloud = Database::empty_on(Which::Cloud);
    let project = Project::new().cloud(&cloud);
    let open = std::fs::Permissions::from_mode(0o644);
    std::fs::set_permissions(project.path().join(".env.production"), open).unwrap();

    crmctl(&project).args(["migrate", "status", "--env", "cloud"]).success().says("chmod 600");
}
