//! `crmctl verify` where an answer would mislead: comparisons of nothing, of a database with itself, and answers in
//! which a name or a value would speak for crmctl.

use crate::support::{Call, Database, Direction, FaultProxy, Project, Which, crmctl};

fn verify(project: &Project) -> Call {
    crmctl(project).args(["verify"])
}

#[test]
fn a_database_is_not_compared_with_itself() {
    let database = Database::empty();
    database.run("create table notes (id int)");
    let project = Project::new().local(&database).cloud(&database);

    let output =
        verify(&project).refused().says("`local` and `cloud` are the same database").says("check the URLs");
    assert!(output.stdout.is_empty(), "{output}");
    verify(&project).args(["--to", "local"]).refused().says("name two environments");
    let answer = verify(&project).args(["--json"]).refused().json();
    assert_eq!(answer["outcome"], "refused", "{answer}");
}

#[test]
fn two_databases_without_a_table_have_no_equal_rows() {
    let (local, cloud) = (Database::empty(), Database::empty_on(Which::Cloud));
    let project = Project::new().local(&local).cloud(&cloud);

    for level in ["counts", "contents"] {
        let output = verify(&project).args(["--level", level]).failed();
        assert!(output.stdout.is_empty(), "{output}");
        output.says("neither `local` nor `cloud` has a table").says("crmctl migrate up");
    }
    verify(&project).success().answers("there are no tables");
    local.run("create table notes (id int)");
    verify(&project).args(["--level", "counts"]).differs();
}

#[test]
fn names_and_values_cannot_pass_for_lines_of_the_answer() {
    let (local, cloud) = (Database::empty(), Database::empty_on(Which::Cloud));
    for (database, value) in [(&local, "E'one\\nequal    everything\\x1b[32m'"), (&cloud, "'two'")] {
        database.run(&format!(
            "create table \"a\nequal    all\" (id text primary key, \"v\nw\" text); \
             insert into \"a\nequal    all\" values (E'k\\nequal    keys\\r\\x1b[1m', {value})"
        ));
    }
    let project = Project::new().local(&local).cloud(&cloud);

    let output = verify(&project).args(["--level", "contents", "--show-values"]).differs();
    assert!(!output.stdout.lines().any(|line| line.starts_with("equal")), "{output}");
    assert!(!output.stdout.contains(['\u{1b}', '\r']), "{output}");
}

/// Whatever byte a connection breaks at: there is an answer that is right, or none.
#[test]
fn a_connection_that_breaks_anywhere_gives_no_verdict_in_any_format() {
    let (local, cloud) = (Database::empty(), Database::empty_on(Which::Cloud));
    let tables = "create table notes (id int primary key, v text); insert into notes select i, 'x' from generate_series(1, 500) i";
    local.run(tables);
    cloud.run(tables);
    cloud.run("update notes set v = 'y' where id = 7");
    let whole = FaultProxy::to(Which::Cloud);
    let through = |proxy: &FaultProxy| {
        Project::new().local(&local).cloud_at(&format!("{}?sslmode=disable", proxy.url(&cloud.url())))
    };
    verify(&through(&whole)).differs();
    let bytes = whole.bytes(Direction::ToClient);
    assert!(bytes > 1000, "{bytes}");

    for (number, format) in (1..24).zip(["text", "json", "junit", "markdown"].into_iter().cycle()) {
        let proxy = FaultProxy::to(Which::Cloud).cut_after(Direction::ToClient, bytes * number / 24);
        let output = verify(&through(&proxy)).args(["--format", format]).run();
        assert_eq!(output.code, Some(1), "{output}");
        match format {
            "json" => assert_eq!(output.json()["outcome"], "failed", "{output}"),
            _ => assert!(output.stdout.is_empty(), "{output}"),
        }
    }
}

#[test]
fn limits_of_the_role_do_not_stop_a_comparison_nor_make_it_shorter() {
    let (local, cloud) = (Database::empty(), Database::empty_on(Which::Cloud));
    let tables = "create table notes (id int primary key, v text); insert into notes select i, 'x' from generate_series(1, 20000) i";
    local.run(tables);
    cloud.run(tables);
    cloud.query(&format!(
        "alter database {name} set statement_timeout = '1ms'; alter database {name} set row_security = off; \
         alter database {name} set default_transaction_read_only = on; alter database {name} set search_path = 'nowhere'; \
         alter database {name} set timezone = 'Asia/Kathmandu'; alter database {name} set bytea_output = 'escape'",
        name = cloud.name()
    ));

    verify(&Project::new().local(&local).cloud(&cloud)).success().answers("are equal");
}

#[test]
fn statistics_are_the_same_whatever_the_order_of_the_table_s_columns() {
    let (local, cloud) = (Database::empty(), Database::empty_on(Which::Cloud));
    let statistics = "create statistics public.both on x, y, (x + y) from public.a";
    local.run(&format!("create table public.a (x int, y int); {statistics}"));
    cloud.run(&format!("create table public.a (y int, x int); {statistics}"));

    crmctl(&Project::new().local(&local).cloud(&cloud)).args(["verify"]).success();
}
