//! `crmctl verify` where something cannot be read: an error that names the table and says what to do, never a verdict.

use std::thread::JoinHandle;

use crate::support::{Call, Database, Direction, FaultProxy, Output, Project, Which, crmctl, try_query};

struct Pair {
    local: Database,
    cloud: Database,
}

/// Two databases with the same tables, whose rows are the same.
fn pair(tables: &str) -> Pair {
    let pair = Pair { local: Database::empty(), cloud: Database::empty_on(Which::Cloud) };
    pair.local.run(tables);
    pair.cloud.run(tables);
    pair
}

impl Pair {
    fn project(&self) -> Project {
        Project::new().local(&self.local).cloud(&self.cloud)
    }
}

fn contents(project: &Project) -> Call {
    crmctl(project).args(["verify", "--level", "contents"])
}

/// Asked of two tables, of which the second makes trouble: what was found of the first must not be the answer.
const TABLES: &str = "create table notes (id int primary key, text text); insert into notes values (1, 'x'); \
    create table tasks (id int primary key, text text); insert into tasks values (1, 'x')";

fn no_verdict(output: Output) -> Output {
    let output = output.expect(1);
    assert!(output.stdout.is_empty(), "an answer: {output}");
    output.says("there is no verdict: table `tasks` of `cloud`")
}

/// Statements of somebody who holds the table until a statement waits for it, and then does something else.
fn meanwhile(database: &Database, then: &'static str) -> JoinHandle<()> {
    let url = database.admin_url();
    let waits = "do $$ declare tries int := 0; begin \
        while not exists (select from pg_locks where not granted and relation = 'public.tasks'::regclass) loop \
        tries := tries + 1; if tries > 3000 then raise 'nobody came'; end if; perform pg_sleep(0.01); end loop; end $$";
    std::thread::spawn(move || {
        try_query(&url, &format!("begin; lock table public.tasks; {waits}; {then}; commit")).unwrap();
    })
}

/// Starts [`meanwhile`] and does not go on before it holds its lock.
fn while_held(pair: &Pair, then: &'static str) -> Output {
    let holder = meanwhile(&pair.cloud, then);
    pair.cloud.until(
        "exists (select from pg_locks where granted and mode = 'AccessExclusiveLock' and relation = 'public.tasks'::regclass)",
    );
    let output = contents(&pair.project()).run();
    holder.join().unwrap();
    output
}

/// What a role of its own, which sees no more than others let it, is told.
fn as_reader(pair: &Pair, statements: &str) -> Output {
    let role = format!("reader_of_{}", pair.cloud.name());
    let with_role = |sql: &str| pair.cloud.query(&sql.replace("reader", &role));
    with_role(
        "create role reader login; grant usage on schema public to reader; grant select on public.notes to reader",
    );
    with_role(statements);
    let url = pair.cloud.url_without_password().replace("//postgres@", &format!("//{role}@"));
    let output = contents(&Project::new().local(&pair.local).cloud_at(&url)).run();
    with_role("drop owned by reader; drop role reader");
    no_verdict(output)
}

#[test]
fn a_table_that_may_not_be_read_is_no_equal_one() {
    let output = as_reader(&pair(TABLES), "select 1");

    output
        .says("permission denied for table tasks")
        .says("`grant select on \"public\".\"tasks\" to \"reader_of_");
}

#[test]
fn rows_that_policies_hide_are_not_taken_for_missing_ones() {
    let hidden = "grant select on public.tasks to reader; alter table public.tasks enable row level security";

    as_reader(&pair(TABLES), hidden).says("row-level security").says("bypassrls");
}

#[test]
fn a_table_that_vanishes_meanwhile_is_no_equal_one() {
    no_verdict(while_held(&pair(TABLES), "drop table public.tasks")).says("run the command again");
}

/// Truncating is invisible to nobody: whoever looks through an older snapshot sees an empty table. Were both sides
/// truncated so, they would be called equal.
#[test]
fn a_table_that_is_truncated_meanwhile_is_not_called_empty() {
    let output = while_held(&pair(TABLES), "truncate public.tasks");

    no_verdict(output).says("was truncated or rewritten while it was read");
}

#[test]
fn a_statement_that_somebody_stops_is_no_verdict() {
    let stop = "select pg_cancel_backend(pid) from pg_locks where not granted and relation = 'public.tasks'::regclass";

    no_verdict(while_held(&pair(TABLES), stop)).says("cancel");
}

#[test]
fn a_connection_that_breaks_on_one_side_is_no_verdict() {
    let pair = pair(TABLES);
    let proxy = FaultProxy::to(Which::Cloud).cut_after(Direction::ToClient, 3_000);

    let project = Project::new()
        .local(&pair.local)
        .cloud_at(&format!("{}?sslmode=disable", proxy.url(&pair.cloud.url())));
    let output = crmctl(&project).args(["verify"]).run().expect(1).says("no verdict").says("`cloud`");
    assert!(output.stdout.is_empty(), "{output}");
}

#[test]
fn a_partition_on_a_server_that_does_not_answer_is_no_verdict() {
    let pair = pair("create table notes (id int)");
    pair.local.run("create table tasks (id int)");
    pair.cloud.query(
        "create extension postgres_fdw schema extensions; \
         create server gone foreign data wrapper postgres_fdw options (host '127.0.0.1', port '1'); \
         create user mapping for public server gone options (user 'x', password 'x'); grant usage on foreign server gone to postgres; \
         create table public.tasks (id int) partition by list (id); \
         create foreign table public.tasks_elsewhere partition of public.tasks default server gone; \
         grant select on public.tasks, public.tasks_elsewhere to postgres",
    );

    no_verdict(contents(&pair.project()).run()).says("foreign table");
}

#[test]
fn a_side_that_cannot_be_reached_is_no_verdict_in_any_format() {
    let pair = pair("create table notes (id int)");
    let project = Project::new()
        .local(&pair.local)
        .cloud_at("postgresql://postgres@127.0.0.1:1/postgres?sslmode=disable");

    for format in ["text", "junit", "markdown"] {
        let output = crmctl(&project).args(["verify", "--format", format]).failed();
        assert!(output.stdout.is_empty(), "{output}");
    }
    let answer = crmctl(&project).args(["verify", "--format", "json"]).failed().json();
    assert_eq!(answer["outcome"], "failed", "{answer}");
}
