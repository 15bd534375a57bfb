//! What `crmctl deploy` checks before it commits. Whatever does not hold leaves the target as it was.

use tokio_postgres::NoTls;

use crate::support::{Call, Database, Output, Project, Which, crmctl, wait_for};

const NEXT: &str = "20270101000000_next";

fn seeded() -> (Database, Project) {
    let cloud = Database::seeded(Which::Cloud);
    let project = Project::new().cloud(&cloud).with_crm_migrations();
    (cloud, project)
}

fn deploy(project: &Project) -> Call {
    crmctl(project).args(["deploy", "--confirm", "cloud"])
}

/// Stops the test unless a deploy fails at a check, and leaves nothing behind.
#[track_caller]
fn rolled_back(cloud: &Database, call: Call, text: &str) -> Output {
    // PostgreSQL does not roll sequences back, and the journal keeps that there was a deploy.
    let world = || cloud.world().without(&["sequence "]).without_history();
    let (before, applied) = (world(), cloud.applied());
    let output = call.failed().says(text).says("everything was rolled back");
    before.assert_same(&world());
    assert_eq!(cloud.applied(), applied);
    output
}

#[test]
fn a_check_of_the_author_that_does_not_hold_rolls_everything_back() {
    let (cloud, project) = seeded();
    let project = project.migration(
        NEXT,
        "alter table public.tags add column hue text;\n-- crmctl:verify select count(*) = 0 from public.contacts\n",
    );

    rolled_back(&cloud, deploy(&project), "the check in migrations/20270101000000_next.sql:2 does not hold");
}

#[test]
fn a_check_of_the_author_that_holds_lets_it_pass() {
    let (cloud, project) = seeded();
    let project = project.migration(
        NEXT,
        "alter table public.tags add column hue text;\n-- crmctl:verify select count(*) > 0 from public.contacts;\n\
         -- crmctl:verify select true union all select true\n",
    );

    deploy(&project).success();
    assert_eq!(cloud.applied().last().unwrap(), "20270101000000");
}

#[test]
fn a_check_that_cannot_run_is_found_in_the_rehearsal() {
    let (cloud, project) = seeded();
    let project = project.migration(
        NEXT,
        "alter table public.tags add column hue text;\n-- crmctl:verify select count(*) / 0 > 1 from public.tags\n\
         -- crmctl:verify select oops from public.contacts\n",
    );
    let before = cloud.world();

    let output = deploy(&project).failed();
    output
        .says("the check in migrations/20270101000000_next.sql:3 cannot run")
        .says("oops")
        .says("the target was not touched");
    before.assert_same(&cloud.world());
}

/// A file that runs statement by statement, and does more on the target than in a rehearsal.
const ELSEWHERE: &str = "-- crmctl: no-transaction\ncreate schema deployed;\n\
    do $$ begin if current_database() like 'test%' then create schema surprise; end if; end $$;";

#[test]
fn files_that_ran_one_by_one_are_compared_with_the_rehearsal_and_stay() {
    let cloud = Database::empty_on(Which::Cloud);
    let project =
        Project::new().cloud(&cloud).setting("[deploy]\nafter = [\"touch ran\"]").migration(NEXT, ELSEWHERE);

    let output = deploy(&project).partial();
    output
        .says("schema `surprise` is there")
        .says("the files are applied, one by one")
        .answers("deployed")
        .says("crmctl deploy resume --env cloud")
        .says("crmctl deploy rollback --env cloud")
        .never_says("rolled back");
    let journal = || cloud.value("select concat(state, ' ', error) from supabase_migrations.crmctl_deploys");
    assert!(journal().starts_with("applied the files are applied"), "{}", journal());
    assert!(!project.path().join("ran").exists(), "nobody has said yes to what came of it");
    crmctl(&project).args(["deploy", "resume", "--confirm", "cloud"]).success();
    assert_eq!(journal(), "done ", "what is over is no error any more");
    assert!(project.path().join("ran").exists());
}

#[test]
fn what_the_author_of_a_file_without_a_transaction_asks_is_asked_afterwards() {
    let cloud = Database::empty_on(Which::Cloud);
    let text = "-- crmctl: no-transaction\ncreate schema deployed;\n-- crmctl:verify select false\n";
    let project = Project::new().cloud(&cloud).migration(NEXT, text);

    let output = deploy(&project).partial();
    output.says("the check in migrations/20270101000000_next.sql:3 does not hold").never_says("rolled back");
    assert_eq!(cloud.applied(), ["20270101000000"]);
}

