//! `crmctl sync --mode bulk`: everything in one transaction, indexes and keys rebuilt behind the rows.

use crate::support::{Database, Direction, FaultProxy, Output, Project, Which, crmctl};

/// Every kind of index and key that can be taken down, and some that cannot.
const SCHEMA: &str = r#"
create table public.parents (
  id uuid primary key, name text not null collate "C", slug text, at timestamptz not null default now(), tags text[], place point,
  constraint "a ""slug""" unique nulls not distinct (slug) include (name) with (fillfactor = 70) deferrable initially deferred);
create index "Lower ä" on public.parents (lower(name) text_pattern_ops desc nulls last) include (id) where name <> 'x';
create index parents_tags on public.parents using gin (tags) with (fastupdate = off);
create index parents_place on public.parents using gist (place);
create index parents_at on public.parents using brin (at) with (pages_per_range = 16);
alter index public."Lower ä" alter column 1 set statistics 321;
comment on index public."Lower ä" is 'it''s an index';
comment on constraint parents_pkey on public.parents is 'a key';
comment on index public.parents_pkey is 'and its index';
alter table public.parents cluster on parents_pkey;
create table public.children (
  id bigint generated always as identity, parent uuid not null references public.parents on delete cascade deferrable,
  amount int not null check (amount >= 0), during tstzrange, kind text, constraint children_pkey primary key (id, kind))
  partition by list (kind);
create table public.children_a partition of public.children for values in ('a');
alter table public.children_a rename constraint children_a_pkey to other_name;
create table public.children_rest partition of public.children default;
alter table public.children_rest add constraint apart exclude using gist (during with &&) with (fillfactor = 80) where (during is not null);
create index on public.children (amount desc);
create index only_there on public.children_a (parent);
alter index public.children_a_amount_idx rename to "renamed of a";
create table public.loops (id int primary key, next int, other int);
alter table public.loops add constraint onward foreign key (next) references public.loops not valid;
create type public.mood as enum ('good', 'bad');
create table public.rings (id int primary key, loop int references public.loops, mood public.mood);
alter table public.loops add constraint around foreign key (other) references public.rings initially deferred;
comment on constraint around on public.loops is 'closes the ring';
create unique index identifying on public.loops (id);
alter table public.loops replica identity using index identifying;
create table public.grouped (id int primary key, what text);
create view public.by_key with (security_invoker = true) as select id, what, count(*) from public.grouped group by id;
create table public.refers (id int primary key, grouped int references public.grouped);
create function public.log() returns trigger language plpgsql as 'begin raise exception $$fired$$; end';
create trigger fires after insert on public.refers for each row execute function public.log();
"#;

/// So many that indexes are worth rebuilding.
const ROWS: &str = "
insert into public.parents (id, name, slug, tags, place) select md5(n::text)::uuid, 'parent ' || n, nullif(n, 1)::text,
  array['t' || n % 7, null], point(n, n) from generate_series(1, 9000) n;
insert into public.children (parent, amount, during, kind) select md5((1 + n % 9000)::text)::uuid, n,
  case when n % 9 = 0 then tstzrange(timestamptz '2020-01-01' + n * interval '1 h', timestamptz '2020-01-01' + (n + 1) * interval '1 h') end,
  case when n % 2 = 0 then 'a' else 'b' end from generate_series(1, 20000) n;
insert into public.loops select n, null from generate_series(1, 30000) n;
insert into public.rings select n, n, 'bad' from generate_series(1, 30000) n;
update public.loops set other = id, next = id where id % 2 = 0;
insert into public.grouped select n, 'what ' || n from generate_series(1, 30000) n;
alter table public.refers disable trigger user;
insert into public.refers select n, n from generate_series(1, 30000) n;
alter table public.refers enable trigger user;
";

const OLD_ROWS: &str = "
insert into public.parents (id, name) values (md5('old')::uuid, 'an old one');
insert into public.children (parent, amount, kind) values (md5('old')::uuid, 1, 'z')";

