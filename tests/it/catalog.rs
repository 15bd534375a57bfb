//! The snapshot of a schema: every change is told by the object that changed, and what is the same is equal.

mod cases;
mod equal;
mod restored;

use crmctl::cancel::Cancel;
use crmctl::catalog::{self, Catalog, diff};
use crmctl::pg::{Session, Target};

use crate::support::{Database, wait_for};
use cases::{ATTACHED, Case, OTHERS, TABLES};
use equal::EQUAL;

/// A session that may do everything, on a database of its own.
async fn session(database: &Database) -> Session {
    of_url(&database.admin_url()).await
}

async fn of_url(url: &str) -> Session {
    let target = Target {
        environment: "test".parse().unwrap(),
        url: url.parse().unwrap(),
        application_name: "crmctl tests".to_owned(),
    };
    Session::open(&target, &Cancel::default()).await.expect("a session")
}

async fn run(session: &mut Session, sql: &str) {
    if let Err(error) = session.run(sql).await {
        panic!("{error}\nin: {sql}");
    }
}

async fn snapshot(session: &mut Session) -> Catalog {
    let rows = session.query(&catalog::snapshot::query()).await.expect("a snapshot");
    Catalog::from_rows(&rows).expect("a catalog")
}

/// What a change makes of the base, as the names of the objects that differ.
async fn changed(session: &mut Session, base: &Catalog, change: &str) -> (Vec<String>, Catalog) {
    run(session, "begin read write; set local search_path = public").await;
    run(session, change).await;
    let catalog = snapshot(session).await;
    run(session, "rollback").await;
    let names = diff(base, &catalog).iter().map(|difference| difference.object.to_string()).collect();
    (names, catalog)
}

async fn based(session: &mut Session) -> Catalog {
    let base = include_str!("catalog/base.sql");
    run(session, &format!("begin read write; set local search_path = public; {base}; commit")).await;
    snapshot(session).await
}

#[test]
fn a_session_that_read_a_schema_still_cannot_write() {
    let database = Database::empty();
    let error = wait_for(async {
        let mut session = session(&database).await;
        catalog::read(&mut session).await.expect("a catalog");
        let error = session.run("create table public.t ()").await.expect_err("it only reads");
        session.close().await;
        error
    });
    assert_eq!(error.code(), Some("25006"), "{error}");
}

fn tell_apart(cases: &[Case]) {
    let database = Database::empty();
    let wrong = wait_for(async {
        let mut session = session(&database).await;
        let base = based(&mut session).await;
        let mut wrong = String::new();
        for (change, expected) in cases {
            let (names, catalog) = changed(&mut session, &base, change).await;
            if names != *expected || catalog.hash() == base.hash() {
                wrong += &format!("{change}\n  expected {expected:?}\n  found    {names:?}\n");
            }
        }
        session.close().await;
        wrong
    });
    assert_eq!(wrong, "");
}

#[test]
fn every_change_of_a_table_is_told_by_the_object_that_changed() {
    tell_apart(TABLES);
}

#[test]
fn every_change_of_what_hangs_on_tables_is_told_by_the_object_that_changed() {
    tell_apart(ATTACHED);
}

#[test]
fn every_change_of_what_is_no_table_is_told_by_the_object_that_changed() {
    tell_apart(OTHERS);
}

#[test]
fn schemas_that_do_not_differ_are_equal() {
    let database = Database::empty();
    let wrong = wait_for(async {
        let mut session = session(&database).await;
        let base = based(&mut session).await;
        let mut wrong = String::new();
        for change in EQUAL {
            let (names, catalog) = changed(&mut session, &base, change).await;
            if !names.is_empty() || catalog.hash() != base.hash() {
                wrong += &format!("{change}\n  found {names:?}\n");
            }
        }
        session.close().await;
        wrong
    });
    assert_eq!(wrong, "");
}