#[test]
fn a_change_that_comes_while_it_deploys_is_found_and_everything_rolled_back() {
    let (cloud, project) = seeded();
    let project = project.migration(NEXT, "alter table public.tags add column hue text;");
    let url = cloud.url();
    wait_for(async {
        let (client, connection) = tokio_postgres::connect(&url, NoTls).await.unwrap();
        let connection = tokio::spawn(connection);
        // Nobody sees the function before its transaction ends, and the deploy waits for the table.
        let change = "begin; create function public.surprise() returns integer language sql as 'select 1'; \
                      lock table public.tags in share mode";
        client.batch_execute(change).await.unwrap();
        let running = deploy(&project).spawn();
        let waits =
            // Tables of copied databases have the same numbers.
            "select count(*) from pg_locks l join pg_database d on d.oid = l.database and d.datname = current_database() \
             where not l.granted and l.relation = 'public.tags'::regclass";
        loop {
            let count: i64 = client.query_one(waits, &[]).await.unwrap().get(0);
            if count > 0 {
                break;
            }
            tokio::task::yield_now().await;
        }
        client.batch_execute("commit").await.unwrap();
        let output = running.finish().expect(1);
        output.says("function `surprise()` is there").says("crmctl migrate drift");
        drop(client);
        connection.await.unwrap().unwrap();
    });
    assert_ne!(cloud.applied().last().unwrap(), "20270101000000");
    assert!(cloud.column("select attname from pg_attribute where attname = 'hue'").is_empty());
}

#[test]
fn rows_that_vanish_from_a_table_that_no_file_names_stay() {
    let (cloud, project) = seeded();
    cloud.run(
        "insert into public.contact_notes (sales_id, contact_id, body) select sales_id, id, 'a' from public.contacts",
    );
    // Notes go along by a cascade.
    let text = "delete from public.contacts where id = (select min(id::text)::uuid from public.contacts);";
    let project = project.migration(NEXT, text);

    rolled_back(&cloud, deploy(&project), "which no migration names");
}

#[test]
fn most_rows_of_a_table_go_only_with_leave() {
    let (cloud, project) = seeded();
    let text = "delete from public.contact_notes where body <> '';";
    let project = project.migration(NEXT, text);

    rolled_back(&cloud, deploy(&project), "would be deleted");
    deploy(&project).args(["--allow", "rows"]).success();
    assert_eq!(cloud.value("select count(*) from public.contact_notes"), "0");
}

#[test]
fn a_table_that_a_function_empties_is_noticed() {
    let (cloud, project) = seeded();
    let project =
        project.migration(NEXT, "do $$ begin execute 'truncate public.' || 'contact' || '_notes'; end $$;");

    rolled_back(&cloud, deploy(&project), "which no migration names");
}

#[test]
fn rows_that_are_moved_are_not_lost() {
    let (cloud, project) = seeded();
    let project = project.migration(
        NEXT,
        "create temporary table moved on commit drop as select * from public.contact_notes;\n\
         delete from public.contact_notes where true;\ninsert into public.contact_notes select * from moved;",
    );
    let before = cloud.world().only("rows public contact_notes");

    deploy(&project).args(["--allow", "D07"]).success();
    before.assert_same(&cloud.world().only("rows public contact_notes"));
}

#[test]
fn a_constraint_that_is_not_validated_is_said() {
    let (_cloud, project) = seeded();
    let project =
        project.migration(NEXT, "alter table public.tags add constraint named check (name <> '') not valid;");

    deploy(&project).success().answers("leaves constraint `tags.named` to be validated");
}

/// What `access.toml` expects of everybody without a login.
const NOTHING_FOR_ANON: &str = "[[expect]]\ntable = \"public.*\"\npersona = \"anon\"\nselect = \"none\"\n";

#[test]
fn a_door_that_must_stay_closed_rolls_everything_back() {
    let (cloud, project) = seeded();
    let project = project.file("access.toml", NOTHING_FOR_ANON).migration(
        NEXT,
        "-- crmctl:allow S03 because this test opens the door\ngrant select on public.tags to anon;\n\
         -- crmctl:allow S03 because this test opens the door\n\
         create policy everybody on public.tags for select to anon using (true);",
    );

    let output = rolled_back(&cloud, deploy(&project), "access would not be as `access.toml` has it");
    output.says("access.toml:");
}

#[test]
fn what_was_wrong_before_does_not_keep_its_repair_from_being_deployed() {
    let (cloud, project) = seeded();
    cloud.run("grant select on public.tags to anon; create policy everybody on public.tags for select to anon using (true)");
    let project = project
        .file("access.toml", NOTHING_FOR_ANON)
        .migration(NEXT, "alter table public.contacts add column hue text;");

    deploy(&project).args(["--allow", "drift"]).success();
}

#[test]
fn who_may_do_something_else_than_before_is_told() {
    let (_cloud, project) = seeded();
    let project = project
        .file("access.toml", NOTHING_FOR_ANON)
        .migration(NEXT, "revoke all on public.tags from authenticated;");

    deploy(&project).args(["--allow", "D09"]).success().answers("may no longer");
}
