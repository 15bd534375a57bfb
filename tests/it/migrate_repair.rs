//! `crmctl migrate repair`: every disagreement of files and history, its advice, and its mending.

use crate::support::{Database, Direction, FaultProxy, Project, Which, crmctl};

const FIRST: &str = "20260101000000_first";
const SECOND: &str = "20260102000000_second";
const THIRD: &str = "20260103000000_third";

/// A project whose database has two of its migrations.
fn applied(database: &Database) -> Project {
    let project = Project::new()
        .local(database)
        .migration(FIRST, "create table public.a ();")
        .migration(SECOND, "create table public.b (); create table public.c ();");
    crmctl(&project).args(["migrate", "up"]).success();
    project
}

fn remove(project: &Project, title: &str) {
    std::fs::remove_file(project.path().join(format!("migrations/{title}.sql"))).unwrap();
}

fn up_to_date(project: &Project) {
    crmctl(project).args(["migrate", "status", "--exit-code"]).success();
}

#[test]
fn says_that_there_is_nothing_to_repair() {
    let database = Database::empty();
    let project = applied(&database);
    let before = database.world();

    crmctl(&project).args(["migrate", "repair"]).success().answers("nothing to repair");
    before.assert_same(&database.world());
}

#[test]
fn shows_every_disagreement_with_its_commands_and_changes_nothing() {
    let database = Database::empty();
    let project = applied(&database);
    remove(&project, SECOND);
    let project = project
        .migration(FIRST, "create table public.edited ();")
        .migration("20260101120000_late", "select 1;");
    let before = database.world();

    let output = crmctl(&project).args(["migrate", "repair", "--env", "local"]).differs();
    let expected = [
        "crmctl migrate repair --env local --accept-edited 20260101000000",
        "crmctl migrate up --env local --out-of-order",
        "crmctl migrate repair --env local --applied 20260101120000",
        "crmctl migrate fetch --env local",
        "crmctl migrate repair --env local --reverted 20260102000000",
    ];
    let output = expected.iter().fold(output, |output, command| output.answers(command));
    output.answers("statement 1 is not the one that was applied (migrations/20260101000000_first.sql:1:1)");
    before.assert_same(&database.world());

    let document = crmctl(&project).args(["migrate", "repair", "--json"]).differs().json();
    assert_eq!(document["outcome"], "differs");
    assert!(document.to_string().contains("out_of_order"), "{document}");
}

#[test]
fn every_command_of_the_advice_is_one_that_works() {
    let database = Database::empty();
    let project = applied(&database);
    remove(&project, SECOND);
    let project = project
        .migration(FIRST, "create table public.edited ();")
        .migration("20260101120000_late", "select 1;");

    crmctl(&project).args(["migrate", "repair", "--accept-edited", "20260101000000"]).success();
    crmctl(&project).args(["migrate", "repair", "--applied", "20260101120000"]).success();
    crmctl(&project).args(["migrate", "repair", "--reverted", "20260102000000"]).success();

    crmctl(&project).args(["migrate", "repair"]).success();
    up_to_date(&project);
    assert_eq!(database.applied(), ["20260101000000", "20260101120000"]);
}

#[test]
fn marks_as_applied_as_the_supabase_cli_does_and_runs_nothing() {
    let database = Database::empty();
    let project = applied(&database).migration(THIRD, "-- why\ncreate table public.d ();\nselect 2;\n");

    crmctl(&project).args(["migrate", "repair", "--applied", "20260103000000"]).success();
    let row = "select name || '|' || array_to_string(statements, '|') from supabase_migrations.schema_migrations \
        where version = '20260103000000'";
    assert_eq!(database.value(row), "third|-- why\ncreate table public.d ()|select 2");
    assert_eq!(database.value("select to_regclass('public.d')"), "");
    up_to_date(&project);
}

#[test]
fn several_versions_are_repaired_in_one_transaction_or_not_at_all() {
    let database = Database::empty();
    let project = applied(&database).migration(THIRD, "select 1;");
    let before = database.world();

    let call = crmctl(&project).args(["migrate", "repair", "--applied", "20260103000000", "--reverted"]);
    call.args(["20260101000000", "20990101000000"]).usage().says("`20990101000000`");
    before.assert_same(&database.world());

    let call = crmctl(&project).args(["migrate", "repair", "--applied", "20260103000000", "--reverted"]);
    call.args(["20260101000000", "20260102000000"]).success();
    assert_eq!(database.applied(), ["20260103000000"]);
    let extras = "select version from supabase_migrations.crmctl_migrations order by version";
    assert_eq!(database.column(extras), ["20260103000000"]);
}

#[test]
fn a_dry_run_shows_target_and_rows_and_changes_nothing() {
    let database = Database::empty();
    let project = applied(&database);
    let before = database.world();

    let call = crmctl(&project).args(["migrate", "repair", "--reverted", "20260102000000", "--dry-run"]);
    let output = call.success();
    output
        .answers(&format!("database {}", database.name()))
        .answers("20260102000000_second  will be deleted from the history");
    before.assert_same(&database.world());
}

