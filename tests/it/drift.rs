//! `crmctl migrate drift`.

use crate::support::{Call, Database, Project, Which, crmctl};

fn drift(project: &Project) -> Call {
    crmctl(project).args(["migrate", "drift", "--env", "cloud"])
}

fn migrated() -> (Database, Project) {
    let cloud = Database::migrated(Which::Cloud);
    let project = Project::new().cloud(&cloud).with_crm_migrations();
    (cloud, project)
}

#[test]
fn a_database_that_only_migrations_changed_has_none() {
    let (cloud, project) = migrated();
    let before = cloud.world();

    drift(&project).success().answers("no drift");
    before.assert_same(&cloud.world());
}

#[test]
fn an_empty_database_without_migrations_has_none() {
    let cloud = Database::empty_on(Which::Cloud);
    drift(&Project::new().cloud(&cloud)).success().answers("no drift");
}

#[test]
fn pending_files_are_no_drift() {
    let (_cloud, project) = migrated();
    let project = project.migration("20270101000000_next", "alter table public.tags add column hue text;");

    drift(&project).success();
}

#[test]
fn every_change_by_hand_is_found_and_its_direction_told() {
    let (cloud, project) = migrated();
    cloud.run(
        "alter table public.contacts add column sneaky text; drop table public.contact_notes cascade; \
         alter table public.tags alter column color set default 'red'; create index by_hand on public.tags (name)",
    );

    let output = drift(&project).differs();
    output
        .answers("the database has column `contacts.sneaky`, which the migrations do not make")
        .answers("the database lacks table `contact_notes`, which the migrations make")
        .answers("the database has index `tags.by_hand`")
        .answers("column `tags.color` defaults to");
}

#[test]
fn drift_as_a_document_names_objects_and_facts() {
    let (cloud, project) = migrated();
    cloud.run("alter table public.contacts add column sneaky text");

    let document = drift(&project).args(["--json"]).differs().json();
    let found = &document["report"]["differences"][0];
    assert_eq!((&found["kind"], &found["name"]), (&"column".into(), &"contacts.sneaky".into()));
    assert_eq!((&found["change"], &document["outcome"]), (&"only_right".into(), &"differs".into()));
}

#[test]
fn a_file_that_is_edited_or_gone_counts_as_it_was_applied() {
    let cloud = Database::empty_on(Which::Cloud);
    let project = Project::new()
        .cloud(&cloud)
        .migration("20260101000000_one", "create table public.one (a integer);")
        .migration("20260102000000_two", "create table public.two (a integer); -- the end");
    crmctl(&project).args(["migrate", "up", "--env", "cloud", "--confirm", "cloud"]).success();
    project.write("migrations/20260101000000_one.sql", "create table public.one (a text);");
    std::fs::remove_file(project.path().join("migrations/20260102000000_two.sql")).unwrap();

    drift(&project).success().answers("no drift");
}

#[test]
fn where_the_platform_alone_can_run_the_migrations_drift_is_not_guessed() {
    let cloud = Database::empty_on(Which::Cloud);
    let project = Project::new().cloud(&cloud).migration("20260101000000_one", "select 1;");
    crmctl(&project).args(["migrate", "up", "--env", "cloud", "--confirm", "cloud"]).success();
    let platform = "create extension only_the_platform_has;";
    cloud.query(&format!(
        "update supabase_migrations.schema_migrations set statements = array['{platform}']; \
         delete from supabase_migrations.crmctl_migrations"
    ));
    project.write("migrations/20260101000000_one.sql", platform);

    let output = drift(&project).failed();
    output.says("drift cannot be told").says("only_the_platform_has").says("one.sql:1:1");
}

#[test]
fn what_nobody_kept_is_said() {
    let cloud = Database::empty_on(Which::Cloud);
    let project = Project::new().cloud(&cloud).migration("20260101000000_one", "select 1;");
    crmctl(&project).args(["migrate", "up", "--env", "cloud", "--confirm", "cloud"]).success();
    cloud.query("update supabase_migrations.schema_migrations set statements = null");
    std::fs::remove_file(project.path().join("migrations/20260101000000_one.sql")).unwrap();

    drift(&project).failed().says("nobody knows what migration `20260101000000` was");
}

#[test]
fn an_older_project_is_judged_by_the_rights_it_was_made_with() {
    let cloud = Database::empty_on(Which::Cloud);
    cloud.query(
        "alter default privileges for role postgres in schema public grant all on tables to anon, authenticated, service_role; \
         alter default privileges for role postgres in schema public grant all on sequences to anon, authenticated, service_role; \
         alter default privileges for role postgres in schema public grant all on functions to anon, authenticated, service_role",
    );
    let project =
        Project::new().cloud(&cloud).migration("20260101000000_one", "create table public.one (a serial);");
    crmctl(&project).args(["migrate", "up", "--env", "cloud", "--confirm", "cloud"]).success();

    drift(&project).success().answers("no drift");
}
