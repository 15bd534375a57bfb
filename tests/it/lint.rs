//! `crmctl migrate lint`.

use serde_json::Value;

use crate::support::{Database, Project, Which, crmctl, repository};

const FIRST: &str = "20270101000000_first";
const SECOND: &str = "20270102000000_second";

fn rules(document: &Value, list: &str) -> Vec<String> {
    let findings = document["report"][list].as_array().expect("a list of findings");
    let mut rules: Vec<String> =
        findings.iter().map(|finding| finding["rule"].as_str().expect("a rule").to_owned()).collect();
    rules.dedup();
    rules
}

#[test]
fn our_own_migrations_are_free_of_findings() {
    let project = Project::new().with_crm_migrations();

    let output = crmctl(&project).args(["migrate", "lint", "--deny", "notes"]).success();
    output.answers("nothing to complain about in 14 files");
}

#[test]
fn a_danger_is_shown_with_its_line_and_a_comment_with_a_reason_silences_it() {
    let project = Project::new().migration(FIRST, "select 1;\n  drop table public.a;");
    let output = crmctl(&project).args(["migrate", "lint"]).differs();
    output
        .answers("error[D01]")
        .answers("20270101000000_first.sql:2:3")
        .answers("1 error and 0 warnings in 1 file");

    let project = project
        .migration(FIRST, "select 1;\n-- crmctl:allow D01 because nobody uses it\ndrop table public.a;");
    crmctl(&project).args(["migrate", "lint"]).success().answers("nothing to complain about");
}

#[test]
fn warnings_fail_only_where_they_are_denied() {
    let project = Project::new().migration(FIRST, "set role anon;");

    crmctl(&project).args(["migrate", "lint"]).success().answers("warning[H02]");
    crmctl(&project).args(["migrate", "lint", "--deny", "warnings"]).differs().answers("warning[H02]");
}

#[test]
fn files_are_found_wherever_they_are_and_a_missing_one_is_a_mistake() {
    let project = Project::new()
        .migration(FIRST, "drop table public.a;")
        .file("elsewhere/b.sql", "drop table public.b;")
        .file("c.sql", "drop schema c;");

    let output = crmctl(&project).args(["migrate", "lint", "elsewhere/b.sql", "c.sql"]).differs();
    output.answers("elsewhere/b.sql:1:1").answers("c.sql:1:1").never_says("public.a");
    crmctl(&project).args(["migrate", "lint", &format!("{FIRST}.sql")]).differs().answers("public.a");
    crmctl(&project).args(["migrate", "lint", "no/such.sql"]).usage().says("there is no file `no/such.sql`");
}

#[test]
fn json_sarif_and_annotations_say_the_same() {
    let project = Project::new().migration(FIRST, "select 1;\n  drop table public.a;");
    let lint = |format: &str| crmctl(&project).args(["migrate", "lint", "--format", format]).differs();

    let json = lint("json").json();
    assert_eq!((json["command"].as_str(), json["outcome"].as_str()), (Some("migrate lint"), Some("differs")));
    assert_eq!(rules(&json, "findings"), ["D01"]);
    assert_eq!(json, crmctl(&project).args(["migrate", "lint", "--json"]).differs().json());
    let sarif = lint("sarif").json();
    assert_eq!(sarif["version"], "2.1.0");
    assert_eq!(sarif["runs"][0]["results"][0]["ruleId"], "D01");
    lint("github").answers("::error file=migrations/20270101000000_first.sql,line=2,col=3,title=D01::");
}

#[test]
fn a_secret_is_found_and_never_shown() {
    let sql = "alter role reporting password 'correct-horse-battery';\nset role a; select 'postgresql://a:correct-horse-battery@db.example.com/x';";
    let project = Project::new().migration(FIRST, sql);

    for format in ["text", "json", "sarif", "github"] {
        let call = crmctl(&project).env("A_PASSWORD", "correct-horse-battery");
        call.args(["migrate", "lint", "--format", format]).differs().answers("S14");
    }
}

#[test]
fn only_pending_files_are_weighed_with_the_sizes_of_an_environment() {
    let cloud = Database::migrated(Which::Cloud);
    cloud.query("create table public.big (id bigint primary key, name text)");
    cloud.query("insert into public.big select i, i from generate_series(1, 20000) i");
    cloud.query("create table public.empty (id bigint primary key, name text)");
    cloud.query("analyze");
    let project = Project::new()
        .cloud(&cloud)
        .with_crm_migrations()
        .migration(FIRST, "create index on public.big (name);\ncreate index on public.empty (name);");
    let before = cloud.world();

    let output = crmctl(&project).args(["migrate", "lint", "--env", "cloud"]).differs();
    output.answers("error[L01]").answers("1 error and 0 warnings in 1 file").never_says("public.empty");
    before.assert_same(&cloud.world());
}

#[test]
fn the_schema_that_pending_files_lead_to_is_checked() {
    let cloud = Database::migrated(Which::Cloud);
    let sql = "create materialized view public.sums as select count(*) as n from public.contacts; \
               grant select on public.sums to authenticated;";
    let project = Project::new().cloud(&cloud).with_crm_migrations().migration(FIRST, sql);
    let json = |project: &Project| {
        crmctl(project).args(["migrate", "lint", "--env", "cloud", "--json"]).success().json()
    };

    assert_eq!(rules(&json(&project), "catalog"), ["C02"]);
    let excused = format!("-- crmctl:allow C02 because the numbers are public\n{sql}");
    assert_eq!(rules(&json(&project.migration(FIRST, &excused)), "catalog"), Vec::<String>::new());
}

#[test]
fn nothing_pending_is_nothing_to_complain_about() {
    let cloud = Database::migrated(Which::Cloud);
    let project = Project::new().cloud(&cloud).with_crm_migrations();

    let output = crmctl(&project).args(["migrate", "lint", "--env", "cloud"]).success();
    output.answers("nothing to complain about in 0 files");
}

/// The bad and the good examples of the pages of rules that only a schema shows, each a migration.
fn examples(number: usize) -> Project {
    let mut project = Project::new();
    // Only hosted projects let `postgres` make what C03 wants.
    for id in [1, 2, 4, 5, 6, 7] {
        let page = repository().join(format!("docs/rules/C0{id}.md"));
        let page = std::fs::read_to_string(page).unwrap();
        let fence = page.split("```sql\n").nth(number).unwrap().split("```").next().unwrap();
        let sql = format!("create schema if not exists private;\n{fence}");
        project = project.migration(&format!("2027010100000{id}_example"), &sql);
    }
    project
}

#[test]
fn the_bad_examples_of_the_pages_are_found_in_the_schema_and_the_good_ones_are_not() {
    let catalog = |project: &Project| {
        let document = crmctl(project).args(["migrate", "lint", "--catalog", "--json"]).run().json();
        rules(&document, "catalog").into_iter().filter(|rule| rule.starts_with('C')).collect::<Vec<String>>()
    };

    assert_eq!(catalog(&examples(1)), ["C01", "C02", "C04", "C05", "C06", "C07"]);
    assert_eq!(catalog(&examples(2)), Vec::<String>::new());
}

#[test]
fn a_schema_that_cannot_be_made_is_a_warning() {
    let project = Project::new().migration(FIRST, "select 1;").migration(SECOND, "select 1 / 0;");

    crmctl(&project).args(["migrate", "lint", "--catalog"]).success().says("the schema was not checked");
}
