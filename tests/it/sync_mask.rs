//! `crmctl sync` from a protected environment: what is personal does not leave it.

use crate::support::{Call, Database, FaultProxy, Output, Project, Which, crmctl};

/// Every value that must not be seen anywhere else has this in it, or is among [`VALUES`]. A day is none of them: every
/// day of the year is somebody's fake one.
const MARK: &str = "Zaphod";
const VALUES: [&str; 6] = [MARK, "zaphod", "ZAPHOD", "212-867-5309", "17.17.17.17", "4242424242424242"];

const SCHEMA: &str = r#"
create schema extra;
create extension if not exists citext schema extensions;
create domain public.mail_address as varchar(120) check (value ~ '@');
create table public.contacts (
  id bigint generated always as identity primary key, owner uuid references auth.users, email text unique,
  first_name text, last_name varchar(30), "Phone ""No""" varchar(40), born date, salary numeric(8, 2), ip inet, card text,
  notes text, profile jsonb, tags text[], upper_email text generated always as (upper(email)) stored);
create table extra.mails (sender text references public.contacts (email), copy extensions.citext, reply public.mail_address,
  subject text, seen timestamptz);
create table public.plain (id int primary key, label text);
"#;

const ROWS: &str = r#"
insert into public.contacts (email, first_name, last_name, "Phone ""No""", born, salary, ip, card, notes, profile, tags)
  select 'Zaphod' || n || '@Example.net', 'Zaphod', 'Zaphod''; drop table x --' , '212-867-5309', '1977-05-25', 1000 + n,
    '17.17.17.17', '4242424242424242', 'Zaphod called ' || n, '{"name": "Zaphod", "more": {"email": "zaphod@b.c", "n": 1}, "list": ["Zaphod"]}',
    array['Zaphod', null, ''] from generate_series(1, 40) n;
insert into public.contacts (email, first_name, notes) values (null, null, ''), ('x' || chr(9) || 'Zaphod@b.c', '', null);
insert into extra.mails select email, lower(email), email, 'Zaphod', '1977-05-25 12:00Z' from public.contacts where email like 'Zaphod%';
insert into public.plain values (1, 'as it is');
insert into auth.users (id, email, aud, role, instance_id, encrypted_password, raw_user_meta_data, created_at, updated_at)
  values ('00000000-0000-4000-8000-000000000001', 'zaphod@corp.example', 'authenticated', 'authenticated',
    '00000000-0000-0000-0000-000000000000', 'Zaphod''s hash', '{"name": "Zaphod"}', now(), now());
update public.contacts set owner = '00000000-0000-4000-8000-000000000001' where id < 5;
"#;

pub(crate) const MASKS: &str = r#"
[mask]
"public.contacts.email" = "email"
"*_name" = "name"
"contacts.first_name" = "first_name"
"contacts.Phone \"No\"" = "phone"
"contacts.born" = "birthday"
"*.salary" = { kind = "number", percent = 20 }
"*.ip" = "ip"
"contacts.card" = "card"
"contacts.notes" = "text"
"contacts.profile" = { json = { name = "name", "more.email" = "email", list = "redact" } }
"contacts.tags" = "hash"
[mask.extra.mails]
copy = "email"
reply = { sql = "lower(md5(reply)) || '@example.org'" }
subject = { kind = "redact", text = "(a subject)" }
seen = { kind = "date", days = 5 }
"#;

pub(crate) fn pair() -> (Database, Database) {
    let (local, cloud) = (Database::empty(), Database::empty_on(Which::Cloud));
    for database in [&local, &cloud] {
        database.query("grant create on schema extensions to postgres");
        database.query("create extension if not exists citext schema extensions");
        database.run(SCHEMA);
    }
    cloud.query(ROWS);
    (local, cloud)
}

pub(crate) fn pull(project: &Project) -> Call {
    crmctl(project).args(["sync", "--from", "cloud", "--to", "local", "--force"])
}

#[track_caller]
pub(crate) fn assert_nothing_personal(text: &str, place: &str) {
    for value in VALUES {
        assert!(!text.contains(value), "{place} holds {value:?}: {}", around(text, value));
    }
}

fn around<'a>(text: &'a str, value: &'a str) -> &'a str {
    let start = text.find(value).unwrap_or(0);
    text.get(start.saturating_sub(80)..(start + 80).min(text.len())).unwrap_or(value)
}

pub(crate) fn everything(database: &Database) -> String {
    let rows = "select c::text from public.contacts c union all select m::text from extra.mails m \
                union all select p::text from public.plain p union all select u::text from auth.users u";
    database.column(rows).join("\n")
}

