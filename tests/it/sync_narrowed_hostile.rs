//! Masks and filters over schemas that mean no good: keys that `=` does not find, values that come apart, documents with
//! lists in them, errors that quote what they failed on.

use crate::support::{Call, Database, Project, Which, crmctl};

const WAYS: [&str; 4] = ["full", "bulk", "staged", "delta"];

fn pair(schema: &str, rows: &str) -> (Database, Database) {
    let (local, cloud) = (Database::empty(), Database::empty_on(Which::Cloud));
    for database in [&local, &cloud] {
        database.query("grant create on schema extensions to postgres");
        database.query("create extension if not exists citext schema extensions");
        database.run(schema);
    }
    cloud.query(rows);
    (local, cloud)
}

fn pull(local: &Database, cloud: &Database, masks: &str) -> (Project, Call) {
    let project = Project::new().local(local).cloud(cloud).setting(&format!("[mask]\n{masks}"));
    let call = crmctl(&project).args(["sync", "--from", "cloud", "--to", "local", "--force"]);
    (project, call)
}

#[test]
fn keys_are_followed_as_the_server_compares_them() {
    let (local, cloud) = pair(
        r#"create domain public.tag as extensions.citext;
           create table public.words (word public.tag primary key, size int, other public.tag references public.words);
           create table public.uses (id int primary key, word public.tag references public.words);
           create table public.codes (code text collate "C" primary key, size int, up text collate "en-x-icu" references public.codes);
           create table public.users_of (id int primary key, code text collate "en-x-icu" references public.codes)"#,
        "insert into public.words values ('Red', 1, null), ('Blue', 2, null), ('Pink', 1, 'RED'), ('Sky', 1, 'BLUE'); \
         insert into public.uses values (1, 'RED'), (2, 'blue'), (3, 'red'), (4, 'pINK'), (5, 'sKY'); \
         insert into public.codes values ('a', 1, null), ('b', 2, null), ('c', 1, 'b'); insert into public.users_of values (1, 'a'), (2, 'b'), (3, 'c')",
    );
    let masks = "'words.word' = 'hash'";
    let kept = "select string_agg(id::text, '') from (select id from public.uses union all select id + 5 from public.users_of order by 1) k";

    for mode in WAYS {
        let (_project, call) = pull(&local, &cloud, masks);
        call.args(["--mode", mode, "--where", "words=size = 1", "--where", "codes=size = 1"]).success();
        assert_eq!(local.value(kept), "1346", "{mode}");
    }
    let joined =
        "select count(*) from public.uses u join public.words w on lower(w.word::text) = lower(u.word::text)";
    assert_eq!(local.value(joined), "3");
}

#[test]
fn values_that_a_mask_would_tear_apart_are_refused_whichever_way() {
    let (local, cloud) = pair(
        "create collation public.careless (provider = icu, locale = 'und-u-ks-level2', deterministic = false); \
         create table public.words (word text collate public.careless primary key); \
         create table public.uses (id int primary key, word text collate public.careless references public.words); \
         create table public.codes (code text primary key); \
         create table public.made (id int primary key, raw text, code text generated always as (upper(raw)) stored references public.codes)",
        "insert into public.words values ('Red'); insert into public.uses values (1, 'RED'); \
         insert into public.codes values ('FOO'); insert into public.made (id, raw) values (1, 'foo')",
    );

    for masks in ["'words.word' = 'hash'", "'codes.code' = 'hash'", "'made.raw' = 'hash'"] {
        for mode in WAYS {
            let (_project, call) = pull(&local, &cloud, masks);
            let output = call.args(["--mode", mode]).failed();
            assert!(
                output.stderr.contains("that are not there")
                    || output.stderr.contains("violates foreign key"),
                "{output}"
            );
            assert_eq!(local.value("select count(*) from public.words"), "0");
        }
    }
}

