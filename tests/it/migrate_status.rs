//! `crmctl migrate status`, `new` and `lint`.

use crate::support::{Database, Project, crmctl};

const FIRST: &str = "20260101000000_first";
const SECOND: &str = "20260102000000_second";

#[test]
fn shows_what_is_applied_and_what_is_pending_and_changes_nothing() {
    let database = Database::empty();
    let project = Project::new().local(&database).migration(FIRST, "create table public.a ();");
    crmctl(&project).args(["migrate", "up"]).success();
    let project = project.migration(SECOND, "create table public.b ();");
    let before = database.world();

    let output = crmctl(&project).args(["migrate", "status"]).success();
    output.answers("applied").answers("pending");
    before.assert_same(&database.world());
}

#[test]
fn makes_no_history_table_by_looking() {
    let database = Database::empty();
    let project = Project::new().local(&database).migration(FIRST, "create table public.a ();");
    let before = database.world();

    crmctl(&project).args(["migrate", "status", "--exit-code"]).differs().answers("pending");
    before.assert_same(&database.world());
}

#[test]
fn tells_edited_missing_and_late_files_apart() {
    let database = Database::empty();
    let project = Project::new()
        .local(&database)
        .migration(FIRST, "create table public.a ();")
        .migration(SECOND, "create table public.b ();");
    crmctl(&project).args(["migrate", "up"]).success();
    std::fs::remove_file(project.path().join(format!("migrations/{SECOND}.sql"))).unwrap();
    let project =
        project.migration(FIRST, "create table public.z ();").migration("20260101120000_late", "select 1;");

    let answer = crmctl(&project).args(["migrate", "status", "--json"]).success().json();
    let text = answer.to_string();
    for state in ["edited", "missing", "out_of_order"] {
        assert!(text.contains(state), "no {state} in {text}");
    }
}

#[test]
fn names_from_the_database_do_not_reach_the_terminal_as_they_are() {
    let database = Database::empty();
    let project = Project::new().local(&database).migration(FIRST, "select 1;");
    crmctl(&project).args(["migrate", "up"]).success();
    database.run("insert into supabase_migrations.schema_migrations (version, name) values (E'2\\u001b[2J', E'a\\u001b[2J')");

    crmctl(&project).args(["migrate", "status"]).success().answers("missing locally").never_says("\u{1b}[2J");
    crmctl(&project).args(["migrate", "repair"]).differs().never_says("\u{1b}[2J");
    crmctl(&project).args(["migrate", "fetch"]).differs().never_says("\u{1b}[2J");
    crmctl(&project).args(["migrate", "verify", "--history-only"]).differs().never_says("\u{1b}[2J");
}

#[test]
fn warns_of_versions_of_different_lengths_and_of_down_files_beside_the_supabase_cli() {
    let database = Database::empty();
    let project = Project::new()
        .local(&database)
        .file("supabase/migrations/20260101000000_a.sql", "select 1;")
        .file("supabase/migrations/20260101000000_a.down.sql", "select 1;")
        .file("supabase/migrations/3_b.sql", "select 1;");

    let output = crmctl(&project).args(["migrate", "status"]).success();
    output.says("versions differ in length").says("the Supabase CLI takes `20260101000000_a.down.sql`");
}

#[test]
fn says_that_a_server_is_not_there() {
    let project = Project::new().cloud_at("postgresql://postgres:unused@127.0.0.1:1/postgres");

    let output = crmctl(&project).args(["migrate", "status", "--env", "cloud"]).failed();
    output.says("127.0.0.1:1").never_says("unused");
}

#[test]
fn names_the_environments_there_are_when_asked_for_another() {
    let project = Project::new().local(&Database::empty());

    crmctl(&project).args(["migrate", "status", "--env", "staging"]).usage().says("`staging`");
}

#[test]
fn new_makes_a_file_that_up_accepts() {
    let database = Database::empty();
    let project = Project::new().local(&database);

    crmctl(&project).args(["migrate", "new", "Add Contacts' phone"]).success();
    let files = project.files("migrations");
    assert_eq!(files.len(), 1);
    assert!(files[0].to_str().unwrap().ends_with("_phone.sql"), "{files:?}");
    crmctl(&project).args(["migrate", "up"]).success();
    assert_eq!(database.applied().len(), 1);
}

#[test]
fn lint_finds_a_dropped_column_and_says_where() {
    let project =
        Project::new().migration(FIRST, "select 1;\nalter table public.contacts drop column phone;\n");

    crmctl(&project).args(["migrate", "lint"]).differs().answers("first.sql:2:");
}

#[test]
fn lint_has_nothing_against_the_crms_own_migrations() {
    let project = Project::new().with_crm_migrations();

    crmctl(&project).args(["migrate", "lint"]).success();
}