fn pair_on(which: Which) -> (Database, Database) {
    let (local, cloud) = (Database::empty(), Database::empty_on(which));
    local.run(SCHEMA);
    cloud.run(SCHEMA);
    local.query(ROWS);
    cloud.query(OLD_ROWS);
    (local, cloud)
}

fn bulk(project: &Project) -> Output {
    crmctl(project).args(["sync", "--mode", "bulk", "--force", "--confirm", "cloud"]).run()
}

#[track_caller]
fn assert_same_rows(local: &Database, cloud: &Database) {
    local.world().only("rows public").assert_same(&cloud.world().only("rows public"));
}

#[test]
fn indexes_and_keys_stand_again_as_they_stood() {
    let (local, cloud) = pair_on(Which::Cloud);
    let definitions = cloud.world().without(&["rows ", "sequence "]);
    let number = |name: &str| cloud.value(&format!("select 'public.{name}'::regclass::oid"));
    let before = ["parents_tags", "grouped_pkey"].map(number);

    bulk(&Project::new().local(&local).cloud(&cloud)).expect(0);
    assert_same_rows(&local, &cloud);
    definitions.assert_same(&cloud.world().without(&["rows ", "sequence "]));
    let after = ["parents_tags", "grouped_pkey"].map(number);
    assert_ne!(before[0], after[0], "it was not rebuilt");
    assert_eq!(before[1], after[1], "a view needs it");
}

#[test]
fn a_role_that_may_switch_nothing_off_does_the_same() {
    let (local, cloud) = pair_on(Which::Strict);
    let definitions = cloud.world().without(&["rows ", "sequence "]);

    bulk(&Project::new().local(&local).cloud(&cloud)).expect(0);
    assert_same_rows(&local, &cloud);
    definitions.assert_same(&cloud.world().without(&["rows ", "sequence "]));
}

/// Two tables with rows enough in the source, and few in the target.
fn small_pair(more_local: &str, more_cloud: &str) -> (Database, Database) {
    let (local, cloud) = (Database::empty(), Database::empty_on(Which::Cloud));
    for database in [&local, &cloud] {
        database.run(
            "create table public.owners (id int primary key, name text); \
             create table public.things (id bigint primary key, owner int, what text); \
             create index on public.things (owner)",
        );
    }
    local.query(
        "insert into public.owners select n, 'owner ' || n from generate_series(1, 40000) n; \
         insert into public.things select n, 1 + n % 40000, md5(n::text) from generate_series(1, 40000) n",
    );
    cloud
        .query("insert into public.owners values (0, 'old'); insert into public.things values (0, 0, 'old')");
    local.query(more_local);
    cloud.query(more_cloud);
    (local, cloud)
}

const KEY: &str =
    "alter table public.things add constraint owned foreign key (owner) references public.owners";

#[test]
fn a_foreign_key_is_checked_against_the_new_rows() {
    let (local, cloud) = small_pair("insert into public.things values (-1, -1, 'of nobody')", KEY);
    let before = cloud.world();

    bulk(&Project::new().local(&local).cloud(&cloud)).expect(1).says("owned");
    cloud.until_alone();
    before.assert_same(&cloud.world());
}

#[test]
fn columns_in_another_order_arrive() {
    let (local, cloud) = small_pair(
        "",
        "alter table public.things drop column owner; alter table public.things add column owner int",
    );

    bulk(&Project::new().local(&local).cloud(&cloud)).expect(0);
    let sum = "select count(*) || ' ' || sum(id) || ' ' || sum(owner) || ' ' || md5(string_agg(what, ',' order by id)) from public.things";
    assert_eq!(local.value(sum), cloud.value(sum));
}

