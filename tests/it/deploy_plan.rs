//! `crmctl deploy --plan`, and the one shape of what `crmctl deploy --json` says.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::support::{Call, Database, Project, Which, crmctl};

const FIRST: &str = "20270101000000_first";
const NEXT: &str = "20270102000000_next";

fn deployed() -> (Database, Project) {
    let cloud = Database::empty_on(Which::Cloud);
    let project =
        Project::new().cloud(&cloud).migration(FIRST, "create table public.notes (id int primary key);");
    deploy(&project).success();
    (cloud, project)
}

fn deploy(project: &Project) -> Call {
    crmctl(project).args(["deploy", "--confirm", "cloud", "--allow", "S01", "--allow", "S09"])
}

fn plan(project: &Project) -> Call {
    crmctl(project).args(["deploy", "--plan"])
}

#[test]
fn a_plan_tells_everything_that_stops_a_deploy_and_ends_as_the_deploy_would() {
    let (cloud, project) = deployed();
    let staging = Database::empty();
    cloud.run("create table public.by_hand (id int primary key); insert into public.notes values (1)");
    let project = project
        .setting(&format!(
            "[environments.staging]\nurl = \"{}\"\n[deploy]\nrequires = \"staging\"\nbefore = [\"touch ran\"]",
            staging.url()
        ))
        .migration(NEXT, "drop table public.notes;");
    let (before, backups) = (cloud.world(), project.files("backups"));

    plan(&project)
        .refused()
        .says("`staging`")
        .answers("20270102000000_next")
        .answers("D01")
        .answers("takes ACCESS EXCLUSIVE on `public.notes`")
        .answers("drops table `notes`")
        .answers("touch ran")
        .answers("stops it: `migrations/20270102000000_next.sql` is not applied to `staging`")
        .answers("stops it: D01")
        .answers("stops it: `cloud` is not what its applied migrations make");
    before.assert_same(&cloud.world());
    assert!(!project.path().join("ran").exists());
    assert_eq!(project.files("backups"), backups);
    let report = plan(&project).args(["--json"]).refused().json()["report"].clone();
    let kinds: Vec<&Value> = report["stops"].as_array().unwrap().iter().map(|stop| &stop["kind"]).collect();
    assert_eq!(kinds, ["refused", "refused", "refused"], "{report}");
    assert_eq!(report["result"], "planned");
    assert_eq!(report["plan"]["hooks"]["before"][0], "touch ran");
}

#[test]
fn a_plan_whose_files_do_not_run_tells_the_rest_and_fails() {
    let (cloud, project) = deployed();
    let before = cloud.world();
    let project =
        project.migration(NEXT, "drop table public.notes; create schema a; create table a.a (id oops);");

    plan(&project).refused().answers("stops it: D01").answers("oops").answers("not rehearsed:");
    plan(&project).args(["--allow", "D01"]).failed().says("oops").says("next.sql:1:");
    before.assert_same(&cloud.world());
}

#[test]
fn what_came_of_a_deploy_has_one_shape_whatever_it_was() {
    let (_cloud, project) = deployed();
    let nothing = deploy(&project).args(["--json"]).success().json();
    let project = project.migration(NEXT, "create table public.tags (id int primary key);");
    let report_of = |call: Call| call.args(["--json"]).run().json()["report"].clone();

    let planned = report_of(deploy(&project).args(["--plan"]));
    let unconfirmed = report_of(crmctl(&project).args(["deploy", "--allow", "S01", "--allow", "S09"]));
    let linted = report_of(crmctl(&project).args(["deploy"]));
    let unreachable =
        report_of(deploy(&project).env("DATABASE_URL_PRODUCTION", "postgresql://x@127.0.0.1:1/x"));
    let project = project.setting("[deploy]\nafter = [\"false\"]");
    let unfinished = report_of(deploy(&project));
    let results = [&nothing["report"], &planned, &unconfirmed, &linted, &unreachable, &unfinished]
        .map(|report| &report["result"]);
    assert_eq!(results, ["nothing", "planned", "stopped", "stopped", "stopped", "stopped"]);
    let keys = |report: &Value| -> BTreeSet<String> {
        report.as_object().unwrap_or_else(|| panic!("{report} is no report")).keys().cloned().collect()
    };
    let documented = keys(&nothing["report"]);
    for report in [&planned, &unconfirmed, &linted, &unreachable, &unfinished] {
        assert_eq!(keys(report), documented, "{report}");
    }
    let page = std::fs::read_to_string(crate::support::repository().join("docs/deploy.md")).unwrap();
    for key in documented {
        assert!(page.contains(&format!("| `{key}` |")), "docs/deploy.md does not tell of `{key}`");
    }
    assert_eq!(unfinished["applied"][0], "20270102000000", "{unfinished}");
    assert!(unfinished["id"].is_string() && unfinished["backup"].is_string(), "{unfinished}");
}