#[test]
fn a_protected_environment_wants_its_name() {
    let database = Database::empty_on(Which::Cloud);
    let project = Project::new().cloud(&database).migration(FIRST, "create table public.a ();");
    let before = database.world();
    let repair = || {
        let words = ["migrate", "repair", "--env", "cloud", "--applied", "20260101000000"];
        crmctl(&project).args(words)
    };

    let output = repair().args(["--yes"]).refused();
    output.says(database.name()).says("--confirm cloud");
    before.assert_same(&database.world());
    repair().args(["--confirm", "cloud"]).success();
    assert_eq!(database.applied(), ["20260101000000"]);
}

#[test]
fn a_server_that_refuses_a_row_keeps_all_of_them() {
    let database = Database::empty();
    let project = applied(&database).migration(THIRD, "select 1;");
    database.run(
        "create function public.refuse() returns trigger language plpgsql as $$ begin raise 'not this one'; end $$; \
         create trigger refuse before insert on supabase_migrations.schema_migrations \
         for each row execute function public.refuse();",
    );
    let before = database.world();

    let words = ["migrate", "repair", "--reverted", "20260101000000", "--applied", "20260103000000"];
    crmctl(&project).args(words).failed().says("not this one");
    before.assert_same(&database.world());
}

#[test]
fn a_file_that_stopped_half_way_is_shown_and_can_be_forgotten_or_finished_by_hand() {
    let database = Database::empty();
    let text = "create table public.t (a int);\ncreate index concurrently i on public.t (a);\n\
         create index concurrently j on public.t (missing);\n";
    let project = Project::new().local(&database).migration(FIRST, text);
    crmctl(&project).args(["migrate", "up"]).partial();

    let output = crmctl(&project).args(["migrate", "repair"]).differs();
    output
        .answers("it stopped behind statement 2 of 3")
        .answers("20260101000000_first.sql:3:1")
        .answers("crmctl migrate up --env local");
    crmctl(&project).args(["migrate", "repair", "--reverted", "20260101000000"]).success();
    crmctl(&project).args(["migrate", "status"]).success().answers("pending");
    crmctl(&project).args(["migrate", "repair", "--applied", "20260101000000"]).success();
    up_to_date(&project);
}

#[test]
fn a_row_that_is_the_only_copy_says_so() {
    let database = Database::empty_on(Which::Cloud);
    let project = Project::new().cloud(&database).migration(FIRST, "create table public.a ();");
    crmctl(&project).args(["migrate", "up", "--env", "cloud", "--confirm", "cloud"]).success();
    remove(&project, FIRST);

    let words = ["migrate", "repair", "--env", "cloud", "--reverted", "20260101000000"];
    crmctl(&project).args(words).refused().says("the only copy").says("crmctl migrate fetch --env cloud");
}

#[test]
fn repairs_a_history_that_another_tool_made_without_our_table() {
    let database = Database::empty();
    let project = applied(&database);
    database.run(
        "drop table supabase_migrations.crmctl_migrations; \
         update supabase_migrations.schema_migrations set statements = array['select 1'], name = null \
         where version = '20260102000000'",
    );

    crmctl(&project).args(["migrate", "repair"]).differs().answers("--accept-edited 20260102000000");
    crmctl(&project).args(["migrate", "repair", "--accept-edited"]).success();
    up_to_date(&project);
}

#[test]
fn a_connection_that_breaks_leaves_the_history_before_or_after_and_never_between() {
    let database = Database::empty();
    let project = applied(&database).migration(THIRD, "select 1;");
    let elsewhere = |proxy: &FaultProxy| {
        let setting = format!("[environments.stage]\nurl = \"{}\"", proxy.url(&database.url()));
        let texts = [FIRST, SECOND, THIRD].map(|title| (title, format!("migrations/{title}.sql")));
        texts.iter().fold(Project::new().setting(&setting), |other, (title, path)| {
            other.migration(title, &std::fs::read_to_string(project.path().join(path)).unwrap())
        })
    };
    let repair = |proxy: &FaultProxy| {
        let words =
            ["migrate", "repair", "--env", "stage", "--yes", "--applied", "20260103000000", "--reverted"];
        crmctl(&elsewhere(proxy)).args(words).arg("20260102000000").run()
    };
    let versions = "select string_agg(version, ' ' order by version) from supabase_migrations.";
    let both = || {
        ["schema_migrations", "crmctl_migrations"].map(|table| database.value(&format!("{versions}{table}")))
    };
    let (before, after) = ("20260101000000 20260102000000", "20260101000000 20260103000000");

    let back = || {
        let words = ["migrate", "repair", "--applied", "20260102000000", "--reverted", "20260103000000"];
        crmctl(&project).args(words).success();
        assert_eq!(both(), [before; 2]);
    };

    let whole = FaultProxy::to(Which::Local);
    repair(&whole).expect(0);
    let all = whole.bytes(Direction::ToServer);
    back();
    for bytes in [all / 2, all * 3 / 4, all * 7 / 8, all - 60, all - 30, all - 8] {
        let proxy = FaultProxy::to(Which::Local).cut_after(Direction::ToServer, bytes);
        let output = repair(&proxy);
        database.until_alone();
        let found = both();
        assert!(found == [before; 2] || found == [after; 2], "{found:?} after {bytes} bytes: {output}");
        assert!(output.code != Some(0) || found == [after; 2], "{found:?} after {bytes} bytes: {output}");
        assert!(output.code != Some(1) || found == [before; 2], "{found:?} after {bytes} bytes: {output}");
        if found == [after; 2] {
            back();
        }
    }
}
