//! `crmctl sync`.

use std::time::Duration;

use crate::support::{
    Database, Direction, FaultProxy, Held, Output, Project, Which, crmctl, fewest_round_trips, wait_for,
};

/// Awkward on purpose: everything that makes copying rows go wrong.
const SCHEMA: &str = include_str!("sync/schema.sql");

const ROWS: &str = r#"
insert into public.parents (name) select 'parent ' || n from generate_series(1, 50) n;
insert into public.children (parent, amount) select 1 + n % 50, n from generate_series(1, 500) n;
insert into public.loops values (1, null), (2, 1), (3, 2);
update public.loops set next = 3 where id = 1;
insert into public."Quoted ""Name" values
  ('tab	and \. backslash \N', '{"a": [1, null]}', '2026-01-01 00:00:00.123456+02', '\xdeadbeef', array['x,y', null, '"']),
  ('', null, null, null, '{}');
insert into public.numbers (price, ratio, span) values (0.1, 0.1, '1 mon 2 days'), ('NaN', 'Infinity', '-1 s'), (1e13, 1e-300, null);
select setval('public.counter', 4711);
truncate public.log;
"#;

const OLD_ROWS: &str = "
insert into public.parents (name) values ('an old one');
insert into public.children (parent, amount) values (1, 1);
truncate public.log; insert into public.log values ('of the cloud')";

fn pair() -> (Database, Database) {
    pair_on(Which::Cloud)
}

fn pair_on(which: Which) -> (Database, Database) {
    let (local, cloud) = (Database::empty(), Database::empty_on(which));
    // As the superuser: rows behind `force row level security` are to be had.
    for database in [&local, &cloud] {
        database.run(SCHEMA);
    }
    local.query(ROWS);
    cloud.query(OLD_ROWS);
    (local, cloud)
}

fn project(local: &Database, cloud: &Database) -> Project {
    Project::new().local(local).cloud(cloud)
}

fn sync(project: &Project) -> Output {
    crmctl(project).args(["sync", "--force", "--confirm", "cloud"]).run()
}

#[track_caller]
fn assert_same_rows(local: &Database, cloud: &Database) {
    for beginning in ["rows public", "sequence public"] {
        local.world().only(beginning).assert_same(&cloud.world().only(beginning));
    }
}

#[test]
fn copies_every_row_and_nothing_but_rows() {
    let (local, cloud) = pair();
    let definitions = cloud.world().without(&["rows ", "sequence "]);
    let source = local.world();

    sync(&project(&local, &cloud)).expect(0);
    assert_same_rows(&local, &cloud);
    source.assert_same(&local.world());
    definitions.assert_same(&cloud.world().without(&["rows ", "sequence "]));
}

#[test]
fn a_second_sync_changes_nothing() {
    let (local, cloud) = pair();
    let project = project(&local, &cloud);
    sync(&project).expect(0);
    let before = cloud.world();

    sync(&project).expect(0);
    before.assert_same(&cloud.world());
}

#[test]
fn the_next_row_gets_the_next_number_on_both_sides() {
    let (local, cloud) = pair();
    sync(&project(&local, &cloud)).expect(0);

    let insert = "insert into public.numbers (price) values (1) returning id";
    assert_eq!(local.value(insert), cloud.value(insert));
    let insert = "insert into public.parents (name) values ('x') returning id";
    assert_eq!(local.value(insert), cloud.value(insert));
}

#[test]
fn the_backup_brings_the_old_rows_back_with_psql_alone() {
    let (local, cloud) = pair();
    let before = cloud.world();
    let project = project(&local, &cloud);
    let answer = crmctl(&project).args(["sync", "--force", "--confirm", "cloud", "--json"]).success().json();

    let file =
        answer["report"]["backup_file"].as_str().unwrap_or_else(|| panic!("no backup_file in {answer}"));
    let psql = std::process::Command::new("psql")
        .args(["-X", "-q", "-1", "-v", "ON_ERROR_STOP=1", "-d", &cloud.url_without_password(), "-f", file])
        .current_dir(project.path())
        .output()
        .unwrap();
    assert!(psql.status.success(), "{}", String::from_utf8_lossy(&psql.stderr));
    before.assert_same(&cloud.world());
}

#[test]
fn the_backup_can_be_read_by_nobody_else() {
    use std::os::unix::fs::PermissionsExt;
    let (local, cloud) = pair();
    let project = project(&local, &cloud);
    sync(&project).expect(0);

    let files = project.files("backups");
    assert!(!files.is_empty());
    for file in files {
        assert_eq!(file.metadata().unwrap().permissions().mode() & 0o077, 0, "{}", file.display());
    }
}

#[test]
fn refuses_without_force_and_shows_what_it_would_do() {
    let (local, cloud) = pair();
    let before = cloud.world();

    let output = crmctl(&project(&local, &cloud)).args(["sync", "--confirm", "cloud"]).refused();
    output.says("--force").says("parents");
    before.assert_same(&cloud.world());
}

#[test]
fn refuses_a_protected_target_without_its_name() {
    let (local, cloud) = pair();
    let project = project(&local, &cloud);
    let before = cloud.world();
    let forced = || crmctl(&project).args(["sync", "--force"]);

    forced().refused();
    forced().arg("--yes").refused();
    forced().args(["--confirm", "Cloud"]).refused();
    forced().args(["--yes"]).stdin("cloud\n").refused();
    before.assert_same(&cloud.world());
}

