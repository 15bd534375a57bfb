//! What `crmctl deploy` learns on a throwaway server before it touches anything.

use serde_json::Value;

use crate::support::{Call, Database, Project, Which, crmctl};

const NEXT: &str = "20270101000000_next";
const AFTER: &str = "20270102000000_after";

fn migrated() -> (Database, Project) {
    let cloud = Database::migrated(Which::Cloud);
    let project = Project::new().cloud(&cloud).with_crm_migrations();
    (cloud, project)
}

fn seeded() -> (Database, Project) {
    let cloud = Database::seeded(Which::Cloud);
    let project = Project::new().cloud(&cloud).with_crm_migrations();
    (cloud, project)
}

fn plan(project: &Project) -> Call {
    allowing_all_of_lint(crmctl(project).args(["deploy", "--plan"]))
}

fn deploy(project: &Project) -> Call {
    allowing_all_of_lint(crmctl(project).args(["deploy", "--confirm", "cloud"]))
}

/// What lint says is not what is tested here.
fn allowing_all_of_lint(call: Call) -> Call {
    crmctl::lint::RULES.iter().fold(call, |call, rule| call.arg("--allow").arg(rule.id))
}

fn rehearsal(call: Call) -> Value {
    call.args(["--json"]).success().json()["report"]["plan"]["rehearsal"].clone()
}

#[test]
fn tells_locks_rewrites_and_indexes_with_the_rows_that_are_there() {
    let (cloud, project) = seeded();
    cloud.query("analyze");
    let rows = cloud.value("select count(*) from public.contacts");
    let project = project
        .migration(NEXT, "alter table public.contacts alter column job_title type varchar(300);")
        .migration(AFTER, "create index contacts_title on public.contacts (job_title);");

    let output = plan(&project).success();
    output
        .answers(&format!(
            "takes ACCESS EXCLUSIVE on `public.contacts` ({rows} rows): readers and writers wait"
        ))
        .answers(&format!("rewrites `public.contacts` ({rows} rows)"))
        .answers(&format!("builds index `contacts_title` on `public.contacts` ({rows} rows)"));
}

#[test]
fn a_file_is_told_only_the_locks_that_it_adds() {
    let (_cloud, project) = migrated();
    let project = project.migration(NEXT, "alter table public.tags add column hue text;").migration(
        AFTER,
        "alter table public.tags add column tone text; create table public.fresh (a integer primary key);",
    );

    let rehearsal = rehearsal(plan(&project));
    let locks = |file: usize| rehearsal["files"][file]["locks"].as_array().unwrap().clone();
    assert_eq!(locks(0)[0]["mode"], "access_exclusive", "{rehearsal}");
    assert_eq!(locks(0)[0]["table"]["name"], "tags", "{rehearsal}");
    assert!(locks(1).is_empty(), "{rehearsal}");
    assert_eq!(rehearsal["stage"], "migrations");
    assert!(rehearsal["predicted_hash"].is_string(), "{rehearsal}");
}

#[test]
fn a_file_that_cannot_run_in_a_transaction_is_rehearsed_statement_by_statement() {
    let (cloud, project) = migrated();
    let project = project
        .migration(NEXT, "create index concurrently tags_name on public.tags (name);\nalter table public.tags add column hue text;");

    let rehearsal = rehearsal(plan(&project));
    let file = &rehearsal["files"][0];
    assert!(file["locks"].is_null(), "{rehearsal}");
    assert_eq!(file["indexes"][0]["index"], "tags_name", "{rehearsal}");
    deploy(&project).success();
    assert_eq!(cloud.applied().last().unwrap(), "20270101000000");
}

#[test]
fn a_file_that_stopped_half_way_is_rehearsed_from_where_it_stopped() {
    let (cloud, project) = migrated();
    cloud.run("create table public.pairs (a integer); insert into public.pairs values (1), (1)");
    let table = "create table if not exists public.pairs (a integer);";
    let project = project
        .migration(NEXT, &format!("{table}\ncreate unique index concurrently pairs_a on public.pairs (a);"));
    crmctl(&project).args(["migrate", "up", "--env", "cloud", "--confirm", "cloud"]).partial();
    cloud.run("delete from public.pairs; drop index if exists public.pairs_a");

    deploy(&project).success();
    assert_eq!(
        cloud.value("select indisvalid from pg_index where indexrelid = 'public.pairs_a'::regclass"),
        "t"
    );
}

