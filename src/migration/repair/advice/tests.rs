use std::sync::Arc;

use super::*;
use crate::migration::file::test_file;
use crate::migration::history_row::{ExtraRow, test_history};

fn directory<const N: usize>(files: [(&str, &str); N]) -> Directory {
    let files = files.map(|(title, text)| Arc::new(test_file(title, text))).to_vec();
    Directory { files, ..Directory::default() }
}

fn advice(directory: &Directory, history: &History) -> Advice {
    advise(directory, history, &EnvironmentName::known("cloud"))
}

fn commands(advice: &Advice) -> Vec<&str> {
    advice.disagreements.iter().flat_map(|found| &found.ways).map(|way| way.command.as_str()).collect()
}

#[test]
fn files_and_history_that_agree_need_no_repair() {
    let advice = advice(&directory([("1_a", "select 1"), ("2_b", "")]), &test_history([("1_a", "select 1")]));

    assert_eq!(
        advice.render(&Style::PLAIN),
        "nothing to repair: files and history agree; 1 migration pending"
    );
    assert_eq!(advice.exit_status(), ExitStatus::Success);
}

#[test]
fn an_edit_is_shown_with_its_place_and_both_ways_out() {
    let files = directory([("1_a", "select 1;\nselect 3;")]);
    let advice = advice(&files, &test_history([("1_a", "select 1; select 2;")]));

    assert_eq!(
        advice.disagreements[0].why,
        "statement 2 is not the one that was applied (migrations/1_a.sql:2:1)"
    );
    let expected =
        ["git checkout -- migrations/1_a.sql", "crmctl migrate repair --env cloud --accept-edited 1"];
    assert_eq!(commands(&advice), expected);
    assert_eq!(advice.exit_status(), ExitStatus::Differs);
}

#[test]
fn statements_more_or_less_are_told_apart() {
    let why = |text: &str| {
        let advice = advice(&directory([("1_a", text)]), &test_history([("1_a", "select 1; select 2;")]));
        advice.disagreements[0].why.clone()
    };

    assert_eq!(why("select 1;"), "`migrations/1_a.sql` has 1 statement, and 2 were applied");
    assert_eq!(
        why("select 1; select 2; select 3;"),
        "statement 3 was not there when it was applied (migrations/1_a.sql:1:21)"
    );
}

#[test]
fn a_missing_and_a_late_file_have_two_ways_out_each() {
    let advice = advice(&directory([("1_a", "select 1")]), &test_history([("2_b", "")]));

    let expected = [
        "crmctl migrate up --env cloud --out-of-order",
        "crmctl migrate repair --env cloud --applied 1",
        "crmctl migrate fetch --env cloud",
        "crmctl migrate repair --env cloud --reverted 2",
    ];
    assert_eq!(commands(&advice), expected);
    let text = advice.render(&Style::PLAIN);
    assert!(
        text.starts_with("2 disagreements to repair; nothing was changed\n\n1_a  out of order\n"),
        "{text}"
    );
}

fn stopped(file: &MigrationFile) -> History {
    let state = RunState::Partial { statements_done: 1, prefix: file.prefix_checksum(1) };
    let extra = ExtraRow { checksum: file.checksum.clone(), state };
    History { extras: [(file.version.clone(), extra)].into(), ..History::default() }
}

#[test]
fn a_file_that_stopped_is_shown_with_the_next_statement() {
    let history = stopped(&test_file("1_a", "vacuum a;\nvacuum b;"));
    let found = advice(&directory([("1_a", "vacuum a;\nvacuum b;")]), &history);

    assert_eq!(
        found.disagreements[0].why,
        "it stopped behind statement 1 of 2; the next is `vacuum` (migrations/1_a.sql:2:1)"
    );
    assert_eq!(commands(&found)[0], "crmctl migrate up --env cloud");

    let edited = advice(&directory([("1_a", "vacuum z;\nvacuum b;")]), &history);
    assert!(!commands(&edited).contains(&"crmctl migrate up --env cloud"));
    let gone = advice(&directory([]), &history);
    assert_eq!(commands(&gone), ["crmctl migrate repair --env cloud --reverted 1"]);
}

#[test]
fn a_missing_file_that_cannot_be_fetched_is_looked_for_in_git() {
    let mut history = test_history([("1_a", "")]);
    history.rows[0].statements = None;
    let directory = Directory { path: "migrations".into(), ..Directory::default() };
    let advice = advice(&directory, &history);

    let found = &advice.disagreements[0];
    let why = "it is applied, and there is no such file; it cannot be fetched: the history holds no statements of it";
    assert_eq!(found.why, why);
    assert_eq!(commands(&advice)[0], "git log --all --oneline -- 'migrations/1_*'");
}

#[test]
fn what_is_told_to_type_is_literal_to_a_shell() {
    let mut history = test_history([("1_a", "")]);
    history.rows[0].version = Version::stored("1'; rm -rf \u{1b}x");
    let advice = advice(&directory([]), &history);

    let expected = "crmctl migrate repair --env cloud --reverted '1'\\''; rm -rf  x'";
    assert_eq!(commands(&advice)[1], expected);
}
