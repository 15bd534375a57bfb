use std::sync::Arc;

use super::*;
use crate::migration::Directory;
use crate::migration::file::test_file;
use crate::migration::history_row::test_history;
use crate::migration::{Options, plan};

fn healthy() -> Facts {
    Facts { free_connections: 50, max_connections: 60, free_bytes: Some(1 << 40), ..Facts::default() }
}

fn judged(facts: &Facts) -> Result<Preflight, PreflightError> {
    let file = Arc::new(test_file("1_a", "alter table Contacts add column a int;"));
    let directory = Directory { files: vec![file], ..Directory::default() };
    let pending = plan(&directory, &test_history([]), &Options::default()).unwrap();
    judge(facts, &pending.steps, Path::new("backups"))
}

fn open(seconds: i64, tables: &[&str]) -> OpenTransaction {
    OpenTransaction {
        pid: "17".to_owned(),
        application: "psql".to_owned(),
        state: "idle in transaction".to_owned(),
        seconds,
        tables: tables.iter().map(|table| (*table).to_owned()).collect(),
    }
}

#[test]
fn a_healthy_target_has_no_warnings() {
    assert_eq!(judged(&healthy()).unwrap().warnings, [""; 0]);
}

#[test]
fn what_cannot_be_written_is_refused() {
    assert_eq!(judged(&Facts { writable: Writable::Replica, ..healthy() }), Err(PreflightError::Replica));
    assert_eq!(judged(&Facts { writable: Writable::ReadOnly, ..healthy() }), Err(PreflightError::ReadOnly));
    let pooled = Facts { shares_processes: true, ..healthy() };
    assert_eq!(judged(&pooled), Err(PreflightError::TransactionPooler));
    let busy = Facts { free_connections: 2, ..healthy() };
    assert_eq!(judged(&busy), Err(PreflightError::Connections { free: 2, max: 60 }));
}

#[test]
fn a_backup_that_surely_will_not_fit_is_refused_and_a_tight_one_warned_of() {
    let identity = Identity { bytes: 2_000_000, ..Identity::default() };
    let with = |free| Facts { free_bytes: Some(free), identity: identity.clone(), ..healthy() };

    let error = judged(&with(39_999)).expect_err("no backup is that small");
    assert_eq!(
        error.to_string(),
        "the backup of 2.0 MB will not fit into the 40.0 kB that are free in `backups`"
    );
    assert_eq!(judged(&with(1_000_000)).unwrap().warnings.len(), 1);
    assert!(judged(&with(2_000_000)).unwrap().warnings.is_empty());
}

#[test]
fn transactions_are_told_of_when_they_are_long_or_hold_what_the_files_want() {
    let warnings = |open| judged(&Facts { open: vec![open], ..healthy() }).unwrap().warnings;

    assert!(warnings(open(59, &["tasks"])).is_empty());
    assert!(warnings(open(60, &[]))[0].contains("pid 17 (psql, idle in transaction)"));
    assert!(warnings(open(2, &["contacts"]))[0].contains("locks `contacts`"));
    assert!(warnings(open(2, &["contacts_archive", "contact"])).is_empty(), "other words");
}

#[test]
fn prepared_transactions_are_told_of() {
    assert!(
        judged(&Facts { prepared: 1, ..healthy() }).unwrap().warnings[0].contains("1 transaction prepared")
    );
}
