//! `crmctl migrate down`.

use crate::support::{Call, Database, Direction, FaultProxy, Project, Which, crmctl, kill_often};

const A: (&str, &str) = ("20260101000000_a", "create table public.a (id int primary key, x text);");
const B: (&str, &str) = (
    "20260102000000_b",
    "create table public.b (id int primary key references public.a);\n\
     alter table public.b enable row level security;\n\
     create policy own on public.b for select to authenticated using (true);\n\
     grant select on public.b to authenticated;\n\
     create function public.f(n int default 1) returns int language sql as $$ select n; $$;\n\
     create index a_x on public.a (x);\n\
     alter table public.a add column y int default 1;",
);

fn down(project: &Project) -> Call {
    crmctl(project).args(["migrate", "down"])
}

/// With the first migration applied, its world, and then the others.
fn migrated(
    database: &Database,
    project: Project,
    later: &[(&str, &str)],
) -> (Project, crate::support::World) {
    let project = project.migration(A.0, A.1);
    let environment = if database.which == Which::Cloud { "cloud" } else { "local" };
    let up = |project: &Project| {
        crmctl(project).args(["migrate", "up", "--env", environment, "--confirm", environment]).success()
    };
    up(&project);
    let before = database.world();
    let project = later.iter().fold(project, |project, (name, sql)| project.migration(name, sql));
    up(&project);
    (project, before)
}

#[test]
fn the_inverse_leads_back_to_what_was_before() {
    let database = Database::empty();
    let (project, before) = migrated(&database, Project::new().local(&database), &[B]);

    let output = down(&project).success();
    output.answers("undone 20260102000000_b").answers("the schema is what it was before");
    before.assert_same(&database.world());
    crmctl(&project).args(["migrate", "up"]).success().answers("applied 20260102000000_b");
}

#[test]
fn the_plan_shows_every_statement_and_the_rows_that_are_lost() {
    let database = Database::empty();
    let (project, _) = migrated(&database, Project::new().local(&database), &[B]);
    database.query("insert into public.a values (1), (2), (3); insert into public.b values (1), (2)");
    let before = database.world();

    let output = down(&project).args(["--dry-run"]).success();
    output
        .answers("alter table public.a drop column y;\n    drop index public.a_x;\n    drop function public.f(n int);")
        .answers("drop table public.b;")
        .answers("loses table `b` with 2 rows")
        .answers("loses column `a.y` with 3 values")
        .answers("it leads back to what was before");
    before.assert_same(&database.world());

    let json = down(&project).args(["--dry-run", "--json"]).success().json();
    assert_eq!(json["report"]["steps"][0]["source"], "inverse", "{json}");
    assert_eq!(json["report"]["steps"][0]["losses"][0]["rows"], 2, "{json}");
}

#[test]
fn written_halves_and_sections_run_newest_first_in_one_transaction() {
    let database = Database::empty();
    let section = "alter table public.a add column z int;\n-- crmctl:down\n-- -- not needed any more\n-- alter table public.a\n--   drop column z;\n";
    let data = "insert into public.a (id) values (7);";
    let later = [("20260102000000_z", section), ("20260103000000_row", data)];
    let project = Project::new()
        .local(&database)
        .file("migrations/20260103000000_row.down.sql", "delete from public.a where id = 7 and z is null;");
    let (project, before) = migrated(&database, project, &later);

    down(&project).args(["--to", "20260101000000"]).success().answers("2 migrations undone");
    before.assert_same(&database.world());
    down(&project).args(["--to", "20260101000000"]).success().answers("nothing to undo");
}

#[test]
fn a_protected_environment_is_backed_up_first_and_wants_its_name() {
    let cloud = Database::empty_on(Which::Cloud);
    let (project, before) = migrated(&cloud, Project::new().cloud(&cloud), &[B]);
    cloud.query("insert into public.a values (1); insert into public.b values (1)");
    let with_rows = cloud.world();

    down(&project).args(["--env", "cloud"]).refused();
    down(&project).args(["--env", "cloud", "--yes"]).refused().says("drops data: table `b` with 1 row");
    with_rows.assert_same(&cloud.world());
    down(&project).args(["--env", "cloud", "--confirm", "cloud"]).success().answers("backup");
    cloud.query("delete from public.a");
    before.assert_same(&cloud.world());
    crmctl(&project).args(["backup", "verify", "latest"]).success();
}

