//! `crmctl verify`.

use crate::support::{Call, Database, Project, Which, crmctl};

struct Pair {
    cloud: Database,
    project: Project,
    local: Database,
}

/// Two environments with the same migrations, users and rows.
fn pair() -> Pair {
    let (local, cloud) = (Database::seeded(Which::Local), Database::migrated(Which::Cloud));
    let project = Project::new().local(&local).cloud(&cloud).with_crm_migrations();
    crmctl(&project).args(["sync", "--force", "--confirm", "cloud"]).success();
    Pair { cloud, project, local }
}

fn verify(pair: &Pair) -> Call {
    crmctl(&pair.project).args(["verify"])
}

#[test]
fn finds_nothing_after_a_sync_and_changes_nothing() {
    let pair = pair();
    let before = pair.cloud.world();

    let answer = verify(&pair).args(["--json"]).success().json();
    assert_eq!(answer["report"]["equal"], true, "{answer}");
    before.assert_same(&pair.cloud.world());
}

#[test]
fn finds_one_changed_value_among_all_rows_and_hides_it() {
    let pair = pair();
    pair.cloud.query(
        "set session_replication_role = replica; update public.contacts set first_name = 'Eve-the-changed' \
         where id = (select id from public.contacts order by id limit 1)",
    );

    let output = verify(&pair).differs().answers("contacts").never_says("Eve-the-changed");
    assert!(!output.stdout.contains("organizations") || output.stdout.contains("equal"), "{output}");
    verify(&pair).args(["--show-values"]).differs().answers("Eve-the-changed");
}

#[test]
fn finds_a_missing_and_an_extra_row() {
    let pair = pair();
    pair.cloud.query("delete from public.tasks where id = (select id from public.tasks order by id limit 1)");
    verify(&pair).differs().answers("tasks");

    verify(&pair).args(["--level", "counts"]).differs();
    verify(&pair).args(["--level", "schema"]).success();
}

/// Each is a thing that users said other tools had missed.
#[test]
fn finds_every_sort_of_schema_difference() {
    let pair = pair();
    for change in [
        "create table public.extra ()",
        "alter table public.contacts alter column first_name set default 'x'",
        "alter table public.contacts disable row level security",
        "drop policy contacts_service_all on public.contacts",
        "revoke select on public.contacts from authenticated",
        "grant execute on all functions in schema private to anon",
        "alter table public.contacts disable trigger all",
        "create index extra_index on public.contacts (created_at)",
        "alter publication supabase_realtime drop table public.contacts",
        "alter default privileges for role postgres in schema public grant select on tables to anon",
        "create function public.extra() returns int language sql as 'select 1'",
        "create sequence public.extra_sequence",
        "create type public.extra_type as enum ('a')",
        "alter table public.contacts add constraint extra_check check (true)",
        "create view public.extra_view as select 1 as one",
    ] {
        let other = Database::migrated(Which::Cloud);
        other.query(change);
        let project = Project::new().local(&pair.local).cloud(&other).with_crm_migrations();
        let output = crmctl(&project).args(["verify", "--level", "schema"]).run();
        assert_eq!(output.code, Some(3), "not found: {change}{output}");
    }
}

#[test]
fn finds_a_login_that_would_not_work() {
    let pair = pair();
    for damage in [
        "update auth.users set confirmation_token = null",
        "update auth.users set encrypted_password = ''",
        "update auth.users set banned_until = now() + interval '1 day'",
        "delete from auth.identities",
    ] {
        let healthy = pair.cloud.world();
        pair.cloud.query(damage);
        let output = verify(&pair).run();
        assert_eq!(output.code, Some(3), "not found: {damage}{output}");
        crmctl(&pair.project).args(["sync", "--force", "--confirm", "cloud"]).success();
        healthy.only("rows auth.users").assert_same(&pair.cloud.world().only("rows auth.users"));
    }
}

#[test]
fn finds_migrations_that_only_one_side_has() {
    let pair = pair();
    pair.cloud.query(
        "delete from supabase_migrations.schema_migrations where version = \
         (select max(version) from supabase_migrations.schema_migrations)",
    );

    verify(&pair).differs();
}
