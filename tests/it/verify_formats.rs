//! The formats of `crmctl verify`, as CI systems and pull requests read them.

use crate::support::{Call, Database, Project, Which, crmctl};

struct Pair {
    project: Project,
    #[expect(dead_code, reason = "it is gone when this is dropped")]
    databases: [Database; 2],
}

/// Two databases that differ in one row of a table with a name of bad intentions.
fn pair() -> Pair {
    let (local, cloud) = (Database::empty(), Database::empty_on(Which::Cloud));
    for (database, value) in [(&local, "x"), (&cloud, "y")] {
        database.run(&format!(
            "create table \"a]]>|`<b>\n::error::x\" (id text primary key, v text); \
             insert into \"a]]>|`<b>\n::error::x\" values ('@everyone <img>', '{value}'); create table same (id int)"
        ));
    }
    Pair { project: Project::new().local(&local).cloud(&cloud), databases: [local, cloud] }
}

fn verify(pair: &Pair) -> Call {
    crmctl(&pair.project).args(["verify", "--level", "contents"])
}

#[test]
fn junit_is_xml_with_a_test_case_for_each_table() {
    let output = verify(&pair()).args(["--format", "junit"]).differs();

    let xml = &output.stdout;
    assert!(xml.starts_with("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites "), "{output}");
    assert_eq!(xml.matches("<testcase ").count(), 2, "{output}");
    assert!(xml.contains("tests=\"2\" failures=\"1\"") && xml.contains("name=\"same\"/>"), "{output}");
    assert!(xml.contains("name=\"a]]&gt;|`&lt;b&gt;&#10;::error::x\""), "{output}");
    assert!(xml.contains("row id=@everyone &lt;img&gt; differs in v"), "{output}");
}

#[test]
fn markdown_holds_what_databases_say_in_code() {
    let output = verify(&pair()).args(["--format", "markdown"]).differs();

    let text = &output.stdout;
    assert!(text.starts_with("### crmctl verify: local and cloud differ\n"), "{output}");
    assert!(
        text.contains("| ``a]]>\\|`<b> ::error::x`` | `the contents differ: 1 row differs` |"),
        "{output}"
    );
    assert!(text.contains("`row id=@everyone <img> differs in v`"), "{output}");
}

#[test]
fn json_is_the_same_by_both_of_its_names() {
    let pair = pair();

    let by_format = verify(&pair).args(["--format", "json"]).differs().json();
    assert_eq!(by_format, verify(&pair).args(["--json"]).differs().json());
    assert_eq!(by_format["report"]["equal"], false);
}

#[test]
fn in_github_actions_what_differs_is_annotated_and_the_summary_has_a_table() {
    let pair = pair();
    let summary = pair.project.path().join("summary.md");
    let on_github =
        |call: Call| call.env("GITHUB_ACTIONS", "true").env("GITHUB_STEP_SUMMARY", summary.to_str().unwrap());

    let output = on_github(verify(&pair)).differs();
    let commands: Vec<&str> = output.stdout.lines().filter(|line| line.starts_with("::")).collect();
    assert_eq!(commands.len(), 1, "{output}");
    assert!(
        commands[0].starts_with("::error title=crmctl verify") && commands[0].contains("1 row differs"),
        "{output}"
    );
    let text = std::fs::read_to_string(&summary).unwrap();
    assert!(text.contains("\n| differs | what |\n| --- | --- |\n| ``a]]>"), "{text}");

    // Nothing may stand beside a document.
    for format in ["json", "junit"] {
        let output = on_github(verify(&pair).args(["--format", format])).differs();
        assert!(!output.stdout.lines().any(|line| line.starts_with("::")), "{output}");
    }
}
