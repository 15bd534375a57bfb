use std::sync::Arc;
use std::time::Duration;

use super::answers::answered;
use super::rows::RowCheck;
use super::*;
use crate::pg::{Answer, Row, ServerError};
use crate::plan::Render as _;
use crate::ui::Style;

fn row(pairs: &[(&str, &str)]) -> Row {
    let columns: Vec<String> = pairs.iter().map(|(name, _)| (*name).to_owned()).collect();
    Row::new(Arc::from(columns), pairs.iter().map(|(_, value)| Some((*value).to_owned())).collect())
}

fn answer(rows: Vec<Row>) -> Answer {
    Answer { results: vec![rows], ..Answer::default() }
}

fn refusal(code: &str, position: Option<usize>) -> Answer {
    let error =
        ServerError { code: code.to_owned(), message: "no".to_owned(), position, ..ServerError::default() };
    Answer { error: Some(error), ..Answer::default() }
}

/// The check of a file's only rule or query, with these answers.
fn outcome(text: &str, answers: impl Fn(&RowCheck) -> Vec<Answer>) -> Check {
    let config = config_file::parse(VALIDATE_FILE, text).expect("a valid file");
    let mut asked = rows::row_checks(&facts::Facts::default(), &config, Depth::default());
    assert_eq!(asked.len(), 1);
    let asked = asked.remove(0);
    let answers = answers(&asked);
    answered(asked, answers, Duration::from_millis(7), config.timeout).remove(0)
}

const RULE: &str = "[[rules]]\nname = 'r'\nsql = '''\n-- why\nselect id\nfrom t;\n'''\n";

#[test]
fn a_rule_holds_without_rows_or_with_a_count_of_none() {
    let with = |rows: Vec<Row>| {
        outcome(RULE, |_| vec![answer(vec![]), answer(vec![]), answer(rows.clone()), answer(vec![])])
    };

    assert_eq!(with(Vec::new()).verdict, Verdict::Ok);
    assert_eq!(with(vec![row(&[("count", "0")])]).verdict, Verdict::Ok);
    assert_eq!(with(vec![row(&[("count", "12")])]).count, Some(12));
    let one = with(vec![row(&[("id", "0")])]);
    assert_eq!((one.verdict, one.count, one.duration_ms), (Verdict::Error, Some(1), Some(7)));
    assert_eq!(one.message, "`r` does not hold for 1 row");
}

#[test]
fn a_place_in_a_rule_is_a_place_in_the_file() {
    let prefix = "declare crmctl_rule no scroll cursor for ".len();
    // The server counts from its own message on: `t` is the 16th character of the query.
    let failed =
        outcome(RULE, |_| vec![answer(vec![]), refusal("42P01", Some(prefix + 16)), refusal("25P02", None)]);

    assert_eq!(failed.verdict, Verdict::Error);
    assert_eq!(failed.location.unwrap().to_string(), "validate.toml:6:6");
}

#[test]
fn a_check_that_was_stopped_was_not_passed() {
    for code in ["57014", "55P03"] {
        let stopped = outcome(RULE, |_| vec![answer(vec![]), answer(vec![]), refusal(code, None)]);
        assert_eq!(stopped.verdict, Verdict::Warning);
        assert!(stopped.message.starts_with("not checked"), "{}", stopped.message);
    }
}

#[test]
fn the_middle_one_of_three_runs_counts() {
    let plan = |ms: f64| {
        let json = format!("[{{\"Planning Time\": 1.0, \"Execution Time\": {ms}}}]");
        answer(vec![row(&[("QUERY PLAN", &json)])])
    };
    let query = "[[queries.check]]\nname = 'q'\nsql = 'select 1'\nbudget_ms = 20\n";
    let took = |times: [f64; 3]| {
        outcome(query, |asked| {
            assert_eq!(asked.messages.len(), 5);
            let measured = times.iter().map(|ms| plan(*ms));
            std::iter::once(answer(vec![])).chain(measured).chain([answer(vec![])]).collect()
        })
    };

    assert_eq!(took([900.0, 5.0, 6.0]).verdict, Verdict::Ok);
    let slow = took([1.0, 40.0, 30.0]);
    assert_eq!(
        (slow.verdict, slow.message.as_str()),
        (Verdict::Warning, "`q` takes 31 ms, its budget is 20 ms")
    );
}

#[test]
fn a_sql_of_several_statements_is_refused_at_the_second() {
    let text = "[[rules]]\nname = 'r'\nsql = '''\nselect 1;\n  delete from t\n'''\n";
    let error = config_file::parse(VALIDATE_FILE, text).expect_err("a chain");

    assert_eq!(crate::error::Explain::location(&error).unwrap().to_string(), "validate.toml:5:1");
}

#[test]
fn the_recommendation_follows_from_the_gravest_finding_and_severity_can_change_it() {
    let report = |severity: &[(Rule, Weight)]| {
        let checks = vec![
            Check::ok(Rule::InvalidIndex, "all", "3 indexes, all valid"),
            Check::warning(Rule::DeadRows, "public.t", "`public.t` is full").help("`vacuum`"),
        ];
        ValidationReport::new(
            Phase::Pre,
            checks,
            &severity.iter().copied().collect(),
            Duration::from_millis(40),
        )
    };

    let caution = report(&[]);
    assert_eq!((caution.exit_status(false).code(), caution.exit_status(true).code()), (0, 3));
    assert_eq!(
        caution.render(&Style::PLAIN),
        "indexes  1 ok\nhealth   0 ok, 1 warning\n\nwarning[dead_rows]: `public.t` is full\n   = `vacuum`\n\n\
         PROCEED WITH CAUTION: 1 ok, 1 warning in 40 ms"
    );
    assert_eq!(report(&[(Rule::DeadRows, Weight::Off)]).recommendation, Recommendation::SafeToProceed);
    let strict = report(&[
        (Rule::DeadRows, Weight::As(Verdict::Error)),
        (Rule::InvalidIndex, Weight::As(Verdict::Error)),
    ]);
    assert_eq!((strict.recommendation, strict.counts.errors), (Recommendation::DoNotProceed, 1));
}

#[test]
fn the_page_and_the_template_show_files_that_are_understood() {
    let page = include_str!("../../docs/validate.md");
    let examples: Vec<&str> =
        page.split("```toml\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
    let [validate, access] = examples[..] else { panic!("two examples: {examples:?}") };
    let config = config_file::parse(VALIDATE_FILE, validate).unwrap();
    assert_eq!((config.rules.len(), config.queries.len(), config.severity.len()), (1, 1, 2));
    assert_eq!(crate::access::parse_expectations(access).unwrap().expectations.len(), 2);

    let template = include_str!("../../templates/validate.toml");
    assert_eq!(config_file::parse(VALIDATE_FILE, template).unwrap(), ValidateConfig::default());
    let is_toml = |line: &&str| {
        line.starts_with("# [") || line.split_once(" = ").is_some_and(|(key, _)| !key[2..].contains(' '))
    };
    let lines: Vec<&str> =
        template.lines().filter(|line| line.len() > 2).filter(is_toml).map(|line| &line[2..]).collect();
    let written = config_file::parse(VALIDATE_FILE, &lines.join("\n")).unwrap();
    assert_eq!((written.rules.len(), written.references.len(), written.queries.len()), (1, 1, 1));
}
