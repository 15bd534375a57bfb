//! Reading the catalog of a schema with 500 tables, beside `pg_dump --schema-only`.

#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a bench starts programs by itself, and stops where it cannot go on"
)]
#![expect(clippy::print_stdout, reason = "the figures are the answer")]

#[allow(dead_code, unused_imports, reason = "every bench needs another part of it")]
mod measure;
#[path = "../tests/it/support/mod.rs"]
#[allow(dead_code, unused_imports, reason = "every bench needs another part of it")]
mod support;

use std::time::Instant;

use crmctl::cancel::Cancel;
use crmctl::catalog;
use crmctl::pg::{Session, Target};

use self::measure::{Bench, Peer, median};
use self::support::{Database, wait_for};

/// Milliseconds that a warm read may take.
const GOAL: f64 = 100.0;
/// Each table has columns, a primary and a foreign key, three indexes, a policy and a trigger.
const SCHEMA: &str = "
create function public.touch() returns trigger language plpgsql as 'begin return new; end';
do $$ begin
  for i in 1..500 loop
    execute format('create table public.t_%s (id bigint generated always as identity primary key, parent bigint,
      name text not null, email text, status text not null default ''open'', amount numeric(12, 2) not null default 0,
      created_at timestamptz not null default now(), updated_at timestamptz, tags text[], data jsonb)', i);
    execute format('alter table public.t_%s add foreign key (parent) references public.t_%s (id)', i, greatest(i - 1, 1));
    execute format('create index on public.t_%s (parent)', i);
    execute format('create index on public.t_%s (status) where amount > 0', i);
    execute format('create index on public.t_%s (lower(email))', i);
    execute format('alter table public.t_%s enable row level security', i);
    execute format('create policy readable on public.t_%s for select to authenticated using (status = ''open'')', i);
    execute format('create trigger touched before update on public.t_%s for each row execute function public.touch()', i);
  end loop;
  for i in 1..200 loop
    execute format('create function public.f_%s(a int, b text) returns int language sql as ''select a + length(b)''', i);
  end loop;
end $$";

fn main() {
    let bench = Bench::new("catalog");
    let database = Database::empty();
    let url = database.admin_url();
    let reads = wait_for(reads(&url, bench.rounds() * 5));
    let dumps: Vec<f64> = (0..bench.rounds())
        .map(|_| {
            let peer = Peer::postgres("pg_dump").args(["--schema-only", "--schema=public", &url]);
            Bench::seconds(|| peer.run())
        })
        .collect();
    bench.ratio("_500_tables", median(&reads) * 1000.0, GOAL);
    bench.compare("pg_dump", [&reads, &dumps], 0.5);
}

/// Seconds of warm reads in one session, from the question to the parsed answer.
async fn reads(url: &str, rounds: usize) -> Vec<f64> {
    let target = Target {
        environment: "bench".parse().unwrap(),
        url: url.parse().unwrap(),
        application_name: "crmctl bench".to_owned(),
    };
    let mut session = Session::open(&target, &Cancel::default()).await.unwrap();
    session.run(&format!("begin read write; {SCHEMA}; commit")).await.unwrap();
    session.run("set default_transaction_read_only = off").await.unwrap();
    session.run("vacuum analyze").await.unwrap();
    let objects = catalog::read(&mut session).await.unwrap().objects.len();
    assert!(objects > 10_000, "{objects}");
    let mut seconds = Vec::new();
    for _ in 0..rounds {
        let start = Instant::now();
        let read = catalog::read(&mut session).await.unwrap();
        seconds.push(start.elapsed().as_secs_f64());
        drop(read);
    }
    session.close().await;
    seconds
}
