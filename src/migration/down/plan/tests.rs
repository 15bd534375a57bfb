use std::sync::Arc;

use super::*;
use crate::error::Explain;
use crate::migration::file::{MigrationFile, test_file};
use crate::migration::history_row::test_history;

fn directory(files: &[(&str, &str)], downs: &[(&str, &str)]) -> Directory {
    let all = |list: &[(&str, &str)]| -> Vec<Arc<MigrationFile>> {
        list.iter().map(|(title, text)| Arc::new(test_file(title, text))).collect()
    };
    Directory { files: all(files), downs: all(downs), ..Directory::default() }
}

fn versions(list: &[&str]) -> Vec<Version> {
    list.iter().map(|version| Version::stored(*version)).collect()
}

const A: (&str, &str) = ("1_a", "create table a (x int);");
const B: (&str, &str) =
    ("2_b", "alter table a add column y int;\n-- crmctl:down\n-- alter table a drop column y;");
const C: (&str, &str) = ("3_c", "update a set x = 1;");
const C_DOWN: (&str, &str) = ("3_c", "update a set x = 0;");

#[test]
fn goes_back_by_steps_or_to_a_version() {
    let history = test_history([A, B, C]);

    assert_eq!(select(&history, &Wanted::Steps(2)).unwrap(), versions(&["3", "2"]));
    assert_eq!(select(&history, &Wanted::To(Version::stored("1"))).unwrap(), versions(&["3", "2"]));
    assert_eq!(select(&history, &Wanted::Steps(4)), Err(DownError::TooManySteps { asked: 4, applied: 3 }));
    assert_eq!(
        select(&history, &Wanted::To(Version::stored("9"))),
        Err(DownError::NotApplied { version: Version::stored("9") })
    );
}

#[test]
fn the_newest_is_undone_first_each_by_what_there_is() {
    let plan = plan(&directory(&[A, B, C], &[C_DOWN]), &test_history([A, B, C]), &versions(&["1", "2", "3"]));
    let plan = plan.expect("everything can be undone");

    let sources: Vec<Source> = plan.steps.iter().map(|step| step.source).collect();
    assert_eq!(sources, [Source::Written, Source::Section, Source::Inverse]);
    assert!(plan.is_atomic() && !plan.is_written());
    assert_eq!(
        plan.with_rows(|_| Some(3)).render(&Style::PLAIN),
        "3 migrations to undo, in one transaction:\n  3_c  by its down file\n    update a set x = 0;\n\
         \x20 2_b  by its down section\n    alter table a drop column y;\n  loses column `a.y` with 3 values\n\
         \x20 1_a  by the inverse of each statement\n    drop table a;\n  loses table `a` with 3 rows"
    );
}

#[test]
fn lost_rows_are_a_hazard_and_an_empty_table_is_none() {
    let plan = || plan(&directory(&[A], &[]), &test_history([A]), &versions(&["1"])).unwrap();

    let hazards = plan().with_rows(|_| Some(2)).hazards();
    assert_eq!(hazards[1..], [Hazard::DropsData("table `a` with 2 rows".into())]);
    assert_eq!(plan().with_rows(|_| Some(0)).hazards().len(), 1);
    assert_eq!(plan().hazards()[1..], [Hazard::DropsData("table `a` with its rows".into())]);
}

#[test]
fn what_cannot_be_undone_is_named_with_its_place_and_the_file_to_write() {
    let error = plan(&directory(&[A, C], &[]), &test_history([A, C]), &versions(&["3"])).unwrap_err();

    assert_eq!(
        error.to_string(),
        "`update` cannot be undone by itself: the rows as they were before are known to nobody"
    );
    assert_eq!(error.location().unwrap().to_string(), "migrations/3_c.sql:1:1");
    assert_eq!(
        error.help().unwrap(),
        "write the statements that undo the file into `migrations/3_c.down.sql`, or as comments behind `-- crmctl:down` in it"
    );
}

#[test]
fn states_that_leave_a_doubt_are_refused() {
    let undo = |directory: &Directory, history: &History| plan(directory, history, &versions(&["2"]));

    let edited = directory(&[A, ("2_b", "create table c ();")], &[]);
    let error = undo(&edited, &test_history([A, B])).unwrap_err();
    assert_eq!(error, DownError::Edited { path: "migrations/2_b.sql".into() });
    let error = undo(&directory(&[A], &[]), &test_history([A, B])).unwrap_err();
    assert_eq!(error, DownError::MissingLocally { version: Version::stored("2") });
    let error = undo(&directory(&[A, B, C], &[]), &test_history([A, B, C])).unwrap_err();
    assert!(matches!(error, DownError::NotNewest { .. }), "{error}");
    let error = undo(&directory(&[A, B], &[("2_b", "select 1;")]), &test_history([A, B])).unwrap_err();
    assert_eq!(error, DownError::TwoHalves { path: "migrations/2_b.sql".into() });
}

#[test]
fn a_half_without_anything_is_taken_for_a_mistake_and_a_comment_is_not() {
    let undo = |half| plan(&directory(&[A], &[("1_a", half)]), &test_history([A]), &versions(&["1"]));

    assert_eq!(undo("\n").unwrap_err(), DownError::EmptyHalf { title: "1_a".into() });
    assert_eq!(undo("-- nothing to undo").unwrap().steps[0].sql, [""; 0]);
}

#[test]
fn row_level_security_is_not_switched_off_when_an_older_file_switched_it_on() {
    let older = ("1_a", "create table a (); alter table a enable row level security;");
    let newer = ("2_b", "alter table public.a enable row level security;");
    let error = plan(&directory(&[older, newer], &[]), &test_history([older, newer]), &versions(&["2"]));

    assert!(matches!(error, Err(DownError::NotInvertible { .. })));
}

#[test]
fn an_error_in_a_down_section_has_its_place_in_the_file() {
    let file = ("1_a", "create table a ();\n-- crmctl:down\n-- select 'oops;");
    let error = plan(&directory(&[file], &[]), &test_history([file]), &versions(&["1"])).unwrap_err();

    let at = error.location().expect("it has a place");
    assert_eq!(
        (at.to_string().as_str(), at.excerpt.as_str()),
        ("migrations/1_a.sql:3:11", "-- select 'oops;")
    );
}
