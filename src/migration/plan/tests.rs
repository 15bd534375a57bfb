use super::*;
use crate::environment::EnvironmentName;
use crate::error::{Explain, Kind};
use crate::migration::file::test_file;
use crate::migration::history_row::{ExtraRow, test_history};
use crate::migration::version::Checksum;

fn directory<const N: usize>(files: [(&str, &str); N]) -> Directory {
    Directory {
        files: files.map(|(title, text)| Arc::new(test_file(title, text))).into(),
        ..Directory::default()
    }
}

fn titles(plan: &MigrationPlan) -> Vec<String> {
    plan.steps.iter().map(|step| step.file.title()).collect()
}

fn to(version: &str) -> Options {
    Options { to: Some(Version::stored(version)), ..Options::default() }
}

#[test]
fn applies_what_is_pending_in_order() {
    let files = directory([("1_a", "select 1"), ("2_b", "select 2"), ("3_c", "select 3")]);
    let plan = plan(&files, &test_history([("1_a", "select 1")]), &Options::default()).unwrap();

    assert_eq!(titles(&plan), ["2_b", "3_c"]);
    assert_eq!(plan.hazards(), [Hazard::ChangesSchema("2 migrations".to_owned())]);
    assert_eq!(plan.render(&Style::PLAIN), "2 migrations to apply:\n  2_b  1 statement\n  3_c  1 statement");
}

#[test]
fn plans_nothing_when_everything_is_applied() {
    let files = directory([("1_a", "select 1")]);
    let plan = plan(&files, &test_history([("1_a", "select 1")]), &Options::default()).unwrap();

    assert!(plan.is_empty() && plan.hazards().is_empty());
}

#[test]
fn stops_at_the_version_asked_for() {
    let files = directory([("1_a", ""), ("2_b", ""), ("3_c", "")]);
    let plan = plan(&files, &History::default(), &to("2")).unwrap();

    assert_eq!(titles(&plan), ["1_a", "2_b"]);
}

#[test]
fn refuses_a_version_nobody_knows() {
    let error = plan(&directory([("1_a", "")]), &History::default(), &to("9")).expect_err("there is no 9");
    assert_eq!(error.kind(), Kind::Usage);
}

#[test]
fn refuses_a_file_edited_after_it_was_applied() {
    let files = directory([("1_a", "select 2")]);
    let error =
        plan(&files, &test_history([("1_a", "select 1")]), &Options::default()).expect_err("it was edited");

    assert_eq!(error.to_string(), "`migrations/1_a.sql` was edited after being applied");
}

#[test]
fn refuses_when_an_applied_file_is_missing() {
    let error = plan(&directory([]), &test_history([("1_a", ""), ("2_b", "")]), &Options::default());

    let error = error.expect_err("the files are gone");
    assert_eq!(error.to_string(), "applied to the database, but without a file: `1`, `2`");
}

#[test]
fn what_is_told_to_type_names_the_environment() {
    let cloud = |history: History| History { environment: Some(EnvironmentName::known("cloud")), ..history };
    let help = |files: &Directory, history: History| {
        let error = plan(files, &cloud(history), &Options::default()).expect_err("they disagree");
        error.help().expect("something to type")
    };

    let missing = help(&directory([]), test_history([("1_a", "")]));
    assert!(missing.contains("`crmctl migrate fetch --env cloud`"), "{missing}");
    assert!(missing.contains("`crmctl migrate repair --env cloud --reverted 1`"), "{missing}");
    let edited = help(&directory([("1_a", "select 2")]), test_history([("1_a", "select 1")]));
    assert!(edited.contains("`crmctl migrate repair --env cloud`"), "{edited}");
    let late = help(&directory([("1_a", ""), ("2_b", "")]), test_history([("2_b", "")]));
    assert!(late.contains("`crmctl migrate up --env cloud --out-of-order`"), "{late}");
}

#[test]
fn a_file_that_is_gone_half_way_through_is_missing() {
    let history = stopped_half_way(&test_file("1_a", "vacuum a; vacuum b;"), 1);
    let error = plan(&directory([]), &history, &Options::default()).expect_err("the file is gone");

    assert!(matches!(error, PlanError::MissingLocally { .. }));
}

#[test]
fn refuses_an_older_file_unless_asked_for_it() {
    let files = directory([("1_a", "select 1"), ("2_b", "")]);
    let history = test_history([("2_b", "")]);

    let error = plan(&files, &history, &Options::default()).expect_err("1 is older than 2");
    assert_eq!(error.to_string(), "`migrations/1_a.sql` is older than `2`, which is applied already");

    let options = Options { out_of_order: true, ..Options::default() };
    assert_eq!(titles(&plan(&files, &history, &options).unwrap()), ["1_a"]);
}

#[test]
fn a_single_transaction_refuses_a_barrier_and_names_its_statement() {
    let files = directory([("1_a", "select 1"), ("2_b", "select 1;\ncreate index concurrently i on t (a);")]);
    let options = Options { single_transaction: true, ..Options::default() };
    let error = plan(&files, &History::default(), &options).expect_err("2 is a barrier");

    assert_eq!(
        error.to_string(),
        "`migrations/2_b.sql` cannot run in a single transaction: the server refuses `create index concurrently` inside one"
    );
    assert_eq!(error.location().expect("there is a place").to_string(), "migrations/2_b.sql:2:1");
}

fn stopped_half_way(file: &MigrationFile, statements_done: usize) -> History {
    let state = RunState::Partial { statements_done, prefix: file.prefix_checksum(statements_done) };
    let extra = ExtraRow { checksum: Checksum::of(&file.text), state };
    History { extras: [(file.version.clone(), extra)].into(), ..History::default() }
}

#[test]
fn a_file_that_stopped_half_way_is_resumed_even_if_its_rest_was_corrected() {
    let failed = test_file("1_a", "vacuum a; vacuum oops;");
    let files = directory([("1_a", "vacuum a; vacuum b;")]);
    let plan = plan(&files, &stopped_half_way(&failed, 1), &Options::default()).unwrap();

    assert_eq!(plan.steps[0].first_statement, 1);
    assert!(plan.render(&Style::PLAIN).ends_with("1_a  1 statement, resumes at statement 2"));
}

#[test]
fn a_file_that_stopped_half_way_is_refused_if_what_is_done_was_edited() {
    let failed = test_file("1_a", "vacuum a; vacuum oops;");
    let files = directory([("1_a", "vacuum c; vacuum b;")]);
    let error = plan(&files, &stopped_half_way(&failed, 1), &Options::default()).expect_err("it was edited");

    assert!(matches!(error, PlanError::EditedBeforeResume { statements_done: 1, .. }));
}

#[test]
fn the_plan_as_json_names_files_and_not_their_text() {
    let plan =
        plan(&directory([("1_a", "select 'secret'")]), &History::default(), &Options::default()).unwrap();
    let json = serde_json::to_value(&plan).unwrap();

    assert_eq!(json["steps"][0]["version"], "1");
    assert_eq!(json["steps"][0]["action"], "transaction");
    assert!(!json.to_string().contains("secret"));
}
