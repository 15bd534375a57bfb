//! What the scenarios start from.

use crate::support::{Built, Call, Database, Project, Which, crmctl};

const CLOUD: &str = "[environments.cloud]\nurl_env = \"TARGET_URL\"\nprotection = \"protected\"\n";
const SOURCE: &str = "[environments.local]\nurl_env = \"SOURCE_URL\"\n";

pub(crate) const TABLES: &str = "create table public.a (id int primary key, x text); create sequence public.numbers; \
    create table public.b (id serial primary key, a int references public.a, at date); \
    alter table public.a enable row level security; alter table public.b enable row level security; \
    insert into public.a select n, 'row ' || n from generate_series(1, 200) n; \
    insert into public.b (a) select id from public.a; select nextval('public.numbers')";
pub(crate) const MORE: &str = "create table public.c (id int primary key); alter table public.c enable row level security; insert into public.c values (1), (2); \
    alter table public.a add column y int default 3";
pub(crate) const LAST: &str = "create index on public.a (x); alter table public.b add check (a > 0)";

/// Two databases with the same tables and other rows, users and numbers.
pub(crate) fn pair(which: Which) -> Built {
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
pub(crate) fn seeds(target: Database) -> Built {
    let project = Project::new().setting(CLOUD).with_crm_migrations().with_crm_seeds();
    Built { target, source: None, project }
}

/// A database, and a backup of it.
pub(crate) fn backed_up() -> Built {
    let target = Database::empty_on(Which::Cloud);
    target.run(TABLES);
    let project = Project::new().setting(CLOUD);
    let built = Built { target, source: None, project };
    run(&built, &["backup", "create", "--env", "cloud"]);
    built
}

/// Three migrations, of which the first was applied so.
pub(crate) fn migrations(first: &[&str]) -> Built {
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

pub(crate) fn run(built: &Built, arguments: &[&str]) {
    let call = arguments.iter().fold(crmctl(&built.project), Call::arg);
    call.env("TARGET_URL", &built.target.url()).env("CRMCTL_CONFIRM", "cloud").success();
}
