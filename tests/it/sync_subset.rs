//! `crmctl sync --where` and `--columns common`: a part of the rows or columns that is whole in itself.

use crate::support::{Call, Database, Project, Which, crmctl};

const SCHEMA: &str = r#"
create schema extra;
create table public.teams (id int primary key, lead int, name text);
create table public.people (id int primary key, team int references public.teams, boss int references public.people, born date);
alter table public.teams add foreign key (lead) references public.people deferrable;
create table public.accounts (id int, region text, stage text, primary key (id, region));
create table public."Deals" (id int primary key, account int, region text, owner int references public.people,
  amount int not null default 7, foreign key (account, region) references public.accounts);
create table extra.lines (deal int references public."Deals", "crmctl" text);
create table public.events (deal int references public."Deals", at date not null, what text) partition by range (at);
create table public.events_2026 partition of public.events for values from ('2026-01-01') to ('2027-01-01');
create table public.alone (id int primary key, deals text);
"#;

pub(crate) const ROWS: &str = r#"
insert into public.people (id) select n from generate_series(1, 30) n;
insert into public.teams select n, n, 'team ' || n from generate_series(1, 10) n;
update public.people set team = 1 + id % 10, boss = nullif(id / 2, 0), born = date '1960-01-01' + id * 400;
insert into public.accounts select n, r, case when n % 3 = 0 then 'won' else 'open' end from generate_series(1, 20) n, unnest(array['eu', 'us']) r;
insert into public."Deals" (id, account, region, owner, amount) select n, nullif(1 + n % 20, 5), case when n % 7 <> 0 then 'eu' end, 1 + n % 30, n from generate_series(1, 200) n;
insert into extra.lines select 1 + n % 200, n from generate_series(1, 600) n;
insert into public.events select 1 + n % 200, date '2026-01-01' + n % 300, 'e' from generate_series(1, 500) n;
insert into public.alone values (1, 'all of it');
"#;

fn pair() -> (Database, Database) {
    pair_on(Which::Strict)
}

pub(crate) fn pair_on(which: Which) -> (Database, Database) {
    let (local, cloud) = (Database::empty(), Database::empty_on(which));
    for database in [&local, &cloud] {
        database.run(SCHEMA);
    }
    local.query(ROWS);
    (local, cloud)
}

fn sync(project: &Project) -> Call {
    crmctl(project).args(["sync", "--force", "--confirm", "cloud"])
}

/// Every foreign key is made again, which the server refuses when a row refers to none.
#[track_caller]
pub(crate) fn assert_whole(database: &Database) {
    let keys = database.query(
        "select conrelid::regclass::text, conname, pg_get_constraintdef(oid) from pg_constraint \
         where contype = 'f' and conparentid = 0 and connamespace::regnamespace::text in ('public', 'extra')",
    );
    assert!(keys.len() >= 6);
    for key in keys {
        let [table, name, definition] = &key[..] else { panic!("three columns") };
        let (table, name, definition) =
            (table.as_deref().unwrap(), name.as_deref().unwrap(), definition.as_deref().unwrap());
        database.query(&format!(
            "alter table {table} drop constraint \"{name}\"; alter table {table} add {definition}"
        ));
    }
}

fn count(database: &Database, rows: &str) -> u64 {
    database.value(&format!("select count(*) from {rows}")).parse().unwrap()
}

#[test]
fn rows_that_refer_to_what_is_left_out_are_left_out_too_and_the_rest_is_whole() {
    let (local, cloud) = pair();
    let project = Project::new().local(&local).cloud(&cloud);

    sync(&project).args(["--where", "accounts=stage = 'won' and region = 'eu' -- of them"]).success();
    assert_whole(&cloud);
    assert_eq!(count(&cloud, "public.accounts"), 6);
    let kept = "public.\"Deals\" d where d.account is null or d.region is null or exists (select from public.accounts a \
                where a.id = d.account and a.region = d.region and a.stage = 'won' and a.region = 'eu')";
    assert_eq!(count(&cloud, "public.\"Deals\""), count(&local, kept));
    let lines = format!("extra.lines where deal in (select id from {kept})");
    assert_eq!(count(&cloud, "extra.lines"), count(&local, &lines));
    assert!(count(&cloud, "public.events") > 0 && count(&cloud, "public.events") < 500);
    assert_eq!(count(&cloud, "public.people"), 30);
    assert_eq!(cloud.value("select deals from public.alone"), "all of it");
}

