use super::*;
use crate::parity::rows::ColumnDifference;

fn report(verdict: Verdict, rows: RowDifferences) -> ParityReport {
    let table = TableName::new("public", "contacts");
    let tables = vec![TableParity { table: table.clone(), left: Some(3), right: Some(3), verdict }];
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
