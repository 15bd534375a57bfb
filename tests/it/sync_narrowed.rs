//! `[mask]`, `--where` and `--columns common` together with every way that rows take.

use crate::support::{Call, Database, FaultProxy, Output, Project, Which, crmctl};
use crate::sync_mask::{MASKS, assert_nothing_personal, everything, pair};
use crate::sync_subset;

/// Every way, and what the plan says of it.
const WAYS: [(&str, &str); 4] = [
    ("full", "all rows were asked for"),
    ("bulk", "it was asked for"),
    ("staged", "the target stays in use meanwhile"),
    ("delta", "sync what differs"),
];

/// The source is protected, the target is where the proxy leads.
fn project(cloud: &Database, target: &str) -> Project {
    let local = format!("[environments.local]\nurl = \"{target}\"");
    Project::new().cloud(cloud).setting(&local).setting(MASKS)
}

fn pulling(project: &Project, mode: &str) -> Call {
    let call = crmctl(project).args(["sync", "--from", "cloud", "--to", "local", "--force", "--mode", mode]);
    call.env("CRMCTL_MASK_KEY", "the same for everybody")
}

fn pull(project: &Project, (mode, told): (&str, &str)) -> Output {
    pulling(project, mode).success().says(told)
}

#[test]
fn a_masked_pull_arrives_the_same_whichever_way_and_nothing_personal_is_on_the_way() {
    let (empty, cloud) = pair();
    // Rows that refer to users who are not there go along as a whole.
    let ways = [WAYS[0], WAYS[1], WAYS[2], ("delta", "auth users differ")];
    let mut first = None;
    for way in ways {
        let target = empty.copy();
        let proxy = FaultProxy::to(Which::Local).record();
        let project = project(&cloud, &proxy.url(&target.url()));

        pull(&project, way);
        let rows = everything(&target);
        assert_eq!(first.get_or_insert_with(|| rows.clone()), &rows, "{}", way.0);
        pulling(&project, "delta").success().answers("there is nothing to do");
        assert_nothing_personal(&proxy.recorded(), way.0);
        assert!(proxy.recorded().contains("as it is"), "nothing was recorded: {}", way.0);
    }
}

#[test]
fn what_differs_after_a_masked_pull_is_told_from_masked_rows_and_arrives_masked() {
    let (local, cloud) = pair();
    let proxy = FaultProxy::to(Which::Local).record();
    let project = project(&cloud, &proxy.url(&local.url()));
    pull(&project, WAYS[0]);
    cloud.query(
        "update public.contacts set email = 'Zaphod.Again@Example.net' where email is null; \
         insert into public.contacts (email, first_name, owner) select 'ZAPHOD77@b.c', 'Zaphod', owner from public.contacts where id = 1; \
         insert into extra.mails values ('ZAPHOD77@b.c', 'zaphod77@B.C', 'zaphod77@b.c', 'Zaphod', now()); \
         delete from extra.mails where sender like 'Zaphod9@%'; delete from public.contacts where email like 'Zaphod9@%'; \
         update public.contacts set owner = null where id = 2",
    );

    let output =
        pull(&project, WAYS[3]).says("rows that differ: contacts").says("masked    contacts.email: email");
    output.answers("masked    contacts.email: email");
    assert_nothing_personal(&proxy.recorded(), "the way");
    let joined = "select count(*) from extra.mails m join public.contacts c on c.email = m.sender and m.copy = c.email::extensions.citext";
    assert_eq!(local.value(joined), "40");
    let by_delta = everything(&local);
    pull(&project, WAYS[1]);
    assert_eq!(sorted(&everything(&local)), sorted(&by_delta));
    cloud.query(NEW_USER);
    pull(&project, ("delta", "auth users differ"));
    assert_eq!(
        local.value("select count(*) from public.contacts c join auth.users u on u.id = c.owner"),
        "5"
    );
}

/// A row that refers to a user whom no row referred to before.
const NEW_USER: &str = "insert into auth.users (id, email, aud, role, instance_id, created_at, updated_at) \
      values ('00000000-0000-4000-8000-000000000002', 'zaphod2@corp.example', 'authenticated', 'authenticated', \
        '00000000-0000-0000-0000-000000000000', now(), now()); \
    update public.contacts set owner = '00000000-0000-4000-8000-000000000002' where id = 2";

fn sorted(text: &str) -> Vec<&str> {
    let mut lines: Vec<&str> = text.lines().collect();
    lines.sort_unstable();
    lines
}

#[test]
fn shells_come_and_go_whichever_way_rows_do() {
    let (empty, cloud) = pair();
    let shells =
        "select string_agg(right(id::text, 1) || substr(email, 1, 5), ' ' order by id) from auth.users";
    let targets = WAYS.map(|way| (way, empty.copy()));
    for (way, target) in &targets {
        pulling(&project(&cloud, &target.url()), way.0).success();
    }
    cloud.query(NEW_USER);
    for (way, target) in &targets {
        pulling(&project(&cloud, &target.url()), way.0).success();
        assert_eq!(target.value(shells), "1user- 2user-", "{}", way.0);
    }
    cloud.query("update public.contacts set owner = null where right(owner::text, 1) = '2'");
    for (way, target) in &targets {
        pulling(&project(&cloud, &target.url()), way.0).success();
        assert_eq!(target.value(shells), "1user-", "{}", way.0);
    }
}

