//! `crmctl migrate fetch`: files made from the history.

use crate::support::{Database, Project, crmctl};

const FIRST: &str = "20260101000000_first";
const SECOND: &str = "20260102000000_second";

const AWKWARD: &str = "-- why\ncreate table public.a (b text default ';'); -- the end of it\n\n\n\
    create function public.f() returns int language sql begin atomic select 1; end;\n\
    insert into public.a values ('it''s'), (E'\\\\'), ($$;$$) -- no end\n;\nselect 1 /* a; b */\n-- only a comment\n";

fn remove(project: &Project, title: &str) {
    std::fs::remove_file(project.path().join(format!("migrations/{title}.sql"))).unwrap();
}

fn names(project: &Project) -> Vec<String> {
    let files = project.files("migrations");
    files.iter().map(|path| path.file_name().unwrap().to_str().unwrap().to_owned()).collect()
}

#[test]
fn writes_files_that_are_the_applied_ones() {
    let database = Database::empty();
    let project = Project::new().local(&database).migration(FIRST, AWKWARD).migration(SECOND, "");
    crmctl(&project).args(["migrate", "up"]).success();
    remove(&project, FIRST);
    remove(&project, SECOND);
    crmctl(&project).args(["migrate", "status", "--exit-code"]).differs().answers("missing locally");
    let before = database.world();

    crmctl(&project).args(["migrate", "fetch"]).success().answers("2 files written");
    assert_eq!(names(&project), [format!("{FIRST}.sql"), format!("{SECOND}.sql")]);
    crmctl(&project).args(["migrate", "status", "--exit-code"]).success();
    before.assert_same(&database.world());

    let other = Database::empty();
    let elsewhere = Project::new().local(&other);
    for title in [FIRST, SECOND] {
        let path = format!("migrations/{title}.sql");
        elsewhere.write(&path, &std::fs::read_to_string(project.path().join(&path)).unwrap());
    }
    crmctl(&elsewhere).args(["migrate", "up"]).success();
    assert_eq!(
        other.column("select b from public.a order by b"),
        database.column("select b from public.a order by b")
    );
}

#[test]
fn a_dry_run_writes_nothing() {
    let database = Database::empty();
    let project = Project::new().local(&database).migration(FIRST, "create table public.a ();");
    crmctl(&project).args(["migrate", "up"]).success();
    remove(&project, FIRST);

    crmctl(&project).args(["migrate", "fetch", "--dry-run"]).success().answers("20260101000000_first.sql");
    assert!(names(&project).is_empty());
}

#[test]
fn a_fresh_clone_without_a_folder_gets_one() {
    let database = Database::empty();
    let project = Project::new().local(&database).migration(FIRST, "create table public.a ();");
    crmctl(&project).args(["migrate", "up"]).success();
    std::fs::remove_dir_all(project.path().join("migrations")).unwrap();

    crmctl(&project).args(["migrate", "fetch"]).success();
    assert_eq!(names(&project), [format!("{FIRST}.sql")]);
}

#[test]
fn nothing_is_fetched_when_every_file_is_there_not_even_an_edited_one() {
    let database = Database::empty();
    let project = Project::new().local(&database).migration(FIRST, "create table public.a ();");
    crmctl(&project).args(["migrate", "up"]).success();
    let project = project.migration(FIRST, "create table public.mine ();");

    crmctl(&project).args(["migrate", "fetch"]).success().answers("nothing to fetch");
    let text = std::fs::read_to_string(project.path().join(format!("migrations/{FIRST}.sql"))).unwrap();
    assert_eq!(text, "create table public.mine ();");
}

#[test]
fn what_the_history_does_not_hold_is_reported_and_the_rest_is_written() {
    let database = Database::empty();
    let project = Project::new()
        .local(&database)
        .migration(FIRST, "create table public.a (b int);\ncopy public.a from stdin;\n1\n\\.\n")
        .migration(SECOND, "select 2;")
        .migration("20260103000000_third", "select 3;");
    crmctl(&project).args(["migrate", "up"]).success();
    database.run(
        "update supabase_migrations.schema_migrations set statements = null where version like '20260103%'",
    );
    for title in [FIRST, SECOND, "20260103000000_third"] {
        remove(&project, title);
    }

    let output = crmctl(&project).args(["migrate", "fetch"]).differs();
    output
        .answers("20260101000000: stored statements leave out COPY data")
        .answers("20260103000000: the history holds no statements of it")
        .answers("1 file written");
    assert_eq!(names(&project), [format!("{SECOND}.sql")]);
}

#[test]
fn names_from_the_database_stay_in_the_folder() {
    let database = Database::empty();
    let project = Project::new().local(&database).migration(FIRST, "select 1;");
    crmctl(&project).args(["migrate", "up"]).success();
    database.run(
        "insert into supabase_migrations.schema_migrations (version, name, statements) values \
         ('20260102000000', '../../outside', array['select 2']), \
         ('../20260103000000', 'evil', array['select 3']), \
         ('20260104000000', repeat('long', 200), array['select 4']), \
         ('20260105000000', 'x.down', array['select 5'])",
    );

    let output = crmctl(&project).args(["migrate", "fetch"]).differs();
    output.answers("../20260103000000: its version is not made of digits");
    let names = names(&project);
    assert_eq!(names.len(), 4, "{names:?}");
    assert_eq!(names[1], "20260102000000_______outside.sql");
    assert_eq!(names[3], "20260105000000_x_down.sql");
    assert!(names.iter().all(|name| name.len() < 200), "{names:?}");
}

#[test]
fn a_history_without_statements_or_without_a_table_is_no_crash() {
    let database = Database::empty();
    let project = Project::new().local(&database);

    crmctl(&project).args(["migrate", "fetch"]).success().answers("nothing to fetch");
    database.run(
        "create schema supabase_migrations; \
         create table supabase_migrations.schema_migrations (version text primary key); \
         insert into supabase_migrations.schema_migrations values ('1')",
    );
    crmctl(&project).args(["migrate", "fetch", "--json"]).differs().answers("holds no statements");
}
