//! Killed, cut off or crowded at every phase of a deploy: what is there afterwards is wholly from before or wholly from
//! after, and one command leads to either.

use std::process::Command;

use crate::support::{Call, Database, FaultProxy, Moment, Project, Running, Which, World, crmctl, until};

const NEXT: &str = "20270101000000_next";

fn fixture(sql: &str) -> (Database, Project) {
    let cloud = Database::empty_on(Which::Cloud);
    let project = Project::new().cloud(&cloud).migration(
        "20260101000000_a",
        "create table public.kept (id int primary key); insert into public.kept values (1);",
    );
    crmctl(&project).args(["migrate", "up", "--env", "cloud", "--confirm", "cloud"]).success();
    (cloud, project.migration(NEXT, sql))
}

fn deploy(project: &Project) -> Call {
    crmctl(project).args(["deploy", "--confirm", "cloud"])
}

fn resume(project: &Project) -> Call {
    crmctl(project).args(["deploy", "resume", "--confirm", "cloud"])
}

fn rollback(project: &Project) -> Call {
    crmctl(project).args(["deploy", "rollback", "--confirm", "cloud"])
}

fn state(cloud: &Database) -> String {
    cloud.value("select state from supabase_migrations.crmctl_deploys order by started_at desc, ended_at desc limit 1")
}

/// What the user has; when a file was applied is never the same twice.
fn world(cloud: &Database) -> World {
    cloud.world().without_journal().without(&["rows supabase_migrations crmctl_migrations"])
}

/// Kills it, and ends what the server was told by it.
fn kill(running: Running, cloud: &Database) {
    running.kill();
    assert_eq!(running.finish().code, None);
    cloud.query(
        "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() \
         and pid <> pg_backend_pid() and backend_type = 'client backend'",
    );
    cloud.until_alone();
}

/// Sleeps on the target until it is killed, but in no rehearsal, and not when woken.
const SLEEP: &str = "do $$ begin if current_database() like 'test%' and to_regclass('public.woken') is null then \
     perform pg_sleep(600); end if; end $$;";

const SLEEPS: &str =
    "exists (select from pg_stat_activity where wait_event = 'PgSleep' and datname = current_database())";

fn wake(cloud: &Database) {
    cloud.query("create table public.woken ()");
}

#[test]
fn killed_while_the_backup_is_made_nothing_has_changed() {
    let (cloud, project) = fixture("create schema deployed;");
    let before = world(&cloud);
    let url = cloud.url();
    let project =
        project.setting("[deploy]\nbefore = [\"touch asked; until test -e held; do sleep 0.02; done\"]");
    let running = deploy(&project).spawn();
    until("the command before runs", || project.path().join("asked").exists());
    // pg_dump waits for this table for ever.
    let holder = std::thread::spawn(move || {
        crate::support::try_query(&url, "begin; lock table public.kept; select pg_sleep(600)").unwrap_err()
    });
    cloud.until(SLEEPS);
    project.write("held", "");
    cloud.until("exists (select from pg_locks where not granted and relation = 'public.kept'::regclass)");
    kill(running, &cloud);
    holder.join().unwrap();

    assert_eq!(state(&cloud), "planned");
    before.assert_same(&world(&cloud));
    resume(&project).success().says("resumes").never_says("before 1 of 1");
    assert_eq!(state(&cloud), "done");
}

#[test]
fn killed_inside_of_the_transaction_nothing_has_changed() {
    let (cloud, project) = fixture(&format!("create schema deployed; {SLEEP}"));
    let before = world(&cloud);
    let running = deploy(&project).spawn();
    cloud.until(SLEEPS);
    kill(running, &cloud);

    assert_eq!(state(&cloud), "applying");
    before.assert_same(&world(&cloud));
    crmctl(&project).args(["deploy", "status"]).success().answers("stopped before anything was changed");
    rollback(&project).success().answers("had changed nothing");
    assert_eq!(state(&cloud), "rolled_back");
    wake(&cloud);
    deploy(&project).args(["--allow", "drift"]).success();
    assert_eq!(cloud.value("select to_regnamespace('deployed')"), "deployed");
}

#[test]
fn killed_in_the_middle_of_a_file_without_a_transaction_it_goes_on_or_back() {
    let sql =
        format!("-- crmctl: no-transaction\ncreate schema deployed;\n{SLEEP}\ncreate table deployed.t ();");
    for way in ["resume", "rollback"] {
        let (cloud, project) = fixture(&sql);
        let before = world(&cloud);
        let running = deploy(&project).spawn();
        cloud.until(SLEEPS);
        kill(running, &cloud);

        assert_eq!(state(&cloud), "applying");
        deploy(&project).refused().says("a part of its files is applied");
        if way == "resume" {
            wake(&cloud);
            resume(&project).success();
            assert_eq!(cloud.value("select to_regclass('deployed.t')"), "deployed.t");
            assert_eq!(state(&cloud), "done");
        } else {
            rollback(&project).success().answers("equal");
            before.assert_same(&world(&cloud));
            assert_eq!(state(&cloud), "rolled_back");
        }
    }
}

