//! Installing with package managers of our own making: the real ones would change the machine.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::sync::Mutex;

use super::*;
use crate::error::Kind;
use crate::plan::Silent;

/// A folder that is all of a machine: its `PATH` and the home of crmctl.
struct Machine {
    folder: tempfile::TempDir,
    search: SearchPath,
    home: Home,
    cancel: Cancel,
}

impl Machine {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let search = SearchPath { path: Some(folder.path().into()), pg_bin: None };
        let home = Home::new(folder.path().join("home"));
        Self { folder, search, home, cancel: Cancel::default() }
    }

    /// With a package manager that does this.
    fn with_apk(self, script: &str) -> Self {
        program(&self.folder.path().join("apk"), script);
        self
    }

    fn site(&self) -> Site<'_> {
        Site { home: &self.home, search: &self.search, cancel: &self.cancel, progress: &Silent }
    }

    /// What looking gives, when nothing counts but this folder.
    async fn find(&self) -> Result<Binaries, String> {
        let search = SearchPath { path: None, pg_bin: Some(self.folder.path().join("pg")) };
        look(&search).await
    }

    fn way(&self) -> Way {
        let (manager, invocation) = installation(&self.search, true).unwrap();
        Way::Run { command: manager.summary().to_owned(), invocation }
    }

    async fn ensure(&self, way: &Way, agrees: bool) -> (Result<Ensured>, Vec<String>) {
        let asked = Mutex::new(Vec::new());
        let agree = |question: &str| {
            asked.lock().unwrap().push(question.to_owned());
            Ok(agrees)
        };
        let result = ensure(self.site(), way, async || self.find().await, agree).await;
        (result, asked.into_inner().unwrap())
    }
}

fn program(path: &Path, script: &str) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, format!("#!/bin/sh\n{script}\n")).unwrap();
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
}

/// A package manager that brings servers and clients of version 17, and counts how often it was called.
const GOOD: &str = r#"cd "${0%/*}" && mkdir -p pg && echo "$@" >>calls
/bin/sleep 0.3
for name in initdb postgres pg_dump psql; do
  printf '#!/bin/sh\necho "%s (PostgreSQL) 17.6"\n' "$name" >"pg/$name" && /bin/chmod 755 "pg/$name"
done"#;

#[tokio::test]
async fn after_consent_the_package_manager_brings_server_and_clients() {
    let machine = Machine::new().with_apk(GOOD);

    let (result, asked) = machine.ensure(&machine.way(), true).await;
    let ensured = result.unwrap();
    assert_eq!(ensured.binaries.major, 17);
    assert_eq!(ensured.installed_with.as_deref(), Some("apk add postgresql17 postgresql17-client"));
    assert_eq!(
        asked,
        ["no PostgreSQL server of version 15 to 18 on this machine; \
          run `apk add postgresql17 postgresql17-client`?"]
    );

    let (again, asked) = machine.ensure(&machine.way(), true).await;
    assert_eq!((again.unwrap().installed_with, asked), (None, Vec::new()), "nobody is asked for nothing");
}

#[tokio::test]
async fn without_consent_nothing_is_run_and_the_flag_that_would_do_is_named() {
    let machine = Machine::new().with_apk(GOOD);

    let (result, _) = machine.ensure(&machine.way(), false).await;
    let failure = result.unwrap_err();
    assert_eq!((failure.kind(), failure.help()), (Kind::Refused, Some("`crmctl doctor --fix --yes`")));
    assert!(!machine.folder.path().join("calls").exists());
}

#[tokio::test]
async fn a_package_manager_that_fails_is_quoted() {
    let machine = Machine::new().with_apk("echo 'ERROR: temporary error (try again later)' >&2; exit 1");

    let (result, _) = machine.ensure(&machine.way(), true).await;
    let failure = result.unwrap_err();
    assert_eq!(failure.kind(), Kind::Failed);
    let text = failure.to_string();
    assert!(
        text.ends_with("`apk` failed (exit status: 1): ERROR: temporary error (try again later)"),
        "{text}"
    );
    assert_eq!(text.matches("temporary error").count(), 1, "said once: {text}");
}

#[tokio::test]
async fn a_package_manager_that_brings_something_else_is_not_believed() {
    let machine = Machine::new().with_apk("exit 0");

    let (result, _) = machine.ensure(&machine.way(), true).await;
    assert!(result.unwrap_err().to_string().contains("succeeded, and still: no PostgreSQL server"));
}

#[tokio::test]
async fn two_at_once_install_once() {
    let machine = Machine::new().with_apk(GOOD);
    let way = machine.way();

    let ((one, _), (other, _)) = tokio::join!(machine.ensure(&way, true), machine.ensure(&way, true));
    let installations = [one.unwrap(), other.unwrap()].map(|ensured| ensured.installed_with.is_some());
    assert_eq!(installations.iter().filter(|was_it| **was_it).count(), 1);
    let calls = std::fs::read_to_string(machine.folder.path().join("calls")).unwrap();
    assert_eq!(calls.lines().collect::<Vec<_>>(), ["add postgresql17 postgresql17-client"]);
}

#[tokio::test]
async fn waiting_for_another_installation_ends_with_ctrl_c() {
    let machine = Machine::new().with_apk(GOOD);
    let _held = lock(machine.site()).await.unwrap();
    let way = machine.way();

    let interrupt = async {
        tokio::time::sleep(Duration::from_millis(50)).await;
        machine.cancel.raise();
    };
    let ((result, _), ()) = tokio::join!(machine.ensure(&way, true), interrupt);
    assert_eq!(result.unwrap_err().kind(), Kind::Interrupted);
}

#[tokio::test]
async fn without_a_way_to_install_the_packages_are_named() {
    let machine = Machine::new();

    let (result, asked) = machine.ensure(&Way::None, true).await;
    assert!(result.unwrap_err().help().unwrap().contains("`postgresql-client`"));
    let not_root = Way::NotRoot { command: "apk add postgresql17".into() };
    let (result, _) = machine.ensure(&not_root, true).await;
    assert_eq!(result.unwrap_err().help(), Some("as root: `apk add postgresql17`"));
    assert_eq!(asked, Vec::<String>::new());
}

#[tokio::test]
async fn a_folder_that_the_user_named_is_not_installed_into() {
    let mut machine = Machine::new().with_apk(GOOD);
    machine.search.pg_bin = Some("/nowhere".into());

    let (result, _) = machine.ensure(&Way::None, true).await;
    let failure = result.unwrap_err();
    assert_eq!(failure.kind(), Kind::Usage);
    assert!(failure.help().unwrap().starts_with("unset `CRMCTL_PG_BIN`"));
}
