use super::*;
use crate::access::file::parse;
use crate::error::Explain as _;
use crate::pg::TableName;
use crate::plan::Render as _;
use crate::ui::Style;

fn rows(rows: u64, own: u64) -> Reach {
    Reach::Rows { rows, own: Some(own) }
}

fn access(persona: &str, select: Reach, insert: Reach) -> Access {
    let (update, delete) = (Reach::NoGrant, Reach::NoGrant);
    Access { persona: persona.to_owned(), owned: Some(4), select, insert, update, delete }
}

fn table(total: u64, access: Vec<Access>) -> AccessTable {
    let personas = access.iter().map(|access| access.persona.clone()).collect();
    let table = TableAccess {
        table: TableName::new("public", "contacts"),
        row_level_security: true,
        owner: Some("sales_id".to_owned()),
        rows: Some(total),
        access,
    };
    AccessTable { limit: 1000, personas, missing: Vec::new(), tables: vec![table] }
}

fn words(expect: &str, table: &AccessTable) -> Vec<String> {
    let text = format!("[[expect]]\ntable = \"contacts\"\npersona = \"manager\"\n{expect}\n");
    let expectations = parse("access.toml", &text).unwrap();
    expectations.violations(table).into_iter().map(|violation| violation.words).collect()
}

#[test]
fn own_means_own_rows_and_no_others() {
    let sees = |reach: Reach| table(10, vec![access("manager", reach, Reach::NoGrant)]);

    assert_eq!(words("select = 'own'", &sees(rows(4, 4))), [] as [&str; 0]);
    assert_eq!(
        words("select = 'own'", &sees(rows(5, 4))),
        ["`manager` may read `public.contacts` (5 of 10 rows), expected own"]
    );
    assert_eq!(words("select = 'own'", &sees(rows(0, 0))).len(), 1, "its four rows are hidden from it");
    assert_eq!(words("select = 'all'", &sees(rows(4, 4))).len(), 1);
    assert_eq!(words("select = 4", &sees(rows(4, 4))).len(), 0);
    assert_eq!(
        words("insert = 'own'", &sees(rows(4, 4))),
        ["`manager` may not insert into `public.contacts`, expected own"]
    );
}

#[test]
fn the_last_line_about_something_counts() {
    let text = "[[expect]]\ntable = '*'\npersona = '*'\nselect = 'none'\n\
                [[expect]]\ntable = 'public.con*'\npersona = ['admin']\nselect = 'all'\n";
    let expectations = parse("access.toml", text).unwrap();
    let seen = table(
        3,
        vec![access("anon", rows(3, 0), Reach::NoGrant), access("admin", rows(3, 0), Reach::NoGrant)],
    );

    let violations = expectations.violations(&seen);
    assert_eq!(violations.len(), 1);
    assert_eq!((violations[0].persona.as_str(), violations[0].location.line), ("anon", 1));
}

#[test]
fn what_cannot_be_told_is_neither_kept_nor_broken() {
    let empty = table(0, vec![access("manager", rows(0, 0), Reach::NoGrant)]);
    let text = "[[expect]]\ntable = 'contacts'\npersona = ['manager', 'ghost']\nselect = 'none'\n";
    let expectations = parse("access.toml", text).unwrap();

    assert!(expectations.violations(&empty).is_empty());
    let unproved: Vec<String> =
        expectations.unproved(&empty).into_iter().map(|unproved| unproved.words).collect();
    assert_eq!(unproved.len(), 2, "{unproved:?}");
    assert!(unproved[0].contains("`ghost`") && unproved[1].contains("empty"), "{unproved:?}");
}

#[test]
fn a_wrong_word_is_an_error_with_its_place() {
    for (text, place) in [
        ("[[expect]]\ntable = 'a'\npersona = 'b'\nselect = 'sometimes'\n", "access.toml:4:10"),
        ("[[expect]]\ntable = 'a'\npersona = 'b'\nselects = 'all'\n", "access.toml:4:1"),
        ("[persona.a]\n", "access.toml:1:2"),
    ] {
        let error = parse("access.toml", text).expect_err(text);
        assert_eq!(error.location().unwrap().to_string(), place, "{error}");
    }
}

#[test]
fn changes_are_told_in_words_and_numbers_that_grow_are_none() {
    let closed = table(120, vec![access("anon", Reach::NoGrant, Reach::NoGrant)]);
    let open = table(120, vec![access("anon", rows(120, 0), Reach::NoGrant)]);
    let grown = table(130, vec![access("anon", rows(130, 0), Reach::NoGrant)]);
    let filtered = table(130, vec![access("anon", rows(7, 0), Reach::NoGrant)]);
    let told = |before: &AccessTable, after: &AccessTable| {
        changes(before, after).into_iter().map(|change| (change.opens, change.words)).collect::<Vec<_>>()
    };

    let opened = "`anon` may now read `public.contacts` (120 of 120 rows)";
    assert_eq!(told(&closed, &open), [(true, opened.to_owned())]);
    assert_eq!(told(&open, &closed), [(false, "`anon` may no longer read `public.contacts`".to_owned())]);
    assert_eq!(told(&open, &grown), []);
    assert!(!told(&grown, &filtered)[0].0);
    assert_eq!(told(&AccessTable { tables: Vec::new(), ..open.clone() }, &open), [(true, opened.to_owned())]);
}

#[test]
fn the_table_is_readable() {
    let seen = table(
        10,
        vec![access("anon", Reach::NoGrant, Reach::NoGrant), access("manager", rows(4, 4), Reach::Allowed)],
    );

    assert_eq!(
        seen.render(&Style::PLAIN),
        "table            rows  as       select  insert  update  delete\n\
         public.contacts    10  anon     -       -            -       -\n\
         \u{20}                      manager  own 4   yes          -       -"
    );
}
