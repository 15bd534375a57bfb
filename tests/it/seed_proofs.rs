//! What `crmctl seed` promises, proved one by one: round trips, the same rows everywhere, volumes, locks, memory.

use std::time::Duration;

use crate::support::{Call, Database, FaultProxy, Project, Which, crmctl, fewest_round_trips, try_query};

const PASSWORD: &str = "Pa55-of-the-tests";

fn own(database: &Database, text: &str) -> Project {
    Project::new().local(database).file("seeds/seed.toml", &format!("crm = false\n{text}"))
}

fn data(project: &Project) -> Call {
    crmctl(project).args(["seed", "data"])
}

/// All rows of a table as one text.
#[test]
fn finds_nothing_to_do_in_at_most_twelve_round_trips_behind_tls() {
    let database = Database::seeded(Which::Network);
    let trips = fewest_round_trips(12, || {
        let proxy = FaultProxy::to(Which::Network).delay(Duration::from_millis(50));
        let project = Project::new()
            .cloud_at(&format!("{}?sslmode=require", proxy.url(&database.url())))
            .with_crm_migrations()
            .with_crm_seeds();
        let seed = crmctl(&project).args(["seed", "data", "--env", "cloud", "--confirm", "cloud"]);
        seed.success().answers("nothing to do");
        proxy.round_trips()
    });

    assert!(trips <= 12, "{trips} round trips");
}

#[test]
fn rows_are_the_same_whatever_the_locale_and_the_time_zone_of_a_machine() {
    let (one, two) = (Database::seeded(Which::Local), Database::migrated(Which::Cloud));
    let settings = [
        "timezone = 'Pacific/Chatham'",
        "datestyle = 'SQL, DMY'",
        "extra_float_digits = -5",
        "search_path = 'nowhere'",
    ];
    for setting in settings {
        two.query(&format!("alter role postgres in database {} set {setting}", two.name()));
    }
    let there = Project::new().local(&two).with_crm_migrations().with_crm_seeds();
    let seed = || {
        let call = crmctl(&there).args(["seed"]).env("LC_ALL", "tr_TR.UTF-8").env("TZ", "Asia/Kathmandu");
        call.success()
    };

    seed();
    one.world().only("rows public").assert_same(&two.world().only("rows public"));
    seed().answers("nothing to do");
}

#[test]
fn another_day_of_reference_moves_rows_in_time_and_the_plan_says_so() {
    let database = Database::seeded(Which::Local);
    let project = Project::new().local(&database).with_crm_seeds();
    let text = include_str!("../../seeds/data.toml");
    let later = text.replacen("reference_date = \"2026-01-15\"", "reference_date = \"2027-02-03\"", 1);
    assert_ne!(text, later);
    let ids = database.column("select id from public.activities order by id");
    project.write("seeds/data.toml", &later);

    crmctl(&project).args(["seed", "data"]).success().says("merge activities");
    let newest = database
        .value("select max(occurred_at)::date between '2027-01-01' and '2027-02-02' from public.activities");
    assert_eq!(newest, "t");
    assert_eq!(database.column("select id from public.activities order by id"), ids);
    crmctl(&project).args(["seed", "data"]).success().answers("nothing to do");
}

const SHOP: &str = "create table public.shelf (id int generated always as identity primary key, name text not null); \
    create table public.item (id uuid primary key default gen_random_uuid(), shelf_id int not null references public.shelf, \
      label text not null, stamp text, owner uuid)";

#[test]
fn a_few_rows_have_most_of_the_others_where_the_file_says_zipf() {
    let database = Database::empty();
    database.run(SHOP);
    let text = |spread: &str| {
        format!(
            "[tables.shelf]\nrows = 100\n[tables.item]\nrows = 2000\ncolumns.owner = {{ kind = \"null\" }}\n\
             columns.shelf_id = {{ kind = \"reference\", spread = \"{spread}\" }}\n"
        )
    };
    let most = "select sum(n) from (select count(*) as n from public.item group by shelf_id order by 1 desc limit 10) x";
    let share = |spread| {
        data(&own(&database, &text(spread))).success();
        database.value(most).parse::<u32>().unwrap()
    };

    let (even, zipf) = (share("even"), share("zipf"));
    assert!(
        even < 500 && zipf > 900,
        "the ten fullest of a hundred shelves hold {even} and {zipf} of 2000 items"
    );
    data(&own(&database, &text("zipf"))).success().answers("nothing to do");
}

#[test]
fn each_role_owns_as_many_rows_as_the_file_says() {
    let database = Database::seeded(Which::Local);
    database.run("create table public.memo (id uuid primary key, sales_id uuid not null references public.sales, text text)");
    let text = "[tables.memo]\nrows = { admin = 7, sales_director = 4, account_manager = 0 }\n";
    let project = Project::new().local(&database).with_crm_seeds().file("seeds/seed.toml", text);
    let owned = "select string_agg(role || ' ' || n, ', ' order by role) from \
        (select s.role, count(*) as n from public.memo m join public.sales s on s.id = m.sales_id group by 1) x";

    data(&project).success();
    assert_eq!(database.value(owned), "admin 7, sales_director 4");
    data(&project).args(["--scale", "3"]).success();
    assert_eq!(database.value(owned), "admin 21, sales_director 12");
}