/// Every row of every table of the subset's schema.
fn rows(database: &Database) -> Vec<String> {
    database.column(
        "select x from (select 'a' || a::text from public.accounts a union all select 'd' || d::text from public.\"Deals\" d \
         union all select 'l' || l::text from extra.lines l union all select 'e' || e::text from public.events e \
         union all select 'p' || p::text from public.people p union all select 't' || t::text from public.teams t \
         union all select 'x' || row(x.id, x.deals)::text from public.alone x) as rows (x) order by x collate \"C\"",
    )
}

/// Gives the backup.
fn push(project: &Project, mode: &str, filter: &str) -> String {
    let call = crmctl(project).args(["sync", "--force", "--confirm", "cloud", "--mode", mode, "--json"]);
    let answer = call.args(["--where", filter]).success().json();
    let route = match mode {
        "full" => "pipeline",
        "staged" => "staging",
        other => other,
    };
    assert_eq!(answer["report"]["route"], route);
    answer["report"]["backup"].as_str().expect("a backup").to_owned()
}

#[test]
fn exactly_the_subset_arrives_whichever_way_and_the_backup_holds_what_it_replaced() {
    let (local, cloud) = sync_subset::pair_on(Which::Cloud);
    cloud.query(sync_subset::ROWS);
    cloud.query("update public.alone set deals = 'old'; delete from extra.lines where deal < 20");
    let old = cloud.world().without(&["sequence "]);
    let mut first = None;
    for (way, _) in WAYS {
        let target = cloud.copy();
        let project = Project::new().local(&local).cloud(&target);

        let backup = push(&project, way, "accounts=stage = 'won' and region = 'eu'");
        sync_subset::assert_whole(&target);
        let subset = rows(&target);
        assert_eq!(first.get_or_insert_with(|| subset.clone()), &subset, "{way}");
        crmctl(&project)
            .args(["restore", &backup, "--env", "cloud", "--force", "--confirm", "cloud"])
            .success();
        old.assert_same(&target.world().without(&["sequence "]));
    }
}

#[test]
fn rows_that_leave_a_subset_go_and_those_that_enter_come_when_only_what_differs_is_carried() {
    let (local, cloud) = sync_subset::pair_on(Which::Cloud);
    let project = Project::new().local(&local).cloud(&cloud);
    push(&project, "full", "accounts=stage = 'won' and region = 'eu'");
    let subset = rows(&cloud);

    push(&project, "delta", "accounts=stage = 'won' and region = 'eu' or id = 4");
    sync_subset::assert_whole(&cloud);
    assert_eq!(cloud.value("select count(*) from public.accounts where id = 4"), "2");
    assert!(rows(&cloud).len() > subset.len() + 2);
    push(&project, "delta", "accounts=stage = 'won' and region = 'eu'");
    assert_eq!(rows(&cloud), subset);
}

#[test]
fn rows_are_taken_and_compared_by_one_clock() {
    let (local, cloud) = (Database::empty(), Database::empty_on(Which::Cloud));
    for database in [&local, &cloud] {
        database.run("create table public.events (id int primary key, at timestamptz)");
    }
    // Every millisecond one of them leaves the last thirty days.
    local.query("insert into public.events select n, now() - interval '30 days' + n * interval '1 ms' from generate_series(1, 60000) n");
    let project = Project::new().local(&local).cloud(&cloud);

    for mode in ["bulk", "staged"] {
        push(&project, mode, "events=at > now() - interval '30 days'");
    }
}

#[test]
fn a_mask_of_ones_own_that_breaks_a_foreign_key_is_refused_before_commit() {
    let (local, cloud) = (Database::empty(), Database::empty_on(Which::Cloud));
    for database in [&local, &cloud] {
        database.run("create table public.codes (code text primary key, other text); create table public.uses (id int primary key, code text references public.codes, other text)");
    }
    cloud.run("insert into public.codes values ('a', 'b'); insert into public.uses values (1, 'a', 'c')");
    let masks = "[mask]\n\"*.code\" = { sql = \"md5(code || other)\" }";
    let project = Project::new().local(&local).cloud(&cloud).setting(masks);

    for (mode, _) in WAYS {
        pulling(&project, mode).failed().says(if mode == "bulk" {
            "violates foreign key"
        } else {
            "refer to rows of codes"
        });
        assert_eq!(local.value("select count(*) from public.codes"), "0");
    }
}

#[test]
fn all_rows_are_copied_where_subscribers_could_not_be_told_which_rows_go() {
    let (local, cloud) = (Database::empty(), Database::empty_on(Which::Cloud));
    for database in [&local, &cloud] {
        database.run(
            "create table public.log (note text); create table public.named (id int primary key, note text); \
             insert into public.log values ('a'); insert into public.named values (1, 'a'); \
             create table public.parts (id int) partition by list (id); create table public.one partition of public.parts default; \
             insert into public.parts values (1); ",
        );
        database.query("create publication told for all tables");
    }
    let project = Project::new().local(&local).cloud(&cloud);
    let delta =
        || crmctl(&project).args(["sync", "--mode", "delta", "--force", "--confirm", "cloud"]).success();

    local.query("update public.named set note = 'b'");
    delta().says("sync what differs");
    for table in ["log", "parts"] {
        local.query(&format!("truncate public.{table}"));
        delta().says(&format!("rows of `{table}` have no replica identity by which publication `told`"));
        assert_eq!(cloud.value(&format!("select count(*) from public.{table}")), "0");
    }
}
