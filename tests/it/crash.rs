//! Killed at any moment, nothing is ever half done, and the next run succeeds.
//!
//! The moments are random; a failure prints the seed, and `CRASH_SEED` repeats it.

use std::time::{Duration, Instant};

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::support::{Call, Database, Project, Which, crmctl};

/// How often each command is killed, each run at other moments; `CRASH_KILLS` asks for more.
const KILLS: u32 = 15;

/// PostgreSQL does not roll sequences back: a number that was drawn is gone.
const NOT_ROLLED_BACK: &[&str] = &["sequence "];

/// What crmctl notes for itself about a deploy.
const NOTES: &[&str] = &["rows supabase_migrations crmctl_migrations"];

/// Kills a command at random moments of its life. After each, `check` says whether that was survived.
pub(crate) fn kill_often(database: &Database, call: impl Fn() -> Call, mut check: impl FnMut(&str)) {
    let seed =
        std::env::var("CRASH_SEED").ok().and_then(|text| text.parse().ok()).unwrap_or_else(rand::random);
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let started = Instant::now();
    call().success();
    let mut lifetime = started.elapsed();
    check(&format!("not killed at all, seed {seed}"));

    let kills = std::env::var("CRASH_KILLS").ok().and_then(|text| text.parse().ok()).unwrap_or(KILLS);
    for number in 1..=kills {
        let moment = lifetime.mul_f64(random.random_range(0.0..1.1));
        let started = Instant::now();
        let mut running = call().spawn();
        let is_killed = loop {
            if running.has_ended() {
                lifetime = (lifetime + started.elapsed()) / 2;
                break false;
            }
            if started.elapsed() >= moment {
                running.kill();
                break true;
            }
            // The moment of the kill is what this is about.
            std::thread::sleep(Duration::from_micros(200));
        };
        let output = running.finish();
        // What the dead one had sent, the server still finishes or rolls back.
        database.until_alone();
        let fate = if is_killed { "killed" } else { "done" };
        check(&format!("run {number}, {fate} after {moment:?} of {lifetime:?}, seed {seed}:{output}"));
    }
}

#[test]
fn a_killed_sync_leaves_the_target_wholly_old_or_wholly_new() {
    let (local, cloud) = (Database::empty(), Database::empty_on(Which::Cloud));
    for database in [&local, &cloud] {
        database.run(
            "create table public.tags (id int primary key, name text); \
             create table public.tagged (tag int references public.tags)",
        );
    }
    let rows = |tag: &str| {
        format!(
            "truncate public.tags, public.tagged; \
             insert into public.tags select n, '{tag} ' || n from generate_series(1, 2000) n; \
             insert into public.tagged select id from public.tags"
        )
    };
    local.query(&rows("new"));
    cloud.query(&rows("old"));
    let project = Project::new().local(&local).cloud(&cloud);
    let old = cloud.world().without(NOT_ROLLED_BACK);
    let call = || crmctl(&project).args(["sync", "--force", "--confirm", "cloud"]);
    let mut new = None;

    kill_often(&cloud, call, |what| {
        let now = cloud.world().without(NOT_ROLLED_BACK);
        let new = new.get_or_insert_with(|| now.clone());
        assert!(now == old || now == *new, "{what}\n{:#?}", now.differences(&old));
        cloud.query(&rows("old"));
    });
    call().success();
    assert_eq!(cloud.value("select count(*) from public.tags where name like 'new %'"), "2000");
}

#[test]
fn a_killed_migration_leaves_whole_files_only() {
    let database = Database::empty();
    let mut project = Project::new().local(&database);
    for number in 1..=30 {
        let sql = format!(
            "create table public.a{number} (id int primary key);\n\
             insert into public.a{number} select generate_series(1, 500);\n\
             create table public.b{number} (id int references public.a{number});"
        );
        project = project.migration(&format!("202601010000{number:02}_t{number}"), &sql);
    }
    let call = || crmctl(&project).args(["migrate", "up"]);

    kill_often(&database, call, |what| {
        let tables = database.column(
            "select tablename from pg_tables where schemaname = 'public' \
             order by left(tablename, 1), substr(tablename, 2)::int",
        );
        let count = database.applied().len();
        let of = |letter: &'static str| (1..=count).map(move |number| format!("{letter}{number}"));
        let expected: Vec<String> = of("a").chain(of("b")).collect();
        assert_eq!(tables, expected, "{what}");
        database.run(
            "do $$ declare t text; begin for t in select tablename from pg_tables where schemaname = 'public' loop \
             execute format('drop table public.%I cascade', t); end loop; end $$; \
             drop schema if exists supabase_migrations cascade",
        );
    });
    call().success();
    assert_eq!(database.applied().len(), 30);
}