#[test]
fn what_cannot_be_undone_is_refused_with_its_place() {
    let database = Database::empty();
    let dropping = ("20260102000000_drop", "create table public.c ();\ndrop table public.a;");
    let (project, _) = migrated(&database, Project::new().local(&database), &[dropping]);
    let before = database.world();

    let output = down(&project).refused();
    output
        .says("`drop table` cannot be undone by itself")
        .says("migrations/20260102000000_drop.sql:2:1")
        .says("20260102000000_drop.down.sql");
    before.assert_same(&database.world());
}

#[test]
fn an_edited_file_is_not_undone() {
    let database = Database::empty();
    let (project, _) = migrated(&database, Project::new().local(&database), &[B]);
    let before = database.world();
    project.write("migrations/20260102000000_b.sql", "create table public.c ();");

    down(&project).refused().says("was edited after being applied").says("git checkout");
    before.assert_same(&database.world());
    down(&project).args(["--steps", "3"]).usage().says("2 migrations are applied");
}

#[test]
fn a_half_that_fails_changes_nothing_and_has_its_place_in_the_file() {
    let database = Database::empty();
    let section =
        "create table public.c ();\n-- crmctl:down\n-- drop table public.c;\n-- drop table public.oops;\n";
    let (project, _) = migrated(&database, Project::new().local(&database), &[("20260102000000_c", section)]);
    let before = database.world();

    let at = "migrations/20260102000000_c.sql:4:";
    down(&project).failed().says("the rehearsal failed, and the target was not touched").says(at);
    down(&project).args(["--no-rehearsal"]).failed().says("oops").says(at);
    before.assert_same(&database.world());
}

#[test]
fn a_target_that_changes_otherwise_than_rehearsed_is_rolled_back() {
    let database = Database::empty();
    let project = Project::new()
        .local(&database)
        .file("migrations/20260102000000_c.down.sql", "drop table public.c cascade;");
    let (project, _) =
        migrated(&database, project, &[("20260102000000_c", "create table public.c (id int);")]);
    database.run("create view public.of_nobody as select * from public.c");
    let before = database.world();

    down(&project)
        .failed()
        .says("view `of_nobody`")
        .says("unlike in the rehearsal; everything was rolled back");
    before.assert_same(&database.world());
    down(&project).args(["--no-rehearsal"]).success();
}

#[test]
fn what_a_written_half_leaves_behind_is_told() {
    let database = Database::empty();
    let project =
        Project::new().local(&database).file("migrations/20260102000000_b.down.sql", "drop table public.b;");
    let (project, _) = migrated(&database, project, &[B]);

    let output = down(&project).args(["--dry-run"]).success();
    output.answers("function `f(").answers("column `a.y` stays behind");
    down(&project).success().never_says("what it was before");
}

#[test]
fn a_half_that_needs_no_transaction_runs_by_itself_and_says_how_far_it_came() {
    let database = Database::empty();
    let later = [("20260102000000_i", "create index concurrently a_x on public.a (x);")];
    let project = Project::new().local(&database);
    let half = "migrations/20260102000000_i.down.sql";
    let project =
        project.file(half, "drop index concurrently public.a_x;\ndrop index concurrently public.oops;");
    let (project, before) = migrated(&database, project, &later);

    let output = down(&project).args(["--no-rehearsal"]).partial();
    output.answers("1 of 2 statements").says("i.down.sql:2:").says("if exists");
    assert_eq!(database.applied().len(), 2, "it still counts as applied");
    project.write(half, "drop index concurrently if exists public.a_x;");
    down(&project).success();
    before.assert_same(&database.world());
}

