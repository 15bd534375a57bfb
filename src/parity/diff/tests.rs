use super::*;
use crate::parity::TableDigest;
use crate::parity::fixture::table;

fn side(tables: Vec<(Table, u64, &str)>) -> Side {
    let digests = tables
        .iter()
        .map(|(table, rows, digest)| {
            (table.name.clone(), TableDigest { rows: *rows, digest: (*digest).to_owned() })
        })
        .collect();
    Side { tables: tables.into_iter().map(|(table, _, _)| table).collect(), digests, ..Side::default() }
}

fn notes(data_type: &str) -> Table {
    table("notes", &[("id", "integer"), ("text", data_type)], &["id"])
}

fn verdict(left: &Side, right: &Side, level: Level) -> Verdict {
    compare(left, right, level).tables[0].verdict
}

#[test]
fn as_many_rows_with_other_contents_differ_only_where_contents_are_compared() {
    let (left, right) = (side(vec![(notes("text"), 2, "a")]), side(vec![(notes("text"), 2, "b")]));

    assert_eq!(verdict(&left, &right, Level::All), Verdict::ContentsDiffer);
    // Where rows are only counted, both digests are empty.
    let (left, right) = (side(vec![(notes("text"), 2, "")]), side(vec![(notes("varchar"), 2, "")]));
    assert_eq!(verdict(&left, &right, Level::Counts), Verdict::Equal);
}

#[test]
fn rows_of_other_columns_are_never_called_equal() {
    let (left, right) = (side(vec![(notes("text"), 2, "a")]), side(vec![(notes("integer"), 2, "a")]));

    assert_eq!(verdict(&left, &right, Level::Contents), Verdict::ColumnsDiffer);
    assert!(
        suspects(&left, &right, &compare(&left, &right, Level::Contents).tables, Level::Contents).is_empty()
    );
}

#[test]
fn a_table_that_one_side_lacks_is_a_difference() {
    let (left, right) = (side(vec![(notes("text"), 0, "a")]), side(Vec::new()));

    assert_eq!(verdict(&left, &right, Level::Counts), Verdict::OnlyLeft);
    assert_eq!(verdict(&right, &left, Level::Counts), Verdict::OnlyRight);
}

#[test]
fn a_table_with_a_key_on_one_side_only_is_compared_as_a_bag() {
    let mut without = notes("text");
    without.primary_key.clear();
    let (left, right) = (side(vec![(notes("text"), 2, "a")]), side(vec![(without, 3, "b")]));

    let tables = compare(&left, &right, Level::All).tables;
    let suspects = suspects(&left, &right, &tables, Level::All);
    assert_eq!((suspects[0].compared_as, suspects[0].rows), (ComparedAs::BagOfOtherKeys, 3));
}

#[test]
fn histories_that_differ_are_told_with_their_heads() {
    let with = |versions: &[&str]| Side {
        history: Some(versions.iter().map(ToString::to_string).collect()),
        ..Side::default()
    };

    let difference =
        compare(&with(&["1", "2"]), &with(&["1", "3"]), Level::Schema).history.expect("they differ");
    assert_eq!((difference.only_left, difference.only_right), (vec!["2".to_owned()], vec!["3".to_owned()]));
    assert_eq!(difference.right_head.as_deref(), Some("3"));
    assert_eq!(compare(&with(&["1"]), &with(&["1"]), Level::Schema).history, None);
}

#[test]
fn a_user_who_cannot_log_in_on_either_side_is_a_finding() {
    let user = |id: &str, problems: &[&str]| TestUser {
        id: id.to_owned(),
        role: None,
        problems: problems.iter().map(ToString::to_string).collect(),
    };
    let with = |user: TestUser| Side {
        test_users: Some([("a@test.local".to_owned(), user)].into()),
        ..Side::default()
    };
    let verdict = |left, right| compare(&with(left), &with(right), Level::All).test_users[0].verdict;

    assert_eq!(verdict(user("1", &[]), user("1", &[])), UserVerdict::Equal);
    assert_eq!(verdict(user("1", &["it is banned"]), user("1", &["it is banned"])), UserVerdict::CannotLogIn);
    assert_eq!(verdict(user("1", &[]), user("2", &[])), UserVerdict::IdDiffers);
}

#[test]
fn a_key_of_the_same_columns_in_another_order_is_the_same_key() {
    let mut ours = notes("text");
    ours.primary_key = vec!["text".to_owned(), "id".to_owned()];
    let mut theirs = notes("text");
    theirs.primary_key = vec!["id".to_owned(), "text".to_owned()];

    assert_eq!(compared_as(&ours, &theirs), ComparedAs::Keyed);
    theirs.primary_key.clear();
    assert_eq!(compared_as(&theirs, &theirs), ComparedAs::BagWithoutKey);
}