#[test]
fn a_killed_seed_leaves_all_of_it_or_nothing() {
    let database = Database::migrated(Which::Local);
    let project = Project::new().local(&database).with_crm_migrations().with_crm_seeds();
    let counts = || {
        database.value(
            "select concat_ws(' ', (select count(*) from auth.users), (select count(*) from auth.identities), \
             (select count(*) from public.contacts), (select count(*) from public.tasks), \
             (select count(*) from public.sales))",
        )
    };
    let empty = counts();
    let mut full = None;
    let call = || crmctl(&project).args(["seed"]).env("TEST_USER_PASSWORD", "Pa55-of-the-tests");

    kill_often(&database, call, |what| {
        let now = counts();
        let full = full.get_or_insert_with(|| now.clone());
        assert!(now == empty || now == *full, "{now}: {what}");
        database.query("truncate auth.users, public.organizations, public.segments, public.tags, public.products cascade");
        assert_eq!(counts(), empty, "the test's own clearing");
    });
    call().success();
    assert_eq!(Some(counts()), full);
}

#[test]
fn a_killed_restore_leaves_the_database_wholly_old_or_wholly_new() {
    let database = Database::seeded(Which::Local);
    let project = Project::new().local(&database);
    crmctl(&project).args(["backup", "create"]).success();
    let damage =
        || database.query("delete from public.tasks; update public.contacts set first_name = 'damaged'");
    let new = database.world().without(NOT_ROLLED_BACK);
    damage();
    let mut old = database.world().without(NOT_ROLLED_BACK);
    let name = project.path().join("backups").read_dir().unwrap().next().unwrap().unwrap().file_name();
    let call = || crmctl(&project).args(["restore", name.to_str().unwrap(), "--force"]);

    kill_often(&database, call, |what| {
        let now = database.world().without(NOT_ROLLED_BACK);
        assert!(now == old || now == new, "{what}\n{:#?}", now.differences(&new));
        damage();
        // The damage bears its time.
        old = database.world().without(NOT_ROLLED_BACK);
    });
    call().success();
    new.assert_same(&database.world().without(NOT_ROLLED_BACK));
}

#[test]
fn a_killed_deploy_leaves_all_of_its_files_or_none() {
    let cloud = Database::migrated(Which::Cloud);
    let mut project = Project::new().cloud(&cloud).with_crm_migrations();
    for number in 1..=5 {
        let sql =
            format!("create schema deployed{number};\ncreate table deployed{number}.t (id int primary key);");
        project = project.migration(&format!("2027010100000{number}_d{number}"), &sql);
    }
    let old = cloud.world();
    let mut new = None;
    let call = || crmctl(&project).args(["deploy", "--confirm", "cloud"]);

    kill_often(&cloud, call, |what| {
        // When a file was applied, and how long it took, is never the same twice; the journal remembers every try.
        let now = cloud.world().without_journal().without(NOTES);
        let old = old.clone().without_journal().without(NOTES);
        let new = new.get_or_insert_with(|| now.clone());
        assert!(now == old || now == *new, "{what}\n{:#?}", now.differences(&old));
        cloud.query(
            "drop schema if exists deployed1, deployed2, deployed3, deployed4, deployed5 cascade; \
             delete from supabase_migrations.schema_migrations where version >= '2027'; \
             delete from supabase_migrations.crmctl_migrations where version >= '2027'",
        );
    });
    call().success();
    assert_eq!(cloud.value("select count(*) from pg_tables where schemaname like 'deployed%'"), "5");
}