#[test]
fn circles_and_self_references_lose_what_leads_to_a_row_that_goes() {
    let (local, cloud) = pair();
    let project = Project::new()
        .local(&local)
        .cloud(&cloud)
        .setting("[sync.where]\npeople = \"id <> 3\"\nalone = 'false'");

    sync(&project).success();
    assert_whole(&cloud);
    // Without person 3 its team goes, with it whoever is in that team, their teams and whoever they lead.
    let left = cloud.column("select id from public.people order by id");
    let gone = "with recursive gone (kind, id) as (select 'p', 3 union (select x.kind, x.id from gone g, lateral ( \
        select 'p', p.id from public.people p where (g.kind = 'p' and p.boss = g.id) or (g.kind = 't' and p.team = g.id) \
        union all select 't', t.id from public.teams t where g.kind = 'p' and t.lead = g.id) x (kind, id))) \
        select id from public.people where not exists (select from gone where kind = 'p' and gone.id = people.id) order by id";
    assert_eq!(left, local.column(gone));
    assert!(!left.is_empty() || count(&cloud, "public.\"Deals\"") == 0);
    assert_eq!(count(&cloud, "public.alone"), 0);
}

#[test]
fn a_dry_run_tells_how_many_rows_are_kept() {
    let (local, cloud) = pair();
    let project = Project::new().local(&local).cloud(&cloud);
    let before = cloud.world();

    let plan = crmctl(&project).args(["sync", "--dry-run", "--where", "accounts=id <= 5"]).success();
    plan.answers("filtered  accounts: 10 of 40 rows").answers("filtered  extra.lines: ");
    before.assert_same(&cloud.world());
}

#[test]
fn a_filter_that_is_wrong_is_told_in_the_words_of_the_server_and_nothing_is_touched() {
    let (local, cloud) = pair();
    let before = cloud.world();
    for (filter, problem) in [
        ("accounts=stag = 'won'", "`--where accounts=...`: column \"stag\" does not exist"),
        ("accounts=stage", "argument of WHERE must be type boolean"),
        ("accunts=true", "`--where accunts=...` names no table that goes along"),
        ("accounts=true) or (true", "closes a parenthesis it did not open"),
        ("accounts=true; delete from public.people", "one expression"),
        ("accounts", "write TABLE=CONDITION"),
        ("accounts=(select setval('public.x', 1)) > 0", "does not exist"),
    ] {
        let project = Project::new().local(&local).cloud(&cloud);
        sync(&project).args(["--where", filter]).usage().says(problem);
    }
    let project = Project::new().local(&local).cloud(&cloud).setting("[sync.where]\naccounts = 'nothing'");
    sync(&project).usage().says("column \"nothing\" does not exist").says("crmctl.toml:");
    before.assert_same(&cloud.world());
}

#[test]
fn a_filter_cannot_write_even_by_a_function() {
    let (local, cloud) = pair();
    local.run("create function public.clear() returns boolean language plpgsql as $$ begin delete from public.alone; return true; end $$");
    cloud.run("create function public.clear() returns boolean language plpgsql as $$ begin delete from public.alone; return true; end $$");
    let project = Project::new().local(&local).cloud(&cloud);

    sync(&project).args(["--where", "accounts=public.clear()"]).failed().says("read-only transaction");
    assert_eq!(count(&local, "public.alone"), 1);
}

#[test]
fn columns_of_one_side_are_left_out_when_only_common_ones_go_along() {
    let (local, cloud) = pair();
    local.run("alter table public.alone add column mine text; update public.alone set mine = 'm'");
    cloud.run("alter table public.alone add column theirs int not null default 5, add column \"more \"\" so\" text, alter deals type varchar(40)");
    let project = Project::new().local(&local).cloud(&cloud);

    sync(&project).refused().says("alone.mine");
    sync(&project).args(["--columns", "common"]).success().answers("left out  alone.mine (only in `local`)");
    assert_eq!(
        cloud.value("select row(id, deals, theirs, \"more \"\" so\")::text from public.alone"),
        "(1,\"all of it\",5,)"
    );
}

#[test]
fn a_column_without_a_value_or_of_another_type_is_refused() {
    let (local, cloud) = pair();
    cloud.run("alter table public.alone add column theirs int not null");
    let project = Project::new().local(&local).cloud(&cloud);

    sync(&project).args(["--columns", "common"]).refused().says("`alone.theirs` is only in `cloud`");
    cloud.run("alter table public.alone drop column theirs, alter deals type jsonb using null");
    sync(&project).args(["--columns", "common"]).refused().says("`alone.deals` is of type text");
}