#[test]
fn a_column_that_a_trigger_fills_is_left_out_of_the_comparison_where_the_file_says_so() {
    let database = Database::empty();
    database.run(SHOP);
    database.run(
        "create function public.stamp() returns trigger language plpgsql as \
         $$ begin new.stamp := 'by ' || tg_op; return new; end $$; \
         create trigger stamped before insert or update on public.item for each row execute function public.stamp()",
    );
    let text = |compare: &str| {
        format!(
            "[tables.shelf]\nrows = 3\n[tables.item]\nrows = 5\ncolumns.owner = {{ kind = \"null\" }}\n\
             columns.stamp = {{ kind = \"constant\", value = \"mine\"{compare} }}\n"
        )
    };

    let compared = own(&database, &text(""));
    data(&compared).success();
    data(&compared).success().says("merge item");
    let left_out = own(&database, &text(", compare = false"));
    data(&left_out).success().answers("nothing to do");
    assert_eq!(database.value("select count(*) from public.item where stamp like 'by %'"), "5");
}

#[test]
fn unique_values_reach_as_far_as_there_are_any_and_no_farther() {
    let database = Database::empty();
    database.run("create table public.land (code char(2) primary key, name text not null unique)");
    let text = |rows: u32| {
        format!(
            "[tables.land]\nrows = {rows}\ncolumns.code = [\"de\", \"fr\", \"it\"]\n\
             columns.name = {{ kind = \"template\", text = \"land {{code}}\" }}\n"
        )
    };

    data(&own(&database, &text(4))).usage().says("4 rows would share 3 values").says("seed.toml:4:9");
    data(&own(&database, &text(3))).success();
    data(&own(&database, &text(3))).args(["--scale", "2"]).usage().says("6 rows would share 3 values");
    assert_eq!(database.value("select string_agg(code, ' ' order by code) from public.land"), "de fr it");
    data(&own(&database, &text(3))).success().answers("nothing to do");
}

#[test]
fn a_table_whose_rows_policies_hide_from_the_login_is_refused() {
    let database = Database::empty();
    database.run(SHOP);
    let role = format!("seeder_of_{}", database.name());
    let as_role = |sql: &str| database.query(&sql.replace("seeder", &role));
    as_role(
        "create role seeder login; grant usage, create on schema public to seeder; alter table public.item owner to seeder; \
         alter table public.shelf owner to seeder; alter table public.item enable row level security; \
         alter table public.item force row level security; \
         grant usage on schema auth to seeder; grant select on all tables in schema auth to seeder",
    );
    let url = database.url_without_password().replace("//postgres@", &format!("//{role}@"));
    let text = "crm = false\n[tables.shelf]\nrows = 3\n[tables.item]\nrows = 5\ncolumns.owner = { kind = \"null\" }\n";
    let project = Project::new()
        .setting(&format!("[environments.local]\nurl = \"{url}\""))
        .file("seeds/seed.toml", text);

    let refused = data(&project).usage();
    assert_eq!(database.value("select count(*) from public.shelf"), "0");
    as_role("alter table public.item no force row level security");
    data(&project).success();
    as_role("drop owned by seeder; drop role seeder");
    refused.says("row level security hides rows of `item`").says("seed.toml:4:").says("BYPASSRLS");
}

#[test]
fn a_table_that_somebody_holds_is_not_waited_for_for_ever() {
    let database = Database::empty();
    database.run(SHOP);
    let project = own(&database, "[tables.shelf]\nrows = 3\n");
    let before = database.world();
    let url = database.admin_url();
    let (let_go, wait) = std::sync::mpsc::channel::<()>();
    let holder = std::thread::spawn(move || {
        // Until the command has given up: it waits for ten seconds at most.
        let sql = "begin; lock table public.shelf in share mode; \
            do $$ begin while not exists (select from pg_locks where relation = 'public.shelf'::regclass and not granted) \
            loop perform pg_sleep(0.01); end loop; \
            while exists (select from pg_locks where relation = 'public.shelf'::regclass and not granted) \
            loop perform pg_sleep(0.01); end loop; end $$; rollback";
        try_query(&url, sql).unwrap();
        wait.recv().unwrap_or_default();
    });
    database.until("exists (select from pg_locks where relation = 'public.shelf'::regclass and mode = 'ShareLock' and granted)");

    let output = data(&project).failed();
    let_go.send(()).unwrap();
    holder.join().unwrap();
    output.says("lock timeout");
    before.assert_same(&database.world());
    data(&project).success();
}

#[test]
fn two_runs_at_once_make_the_rows_of_one() {
    let database = Database::empty();
    database.run(SHOP);
    let project = own(&database, "[tables.shelf]\nrows = 3000\n");

    let (first, second) = (data(&project).spawn(), data(&project).spawn());
    let both = [first.finish(), second.finish()];
    for output in &both {
        assert!(matches!(output.code, Some(0 | 4 | 5)), "{output}");
    }
    assert!(both.iter().any(|output| output.code == Some(0)), "{both:?}");
    assert_eq!(database.value("select count(*) from public.shelf"), "3000");
    data(&project).success().answers("nothing to do");
}

#[test]
fn passwords_are_hashes_that_the_server_itself_knows() {
    let database = Database::migrated(Which::Local);
    let project = Project::new().local(&database).with_crm_migrations().with_crm_seeds();
    crmctl(&project).args(["seed", "users"]).env("TEST_USER_PASSWORD", PASSWORD).success();
    database.query("create extension if not exists pgcrypto schema extensions");

    let fits = |password: &str| {
        database.value(&format!(
            "select count(*) from auth.users where encrypted_password = extensions.crypt('{password}', encrypted_password) \
             and encrypted_password like '$2_$10$%'"
        ))
    };
    assert_eq!((fits(PASSWORD), fits("another")), ("3".to_owned(), "0".to_owned()));
}