#[test]
fn nothing_personal_arrives_or_is_on_the_way() {
    let (local, cloud) = pair();
    let proxy = FaultProxy::to(Which::Cloud).record();
    let project = Project::new().local(&local).cloud_at(&proxy.url(&cloud.url())).setting(MASKS);

    let output: Output = pull(&project).arg("--verbose").success();
    assert_nothing_personal(&everything(&local), "the target");
    assert_nothing_personal(&format!("{output}"), "the output");
    assert_nothing_personal(&proxy.recorded(), "the way");
    assert!(proxy.recorded().contains("as it is"), "nothing was recorded");
    for file in project.files("backups") {
        let text = std::fs::read(&file).unwrap();
        assert_nothing_personal(&String::from_utf8_lossy(&text), &file.display().to_string());
    }
    // What there was is there, as something else.
    assert_eq!(local.value("select count(*) from public.contacts"), "42");
    assert_eq!(
        local.query(
            "select first_name, notes, email is null from public.contacts where id in (41, 42) order by id"
        ),
        [
            [None, Some(String::new()), Some("t".to_owned())],
            [Some(String::new()), None, Some("f".to_owned())]
        ]
    );
    for held in [
        "extract(year from born) = 1977 and salary between 800 and 1300 and ip <<= '10.0.0.0/8'",
        "card ~ '^400000[0-9]{10}$' and char_length(notes) = char_length('Zaphod called ' || id)",
        "profile -> 'more' ->> 'n' = '1' and profile -> 'list' = 'null' and profile ->> 'name' <> ''",
        "cardinality(tags) = 3 and tags[2] is null and tags[3] = '' and upper_email = upper(email)",
        "email like '%@example.com' and \"Phone \"\"No\"\"\" like '+1-555-%'",
    ] {
        let rows =
            format!("select count(*) from public.contacts where id <= 40 and not coalesce({held}, false)");
        assert_eq!(local.value(&rows), "0", "{held}");
    }
}

#[test]
fn the_same_value_is_the_same_fake_in_every_table_and_every_run_and_with_another_key_another() {
    let (local, cloud) = pair();
    let project = Project::new().local(&local).cloud(&cloud).setting(MASKS);
    pull(&project).success();
    let first = everything(&local);

    // The citext column was written in another case.
    let joined = "select count(*) from extra.mails m join public.contacts c on c.email = m.sender and m.copy = c.email::extensions.citext";
    assert_eq!(local.value(joined), "40");
    pull(&project).success();
    assert_eq!(everything(&local), first);
    pull(&project).env("CRMCTL_MASK_KEY", "another key, of somebody else").success();
    assert_ne!(everything(&local), first);
    assert_eq!(local.value(joined), "40");
}

#[test]
fn the_key_is_in_no_statement_that_the_source_keeps_and_in_no_output() {
    let (local, cloud) = pair();
    let proxy = FaultProxy::to(Which::Cloud).listen(1);
    let project = Project::new().local(&local).cloud_at(&proxy.url(&cloud.url())).setting(MASKS);

    let output = pull(&project).arg("--verbose").success();
    let kept = std::fs::read_to_string(project.path().join(".crmctl/mask.key")).unwrap();
    output.never_says(kept.trim());
    let said = proxy.said();
    let with_key: Vec<&String> =
        said.iter().filter(|statement| statement.contains("set_config('crmctl.mask_key'")).collect();
    assert_eq!(with_key.len(), 1, "one statement sets it");
    assert!(said.iter().any(|statement| statement.starts_with("copy (")
        && statement.contains("current_setting('crmctl.mask_key')")));
    let key = with_key[0].split('\'').nth(3).unwrap();
    assert_eq!(said.iter().filter(|statement| statement.contains(key)).count(), 1);
    assert_eq!(cloud.value("select count(*) from pg_class where relpersistence = 't'"), "0");
}

#[test]
fn a_protected_source_with_columns_that_look_personal_is_refused_with_the_lines_to_write() {
    let (local, cloud) = pair();
    let project = Project::new().local(&local).cloud(&cloud);
    let before = local.world();

    let refused = pull(&project).refused();
    refused.clone().says("`cloud` is protected, and 13 columns that look personal would leave it unmasked");
    before.assert_same(&local.world());
    // The lines are good as they are.
    let lines = refused.stderr.split_once("[mask]\n").unwrap().1;
    let rules: Vec<&str> =
        lines.lines().take_while(|line| line.trim_start().starts_with(['"', '\''])).collect();
    let project = project.setting(&format!("[mask]\n{}", rules.join("\n")));
    pull(&project).success();
    let rest = everything(&local);
    for value in ["Zaphod1@", "1977-05-25,", "212-867", "17.17.17", "424242", "called"] {
        assert!(!rest.contains(value), "{value}: {}", around(&rest, value));
    }
}

#[test]
fn unmasked_lets_everything_go_along_and_keep_one_column() {
    let (local, cloud) = pair();
    cloud.run("truncate auth.users cascade").run("insert into public.contacts (email) values ('Zaphod@b.c')");
    let project = Project::new().local(&local).cloud(&cloud);

    pull(&project).arg("--unmasked").success();
    assert_eq!(local.value("select email from public.contacts"), "Zaphod@b.c");
    let project = project.setting("[mask]\n\"*\" = \"null\"\n\"*.id\" = \"keep\"\n\"contacts.email\" = \"keep\"\n\"*.owner\" = \"keep\"\n\"*.sender\" = \"keep\"\n\"plain.label\" = \"hash\"");
    pull(&project).success();
    assert_eq!(local.value("select concat(email, first_name) from public.contacts"), "Zaphod@b.c");
}

