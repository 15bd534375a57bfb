//! `crmctl validate` where it is not easy: locks, odd names, many tables, a long way.

use std::time::Duration;

use serde_json::Value;

use crate::support::{Database, FaultProxy, Project, Which, fewest_round_trips};
use crate::validate::{finding, findings, validate};

#[test]
fn a_table_that_somebody_has_locked_is_not_checked_and_does_not_hold_up_the_others() {
    let database = Database::empty();
    database.run("create table public.busy (n int primary key); create table public.free (n int primary key); insert into public.free values (1)");
    let project = Project::new().local(&database).file(
        "validate.toml",
        "[severity]\nrow_level_security = \"off\"\n[[counts]]\ntable = \"busy\"\nmax = 0\n[[counts]]\ntable = \"free\"\nmin = 1\n",
    );
    let url = database.url();
    let holder = std::thread::spawn(move || {
        // Ends when the test ends it.
        crate::support::try_query(&url, "begin; lock table public.busy; select pg_sleep(600)").ok();
    });
    let sleeps = "wait_event = 'PgSleep' and datname = current_database()";
    database.until(&format!("exists (select from pg_stat_activity where {sleeps})"));

    let output = validate(&project).args(["--json"]).success();
    let count = finding(&output, "row_count");
    assert_eq!(count["message"], "not checked: somebody has locked what `public.busy` is about");
    database.query(&format!("select pg_terminate_backend(pid) from pg_stat_activity where {sleeps}"));
    holder.join().unwrap();
    validate(&project).success().answers("SAFE TO PROCEED");
}

/// Names that must be quoted, keys of several columns, partitions, operators of extensions.
#[test]
fn awkward_schemas_are_read_right() {
    let database = Database::empty();
    database.query("create extension if not exists citext schema extensions");
    database.run(
        "create table public.\"Odd \"\"Name\"\"\" (\"The Id\" int, part int, mail extensions.citext unique, primary key (\"The Id\", part)); \
         create table public.\"c\" (id serial primary key, p int, part int, mail extensions.citext, parent int references public.c); \
         insert into public.\"Odd \"\"Name\"\"\" values (1, 1, 'A@x'); \
         insert into public.c (p, part, mail, parent) values (1, 1, 'a@X', 1), (1, null, null, null), (1, 2, 'a@X', 1); \
         alter table public.c add constraint \"two; drop\" foreign key (p, part) references public.\"Odd \"\"Name\"\"\" not valid; \
         alter table public.c add foreign key (mail) references public.\"Odd \"\"Name\"\"\" (mail) not valid; \
         create table public.parts (id int not null, at date) partition by range (at); \
         create table public.parts_1 partition of public.parts for values from ('2026-01-01') to ('2027-01-01'); \
         alter table public.parts add constraint positive check (id > 0) not valid; \
         insert into public.parts values (1, '2026-05-01')",
    );
    let project =
        Project::new().local(&database).file("validate.toml", "[severity]\nrow_level_security = \"off\"\n");

    let output = validate(&project).args(["--deep", "--json", "--show-values"]).differs();
    let broken: Vec<Value> =
        findings(&output, "foreign_key").into_iter().filter(|check| check["verdict"] == "error").collect();
    assert_eq!(broken.len(), 1, "only one row refers to nothing: {output}");
    assert_eq!((&broken[0]["count"], &broken[0]["examples"][0]), (&1.into(), &"1, 2".into()));
    assert!(findings(&output, "constraint").iter().all(|check| check["verdict"] == "warning"), "{output}");
    assert!(findings(&output, "sequence").is_empty(), "{output}");
}

#[test]
fn hundreds_of_tables_take_no_longer_for_being_far_away() {
    let database = Database::empty();
    database.run(
        "create table public.base (id int generated always as identity primary key); \
         do $$ begin for n in 1..300 loop execute format( \
           'create table public.t%1$s (id int generated always as identity primary key, base int references public.base); \
            create index on public.t%1$s (base); alter table public.t%1$s enable row level security; \
            create policy p on public.t%1$s for select to authenticated using (true); \
            grant select on public.t%1$s to authenticated', n); end loop; end $$; \
         alter table public.base enable row level security; create policy p on public.base for select to authenticated using (id > 0)",
    );
    let trips = fewest_round_trips(10, || {
        let proxy = FaultProxy::to(Which::Local).delay(Duration::from_millis(20));
        let settings = format!("[environments.local]\nurl = \"{}\"", proxy.url(&database.url()));
        let project = Project::new()
            .setting(&settings)
            .file("access.toml", "[[expect]]\ntable = \"*\"\npersona = \"anon\"\nselect = \"none\"\n");
        let output = validate(&project).args(["--deep", "--json"]).success();
        assert!(output.json()["report"]["counts"]["ok"].as_u64() > Some(1500), "{output}");
        proxy.round_trips()
    });

    // Two for the connection, two for validate and two for access; one per table would be hundreds.
    assert!(trips <= 10, "{trips} round trips");
}

#[test]
fn no_view_of_the_database_can_make_the_session_writable() {
    let database = Database::empty();
    database.run(
        "create table public.a (x int); alter table public.a enable row level security; \
         create function public.opens() returns int language sql as \
           $$ select 1 from set_config('default_transaction_read_only', 'off', false) $$; \
         create function public.writes() returns int language sql as \
           $$ insert into public.a values (1) returning 1 $$; \
         create view public.v as select public.opens() as x; create view public.w as select public.writes() as x",
    );
    let counts = "[[counts]]\ntable = \"v\"\n[[counts]]\ntable = \"w\"\n\
                  [[references]]\nfrom = \"v.x\"\nto = \"a.x\"\n[[references]]\nfrom = \"w.x\"\nto = \"a.x\"\n";
    let project = Project::new().local(&database).file("validate.toml", counts).file("migrations/.keep", "");

    validate(&project).differs().answers("read-only transaction");
    assert_eq!(database.value("select count(*) from public.a"), "0");
}
