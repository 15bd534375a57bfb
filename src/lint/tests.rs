use std::collections::BTreeMap;

use super::*;
use crate::migration::file::test_file;

fn findings(text: &str, facts: &LiveFacts) -> Vec<String> {
    let file = test_file("1_a", text);
    let mut findings = lint_with_notes(&[&file], facts);
    findings.sort_by_key(|finding| (finding.location.line, finding.location.column));
    findings.iter().map(|finding| format!("{} {}", finding.severity.word(), finding.rule)).collect()
}

/// What is found when nobody knows the database.
pub(crate) fn found(text: &str) -> Vec<String> {
    without_notes(findings(text, &LiveFacts::default()))
}

/// The same with matters of style.
pub(crate) fn found_with_notes(text: &str) -> Vec<String> {
    findings(text, &LiveFacts::default())
}

/// What is found when these are all the tables of the database.
pub(crate) fn found_live<const N: usize>(text: &str, tables: [(&str, u64); N]) -> Vec<String> {
    let tables: BTreeMap<String, u64> = tables.map(|(name, rows)| (name.to_owned(), rows)).into();
    without_notes(findings(text, &LiveFacts { existing_tables: Some(tables), ..LiveFacts::default() }))
}

fn without_notes(found: Vec<String>) -> Vec<String> {
    found.into_iter().filter(|finding| !finding.starts_with("note")).collect()
}

#[test]
fn an_excuse_with_a_reason_silences_the_next_statement_only() {
    let text = "-- crmctl:allow D01 because it moved to private\ndrop table a;\ndrop table b;";
    assert_eq!(found(text), ["error D01"]);
}

#[test]
fn an_excuse_silences_no_other_rule() {
    assert_eq!(found("-- crmctl:allow D04 because of it\ndrop table a;"), ["error D01"]);
}

#[test]
fn a_later_file_may_secure_what_an_earlier_one_creates() {
    let first = test_file("1_a", "create table a (id text primary key); grant select on a to anon;");
    let second = test_file(
        "2_b",
        "alter table a enable row level security; create policy p on a for select using (true);",
    );

    assert!(lint(&[&first, &second], &LiveFacts::default()).is_empty());
}

#[test]
fn what_stands_in_a_function_body_is_not_found() {
    assert!(found("do $$ begin drop table a; end $$; -- drop table b\nselect 'drop table c'").is_empty());
}

#[test]
fn a_finding_names_file_line_and_column() {
    let file = test_file("1_a", "select 1;\n\n-- gone\n  drop table a;");
    let findings = lint(&[&file], &LiveFacts::default());

    assert_eq!(findings[0].location.to_string(), "migrations/1_a.sql:4:3");
}

#[test]
fn what_a_later_statement_replaces_is_not_found() {
    let open = "create policy p on a for select using (auth.uid() = b);";
    let closed = "create policy p on a for select using ((select auth.uid()) = b);";
    assert!(found(&format!("{open} drop policy if exists p on public.a; {closed}")).is_empty());
    assert_eq!(found(&format!("drop policy if exists p on a; {open}")), ["warning S10"]);

    let function = "create or replace function private.f(a int) returns int language sql security definer";
    assert!(found(&format!("{function} as ''; {function} set search_path = '' as '';")).is_empty());
}
