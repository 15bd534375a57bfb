use super::*;
use crate::environment::EnvironmentName;
use crate::error::{Explain, Kind};
use crate::migration::file::test_file;
use crate::migration::history_row::test_history;

fn directory<const N: usize>(files: [(&str, &str); N]) -> Directory {
    let files = files.map(|(title, text)| Arc::new(test_file(title, text))).to_vec();
    Directory { files, ..Directory::default() }
}

fn place() -> Place {
    let environment = EnvironmentName::known("cloud");
    Place { environment, host: "db.example.com".to_owned(), port: 5432, database: "postgres".to_owned() }
}

fn versions<const N: usize>(versions: [&str; N]) -> Vec<Version> {
    versions.map(Version::stored).to_vec()
}

fn applied(version: &str) -> Request {
    Request { applied: versions([version]), ..Request::default() }
}

fn reverted(version: &str) -> Request {
    Request { reverted: versions([version]), ..Request::default() }
}

fn accepted(version: &str) -> Request {
    Request { accept_edited: Some(versions([version])), ..Request::default() }
}

#[test]
fn shows_where_and_which_rows() {
    let files = directory([("1_a", "select 1"), ("2_b", "select 1; select 2")]);
    let history = test_history([("1_a", "select 1"), ("3_c", "select 3")]);
    let request = Request { applied: versions(["2"]), reverted: versions(["3"]), ..Request::default() };

    let plan = plan(&files, &history, &request, place()).unwrap();
    assert_eq!(
        plan.render(&Style::PLAIN),
        "2 migrations to repair in the history of `cloud` (host db.example.com:5432, database postgres):\n  \
         2_b  will be recorded as applied, with 2 statements; they are not run\n  \
         3_c  will be deleted from the history; nothing is undone"
    );
    let hazards = plan.hazards();
    assert!(matches!(&hazards[..], [Hazard::WritesRows(_), Hazard::DropsData(_)]), "{hazards:?}");
}

#[test]
fn a_version_that_nobody_knows_is_refused() {
    for request in [applied("9"), reverted("9"), accepted("9")] {
        let error = plan(&directory([]), &test_history([]), &request, place()).expect_err("there is no 9");

        assert!(matches!(error, RepairError::Unknown { .. }));
        assert_eq!(error.kind(), Kind::Usage);
    }
}

#[test]
fn a_version_without_a_file_cannot_be_marked_as_applied() {
    let error = plan(&directory([]), &test_history([("1_a", "")]), &applied("1"), place());

    assert!(matches!(error, Err(RepairError::NoFile { .. })));
}

#[test]
fn an_edited_file_is_accepted_by_that_name_only() {
    let (files, history) = (directory([("1_a", "select 2")]), test_history([("1_a", "select 1")]));

    let error = plan(&files, &history, &applied("1"), place()).expect_err("it is edited");
    assert!(error.help().unwrap().contains("--env cloud --accept-edited 1"), "{error:?}");
    for request in [accepted("1"), Request { accept_edited: Some(Vec::new()), ..Request::default() }] {
        let plan = plan(&files, &history, &request, place()).unwrap();
        assert!(matches!(&plan.changes[..], [Change::AcceptEdited { .. }]));
    }
}

#[test]
fn a_pending_file_has_no_edit_to_accept() {
    let error = plan(&directory([("1_a", "")]), &test_history([]), &accepted("1"), place());

    let error = error.expect_err("it is pending");
    assert_eq!(error.to_string(), "`1` is pending, not edited");
}

#[test]
fn the_same_version_cannot_be_marked_both_ways() {
    let (files, history) = (directory([("1_a", "select 2")]), test_history([("1_a", "select 1")]));
    let request = Request { accept_edited: Some(Vec::new()), ..reverted("1") };

    let error = plan(&files, &history, &request, place()).expect_err("both");
    assert_eq!(error, RepairError::Contradiction { version: Version::stored("1") });
}

#[test]
fn what_is_so_already_needs_no_consent() {
    let files = directory([("1_a", "select 1"), ("2_b", "")]);
    let history = test_history([("1_a", "select 1")]);

    for request in [applied("1"), reverted("2"), accepted("1")] {
        let plan = plan(&files, &history, &request, place()).unwrap();
        assert!(plan.is_empty() && plan.hazards().is_empty());
        assert_eq!(plan.unneeded.len(), 1);
    }
}