#[test]
fn a_mask_goes_through_the_lists_of_a_document() {
    let (local, cloud) = pair(
        "create table public.forms (id int primary key, of jsonb, plain json)",
        r#"insert into public.forms values
            (1, '{"people": [{"email": "Zaphod@b.c", "n": 1}, {"email": ["Zaphod@b.c"]}, 7, {"no": 1}, [{"email": "Zaphod@b.c"}]], "empty": []}',
             '[{"a": {"name": "Zaphod"}}, {"a": [{"name": "Zaphod"}, {"name": ""}]}]'),
            (2, '{"people": {"email": "Zaphod@b.c"}, "pair": ["x", "Zaphod"]}', '{"a": {"name": null}}'), (3, null, '[]')"#,
    );
    let masks = "'forms.of' = { json = { 'people.email' = 'email', 'empty.email' = 'email', 'pair.1' = 'name' } }\n\
                 'forms.plain' = { json = { 'a.name' = 'name' } }";

    let (_project, call) = pull(&local, &cloud, masks);
    call.success();
    let rows = local.column("select f::text from public.forms f order by id").join("\n");
    assert!(!rows.contains("Zaphod"), "{rows}");
    for held in [
        "of #>> '{people,0,email}' like '%@example.com' and of #> '{people,1,email}' = 'null' and of #> '{people,4}' = 'null'",
        "of #> '{people,2}' = '7' and of #> '{people,3}' = '{\"no\": 1}' and of #> '{people,0,n}' = '1' and of -> 'empty' = '[]'",
        "plain::jsonb #>> '{0,a,name}' = plain::jsonb #>> '{1,a,0,name}' and plain::jsonb #>> '{1,a,1,name}' = ''",
    ] {
        assert_eq!(
            local.value(&format!("select count(*) from public.forms where id = 1 and {held}")),
            "1",
            "{held}\n{rows}"
        );
    }
    let fakes = "select count(distinct e) from (select of #>> '{people,0,email}' from public.forms where id = 1 union all \
                 select of #>> '{people,email}' from public.forms where id = 2) x (e)";
    assert_eq!(local.value(fakes), "1");
    assert_eq!(local.value("select of #>> '{pair,0}' from public.forms where id = 2"), "x");
}

#[test]
fn what_an_error_of_the_source_quotes_is_not_shown() {
    let (local, cloud) = pair(
        "create table public.plain (id int primary key, label text); \
         create function public.fail(label text) returns int language plpgsql immutable as \
         $$ begin raise exception 'no % here', label using detail = label, hint = label; end $$",
        "insert into public.plain values (1, 'Zaphod')",
    );
    for sql in
        ["label::int", "public.fail(label)", "label::date - current_date", "(label::json ->> 'a')::int"]
    {
        for mode in WAYS {
            let (_project, call) = pull(&local, &cloud, &format!("'plain.id' = {{ sql = \"{sql}\" }}"));
            let output = call
                .args(["--mode", mode, "--verbose"])
                .failed()
                .says("reading the source")
                .says("fails on a row");
            output.never_says("Zaphod");
        }
        let (project, call) = pull(&local, &cloud, "");
        let filter = format!("plain={sql} > 3");
        call.args(["--where", &filter]).failed().never_says("Zaphod");
        let look = crmctl(&project).args([
            "sync",
            "--from",
            "cloud",
            "--to",
            "local",
            "--dry-run",
            "--where",
            &filter,
        ]);
        look.failed().never_says("Zaphod");
    }
}

#[test]
fn a_key_to_one_partition_of_what_is_narrowed_is_refused_and_a_rule_for_a_partition_is_one_for_nothing() {
    let (local, cloud) = pair(
        "create table public.visits (id int, region text, what text, primary key (id, region)) partition by list (region); \
         create table public.visits_eu partition of public.visits for values in ('eu'); \
         create table public.bills (id int primary key, visit int, region text default 'eu', foreign key (visit, region) references public.visits_eu (id, region))",
        "insert into public.visits select n, 'eu', 'Zaphod' from generate_series(1, 9) n; insert into public.bills select n, n from generate_series(1, 9) n",
    );

    let (_project, call) = pull(&local, &cloud, "");
    call.args(["--where", "visits=id < 5"]).refused().says("`bills` refers to the partition `visits_eu`");
    let (_project, call) = pull(&local, &cloud, "'visits_eu.what' = 'text'");
    call.usage().says("`visits_eu.what` names no column").says("`public.visits.what`").says("crmctl.toml:");
    let (_project, call) =
        pull(&local, &cloud, "'visits.region' = { sql = \"'eu'\" }\n'bills.region' = 'keep'");
    call.usage().says("ends of one foreign key");
    let (_project, call) = pull(&local, &cloud, "'visits.what' = 'text'");
    call.success();
    assert_eq!(local.value("select count(*) from public.visits where what = 'Zaphod'"), "0");
}

