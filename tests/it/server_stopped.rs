//! The server itself goes down in the middle of the work, as after a power cut, and comes back.

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::support::{Database, Project, Which, crmctl, try_query, until};

/// A project with a server of its own, gone with the test.
struct Server(Project);

impl Server {
    /// Where it is, and the number of its process.
    fn facts(&self) -> (String, Pid) {
        let status = crmctl(&self.0).args(["local", "status", "--json"]).success().json();
        let url = status["report"]["url"].as_str().unwrap();
        let url = url.replacen('@', &format!(":{}@", crmctl::local::PASSWORD), 1);
        (url, Pid::from_raw(status["report"]["pid"].as_i64().unwrap().try_into().unwrap()))
    }
}

/// Whether something holds there.
fn is(url: &str, condition: &str) -> bool {
    try_query(url, &format!("select {condition}")).unwrap()[0][0].as_deref() == Some("t")
}

impl Drop for Server {
    fn drop(&mut self) {
        crmctl(&self.0).args(["local", "destroy", "--yes"]).run();
    }
}

/// Runs in pieces; a statement that ran twice would fail or show.
const NEXT: &str = "create schema deployed;\ncreate table deployed.log (n int);\ninsert into deployed.log values (1);\n\
    create index concurrently log_n on deployed.log (n);\ninsert into deployed.log values (2);\n";

#[test]
fn a_server_that_stops_at_once_while_an_index_is_built_is_deployed_to_the_end_when_it_is_back() {
    let project = Project::new()
        .setting("[environments.local]\nmanaged = true")
        .migration("20260101000000_a", "create table public.kept (id int primary key);");
    let server = Server(project);
    crmctl(&server.0).args(["migrate", "up"]).success();
    let (url, pid) = server.facts();
    // The build waits for whoever can see older rows.
    let older = url.clone();
    let holder = std::thread::spawn(move || {
        try_query(&older, "begin isolation level repeatable read; select 1; select pg_sleep(600)")
            .unwrap_err()
    });
    until("somebody sees older rows", || {
        is(&url, "exists (select from pg_stat_activity where wait_event = 'PgSleep')")
    });

    server.0.write("migrations/20270101000000_next.sql", NEXT);
    let mut running = crmctl(&server.0).args(["deploy", "--env", "local"]).spawn();
    let half = "exists (select from pg_index where not indisvalid)";
    until("the index is half built", || is(&url, half) || running.has_ended());
    kill(pid, Signal::SIGQUIT).unwrap();
    holder.join().unwrap();
    let output = running.finish();
    assert!(output.code.is_some_and(|code| code != 0), "{output}");

    crmctl(&server.0).args(["local", "start"]).success();
    // Its port may have been taken meanwhile.
    let (url, _) = server.facts();
    assert!(is(&url, half), "the crash has left a half of it");
    crmctl(&server.0)
        .args(["deploy", "resume", "--env", "local"])
        .success()
        .says("dropped the invalid index");
    let indexes = "array_agg(indisvalid) = '{t}' from pg_index where indrelid = 'deployed.log'::regclass";
    assert!(is(&url, indexes), "one index, which is whole");
    assert!(is(&url, "array_agg(n order by n) = '{1,2}' from deployed.log"));
    assert!(is(&url, "array_agg(state) = '{done}' from supabase_migrations.crmctl_deploys"));
}

const TABLE: &str = "create table public.a (id int primary key, x text);";

/// A source of rows, and a server of its own that is to take them and can be stopped.
fn thousand_rows_and_a_server() -> (Database, Server) {
    let source = Database::empty_on(Which::Cloud);
    source.run(TABLE).query("insert into public.a select n, 'new' from generate_series(1, 1000) n");
    let server = Server(Project::new().cloud(&source).setting("[environments.local]\nmanaged = true"));
    crmctl(&server.0).args(["local", "start"]).success();
    (source, server)
}

#[test]
fn a_server_that_stops_at_once_while_rows_are_copied_has_its_old_rows_when_it_is_back() {
    let (source, server) = thousand_rows_and_a_server();
    let (url, pid) = server.facts();
    let run = |url: &str, sql: &str| try_query(url, sql).unwrap();
    run(
        &url,
        &format!(
            "{TABLE} insert into public.a select n, 'old' from generate_series(1, 5) n; create schema app; \
        create function app.wait() returns boolean language plpgsql as $$ begin perform pg_catalog.pg_sleep(600); return true; end $$; \
        alter table public.a add check (id < 900 or app.wait())"
        ),
    );
    source.run(
        "create schema app; create function app.wait() returns boolean language sql as 'select true'; \
        alter table public.a add check (id < 900 or app.wait())",
    );
    let sync = || crmctl(&server.0).args(["sync", "--from", "cloud", "--to", "local", "--force"]);
    let mut running = sync().spawn();
    let sleeps = "exists (select from pg_stat_activity where wait_event = 'PgSleep')";
    until("rows are copied", || is(&url, sleeps) || running.has_ended());
    kill(pid, Signal::SIGQUIT).unwrap();
    running.finish().expect(1);

    crmctl(&server.0).args(["local", "start"]).success();
    let (url, _) = server.facts();
    assert!(is(&url, "array_agg(x) = '{old,old,old,old,old}' from public.a"));
    run(
        &url,
        "create or replace function app.wait() returns boolean language plpgsql as $$ begin return true; end $$",
    );
    sync().success();
    assert!(is(&url, "count(*) = 1000 from public.a where x = 'new'"));
}

#[test]
fn rows_that_were_staged_and_that_the_server_lost_when_it_stopped_are_staged_anew() {
    let (_source, server) = thousand_rows_and_a_server();
    let (url, pid) = server.facts();
    try_query(&url, &format!("{TABLE} insert into public.a values (1, 'old')")).unwrap();
    let writer = url.clone();
    let holder = std::thread::spawn(move || {
        try_query(&writer, "begin; lock table public.a in row exclusive mode; select pg_sleep(600)")
            .unwrap_err()
    });
    until("somebody writes", || {
        is(&url, "exists (select from pg_stat_activity where wait_event = 'PgSleep')")
    });

    let sync = || {
        crmctl(&server.0).args(["sync", "--from", "cloud", "--to", "local", "--force", "--mode", "staged"])
    };
    let mut running = sync().spawn();
    let waits = "exists (select from pg_locks where relation = 'public.a'::regclass and not granted)";
    until("everything is staged", || is(&url, waits) || running.has_ended());
    kill(pid, Signal::SIGQUIT).unwrap();
    holder.join().unwrap();
    running.finish().expect(1);

    crmctl(&server.0).args(["local", "start"]).success();
    let (url, _) = server.facts();
    assert!(
        is(&url, "count(*) = 1 from crmctl_sync.finished where name = 'a' and rows = 1000"),
        "it is on record"
    );
    assert!(is(&url, "array_agg(x) = '{old}' from public.a"));
    sync().success().says("the server has lost: `a`");
    assert!(is(&url, "count(*) = 1000 from public.a where x = 'new'"));
}
