//! `crmctl sync` where a user has what crmctl calls its own.

use crate::support::{Database, Project, Which, crmctl};

#[test]
fn a_schema_that_somebody_called_like_the_staging_schema_is_left_alone() {
    let (local, cloud) = (Database::empty(), Database::empty_on(Which::Cloud));
    for database in [&local, &cloud] {
        database.run(
            "create table public.a (id int primary key); insert into public.a values (1); \
             create schema crmctl_sync; create table crmctl_sync.precious (id int primary key); \
             insert into crmctl_sync.precious values (7)",
        );
    }
    let project = Project::new().local(&local).cloud(&cloud);
    let before = cloud.world();

    for mode in ["auto", "staged"] {
        let output =
            crmctl(&project).args(["sync", "--force", "--confirm", "cloud", "--mode", mode]).refused();
        output
            .says("the schema `crmctl_sync` of `local` is not crmctl's")
            .says("alter schema crmctl_sync rename to");
    }
    local.run("alter schema crmctl_sync rename to mine");
    let output = crmctl(&project).args(["sync", "--force", "--confirm", "cloud"]).refused();
    output.says("the schema `crmctl_sync` of `cloud` is not crmctl's");
    before.assert_same(&cloud.world());
}

#[test]
fn names_with_line_breaks_quotes_and_statements_in_them_are_names() {
    let (local, cloud) = (Database::empty(), Database::empty_on(Which::Cloud));
    for database in [&local, &cloud] {
        database.run(
            "create table public.precious (id int primary key); insert into public.precious values (7); \
             create table public.\"a\n; drop table public.precious; --\" (\"new\nline\" int primary key, \"'; \\ \"\" --\" text)",
        );
    }
    local.run("insert into public.\"a\n; drop table public.precious; --\" values (1, E'\\\\.\\n')");
    let project = Project::new().local(&local).cloud(&cloud);

    for mode in ["full", "bulk", "staged", "delta"] {
        cloud.run("update public.\"a\n; drop table public.precious; --\" set \"new\nline\" = 2");
        crmctl(&project).args(["sync", "--force", "--confirm", "cloud", "--mode", mode]).success();
        local.world().only("rows public").assert_same(&cloud.world().only("rows public"));
    }
}