#[test]
fn days_at_the_ends_of_time_move_too() {
    let (local, cloud) = pair(
        "create table public.days (id int primary key, a date, b timestamptz, c timestamp, d date)",
        "insert into public.days select n, a::date, b::timestamptz, c::timestamp, a::date from (values (1, '4713-01-01 BC', '4713-01-01 BC', '4713-01-01 BC'), \
         (2, '5874897-12-31', '294276-12-31', '294276-12-31'), (3, 'infinity', '-infinity', 'infinity'), (4, '0044-03-15 BC', '2024-02-29 12:00Z', '2024-12-31')) v (n, a, b, c)",
    );
    let masks = "'days.a' = { kind = 'date', days = 10000 }\n'days.b' = 'date'\n'days.c' = 'birthday'\n'days.d' = 'birthday'";

    let (_project, call) = pull(&local, &cloud, masks);
    call.success();
    let moved = "select string_agg(id::text, '' order by id) from public.days where a <> all (array['4713-01-01 BC', '5874897-12-31', '0044-03-15 BC']::date[]) \
                 and b <> '2024-02-29 12:00Z' and c <> '2024-12-31' and d <> '0044-03-15 BC'";
    assert_eq!(local.value(moved), "1234");
    assert_eq!(local.value("select extract(year from d)::text from public.days where id = 4"), "-44");
}

#[test]
fn what_a_table_has_from_its_parent_is_masked_like_the_parent_s() {
    let (local, cloud) = pair(
        "create table public.people (id int, what text); create table public.staff (more text) inherits (public.people); \
         create table public.bosses () inherits (public.staff)",
        "insert into public.bosses values (1, 'Zaphod', 'more'); insert into public.staff values (2, 'Zaphod', 'more')",
    );

    let (_project, call) = pull(&local, &cloud, "'people.what' = 'hash'");
    call.success();
    assert_eq!(
        local
            .value("select count(distinct what) || max(what) from public.people where length(what) = 32")
            .len(),
        33
    );
    let (_project, call) = pull(&local, &cloud, "'people.what' = 'hash'\n'bosses.what' = 'keep'");
    call.success();
    assert_eq!(local.value("select count(*) from public.people where what = 'Zaphod'"), "1");
}

#[test]
fn own_sql_gives_one_value_for_each_row_and_always_the_same() {
    let (local, cloud) =
        pair("create table public.plain (label text)", "insert into public.plain values ('a'), ('b')");
    for (sql, problem) in [
        ("max(label)", "aggregate functions are not allowed"),
        ("generate_series(1, 3)", "set-returning functions are not allowed"),
        ("row_number() over ()", "window functions are not allowed"),
        ("random()", "`random()` gives something else each time"),
        ("label; select 1", "one expression"),
        ("label -- )", "does not close"),
        ("(label", "does not close"),
        ("", "empty"),
        ("label ||", "syntax error"),
        ("lable", "column \\\"lable\\\" does not exist"),
        ("(select label from public.nothing)", "does not exist"),
    ] {
        let sql = if problem == "does not close" { format!("({sql}") } else { sql.to_owned() };
        let (_project, call) = pull(&local, &cloud, &format!("'plain.label' = {{ sql = \"{sql}\" }}"));
        call.usage().says(&problem.replace("\\\"", "\"")).says("crmctl.toml:");
    }
    assert_eq!(local.value("select count(*) from public.plain"), "0");
}

#[test]
fn a_reference_may_become_null_and_a_column_may_be_called_what_it_likes() {
    let (local, cloud) = pair(
        "create table public.teams (key_0 int primary key, size int); \
         create table public.people (id int primary key, key_0 text, team int references public.teams, boss int references public.people, \
           a int, b int, unique (a, b), foreign key (a, b) references public.people (a, b) match full)",
        "insert into public.teams values (1, 1), (2, 2); insert into public.people values (1, 'Zaphod', 1, 1, 1, 1), (2, 'Ford', 2, 1, 2, 2)",
    );
    let masks = "'people.key_0' = { sql = 'left(key_0, 1)' }\n'people.boss' = 'null'";

    let (_project, call) = pull(&local, &cloud, masks);
    call.args(["--where", "teams=size = 1"]).success();
    assert_eq!(local.value("select row(id, key_0, team, boss)::text from public.people"), "(1,Z,1,)");
    // Half of a key that is to match in full.
    let (_project, call) = pull(&local, &cloud, "'people.a' = 'null'");
    call.failed().says("that are not there");
}
