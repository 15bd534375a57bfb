//! `crmctl restore` and `crmctl reset` of a database that is in use: what an application commits while the backup of the
//! old state is made is not lost.

use crate::support::{Call, Database, Project, Which, crmctl, try_query};

const TABLE: &str = "create table public.orders (id int primary key, x text); \
    insert into public.orders select n, 'first' from generate_series(1, 50) n";

/// Inserts a row as soon as the backup is being made, and gives what came of it.
fn inserting_during_the_backup(database: &Database) -> std::thread::JoinHandle<Result<(), String>> {
    let url = database.admin_url();
    let sql = "set application_name = 'application'; \
        do $$ declare tries int := 0; begin while tries < 4000 and not exists (select from pg_stat_activity where datname = current_database() \
        and application_name = 'crmctl') loop perform pg_sleep(0.005); tries := tries + 1; perform pg_stat_clear_snapshot(); end loop; end $$; \
        insert into public.orders values (1000, 'precious')";
    let thread = std::thread::spawn(move || try_query(&url, sql).map(drop));
    database.until(
        "exists (select from pg_stat_activity where application_name = 'application' \
         and datname = current_database() and wait_event = 'PgSleep')",
    );
    thread
}

#[track_caller]
fn assert_nothing_was_lost(database: &Database, project: &Project, run: impl Fn(&Project) -> Call) {
    let application = inserting_during_the_backup(database);
    run(project).success();
    let inserted = application.join().unwrap();
    let found = database.value("select count(*) from public.orders where id = 1000");
    assert!(found == "1" || inserted.is_err(), "it was told that the row is there: {inserted:?}");
}

fn restore(project: &Project) -> Call {
    let arguments = ["restore", "latest", "--env", "cloud", "--force", "--confirm", "cloud"];
    crmctl(project).args(arguments)
}

#[test]
fn a_row_that_comes_while_the_way_back_is_made_is_not_lost_by_a_restore() {
    let cloud = Database::empty_on(Which::Cloud);
    cloud.run(TABLE);
    let project = Project::new().cloud(&cloud);
    crmctl(&project).args(["backup", "create", "--env", "cloud"]).success();
    cloud.query("update public.orders set x = 'second'");

    assert_nothing_was_lost(&cloud, &project, restore);
    assert_eq!(cloud.value("select count(*) from public.orders where x = 'first'"), "50");
}

#[test]
fn a_row_that_comes_while_the_way_back_is_made_is_not_lost_by_a_reset() {
    let cloud = Database::migrated(Which::Cloud);
    cloud.run(TABLE);
    let project = Project::new().cloud(&cloud).with_crm_migrations().with_crm_seeds();

    assert_nothing_was_lost(&cloud, &project, |project| {
        crmctl(project)
            .args(["reset", "cloud", "--confirm", "RESET"])
            .env("TEST_USER_PASSWORD", "Pa55-of-the-tests")
    });
    assert_eq!(cloud.value("select count(*) from public.orders where x = 'first'"), "0");
}