#[test]
fn a_migration_that_the_supabase_cli_applied_is_undone_as_well() {
    let database = Database::empty();
    let file = "create table public.c ();\n-- crmctl:down\n-- drop table public.c;";
    let project = Project::new().local(&database).migration("20260101000000_c", file);
    database.run(
        "create table public.c (); create schema supabase_migrations; \
         create table supabase_migrations.schema_migrations (version text primary key, statements text[], name text); \
         insert into supabase_migrations.schema_migrations values ('20260101000000', \
         array['create table public.c ()', E'-- crmctl:down\\n-- drop table public.c;'], 'c')",
    );
    crmctl(&project).args(["migrate", "status", "--exit-code"]).success();

    down(&project).success();
    assert_eq!(database.applied(), [""; 0]);
    assert_eq!(database.value("select to_regclass('public.c')"), "");
}

#[test]
fn whoever_holds_a_lock_makes_it_fail_and_not_wait() {
    let database = Database::empty();
    let file =
        "create table public.c ();\n-- crmctl:down\n-- -- crmctl:lock-timeout 20ms\n-- drop table public.c;";
    let (project, _) = migrated(&database, Project::new().local(&database), &[("20260102000000_c", file)]);
    let url = database.url();
    let holder = std::thread::spawn(move || {
        crate::support::try_query(&url, "begin; lock table public.c; select pg_sleep(600)")
    });
    database.until(
        "exists (select from pg_stat_activity where wait_event = 'PgSleep' and datname = current_database())",
    );

    down(&project).args(["--no-rehearsal"]).failed().says("lock timeout");
    assert_eq!(database.applied().len(), 2);
    database.query("select pg_terminate_backend(pid) from pg_stat_activity where wait_event = 'PgSleep' and datname = current_database()");
    assert!(holder.join().unwrap().is_err(), "it was ended");
}

#[test]
fn a_connection_that_is_cut_anywhere_leaves_it_wholly_old_or_wholly_new_and_says_which() {
    let database = Database::empty();
    let proxy = FaultProxy::to(Which::Local);
    let project = |proxy: &FaultProxy| {
        Project::new()
            .setting(&format!("[environments.local]\nurl = \"{}\"", proxy.url(&database.url())))
            .migration(A.0, A.1)
            .migration(B.0, B.1)
    };
    let up = || crmctl(&project(&FaultProxy::to(Which::Local))).args(["migrate", "up"]).success();
    up();
    let forget =
        &["rows supabase_migrations crmctl_migrations", "column public a y", "column public a ........"];
    let new = database.world().without(forget);
    down(&project(&proxy)).args(["--no-rehearsal"]).success();
    let old = database.world().without(forget);

    for direction in [Direction::ToServer, Direction::ToClient] {
        let all = proxy.bytes(direction);
        for part in [30, 60, 80, 90, 95, 98, 99] {
            crmctl(&project(&FaultProxy::to(Which::Local))).args(["migrate", "up"]).success();
            let cut = FaultProxy::to(Which::Local).cut_after(direction, all * part / 100);
            let output = down(&project(&cut)).args(["--no-rehearsal"]).run();
            database.until_alone();
            let now = database.world().without(forget);
            match output.code {
                Some(0) => old.assert_same(&now),
                Some(1) => new.assert_same(&now),
                Some(10) => assert!(now == old || now == new, "{output}"),
                _ => panic!("{direction:?} cut at {part} %: {output}"),
            }
        }
    }
}

#[test]
fn killed_at_any_moment_it_leaves_the_database_wholly_old_or_wholly_new() {
    let database = Database::empty();
    let (project, old) = migrated(&database, Project::new().local(&database), &[B]);
    let forget =
        &["rows supabase_migrations crmctl_migrations", "column public a y", "column public a ........"];
    let (old, new) = (old.without(forget), database.world().without(forget));
    let call = || crmctl(&project).args(["migrate", "down", "--no-rehearsal"]);

    kill_often(&database, call, |what| {
        let now = database.world().without(forget);
        assert!(now == old || now == new, "{what}\n{:#?}", now.differences(&old));
        crmctl(&project).args(["migrate", "up"]).success();
    });
    call().success();
    old.assert_same(&database.world().without(forget));
}