#[test]
fn changes_nothing_when_it_only_shows_the_plan() {
    let (local, cloud) = pair();
    let project = project(&local, &cloud);
    let before = cloud.world();

    crmctl(&project).args(["sync", "--dry-run"]).success().answers("parents");
    crmctl(&project).args(["sync", "--dry-run", "--force", "--confirm", "cloud"]).success();
    before.assert_same(&cloud.world());
    assert_eq!(project.files("backups").len(), 0);
}

#[test]
fn refuses_a_target_with_other_columns() {
    let (local, cloud) = pair();
    local.run("alter table public.log add column more int");
    let before = cloud.world();

    sync(&project(&local, &cloud)).expect(4).says("log");
    before.assert_same(&cloud.world());
}

#[test]
fn leaves_excluded_tables_alone() {
    let (local, cloud) = pair();
    let project = project(&local, &cloud).setting("[sync]\nexclude = [\"public.log\"]");

    sync(&project).expect(0);
    assert_eq!(cloud.column("select note from public.log"), ["of the cloud"]);
    assert_eq!(cloud.value("select count(*) from public.children"), "500");
}

#[test]
fn refuses_to_sync_an_environment_with_itself() {
    let (local, cloud) = pair();

    let args = ["sync", "--from", "cloud", "--to", "cloud", "--force", "--confirm", "cloud"];
    crmctl(&project(&local, &cloud)).args(args).usage();
}

#[test]
fn whoever_reads_small_tables_meanwhile_does_not_wait_and_sees_the_old_rows() {
    let (local, cloud) = pair();
    let count = "select count(*) from public.children";
    let project = project(&local, &cloud);

    let read = wait_for(async {
        let (reader, connection) =
            tokio_postgres::connect(&cloud.url(), tokio_postgres::NoTls).await.unwrap();
        tokio::spawn(connection);
        reader.batch_execute("begin isolation level repeatable read").await.unwrap();
        assert_eq!(reader.query_one(count, &[]).await.unwrap().get::<_, i64>(0), 1);
        sync(&project).expect(0);
        reader.query_one(count, &[]).await.unwrap().get::<_, i64>(0)
    });

    assert_eq!(read, 1);
    assert_eq!(cloud.value(count), local.value(count));
}

#[test]
fn takes_at_most_eight_round_trips_to_a_far_target_behind_tls() {
    let trips = fewest_round_trips(8, || {
        let (local, cloud) = pair_on(Which::Network);
        let proxy = FaultProxy::to(Which::Network).delay(Duration::from_millis(50));
        let url = format!("{}?sslmode=require", proxy.url(&cloud.url()));
        let project = Project::new().local(&local).cloud_at(&url);
        sync(&project).expect(0);
        assert_same_rows(&local, &cloud);
        assert_eq!(proxy.connections(), 1);
        proxy.round_trips()
    });

    // Five to sign in, and TCP's own before them, which nobody sees here; the catalog, all of the rows, and COMMIT.
    assert!(trips <= 8, "{trips} round trips");
}

#[test]
fn a_connection_cut_anywhere_leaves_the_target_wholly_old() {
    let (local, cloud) = pair();
    let before = cloud.world().without(&["sequence "]);
    let whole = FaultProxy::to(Which::Cloud);
    let trial = Project::new().local(&local).cloud_at(&whole.url(&cloud.url()));
    crmctl(&trial).args(["sync", "--dry-run"]).success();
    let planning = whole.bytes(Direction::ToServer);

    for more in [10, 500, 3_000, 9_000, 20_000] {
        let proxy = FaultProxy::to(Which::Cloud).cut_after(Direction::ToServer, planning + more);
        let project = Project::new().local(&local).cloud_at(&proxy.url(&cloud.url()));
        let output = sync(&project);
        assert!(matches!(output.code, Some(1 | 10)), "cut after {more} bytes: {output}");
        cloud.until_alone();
        before.assert_same(&cloud.world().without(&["sequence "]));
    }
    sync(&project(&local, &cloud)).expect(0);
    assert_same_rows(&local, &cloud);
}

#[test]
fn a_source_that_is_cut_leaves_the_target_wholly_old() {
    let (local, cloud) = pair();
    let before = cloud.world().without(&["sequence "]);
    let proxy = FaultProxy::to(Which::Local).cut_after(Direction::ToClient, 60_000);
    local.query(
        "insert into public.children (parent, amount) select 1 + n % 50, n from generate_series(1, 9000) n",
    );
    let project = Project::new()
        .cloud(&cloud)
        .setting(&format!("[environments.local]\nurl = \"{}\"", proxy.url(&local.url())));

    let output = sync(&project);
    assert_eq!(output.code, Some(1), "{output}");
    cloud.until_alone();
    before.assert_same(&cloud.world().without(&["sequence "]));
}

#[test]
fn ctrl_c_leaves_the_target_wholly_old_and_says_so() {
    let (local, cloud) = pair();
    let before = cloud.world().without(&["sequence "]);
    let held = Held::of(&cloud, "lock table public.children in row exclusive mode");
    let project = project(&local, &cloud);
    let running = crmctl(&project).args(["sync", "--force", "--confirm", "cloud"]).spawn();
    held.is_waited_for();

    running.interrupt();
    running.finish().expect(130);
    held.let_go();
    cloud.until_alone();
    before.assert_same(&cloud.world().without(&["sequence "]));
}

#[test]
fn takes_the_seeded_crm_to_the_cloud_with_its_users() {
    let (local, cloud) = (Database::seeded(Which::Local), Database::migrated(Which::Cloud));
    sync(&project(&local, &cloud)).expect(0);

    for beginning in ["rows public", "rows auth.users", "rows auth.identities"] {
        local.world().only(beginning).assert_same(&cloud.world().only(beginning));
    }
}
