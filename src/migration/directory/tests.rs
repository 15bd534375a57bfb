use super::*;

fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    for (name, text) in files {
        fs::write(folder.path().join(name), text).expect("it can be written to");
    }
    folder
}

fn titles(directory: &Directory) -> Vec<String> {
    directory.files.iter().map(|file| file.title()).collect()
}

fn noon() -> DateTime<Utc> {
    "2026-11-21T12:00:59Z".parse().expect("it is a time")
}

#[test]
fn files_are_ordered_by_version_as_text() {
    let folder = folder(&[("3_c.sql", ""), ("20260101000000_b.sql", ""), ("10_a.sql", "")]);
    let directory = MigrationFile::read_dir(folder.path()).unwrap();

    assert_eq!(titles(&directory), ["10_a", "20260101000000_b", "3_c"]);
    assert_eq!(directory.warnings.len(), 1, "the lengths differ");
}

#[test]
fn other_files_are_skipped_with_a_reason_and_hidden_ones_without() {
    let folder =
        folder(&[("README.md", ""), (".gitkeep", ""), ("a_1.sql", ""), ("1_.sql", ""), ("2.sql", "")]);
    fs::create_dir(folder.path().join("3_folder.sql")).unwrap();
    let directory = MigrationFile::read_dir(folder.path()).unwrap();

    assert_eq!(titles(&directory), ["1_"]);
    let skipped: Vec<&str> = directory.skipped.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(skipped, ["2.sql", "README.md", "a_1.sql"]);
    assert!(directory.warnings[0].starts_with("`2.sql` and 1 more are left out: "), "{directory:?}");
}

#[test]
fn folders_that_other_tools_lay_are_said_not_to_count() {
    let folder = folder(&[]);
    for (name, file) in
        [("20260101000000_b", "up.sql"), ("20260101000000_a", "migration.sql"), ("0_meta", "x.json")]
    {
        fs::create_dir(folder.path().join(name)).unwrap();
        fs::write(folder.path().join(name).join(file), "").unwrap();
    }
    let directory = MigrationFile::read_dir(folder.path()).unwrap();
    assert!(directory.warnings[0].starts_with("`20260101000000_a/` has files of SQL"), "{directory:?}");

    fs::write(folder.path().join("1_a.sql"), "").unwrap();
    assert!(
        MigrationFile::read_dir(folder.path()).unwrap().warnings.is_empty(),
        "an archive beside files is nothing odd"
    );
}

#[cfg(unix)]
#[test]
fn a_link_to_a_file_is_a_migration() {
    let folder = folder(&[("shared.txt", "select 1;")]);
    std::os::unix::fs::symlink(folder.path().join("shared.txt"), folder.path().join("1_linked.sql")).unwrap();

    assert_eq!(titles(&MigrationFile::read_dir(folder.path()).unwrap()), ["1_linked"]);
}

#[test]
fn down_files_are_kept_apart() {
    let folder = folder(&[("1_a.sql", ""), ("1_a.down.sql", "drop table a;"), ("2_b.down.sql", "")]);
    let directory = MigrationFile::read_dir(folder.path()).unwrap();

    assert_eq!(titles(&directory), ["1_a"]);
    assert_eq!(directory.down(&Version::stored("1")).expect("it has one").text.as_str(), "drop table a;");
    assert_eq!(directory.warnings.len(), 1, "the second has no migration");
}

#[test]
fn the_old_baseline_of_the_other_tool_is_left_out() {
    let old = folder(&[("20210101000000_init.sql", ""), ("20220101000000_init.sql", "")]);
    assert_eq!(titles(&MigrationFile::read_dir(old.path()).unwrap()), ["20220101000000_init"]);
}

#[test]
fn two_files_of_one_version_are_refused_by_name() {
    let folder = folder(&[("1_a.sql", ""), ("1_b.sql", "")]);
    let error = MigrationFile::read_dir(folder.path()).expect_err("they clash");

    let message = error.to_string();
    assert!(message.contains("1_a.sql") && message.contains("1_b.sql"), "{message}");
}

#[test]
fn a_missing_folder_is_an_error_that_says_how_to_begin() {
    let folder = folder(&[]);
    let error = MigrationFile::read_dir(&folder.path().join("none")).expect_err("there is none");

    assert!(matches!(error, DirectoryError::Missing { .. }));
    assert!(error.help().expect("there is help").contains("crmctl migrate new"));
}

#[test]
fn a_broken_file_is_refused_with_its_place() {
    let folder = folder(&[("1_a.sql", "select 1;\nselect 'a")]);
    let error = MigrationFile::read_dir(folder.path()).expect_err("a quote is open");

    let location = error.location().expect("there is a place");
    assert!(location.to_string().ends_with("1_a.sql:2:8"), "{location}");
}

#[test]
fn a_new_file_is_named_after_its_title_and_the_time() {
    let folder = folder(&[]);
    let path =
        new_file(&folder.path().join("migrations"), "Add phone, to Contacts!", "-- why\n", noon()).unwrap();

    assert!(path.ends_with("migrations/20261121120059_add_phone_to_contacts.sql"));
    assert_eq!(fs::read_to_string(path).unwrap(), "-- why\n");
}

#[test]
fn a_new_file_takes_the_next_second_when_its_version_is_taken() {
    let folder = folder(&[("20261121120059_other.sql", "")]);

    let first = new_file(folder.path(), "a", "", noon()).unwrap();
    let second = new_file(folder.path(), "a", "", noon()).unwrap();
    assert!(first.ends_with("20261121120100_a.sql"));
    assert!(second.ends_with("20261121120101_a.sql"));
}

#[test]
fn a_new_file_comes_after_all_others_whatever_the_clock_says() {
    let folder = folder(&[
        ("20270101000000_of_a_clock_ahead.sql", ""),
        ("99999999999999_no_time.sql", ""),
        ("99991231235959_the_end.sql", ""),
        ("7_small.sql", ""),
    ]);

    let path = new_file(folder.path(), "a", "", noon()).unwrap();
    assert!(path.ends_with("20270101000001_a.sql"), "{path:?}");
}

#[test]
fn a_title_without_a_letter_is_refused() {
    let folder = folder(&[]);
    assert!(matches!(new_file(folder.path(), " -- ", "", noon()), Err(DirectoryError::EmptyTitle { .. })));
}