#[test]
fn killed_before_what_came_of_the_files_was_checked_it_is_checked_when_it_goes_on() {
    let (cloud, project) = fixture(
        "-- crmctl: no-transaction\n-- crmctl:verify select current_database() not like 'test%'\ncreate schema deployed;",
    );
    let applied = Moment::UnansweredText("\"state\":\"applied\"");
    let (proxy, has_come) = FaultProxy::to(Which::Cloud).listen(1).halt_at(applied);
    let through = project.cloud_at(&proxy.url(&cloud.url()));
    let running = deploy(&through).spawn();
    has_come.recv_timeout(std::time::Duration::from_mins(1)).expect("the entry is made");
    running.kill();
    assert_eq!(running.finish().code, None);
    drop(proxy);
    cloud.until_alone();
    assert_eq!(state(&cloud), "applied");

    let project = through.cloud_at(&cloud.url());
    resume(&project).partial().says("the check in").says("crmctl deploy rollback");
    assert_eq!(state(&cloud), "applied");
    // Who knows what was found may go on all the same.
    resume(&project).success();
    assert_eq!(state(&cloud), "done");
}

#[test]
fn of_two_deploys_at_once_one_wins_and_the_other_says_who_is_at_work() {
    let (cloud, project) = fixture("create schema deployed;");
    let project =
        project.setting("[deploy]\nbefore = [\"touch asked; until test -e go; do sleep 0.02; done\"]");
    let first = deploy(&project).spawn();
    until("the first one has begun", || project.path().join("asked").exists());

    deploy(&project).busy().says("another crmctl is at work").says("crmctl deploy");
    resume(&project).busy();
    rollback(&project).busy();
    crmctl(&project).args(["deploy", "status"]).success().answers("is at work");
    project.write("go", "");
    first.finish().expect(0);
    assert_eq!(cloud.column("select state from supabase_migrations.crmctl_deploys"), ["done"]);
}

#[test]
fn stopped_by_ctrl_c_inside_of_the_transaction_it_has_failed_and_says_so() {
    let (cloud, project) = fixture(&format!("create schema deployed; {SLEEP}"));
    let before = world(&cloud);
    let running = deploy(&project).spawn();
    cloud.until(SLEEPS);
    running.interrupt();

    running.finish().expect(130);
    assert_eq!(state(&cloud), "failed");
    before.assert_same(&world(&cloud));
}

#[test]
fn a_disk_that_is_full_ends_the_deploy_before_anything_is_changed() {
    let (cloud, project) = fixture("create schema deployed;");
    let folder = project.path().join("backups");
    std::fs::create_dir(&folder).unwrap();
    let Some(_disk) = SmallDisk::mount(&folder, "1m") else { return small_disks_are_for_root() };
    cloud.query(
        "create table public.bulk as select string_agg(md5(random()::text), '') as text from generate_series(1, 200000)",
    );
    let before = world(&cloud);

    deploy(&project).args(["--allow", "drift"]).failed().says("make room");
    assert_eq!(state(&cloud), "failed");
    before.assert_same(&world(&cloud));
}

#[test]
fn a_disk_that_cannot_hold_the_backup_is_found_out_beforehand() {
    let (cloud, project) = fixture("create schema deployed;");
    let folder = project.path().join("backups");
    std::fs::create_dir(&folder).unwrap();
    let Some(_disk) = SmallDisk::mount(&folder, "16k") else { return small_disks_are_for_root() };

    deploy(&project).refused().says("will not fit");
    assert_eq!(cloud.value("select to_regclass('supabase_migrations.crmctl_deploys')"), "");
}

/// Only root may mount; what the tests then show is shown wherever they run as root, as they do in CI.
fn small_disks_are_for_root() {
    assert!(!nix::unistd::geteuid().is_root() || !can_mount());
}

fn can_mount() -> bool {
    let folder = tempfile::tempdir().unwrap();
    SmallDisk::mount(folder.path(), "16k").is_some()
}

/// A disk in memory, gone with the test.
struct SmallDisk<'a>(&'a std::path::Path);

impl<'a> SmallDisk<'a> {
    fn mount(folder: &'a std::path::Path, size: &str) -> Option<Self> {
        let mount = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &format!("size={size},mode=777"), "tmpfs"])
            .arg(folder)
            .output();
        mount.is_ok_and(|output| output.status.success()).then_some(Self(folder))
    }
}

impl Drop for SmallDisk<'_> {
    fn drop(&mut self) {
        // What stays mounted is gone with the machine's next start; the test has said what it had to say.
        let _ = Command::new("umount").arg("--lazy").arg(self.0).output();
    }
}