#[test]
fn refuses_a_target_that_is_not_what_its_migrations_make() {
    let (cloud, project) = migrated();
    cloud.run("alter table public.tags add column sneaky text");
    let before = cloud.world();
    let project = project.migration(NEXT, "alter table public.tags add column hue text;");

    let output = deploy(&project).refused();
    output.says("the database has column `tags.sneaky`").says("crmctl migrate drift --env cloud");
    before.assert_same(&cloud.world());
    assert_eq!(project.files("backups").len(), 0);
}

#[test]
fn drift_that_is_allowed_is_rehearsed_on_a_copy_of_the_schema() {
    let (cloud, project) = migrated();
    cloud.run("alter table public.tags add column sneaky text; create table public.by_hand (id bigserial primary key)");
    // It needs what only the target has.
    let project = project.migration(NEXT, "alter table public.tags rename column sneaky to known; alter table public.by_hand add column a text;");

    let rehearsal = rehearsal(plan(&project).args(["--allow", "drift"]));
    assert_eq!(rehearsal["stage"], "schema", "{rehearsal}");
    assert!(rehearsal["predicted_hash"].is_string(), "the copy is the target: {rehearsal}");
    deploy(&project).args(["--allow", "drift"]).success();
    assert_eq!(
        cloud.column(
            "select attname from pg_attribute where attrelid = 'public.tags'::regclass and attname = 'known'"
        ),
        ["known"]
    );
}

#[test]
fn migrations_that_only_the_platform_can_run_are_rehearsed_on_a_copy_of_the_schema() {
    let (cloud, project) = migrated();
    // Applied there, with an extension that this machine does not have.
    let platform = "-- the platform has it\ncreate extension only_the_platform_has;";
    cloud.query(
        "insert into supabase_migrations.schema_migrations (version, name, statements) \
         values ('20261231000000', 'platform', null)",
    );
    let project = project
        .migration("20261231000000_platform", platform)
        .migration(NEXT, "alter table public.tags add column hue text;");

    let output = deploy(&project).success();
    output.says("drift cannot be told").says("copy of the target's schema");
    assert_eq!(cloud.applied().last().unwrap(), "20270101000000");
}

#[test]
fn rows_that_are_in_the_way_are_found_before_the_target_is_touched() {
    let (cloud, project) = seeded();
    cloud.run("insert into public.tags (sales_id, name, deleted_at) select id, 'twice', now() from public.sales")
        .run("insert into public.tags (sales_id, name, deleted_at) select id, 'twice', now() from public.sales");
    let before = cloud.world();
    let project = project.migration(NEXT, "alter table public.tags add constraint tags_once unique (name);");

    let output = deploy(&project).args(["--with-data"]).failed();
    output.says("with the rows of the target").says("the target was not touched").says("next.sql:1:1");
    before.assert_same(&cloud.world());
    assert_eq!(project.files("backups").len(), 0);

    cloud.run("delete from public.tags where name = 'twice'");
    let output = deploy(&project).args(["--with-data"]).success();
    output.says("of the target");
}

#[test]
fn foreign_keys_are_checked_against_the_rows_they_refer_to() {
    let (cloud, project) = seeded();
    cloud.run(
        "create table public.visits (id uuid primary key, contact_id uuid); \
         insert into public.visits select id, id from public.contacts",
    );
    let project = project.migration(
        NEXT,
        "alter table public.visits add constraint visits_contact foreign key (contact_id) references public.contacts (id) on delete cascade;",
    );
    let allowed = ["--with-data", "--allow", "drift"];

    plan(&project).args(allowed).success();
    cloud.run("insert into public.visits values (gen_random_uuid(), gen_random_uuid())");
    plan(&project).args(allowed).failed().says("visits_contact");
}

#[test]
fn a_table_without_room_is_rehearsed_without_its_rows_and_named() {
    let (_cloud, project) = seeded();
    let project = project.migration(NEXT, "alter table public.contacts add column hue text;");

    let output = plan(&project).args(["--with-data", "--with-data-limit", "1kB"]).success();
    output.answers("`public.contacts` was rehearsed without its rows");
    plan(&project).args(["--with-data", "--with-data-limit", "much"]).usage();
}

#[test]
fn what_only_the_whole_schema_shows_is_found_before_anything_is_touched() {
    let (cloud, project) = migrated();
    let before = cloud.world();
    // No statement creates a table without row level security: one switches it off where nobody looks.
    let project = project.migration(
        NEXT,
        "do $$ begin execute 'alter table public.tags dis' || 'able row level security'; end $$;",
    );

    crmctl(&project).args(["deploy", "--confirm", "cloud"]).refused().says("`public.tags`");
    before.assert_same(&cloud.world());
    assert_eq!(project.files("backups").len(), 0);
    plan(&project).success();
}
