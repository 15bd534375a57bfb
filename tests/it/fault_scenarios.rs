//! Every command that writes, with what it starts from. Whatever is in here is tried with every fault.

use crate::fault_worlds::{MORE, TABLES, backed_up, migrations, pair, run, seeds};
use crate::support::{Built, Database, OLDEST_BACKUP, Project, Scenario, Which, crmctl};

const OPEN: &str = "[environments.local]\nurl_env = \"TARGET_URL\"\n";

/// Times and the like in what crmctl writes down about migrations.
const HISTORY_TIMES: &[&str] = &["applied_at", "duration_ms"];
/// Times and salts in what is seeded.
const SEED_TIMES: &[&str] = &["applied_at", "duration_ms", "encrypted_password", "created_at", "updated_at"];
/// What a deploy notes about itself, whatever becomes of it.
const JOURNAL: &[&str] = &["rows supabase_migrations crmctl_deploys"];

pub(crate) const SYNC: Scenario = Scenario {
    name: "sync",
    build: || pair(Which::Cloud),
    runs: &[&["sync", "--force"]],
    again: 0,
    notes: &[],
    passing: &[],
};

/// The target's role may not switch foreign keys off.
pub(crate) const SYNC_IN_LOAD_ORDER: Scenario =
    Scenario { name: "sync in load order", build: || pair(Which::Strict), ..SYNC };

/// Many rows in one transaction, behind which indexes and keys are rebuilt.
pub(crate) const SYNC_BULK: Scenario =
    Scenario { name: "sync --mode bulk", runs: &[&["sync", "--force", "--mode", "bulk"]], ..SYNC };

/// By way of tables of our own, which a run that is stopped leaves to the next one.
pub(crate) const SYNC_STAGED: Scenario =
    Scenario { name: "sync --mode staged", runs: &[&["sync", "--force", "--mode", "staged"]], ..SYNC };

/// Only the rows that differ; where users differ, it would be everything.
pub(crate) const SYNC_DELTA: Scenario = Scenario {
    name: "sync --mode delta",
    build: || {
        let built = pair(Which::Cloud);
        let same = "update auth.users set id = md5('new')::uuid, email = 'new@test.local' where email = 'old@test.local'";
        built.target.query(same);
        built
    },
    runs: &[&["sync", "--force", "--mode", "delta"]],
    ..SYNC
};

pub(crate) const SEED: Scenario = Scenario {
    name: "seed",
    build: || seeds(Database::migrated(Which::Cloud)),
    runs: &[&["seed", "--env", "cloud"]],
    passing: SEED_TIMES,
    ..SYNC
};

pub(crate) const SEED_USERS: Scenario =
    Scenario { name: "seed users", runs: &[&["seed", "users", "--env", "cloud"]], ..SEED };

pub(crate) const RESET_CLOUD: Scenario = Scenario {
    name: "reset cloud",
    build: || {
        let target = Database::seeded(Which::Cloud);
        target.query("update public.contacts set first_name = 'old'; delete from public.tasks");
        seeds(target)
    },
    runs: &[&["reset", "cloud", "--confirm", "RESET"]],
    ..SEED
};

pub(crate) const RESET_LOCAL: Scenario = Scenario {
    name: "reset local",
    build: || {
        let target = Database::empty();
        let project = Project::new()
            .setting(OPEN)
            .migration("20260101000000_a", TABLES)
            .migration("20260102000000_b", MORE);
        let first = crmctl(&project).args(["migrate", "up"]).env("TARGET_URL", &target.url());
        first.success();
        target.run("create table public.mine (x int); insert into public.a values (700)");
        Built { target, source: None, project }
    },
    runs: &[&["reset", "local", "--confirm", "RESET"]],
    passing: HISTORY_TIMES,
    ..SYNC
};

pub(crate) const RESTORE: Scenario = Scenario {
    name: "restore",
    build: || {
        let built = backed_up();
        built.target.run(
            "drop table public.b; update public.a set x = 'damaged'; create table public.later (x int); \
             select setval('public.numbers', 99)",
        );
        built
    },
    runs: &[&["restore", OLDEST_BACKUP, "--env", "cloud", "--force"]],
    ..SYNC
};

pub(crate) const BACKUP: Scenario = Scenario {
    name: "backup create",
    build: backed_up,
    runs: &[&["backup", "create", "--env", "cloud"]],
    ..SYNC
};

pub(crate) const UP: Scenario = Scenario {
    name: "migrate up",
    build: || migrations(&["migrate", "up", "--env", "cloud", "--to", "20260101000000"]),
    runs: &[
        &["migrate", "up", "--env", "cloud", "--to", "20260102000000"],
        &["migrate", "up", "--env", "cloud", "--to", "20260103000000"],
        &["migrate", "up", "--env", "cloud"],
    ],
    passing: HISTORY_TIMES,
    ..SYNC
};

