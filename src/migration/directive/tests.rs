use super::*;
use crate::error::Explain;
use crate::migration::file::test_file;
use crate::migration::statement::split;

fn directives(text: &str) -> Directives {
    read("a.sql", text, &split("a.sql", text).unwrap()).map(|found| found.directives).expect("they are right")
}

fn refusal(text: &str) -> ScriptError {
    match read("a.sql", text, &split("a.sql", text).unwrap()) {
        Ok(_) => panic!("it is not right: {text}"),
        Err(error) => error,
    }
}

#[test]
fn directives_stand_in_the_comments_at_the_head_with_or_without_a_space() {
    assert!(directives("-- why\n-- crmctl: no-transaction\nselect 1").no_transaction);
    assert!(directives("--crmctl:no-transaction").no_transaction);
    assert!(!directives("select '-- crmctl: no-transaction'").no_transaction);
    assert!(!directives("do $$ begin\n-- crmctl: no-transaction\nend $$").no_transaction);
    assert!(directives("-- pg-delta: transaction=false\r\nselect 1").no_transaction);
    assert!(!directives("\n-- pg-delta: transaction=false").no_transaction);
}

#[test]
fn times_have_units() {
    let found = directives("-- crmctl:lock-timeout 500ms\n-- crmctl: statement-timeout 10 min\nselect 1");

    assert_eq!(found.lock_timeout, Some(Duration::from_millis(500)));
    assert_eq!(found.statement_timeout, Some(Duration::from_mins(10)));
    assert_eq!(directives("-- crmctl:lock-timeout 0").lock_timeout, Some(Duration::ZERO));
    assert_eq!(refusal("-- crmctl:lock-timeout 5").to_string(), "`5` does not fit behind `lock-timeout`");
}

#[test]
fn a_version_may_be_required() {
    assert_eq!(directives("-- crmctl:requires-version 17").requires_version, Some(17));
    assert_eq!(
        refusal("-- crmctl:requires-version").to_string(),
        "`requires-version` lacks what belongs behind it"
    );
}

#[test]
fn a_typo_is_told_with_its_place_and_what_was_meant() {
    let error = refusal("select 1;\n  -- crmctl: alow D01 because I know\nselect 2;");

    assert_eq!(error.to_string(), "`alow` is no directive of crmctl's");
    assert_eq!(error.at.to_string(), "a.sql:2:3");
    assert_eq!(error.help().unwrap(), "did you mean `-- crmctl:allow`?");
    assert!(refusal("-- crmctl: wurst").help().unwrap().starts_with("there are `no-transaction`"));
}

#[test]
fn what_is_for_the_whole_file_stands_at_its_head() {
    let error = refusal("select 1;\n-- crmctl:no-transaction\n");
    assert_eq!(error.problem, Problem::Directive(DirectiveProblem::NotAtHead("no-transaction".into())));
}

#[test]
fn everything_behind_the_down_line_is_cut_off_and_uncommented() {
    let file = test_file(
        "1_a",
        "create table a ();\n\n-- crmctl:down\n-- drop table a;\n--\n--   -- gone\n--select 1;\n",
    );

    assert_eq!(*file.text, "create table a ();\n\n");
    assert_eq!(file.statements.len(), 1);
    assert_eq!(file.checksum, test_file("1_a", "create table a ();").checksum);
    let section = file.down_section().expect("it has one");
    assert_eq!(section.sql(), "\n\n\ndrop table a;\n\n  -- gone\nselect 1;");
}

#[test]
fn a_place_in_the_down_section_is_a_place_in_the_file() {
    let file = test_file("1_a", "select 1;\n-- crmctl:down\n-- drop\n--   oops;");
    let section = file.down_section().expect("it has one");
    let at = Location::of_offset("a.sql", &section.sql(), section.sql().find("oops").unwrap());

    let at = section.in_file(at);
    assert_eq!((at.to_string().as_str(), at.excerpt.as_str()), ("a.sql:4:6", "--   oops;"));
}

#[test]
fn a_down_section_that_others_would_run_is_refused() {
    let error = refusal("create table a ();\n-- crmctl:down\n-- drop\n  table a;\n");
    assert_eq!(error.problem, Problem::Directive(DirectiveProblem::DownNotCommented));
    assert_eq!(error.at.to_string(), "a.sql:4:3");

    assert_eq!(test_file("1_a", "select 1;\n-- crmctl:down\n-- select 2\n;\n").text.as_str(), "select 1;\n");

    let error = refusal("select 1; -- crmctl:down\n-- select 2;");
    assert_eq!(error.problem, Problem::Directive(DirectiveProblem::DownNotAlone));
    let error = refusal("select 1;\n-- crmctl:down\n-- crmctl:verify select true");
    assert_eq!((error.problem, error.at.line), (Problem::Directive(DirectiveProblem::BehindDown), 3));
}

#[test]
fn the_down_halves_of_other_tools_are_refused() {
    let error = refusal("-- migrate:up\ncreate table a ();\n-- migrate:down\ndrop table a;\n");
    assert_eq!(error.problem, Problem::Directive(DirectiveProblem::ForeignDown("migrate:down")));
    assert_eq!(error.at.to_string(), "a.sql:3:1");

    assert_eq!(refusal("-- +goose Up\nselect 1;\n-- +goose Down\nselect 2;").at.line, 3);
    for marker in ["+migrate Down notransaction", "rambler down", "Down Migration"] {
        assert_eq!(
            refusal(&format!("create table a ();\n-- {marker}\ndrop table a;\n")).at.line,
            2,
            "{marker}"
        );
    }
    for harmless in
        ["select 'migrate:down'", "-- migrate:down\n-- drop table a;", "-- Down migration: none\nselect 1;"]
    {
        assert_eq!(directives(&format!("-- migrate:up\n{harmless}")), Directives::default(), "{harmless}");
    }
}

#[test]
fn verify_lines_are_found_with_their_numbers_and_not_inside_bodies() {
    let text = "create table a ();\n-- crmctl:verify select count(*) = 0 from a;\n-- other\ndo $$\n-- crmctl:verify no\n$$;";
    let found: Vec<_> = verify_queries(text).collect();

    assert_eq!(found, [VerifyQuery { line: 2, query: "select count(*) = 0 from a" }]);
}

#[test]
fn a_squashed_file_names_what_it_was_made_of() {
    let found = directives("-- crmctl: squashed-from 1,2\n-- crmctl: squashed-from 3\nselect 1");
    assert_eq!(found.squashed_from, ["1", "2", "3"].map(Version::stored));
}
