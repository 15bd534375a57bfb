use super::*;
use crate::backup::manifest::{BackupKind, Origin};
use crate::backup::part::{Compression, PartFile};
use crate::backup::partial::Description;

fn description() -> Description {
    Description {
        kind: BackupKind::Data,
        source: Origin { host: "h".into(), port: 1, database: "d".into(), project_ref: None },
        server_version: "15.18".into(),
        pg_dump: None,
        history_head: None,
        catalog_hash: None,
        tables: Vec::new(),
    }
}

fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_767_225_600 + seconds, 0).unwrap()
}

fn make(store: &Store, environment: &str, seconds: i64) -> Backup {
    let partial = store.create(&environment.parse().unwrap(), at(seconds)).unwrap();
    let mut writer = PartFile::create(
        &store.root.join(format!("{}.partial", partial.id())),
        "data.sql",
        Compression::None,
    )
    .unwrap();
    writer.write(b"select 1;\n").unwrap();
    let part = writer.finish().unwrap();
    partial.finish(description(), vec![part]).unwrap()
}

fn store() -> (tempfile::TempDir, Store) {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::new(folder.path().join("backups"));
    (folder, store)
}

#[test]
fn a_finished_backup_is_listed_and_whole() {
    let (_folder, store) = store();
    let backup = make(&store, "cloud", 0);

    assert_eq!(store.list().unwrap().backups, std::slice::from_ref(&backup));
    assert!(backup.problems().is_empty());
    let names: Vec<_> =
        std::fs::read_dir(&backup.path).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names.len(), 2, "{names:?}");
}

#[cfg(unix)]
#[test]
fn nobody_else_may_read_a_backup() {
    use std::os::unix::fs::PermissionsExt;
    let (_folder, store) = store();
    let backup = make(&store, "cloud", 0);

    let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&backup.path), 0o700);
    assert_eq!(mode(&backup.path.join("data.sql")), 0o600);
    assert_eq!(mode(&backup.path.join(MANIFEST_FILE)), 0o600);
}

#[test]
fn two_backups_of_one_second_get_two_names() {
    let (_folder, store) = store();
    make(&store, "cloud", 0);

    assert_eq!(make(&store, "cloud", 0).manifest.id.as_str(), "cloud-20260101T000000Z-2");
}

#[test]
fn an_aborted_backup_leaves_nothing() {
    let (_folder, store) = store();
    let partial = store.create(&"cloud".parse().unwrap(), at(0)).unwrap();
    assert_eq!(store.list().unwrap().unfinished.len(), 1);

    drop(partial);
    assert_eq!(store.list().unwrap(), Listing::default());
}

#[test]
fn a_partial_folder_is_tidied_when_it_is_old_and_nobody_works_on_it() {
    let (_folder, store) = store();
    let held = store.create(&"cloud".parse().unwrap(), at(0)).unwrap();
    // What a kill leaves behind: the files stay, the lock is gone.
    let copy = store.root.join("cloud-20260101T000009Z.partial");
    std::fs::create_dir(&copy).unwrap();
    std::fs::write(copy.join(LOCK_FILE), "").unwrap();
    let modified: DateTime<Utc> = copy.metadata().unwrap().modified().unwrap().into();
    let day_after = modified + chrono::Duration::hours(25);

    drop(store.create(&"cloud".parse().unwrap(), day_after).unwrap());
    assert_eq!(store.list().unwrap().unfinished, [format!("{}.partial", held.id())]);
}

#[test]
fn every_kind_of_damage_is_found() {
    let (_folder, store) = store();
    let backup = make(&store, "cloud", 0);
    let path = backup.path.join("data.sql");

    std::fs::write(&path, b"select 2;\n").unwrap();
    assert_eq!(backup.problems(), ["`data.sql` has other contents than when it was written"]);
    std::fs::write(&path, b"select").unwrap();
    assert_eq!(backup.problems(), ["`data.sql` has 6 bytes instead of 10"]);
    std::fs::remove_file(&path).unwrap();
    assert_eq!(backup.problems(), ["`data.sql` is missing"]);
    std::fs::write(backup.path.join(MANIFEST_FILE), "{").unwrap();
    assert!(store.find(backup.manifest.id.as_str()).unwrap_err().to_string().contains("damaged"));
}

#[test]
fn a_backup_is_found_by_name_by_unique_beginning_and_as_latest() {
    let (_folder, store) = store();
    let first = make(&store, "cloud", 0);
    let second = make(&store, "local", 60);

    assert_eq!(store.find("cloud-20260101T000000Z").unwrap(), first);
    assert_eq!(store.find("cl").unwrap(), first);
    assert_eq!(store.find("latest").unwrap(), second);
    make(&store, "cloud", 90);
    assert!(store.find("cl").unwrap_err().to_string().contains("the beginning of 2"));
    assert!(store.find("").unwrap_err().to_string().contains("there is no backup"));
}

#[test]
fn the_backup_made_last_is_the_latest_although_the_clock_was_set_back() {
    let (_folder, store) = store();
    make(&store, "cloud", 3600);
    let second = make(&store, "cloud", 0);
    assert_eq!(store.find("latest").unwrap(), second);

    let third = make(&store, "cloud", 0);
    assert_eq!(store.find("latest").unwrap(), third);
    let fourth = make(&store, "cloud", 7200);
    assert_eq!(fourth.manifest.taken_at, at(7200));
    assert_eq!(store.find("latest").unwrap(), fourth);
}
