//! The snapshot of a schema: every change is told by the object that changed, and what is the same is equal.

mod cases;
mod equal;
mod restored;

use crmctl::cancel::Cancel;
use crmctl::catalog::{self, Catalog, diff};
use crmctl::pg::{Session, Target};

use crate::support::{Database, wait_for};
use cases::{ATTACHED, Case, OTHERS, TABLES};
use equal::EQUAL;

/// A session that may do everything, on a database of its own.
async fn session(database: &Database) -> Session {
    of_url(&database.admin_url()).await
}

async fn of_url(url: &str) -> Session {
    let target = Target {
        environment: "test".parse().unwrap(),
        url: url.parse().unwrap(),
        application_name: "crmctl tests".to_owned(),
    };
    Session::open(&target, &Cancel::default()).await.expect("a session")
}

async fn run(session: &mut Session, sql: &str) {
    if let Err(error) = session.run(sql).await {
        panic!("{error}\nin: {sql}");
    }
}

async fn snapshot(session: &mut Session) -> Catalog {
    let rows = session.query(&catalog::snapshot::query()).await.expect("a snapshot");
    Catalog::from_rows(&rows).expect("a catalog")
}

/// What a change makes of the base, as the names of the objects that differ.
async fn changed(session: &mut Session, base: &Catalog, change: &str) -> (Vec<String>, Catalog) {
    run(session, "begin read write; set local search_path = public").await;
    run(session, change).await;
    let catalog = snapshot(session).await;
    run(session, "rollback").await;
    let names = diff(base, &catalog).iter().map(|difference| difference.object.to_string()).collect();
    (names, catalog)
}

async fn based(session: &mut Session) -> Catalog {
    let base = include_str!("catalog/base.sql");
    run(session, &format!("begin read write; set local search_path = public; {base}; commit")).await;
    snapshot(session).await
}

#[test]
fn a_session_that_read_a_schema_still_cannot_write() {
    let database = Database::empty();
    let error = wait_for(async {
        let mut session = session(&database).await;
        catalog::read(&mut session).await.expect("a catalog");
        let error = session.run("create table public.t ()").await.expect_err("it only reads");
        session.close().await;
        error
    });
    assert_eq!(error.code(), Some("25006"), "{error}");
}

fn tell_apart(cases: &[Case]) {
    let database = Database::empty();
    let wrong = wait_for(async {
        let mut session = session(&database).await;
        let base = based(&mut session).await;
        let mut wrong = String::new();
        for (change, expected) in cases {
            let (names, catalog) = changed(&mut session, &base, change).await;
            if names != *expected || catalog.hash() == base.hash() {
                wrong += &format!("{change}\n  expected {expected:?}\n  found    {names:?}\n");
            }
        }
        session.close().await;
        wrong
    });
    assert_eq!(wrong, "");
}

#[test]
fn every_change_of_a_table_is_told_by_the_object_that_changed() {
    tell_apart(TABLES);
}

#[test]
fn every_change_of_what_hangs_on_tables_is_told_by_the_object_that_changed() {
    tell_apart(ATTACHED);
}

#[test]
fn every_change_of_what_is_no_table_is_told_by_the_object_that_changed() {
    tell_apart(OTHERS);
}

/// Indexes and defaults near what the snapshot puts into words by itself.
const PRINTED: &str = r#"
create collation other.plain (provider = libc, locale = 'C');
create domain other.mail as text;
create function other."Lower"(text) returns text language sql immutable as 'select $1';
create table "Odd" (id int default 1 + 1, "Two words" text collate "C", name text default 'x', code varchar(5), mail other.mail,
  tags text[] default '{}', at timestamptz default now(), amount numeric default -1.5, label name default current_user);
create index on "Odd" ("Two words") where id > 1 and name is not null;
create index on "Odd" ("Two words" collate "default");
create index on "Odd" (lower(name)) where "Two words" = 'select';
create index on "Odd" (lower(name) collate "C");
create index on "Odd" (lower("Two words"));
create index on "Odd" (lower("Two words") collate "default");
create index on "Odd" (lower(name) collate other.plain);
create index on "Odd" (lower(name) text_pattern_ops);
create index on "Odd" (lower(name) desc);
create index on "Odd" (lower(code));
create index on "Odd" (upper(lower(name) collate "C"));
create index on "Odd" (other."Lower"(name));
create index on "Odd" ((name || 'x'));
create index on "Odd" ((lower(name)::varchar));
create index on "Odd" ((id::bigint));
create index on "Odd" (length(name), id);
create index on "Odd" (date_part('year', at at time zone 'UTC'));
create index on "Odd" ((extract(year from at at time zone 'UTC')));
create index on "Odd" (mail);
create index on "Odd" (code);
create index on "Odd" using hash (lower(name));
create index on "Odd" using gin (tags);
create index on "Odd" (label);
create index on "Odd" (id) include (name);
create index on "Odd" (id nulls first);
create unique index on "Odd" (lower(name)) where id > 2;
"#;

#[test]
fn indexes_and_defaults_are_in_the_words_of_the_server() {
    let database = Database::empty();
    let (ours, theirs) = wait_for(async {
        let mut session = session(&database).await;
        based(&mut session).await;
        run(&mut session, &format!("begin read write; set local search_path = public; {PRINTED}; commit"))
            .await;
        let catalog = snapshot(&mut session).await;
        let rows = session
            .query(
                "select 'index' as kind, t.relname || '.' || i.relname as name, pg_get_indexdef(i.oid) as words
                 from pg_index x join pg_class i on i.oid = x.indexrelid join pg_class t on t.oid = x.indrelid
                 where t.relnamespace = 'public'::regnamespace
                 union all
                 select 'column', t.relname || '.' || c.attname, pg_get_expr(d.adbin, d.adrelid)
                 from pg_attrdef d join pg_class t on t.oid = d.adrelid
                 join pg_attribute c on c.attrelid = d.adrelid and c.attnum = d.adnum
                 where t.relnamespace = 'public'::regnamespace and c.attgenerated = ''
                 order by 1, 2",
            )
            .await
            .expect("definitions");
        session.close().await;
        let theirs: Vec<_> = rows
            .iter()
            .map(|row| {
                ["kind", "name", "words"].map(|column| row.text(column).unwrap_or_default().to_owned())
            })
            .collect();
        let ours: Vec<_> = theirs
            .iter()
            .map(|[kind, name, _]| {
                let object =
                    catalog::ObjectName { kind: kind.clone(), schema: "public".into(), name: name.clone() };
                let fact = if kind == "index" { "definition" } else { "default" };
                let words = catalog.objects.get(&object).and_then(|facts| facts.get(fact)?.as_str());
                [kind.clone(), name.clone(), words.unwrap_or("not there").to_owned()]
            })
            .collect();
        (ours, theirs)
    });
    assert!(theirs.len() > 30, "{theirs:?}");
    assert_eq!(ours, theirs);
}

#[test]
fn schemas_that_do_not_differ_are_equal() {
    let database = Database::empty();
    let wrong = wait_for(async {
        let mut session = session(&database).await;
        let base = based(&mut session).await;
        let mut wrong = String::new();
        for change in EQUAL {
            let (names, catalog) = changed(&mut session, &base, change).await;
            if !names.is_empty() || catalog.hash() != base.hash() {
                wrong += &format!("{change}\n  found {names:?}\n");
            }
        }
        session.close().await;
        wrong
    });
    assert_eq!(wrong, "");
}
