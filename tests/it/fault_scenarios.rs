//! Every command that writes, with what it starts from. Whatever is in here is tried with every fault.

use crate::support::{Built, Call, Database, OLDEST_BACKUP, Project, Scenario, Which, crmctl};

const CLOUD: &str = "[environments.cloud]\nurl_env = \"TARGET_URL\"\nprotection = \"protected\"\n";
const OPEN: &str = "[environments.local]\nurl_env = \"TARGET_URL\"\n";
const SOURCE: &str = "[environments.local]\nurl_env = \"SOURCE_URL\"\n";

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
            sync SYNC, sync_in_load_order SYNC_IN_LOAD_ORDER, seed SEED, seed_users SEED_USERS,
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

const TABLES: &str = "create table public.a (id int primary key, x text); create sequence public.numbers; \
    create table public.b (id serial primary key, a int references public.a, at date); \
    alter table public.a enable row level security; alter table public.b enable row level security; \
    insert into public.a select n, 'row ' || n from generate_series(1, 200) n; \
    insert into public.b (a) select id from public.a; select nextval('public.numbers')";
const MORE: &str = "create table public.c (id int primary key); alter table public.c enable row level security; insert into public.c values (1), (2); \
    alter table public.a add column y int default 3";
const LAST: &str = "create index on public.a (x); alter table public.b add check (a > 0)";

/// Two databases with the same tables and other rows, users and numbers.
fn pair(which: Which) -> Built {
    let (source, target) = (Database::empty(), Database::empty_on(which));
    let schema = "create table public.tags (id serial primary key, name text not null unique); \
        create table public.tagged (tag int references public.tags, note text); \
        create table public.people (id int primary key, boss int references public.people, name text); \
        create table public.parts (id int, at date) partition by range (at); \
        create table public.parts_1 partition of public.parts for values from ('2020-01-01') to ('2030-01-01'); \
        create sequence public.numbers; create view public.names as select name from public.tags; \
        create table public.log (x text); \
        create function public.note() returns trigger language plpgsql as $$ begin insert into public.log values ('fired'); return new; end $$; \
        create trigger note after insert on public.tags for each row execute function public.note()";
    for (database, tag, rows) in [(&source, "new", 300), (&target, "old", 200)] {
        database.run(schema);
        database.query(&format!(
            "insert into public.tags (name) select '{tag} ' || n from generate_series(1, {rows}) n; \
             insert into public.tagged select id, '{tag}' from public.tags; \
             insert into public.people select n, nullif(n / 2, 0), '{tag}' from generate_series(1, 40) n; \
             insert into public.parts select n, '2026-01-01' from generate_series(1, {rows}) n; \
             truncate public.log; select setval('public.numbers', {rows}); \
             insert into auth.users (instance_id, id, aud, role, email) values ('00000000-0000-0000-0000-000000000000', \
             md5('{tag}')::uuid, 'authenticated', 'authenticated', '{tag}@test.local')"
        ));
    }
    Built { target, source: Some(source), project: Project::new().setting(CLOUD).setting(SOURCE) }
}

/// What seeds a database.
fn seeds(target: Database) -> Built {
    let project = Project::new().setting(CLOUD).with_crm_migrations().with_crm_seeds();
    Built { target, source: None, project }
}

/// A database, and a backup of it.
fn backed_up() -> Built {
    let target = Database::empty_on(Which::Cloud);
    target.run(TABLES);
    let project = Project::new().setting(CLOUD);
    let built = Built { target, source: None, project };
    run(&built, &["backup", "create", "--env", "cloud"]);
    built
}

/// Three migrations, of which the first was applied so.
fn migrations(first: &[&str]) -> Built {
    let target = Database::empty_on(Which::Cloud);
    let project = Project::new().setting(CLOUD).migration("20260101000000_a", TABLES);
    let built = Built { target, source: None, project };
    run(&built, first);
    let project = built
        .project
        .migration("20260102000000_b", MORE)
        .file(
            "migrations/20260102000000_b.down.sql",
            "drop table public.c; alter table public.a drop column y",
        )
        .migration("20260103000000_c", LAST)
        .file(
            "migrations/20260103000000_c.down.sql",
            "drop index public.a_x_idx; alter table public.b drop constraint b_a_check",
        );
    Built { project, ..built }
}

fn run(built: &Built, arguments: &[&str]) {
    let call = arguments.iter().fold(crmctl(&built.project), Call::arg);
    call.env("TARGET_URL", &built.target.url()).env("CRMCTL_CONFIRM", "cloud").success();
}

mod when_nobody_disturbs_it_is_judged_to_have_come_to_the_end {
    use crate::support::{Fate, Scenario, Stage};

    fn undisturbed(scenario: &Scenario) {
        let mut stage = Stage::of(scenario);
        let output = stage.call().success();
        assert_eq!(stage.survived("nothing", &output), Fate::New);
    }

    crate::fault_scenarios::scenarios!(test_each undisturbed);
}
