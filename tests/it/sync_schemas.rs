//! `crmctl sync` of every kind of table, column, constraint, trigger and view, all in one database.

use std::process::Command;

use crate::support::{Database, Output, Project, Which, World, crmctl, try_query};

const SCHEMA: &str = include_str!("sync/awkward.sql");
const ROWS: &str = include_str!("sync/awkward_rows.sql");
/// What rests while rows are loaded, and what these rows do not fulfil.
const AFTER: &str = include_str!("sync/awkward_after.sql");

/// The target has other rows of its own.
const OLD_ROWS: &str = "begin; delete from public.ring_c; update public.ring_a set b = null; delete from public.ring_b; \
    delete from public.measured_2020; insert into public.no_key values (8, 'old', 8); \
    insert into public.measured values (3, '2021-02-02', 'old'); insert into public.kinds (t) values ('old'); \
    select setval('public.round', 3), setval('public.down', -50); delete from public.forced; commit";

fn pair(which: Which) -> (Database, Database) {
    let (local, cloud) = (Database::empty(), Database::empty_on(which));
    local.run(SCHEMA).run(ROWS).run(AFTER);
    cloud.run(SCHEMA).run(ROWS).run(OLD_ROWS).run(AFTER);
    for database in [&local, &cloud] {
        database.run(
            "set check_function_bodies = off; set search_path = public; refresh materialized view public.by_function",
        );
    }
    (local, cloud)
}

fn sync(project: &Project) -> Output {
    crmctl(project).args(["sync", "--force", "--confirm", "cloud"]).run()
}

fn rows(database: &Database) -> World {
    database.world().without(&[
        "schema",
        "relation",
        "column",
        "constraint",
        "index",
        "function",
        "trigger",
        "policy",
        "enum",
        "published",
        "default",
        "rows auth",
        "rows storage",
    ])
}

#[test]
fn every_kind_of_table_goes_along_with_and_without_the_replica_role_and_comes_back() {
    for which in [Which::Cloud, Which::Strict] {
        let (local, cloud) = pair(which);
        let before = cloud.world();
        let project = Project::new().local(&local).cloud(&cloud);

        let answer =
            crmctl(&project).args(["sync", "--force", "--confirm", "cloud", "--json"]).success().json();
        rows(&local).assert_same(&rows(&cloud));
        let definitions = |world: World| world.without(&["rows ", "sequence "]);
        definitions(before.clone()).assert_same(&definitions(cloud.world()));
        assert_eq!(
            cloud.column("select n from public.z_first union all select n from public.a_second"),
            ["2", "6"]
        );
        assert_eq!(cloud.value("select n from public.by_function"), "3");
        assert_eq!(
            cloud
                .column("select relname from pg_class where relkind = 'm' and not relispopulated order by 1"),
            ["hollow", "over_nothing"]
        );
        assert_eq!(
            cloud.column(
                "select description from pg_description where classoid = 'pg_constraint'::regclass order by 1"
            ),
            ["a comment that's to stay", "old rows are not"]
        );
        crmctl(&project).args(["verify"]).success();

        let file = answer["report"]["backup_file"].as_str().unwrap();
        let psql = Command::new("psql")
            .args(["-X", "-q", "-1", "-v", "ON_ERROR_STOP=1", "-d", &cloud.url(), "-f", file])
            .current_dir(project.path())
            .output()
            .unwrap();
        assert!(psql.status.success(), "{}", String::from_utf8_lossy(&psql.stderr));
        before.assert_same(&cloud.world());
    }
}

#[test]
fn what_a_role_or_a_database_is_set_to_does_not_matter() {
    let (local, cloud) = (Database::empty(), Database::empty_on(Which::Cloud));
    let schema = "create table public.a (id int primary key, at timestamptz, f float8, b bytea, i interval, m money, ns text[], \
        rc regclass); create table public.\"Q\" (x int)";
    local.run(schema).run(
        "insert into public.a values (1, '2020-01-01 12:00+02', 0.1, '\\x00ff', '1 mon 2 days', 1.5, '{NULL,\"NULL\"}', 'public.\"Q\"')",
    );
    cloud.run(schema).run("insert into public.a values (7)");
    cloud.query(&format!(
        "alter database {0} set statement_timeout = '1ms'; alter database {0} set lock_timeout = '1ms'; \
         alter database {0} set idle_in_transaction_session_timeout = '1ms'; \
         alter database {0} set default_transaction_read_only = on; \
         alter database {0} set default_transaction_isolation = 'serializable'; \
         alter database {0} set default_transaction_deferrable = on; \
         alter database {0} set synchronous_commit = off; alter database {0} set timezone = 'Asia/Kolkata'; \
         alter database {0} set datestyle = 'SQL, DMY'; alter database {0} set intervalstyle = 'iso_8601'; \
         alter database {0} set extra_float_digits = -10; alter database {0} set bytea_output = 'escape'; \
         alter database {0} set array_nulls = off; alter database {0} set quote_all_identifiers = on; \
         alter database {0} set standard_conforming_strings = off; alter database {0} set client_encoding = 'LATIN1'; \
         alter database {0} set search_path = 'nowhere'; alter database {0} set row_security = off; \
         alter database {0} set session_replication_role = 'replica'; alter database {0} set work_mem = '64kB'",
        cloud.name()
    ));
    let project = Project::new().local(&local).cloud(&cloud);

    sync(&project).expect(0);
    // Whoever looks now would be stopped after a millisecond as well.
    let admin = Which::Cloud.cluster().admin_url("template1");
    try_query(&admin, &format!("alter database {} reset all", cloud.name())).unwrap();
    let seen = "set timezone = 'UTC'; set datestyle = 'ISO'; set extra_float_digits = 3; set intervalstyle = 'postgres'; \
        set bytea_output = 'hex'; set quote_all_identifiers = off; set search_path = ''; select a::text from public.a";
    assert_eq!(cloud.value(seen), local.value(seen));
}
