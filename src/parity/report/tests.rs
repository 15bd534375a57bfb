use super::*;
use crate::parity::rows::{ColumnDifference, ComparedAs, Found, RowDifference};
use crate::plan::Render as _;
use crate::ui::Style;

fn report(verdict: Verdict, rows: RowDifferences) -> ParityReport {
    let table = TableName::new("public", "contacts");
    let tables =
        vec![TableParity { table: table.clone(), left: Some(3), right: Some(3), verdict, columns: None }];
    let comparison = Comparison { tables, ..Comparison::default() };
    ParityReport::new(
        ("local".to_owned(), "cloud".to_owned()),
        Level::Contents,
        comparison,
        [(table, rows)].into(),
    )
}

fn found(values: Option<(Option<String>, Option<String>)>) -> RowDifferences {
    let row = RowDifference {
        key: vec![Some("7".to_owned())],
        columns: vec![ColumnDifference { column: "email".to_owned(), values }],
        text: "(7)".to_owned(),
        ..RowDifference::default()
    };
    RowDifferences {
        key: vec!["id".to_owned()],
        changed: Found { count: 1, rows: vec![row] },
        ..RowDifferences::default()
    }
}

#[test]
fn a_row_is_named_by_its_key_and_the_columns_that_differ() {
    let report = report(Verdict::ContentsDiffer, found(None));

    assert_eq!(
        report.render(&Style::PLAIN),
        "         table          local       cloud\n\
         differs  contacts           3           3  the contents differ\n           \
           1 row differs\n             \
             row id=7 differs in email\n\
         local and cloud differ (compared: contents of all tables)"
    );
    assert_eq!(report.exit_status(), ExitStatus::Differs);
}

#[test]
fn values_are_shown_when_the_report_has_them() {
    let report = report(Verdict::ContentsDiffer, found(Some((Some("a@b".to_owned()), None))));

    let text = report.render(&Style::PLAIN);
    assert!(text.contains("row id=7 differs in email (`a@b` in local, NULL in cloud)"), "{text}");
}

#[test]
fn equality_says_what_was_compared() {
    let report = report(Verdict::Equal, RowDifferences::default());

    assert!(
        report
            .render(&Style::PLAIN)
            .ends_with("local and cloud are equal (compared: contents of all tables)")
    );
    assert_eq!(report.exit_status(), ExitStatus::Success);
}

fn hostile() -> ParityReport {
    let mut rows =
        found(Some((Some("]]></failure>|`a`".to_owned()), Some("\u{1b}[2J\n::error::x".to_owned()))));
    rows.truncated = true;
    let mut report = report(Verdict::ContentsDiffer, rows);
    report.tables[0].table = TableName::new("public", "a\"><b>|`@everyone`\n");
    report.rows = report.rows.into_values().map(|rows| (report.tables[0].table.clone(), rows)).collect();
    report
}

#[test]
fn a_ci_system_gets_a_test_case_for_each_table() {
    let junit = report(Verdict::ContentsDiffer, found(None)).junit();

    assert_eq!(
        junit,
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <testsuites name=\"crmctl verify: local and cloud\" tests=\"1\" failures=\"1\" errors=\"0\">\n  \
           <testsuite name=\"rows\" tests=\"1\" failures=\"1\" errors=\"0\" skipped=\"0\">\n    \
             <testcase classname=\"crmctl.verify.rows\" name=\"contacts\">\n      \
               <failure type=\"differs\" message=\"the contents differ: 1 row differs\">row id=7 differs in email</failure>\n    \
             </testcase>\n  \
           </testsuite>\n\
         </testsuites>"
    );
}

#[test]
fn a_comment_names_what_differs_and_counts_the_rest() {
    let markdown = report(Verdict::ContentsDiffer, found(None)).markdown();

    assert_eq!(
        markdown,
        "### crmctl verify: local and cloud differ\n\n\
         Compared: contents of all tables.\n\n\
         | differs | what |\n| --- | --- |\n\
         | `contacts` | `the contents differ: 1 row differs` |\n\n\
         0 of 1 checks are equal.\n\n\
         - `contacts`\n  - `row id=7 differs in email`"
    );
    let equal = report(Verdict::Equal, RowDifferences::default()).markdown();
    assert!(equal.ends_with("Nothing differs in 1 check."), "{equal}");
}

#[test]
fn a_name_or_a_value_cannot_pass_for_a_line_of_the_answer() {
    let mut report = hostile();
    let name = TableName::new("public", "a\nequal    schema\u{1b}[32m");
    report.tables[0].table = name.clone();
    report.rows = report.rows.into_values().map(|rows| (name.clone(), rows)).collect();

    let text = report.render(&Style::PLAIN);
    assert_eq!(text.lines().count(), 5, "{text}");
    assert!(text.contains("a\\nequal    schema\u{fffd}[32m") && !text.contains('\u{1b}'), "{text}");
}

#[test]
fn hostile_names_and_values_stay_inside_their_place() {
    let report = hostile();

    let junit = report.junit();
    assert!(junit.contains("name=\"a&quot;&gt;&lt;b&gt;|`@everyone`&#10;\""), "{junit}");
    assert!(junit.contains("]]&gt;&lt;/failure&gt;") && !junit.contains('\u{1b}'), "{junit}");
    let markdown = report.markdown();
    assert!(markdown.contains("| `` a\"><b>\\|`@everyone`  `` |"), "{markdown}");
    assert!(!markdown.contains('\u{1b}') && !markdown.contains("\n::"), "{markdown}");
    let annotation = report.annotations().remove(0).command();
    assert_eq!(annotation.lines().count(), 1, "{annotation}");
}

#[test]
fn a_row_without_a_key_is_told_by_where_it_is_and_how_often() {
    let row = |copies| RowDifference {
        place: Some("contacts (0,3)".to_owned()),
        copies: Some(copies),
        ..RowDifference::default()
    };
    let rows = RowDifferences {
        compared_as: ComparedAs::BagWithoutKey,
        only_left: Found { count: 4, rows: vec![row((3, 1)), row((1, 0)), row((2, 0))] },
        ..RowDifferences::default()
    };

    let report = report(Verdict::CountsDiffer, rows);
    assert_eq!(
        report.rows_in_words(),
        [
            "contacts row at contacts (0,3) is 3 times in local, once in cloud",
            "contacts row at contacts (0,3) only in local",
            "contacts row at contacts (0,3) only in local, 2 times"
        ]
    );
    let text = report.render(&Style::PLAIN);
    assert!(
        text.contains("it has no primary key: a row that changed is one that only one side has"),
        "{text}"
    );
}

#[test]
fn at_most_ten_remarks_are_made_and_the_last_one_counts_the_others() {
    let mut report = report(Verdict::CountsDiffer, RowDifferences::default());
    report.tables = vec![report.tables[0].clone(); 25];

    let annotations = report.annotations();
    assert_eq!(annotations.len(), 10);
    assert_eq!(annotations[9].message, "16 more checks differ");
}