#[test]
fn a_user_that_rows_refer_to_arrives_as_a_shell_and_takes_no_other_s_place() {
    let (local, cloud) = pair();
    let project = Project::new().local(&local).cloud(&cloud).setting(MASKS);
    let user = "select email || ' ' || encrypted_password || ' ' || raw_user_meta_data::text from auth.users";

    pull(&project).success().says("users");
    let shell = local.value(user);
    assert!(shell.starts_with("user-") && shell.ends_with("@users.masked.example  {}"), "{shell}");
    assert_eq!(
        local.value("select count(*) from public.contacts c join auth.users u on u.id = c.owner"),
        "4"
    );
    pull(&project).success();
    assert_eq!(local.value(user), shell);
    local.query("update auth.users set email = 'me@home.example', encrypted_password = 'mine'");
    pull(&project).success();
    assert!(local.value(user).starts_with("me@home.example mine"));
}

#[test]
fn unique_columns_stay_unique_among_a_hundred_thousand() {
    let (local, cloud) = (Database::empty(), Database::empty_on(Which::Cloud));
    for database in [&local, &cloud] {
        database.run("create table public.many (email text unique, phone varchar(20) primary key, name text unique, code varchar(16) unique, ref uuid unique)");
    }
    cloud.run("insert into public.many select n || '@b.c', n, 'name ' || n, n, gen_random_uuid() from generate_series(1, 100000) n");
    let masks = "[mask]\n\"many.email\" = \"email\"\n\"many.phone\" = \"phone\"\n\"many.name\" = \"first_name\"\n\"many.code\" = \"hash\"\n\"many.ref\" = \"uuid\"";

    pull(&Project::new().local(&local).cloud(&cloud).setting(masks)).success();
    assert_eq!(
        local.value(
            "select count(*) from public.many where email like '%@example.com' and phone like '+999%'"
        ),
        "100000"
    );
}

#[test]
fn what_cannot_be_masked_so_is_told_with_its_line() {
    let (local, cloud) = pair();
    let before = local.world();
    for (rules, problem) in [
        ("'contacts.emial' = 'email'", "`contacts.emial` names no column"),
        ("'contacts.born' = 'email'", "`email` cannot mask `public.contacts.born`, which is of type date"),
        ("'contacts.email' = 'text'\n'extra.mails.sender' = 'text'", "which is unique and of type text"),
        ("'plain.id' = 'null'", "which is not null"),
        ("'contacts.upper_email' = 'email'", "which is generated"),
        ("'mails.sender' = 'email'", "`mails.sender` names no column"),
        ("'extra.mails.sender' = 'email'", "ends of one foreign key"),
        ("'contacts.email' = 'email'\n'extra.mails.sender' = 'keep'", "ends of one foreign key"),
        ("'contacts.owner' = 'uuid'", "ends of one foreign key"),
        ("'contacts.notes' = { sql = 'nots || 1' }", "column \"nots\" does not exist"),
        ("'contacts.notes' = { sql = '1); drop table x; --' }", "closes a parenthesis it did not open"),
    ] {
        // What it is about comes first, everything else is looked at.
        let rules = format!("[mask]\n'*' = 'keep'\n{rules}");
        let project = Project::new().local(&local).cloud(&cloud).setting(&rules);
        pull(&project).usage().says(problem).says("crmctl.toml:");
    }
    before.assert_same(&local.world());
}

#[test]
fn an_open_source_is_not_masked() {
    let (local, cloud) = pair();
    local.run("insert into public.contacts (email) values ('own@b.c')");
    let project = Project::new().local(&local).cloud(&cloud).setting(MASKS);

    crmctl(&project).args(["sync", "--force", "--confirm", "cloud"]).success();
    assert_eq!(cloud.value("select email from public.contacts"), "own@b.c");
}

#[test]
fn a_filter_sees_values_as_they_are_and_only_fakes_arrive() {
    let (local, cloud) = pair();
    let project = Project::new().local(&local).cloud(&cloud).setting(MASKS);
    let filter = "contacts=email in ('Zaphod1@Example.net', 'Zaphod9@Example.net')";

    let plan = crmctl(&project)
        .args(["sync", "--from", "cloud", "--to", "local", "--dry-run", "--where", filter])
        .success();
    plan.answers("filtered  contacts: 2 of 42 rows").answers("masked    contacts.email: email");
    assert!(!project.path().join(".crmctl").exists(), "a dry run makes no key");
    pull(&project).args(["--where", filter]).success();
    assert_nothing_personal(&everything(&local), "the target");
    assert_eq!(
        local.value("select count(*) from extra.mails m join public.contacts c on c.email = m.sender"),
        "2"
    );
    assert_eq!(local.value("select count(*) from auth.users"), "1");
}