pub(crate) const UP_IN_ONE: Scenario = Scenario {
    name: "migrate up --single-transaction",
    runs: &[&["migrate", "up", "--env", "cloud", "--single-transaction"]],
    ..UP
};

pub(crate) const DOWN: Scenario = Scenario {
    name: "migrate down",
    build: || {
        let built = migrations(&["migrate", "up", "--env", "cloud"]);
        run(&built, &["migrate", "up", "--env", "cloud"]);
        built
    },
    runs: &[&["migrate", "down", "--env", "cloud", "--to", "20260101000000", "--no-rehearsal"]],
    ..UP
};

pub(crate) const REPAIR: Scenario = Scenario {
    name: "migrate repair",
    runs: &[&["migrate", "repair", "--env", "cloud", "--applied", "20260102000000", "20260103000000"]],
    ..UP
};

/// The history is made to say what the files say, in a database that has grown without one.
pub(crate) const BASELINE: Scenario = Scenario {
    name: "migrate baseline",
    build: || {
        let built = migrations(&["migrate", "up", "--env", "cloud", "--to", "20260101000000"]);
        run(&built, &["migrate", "up", "--env", "cloud"]);
        built.target.query("delete from supabase_migrations.schema_migrations; delete from supabase_migrations.crmctl_migrations");
        built
    },
    runs: &[&["migrate", "baseline", "--env", "cloud", "--to", "20260103000000", "--accept-differences"]],
    again: 4,
    ..UP
};

pub(crate) const SQUASH: Scenario = Scenario {
    name: "migrate squash --history-only",
    build: || {
        let built = migrations(&["migrate", "up", "--env", "cloud", "--to", "20260101000000"]);
        run(&built, &["migrate", "up", "--env", "cloud"]);
        run(&built, &["migrate", "squash"]);
        built
    },
    runs: &[&["migrate", "squash", "--env", "cloud", "--history-only"]],
    ..UP
};

pub(crate) const DEPLOY: Scenario = Scenario {
    name: "deploy",
    build: || migrations(&["deploy", "--env", "cloud"]),
    runs: &[&["deploy", "--env", "cloud"]],
    notes: JOURNAL,
    ..UP
};

pub(crate) const ROLLBACK: Scenario = Scenario {
    name: "deploy rollback",
    build: || {
        let built = migrations(&["deploy", "--env", "cloud"]);
        run(&built, &["deploy", "--env", "cloud"]);
        built
    },
    runs: &[&["deploy", "rollback", "--env", "cloud"]],
    ..DEPLOY
};

/// Everything in this list is tried with everything: the name of its tests, and the scenario.
macro_rules! scenarios {
    ($use:ident $($with:ident)?) => {
        crate::fault_scenarios::$use! { $($with)? =>
            sync SYNC, sync_in_load_order SYNC_IN_LOAD_ORDER, sync_bulk SYNC_BULK, sync_staged SYNC_STAGED,
            sync_delta SYNC_DELTA, seed SEED, seed_users SEED_USERS,
            reset_cloud RESET_CLOUD, reset_local RESET_LOCAL, restore RESTORE, backup_create BACKUP,
            migrate_up UP, migrate_up_in_one_transaction UP_IN_ONE, migrate_down DOWN, migrate_repair REPAIR,
            migrate_baseline BASELINE, migrate_squash SQUASH, deploy DEPLOY, deploy_rollback ROLLBACK,
        }
    };
}
pub(crate) use scenarios;

macro_rules! list {
    (=> $($test:ident $scenario:ident),* $(,)?) => { &[$(&$scenario),*] };
}
use list;

/// All of them.
pub(crate) const ALL: &[&Scenario] = scenarios!(list);

/// A test for each of them, which does this to it.
macro_rules! test_each {
    ($deed:ident => $($test:ident $scenario:ident),* $(,)?) => {
        $(#[test]
        fn $test() {
            $deed(&crate::fault_scenarios::$scenario);
        })*
    };
}
pub(crate) use test_each;

mod when_nobody_disturbs_it_is_judged_to_have_come_to_the_end {
    use crate::support::{Fate, Scenario, Stage};

    fn undisturbed(scenario: &Scenario) {
        let mut stage = Stage::of(scenario);
        let output = stage.call().success();
        assert_eq!(stage.survived("nothing", &output), Fate::New);
    }

    crate::fault_scenarios::scenarios!(test_each undisturbed);
}