#[test]
fn a_large_backup_is_compressed_and_brings_the_old_rows_back() {
    let (local, cloud) = small_pair(
        KEY,
        "insert into public.things select n, 0, string_agg(md5(m || ' ' || n), '') \
         from generate_series(1, 9000) n, generate_series(1, 32) m group by n",
    );
    cloud.query(KEY);
    let before = cloud.world();
    let project = Project::new().local(&local).cloud(&cloud);
    let sync = |mode| {
        let arguments = ["sync", "--mode", mode, "--force", "--confirm", "cloud", "--json"];
        crmctl(&project).args(arguments).success().json()["report"].clone()
    };

    for mode in ["full", "bulk", "staged", "delta"] {
        let report = sync(mode);
        let file = report["backup_file"].as_str().unwrap();
        assert!(file.ends_with("data.sql.zst"), "{mode}: {report}");
        assert!(report["undo"][1].as_str().unwrap().starts_with("zstd -dc "), "{mode}: {report}");
        let script = project.path().join("plain.sql");
        let bytes = std::fs::read(project.path().join(file)).unwrap();
        std::fs::write(&script, zstd::decode_all(&bytes[..]).unwrap()).unwrap();
        let psql = std::process::Command::new("psql")
            .args(["-X", "-q", "-1", "-v", "ON_ERROR_STOP=1", "-d", &cloud.url_without_password(), "-f"])
            .arg(script)
            .output()
            .unwrap();
        assert!(psql.status.success(), "{mode}: {}", String::from_utf8_lossy(&psql.stderr));
        before.assert_same(&cloud.world());

        let report = sync(mode);
        let backup = report["backup"].as_str().unwrap();
        crmctl(&project)
            .args(["restore", backup, "--env", "cloud", "--force", "--confirm", "cloud"])
            .success();
        before.assert_same(&cloud.world());
    }
}

#[test]
fn a_connection_cut_anywhere_leaves_the_target_wholly_old() {
    let (local, cloud) = small_pair(KEY, KEY);
    let before = cloud.world();
    let whole = FaultProxy::to(Which::Cloud);
    let trial = Project::new().local(&local).cloud_at(&whole.url(&cloud.url()));
    crmctl(&trial).args(["sync", "--dry-run"]).success();
    let planning = whole.bytes(Direction::ToServer);

    for more in [2_000, 60_000, 1_000_000, 3_300_000] {
        let proxy = FaultProxy::to(Which::Cloud).cut_after(Direction::ToServer, planning + more);
        let output = bulk(&Project::new().local(&local).cloud_at(&proxy.url(&cloud.url())));
        assert!(matches!(output.code, Some(1 | 10)), "cut after {more} bytes: {output}");
        cloud.until_alone();
        before.assert_same(&cloud.world());
    }
}

#[test]
fn a_request_to_stop_is_heeded_at_once_and_changes_nothing() {
    let slow = "set role postgres; create function public.slow(text) returns text language plpgsql immutable set search_path = '' \
        as 'begin perform pg_catalog.pg_sleep(0.01); return $1; end'; create index slowly on public.things (public.slow(what))";
    let (local, cloud) = small_pair("", slow);
    let before = cloud.world();

    let project = Project::new().local(&local).cloud(&cloud);
    let running = crmctl(&project).args(["sync", "--mode", "bulk", "--force", "--confirm", "cloud"]).spawn();
    cloud.until("exists (select from pg_stat_activity where query like 'CREATE INDEX slowly%')");
    running.interrupt();
    running.finish().expect(130);
    cloud.until_alone();
    before.assert_same(&cloud.world());
}

#[test]
fn the_indexes_of_a_table_of_somebody_else_stay() {
    let (local, cloud) = small_pair("", "");
    cloud.query("set role supabase_admin; alter table public.things owner to supabase_admin; grant all on public.things to postgres");
    let number = "select 'public.things_owner_idx'::regclass::oid";
    let before = cloud.value(number);

    bulk(&Project::new().local(&local).cloud(&cloud)).expect(0).says("supabase_admin");
    assert_same_rows(&local, &cloud);
    assert_eq!(cloud.value(number), before);
}
