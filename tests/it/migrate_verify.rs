//! `crmctl migrate verify`: history, files and database of one mind, or not.

use crate::support::{Database, Project, crmctl};

const FIRST: &str = "20260101000000_first";
const SECOND: &str = "20260102000000_second";

fn applied(database: &Database) -> Project {
    let project = Project::new()
        .local(database)
        .migration(FIRST, "create table public.a (id int primary key);")
        .migration(SECOND, "alter table public.a enable row level security;");
    crmctl(&project).args(["migrate", "up"]).success();
    project
}

#[test]
fn a_database_that_is_what_its_migrations_make_passes_and_nothing_is_changed() {
    let database = Database::empty();
    let project = applied(&database).migration("20260103000000_pending", "create table public.later ();");
    let before = database.world();

    let output = crmctl(&project).args(["migrate", "verify"]).success();
    output.answers("2 applied, 1 pending").answers("no drift");
    before.assert_same(&database.world());
}

#[test]
fn an_edited_and_a_missing_file_are_found_without_a_server() {
    let database = Database::empty();
    let project = applied(&database);
    std::fs::remove_file(project.path().join(format!("migrations/{SECOND}.sql"))).unwrap();
    let project = project.migration(FIRST, "create table public.a (id bigint primary key);");

    let output = crmctl(&project).args(["migrate", "verify", "--history-only"]).differs();
    output
        .answers("statement 1 is not the one that was applied")
        .answers("crmctl migrate fetch --env local")
        .never_says("drift");
}

#[test]
fn a_change_beside_the_migrations_is_found() {
    let database = Database::empty();
    let project = applied(&database);
    database.run("alter table public.a disable row level security; create table public.extra ();");

    let document = crmctl(&project).args(["migrate", "verify", "--json"]).differs().json();
    let text = document.to_string();
    assert!(text.contains("extra") && text.contains("row_security"), "{text}");
    crmctl(&project).args(["migrate", "verify", "--history-only"]).success();
}

#[test]
fn an_edited_file_does_not_hide_that_the_schema_is_what_was_applied() {
    let database = Database::empty();
    let project = applied(&database).migration(SECOND, "select 'edited';");

    let output = crmctl(&project).args(["migrate", "verify"]).differs();
    output.answers("history: 1 migration not as applied").answers("no drift");
}
