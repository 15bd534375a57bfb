//! Every rule has a page that tells the truth about it: the bad example is found, the good one is not.

use std::collections::BTreeSet;
use std::path::PathBuf;

use crate::lint::{LiveFacts, RULES, lint_with_notes};
use crate::migration::file::test_file;

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("docs/rules")
}

/// The bad and the good example of a page.
fn examples(id: &str) -> (String, String) {
    let page = std::fs::read_to_string(folder().join(format!("{id}.md"))).expect("the rule has a page");
    let mut fences = page.split("```sql\n").skip(1).map(|rest| rest.split("```").next().unwrap_or_default());
    let [bad, good] = [fences.next(), fences.next()].map(|fence| fence.expect("two examples").to_owned());
    (bad, good)
}

fn finds(id: &str, sql: &str) -> bool {
    let file = test_file("1_example", sql);
    lint_with_notes(&[&file], &LiveFacts::default()).iter().any(|finding| finding.rule == id)
}

#[test]
fn every_rule_has_a_page_and_every_page_a_rule() {
    let names = std::fs::read_dir(folder()).expect("the folder is there");
    let pages: BTreeSet<String> = names
        .map(|entry| entry.expect("it can be read").file_name().to_string_lossy().replace(".md", ""))
        .filter(|name| name != "README")
        .collect();
    let rules: BTreeSet<String> = RULES.iter().map(|rule| rule.id.to_owned()).collect();

    assert_eq!(pages, rules);
    let index = std::fs::read_to_string(folder().join("README.md")).expect("there is a list");
    for rule in RULES {
        let line = format!("| [{0}]({0}.md) | {1} | {2} |", rule.id, rule.name, rule.summary);
        assert!(index.contains(&line), "the list lacks {line}");
    }
}

#[test]
fn every_bad_example_is_found_and_no_good_one_is() {
    // What only a schema shows is tested on a server.
    for rule in RULES.iter().filter(|rule| !rule.id.starts_with('C')) {
        let (bad, good) = examples(rule.id);
        assert!(finds(rule.id, &bad), "{} does not find:\n{bad}", rule.id);
        assert!(!finds(rule.id, &good), "{} finds:\n{good}", rule.id);
    }
}
