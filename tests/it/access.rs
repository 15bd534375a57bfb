//! Who may do what under row level security, observed as each persona.

use crmctl::access::{self, AccessRequest, AccessTable, Reach};
use crmctl::cancel::Cancel;
use crmctl::environment::EnvironmentName;
use crmctl::pg::{Session, TableName, Target};

use crate::support::{Database, Which, wait_for};

fn request() -> AccessRequest {
    AccessRequest::new(vec!["public".to_owned()], Some("%@test.local".to_owned()))
}

async fn session(database: &Database) -> Session {
    let target = Target {
        environment: "local".parse::<EnvironmentName>().unwrap(),
        url: database.url().parse().unwrap(),
        application_name: "crmctl test".to_owned(),
    };
    Session::open(&target, &Cancel::default()).await.unwrap()
}

fn observe(database: &Database) -> AccessTable {
    wait_for(async {
        let mut session = session(database).await;
        let table = access::observe(&mut session, &request()).await.unwrap();
        // The session is as it was: idle, and itself.
        let rows = session.query("select current_user, current_setting('row_security')").await.unwrap();
        assert_eq!(rows[0].values(), [Some("postgres".to_owned()), Some("off".to_owned())]);
        session.close().await;
        table
    })
}

fn reach(table: &AccessTable, name: &str, persona: &str) -> access::Access {
    table.table(&TableName::new("public", name)).unwrap().of(persona).unwrap().clone()
}

fn rows(reach: &Reach) -> (u64, Option<u64>) {
    let Reach::Rows { rows, own } = reach else { panic!("no rows: {reach:?}") };
    (*rows, *own)
}

#[test]
fn every_role_of_the_crm_reaches_what_its_policies_say() {
    let database = Database::seeded(Which::Local);
    let before = database.world();
    let table = observe(&database);

    assert_eq!(
        table.personas,
        ["anon", "authenticated", "service_role", "admin", "sales_director", "account_manager"]
    );
    assert_eq!(reach(&table, "contacts", "anon").select, Reach::NoGrant);
    assert_eq!(rows(&reach(&table, "contacts", "authenticated").select), (0, Some(0)));
    let all: u64 = database.value("select count(*) from public.contacts").parse().unwrap();
    assert_eq!(rows(&reach(&table, "contacts", "admin").select).0, all);
    let manager = reach(&table, "contacts", "account_manager");
    let (seen, own) = rows(&manager.select);
    assert!(seen > 0 && seen < all && own == Some(seen) && manager.owned == Some(seen), "{manager:?}");
    assert_eq!(rows(&manager.update), (seen, own));
    // Nobody but an admin deletes for good; the director changes only what is his.
    assert_eq!(rows(&reach(&table, "contacts", "admin").delete).0, all);
    assert_eq!(rows(&manager.delete).0, 0);
    let director = reach(&table, "contacts", "sales_director");
    assert_eq!(rows(&director.select).0, all);
    assert!(rows(&director.update).0 < all && rows(&director.update).0 > 0, "{director:?}");
    assert_eq!(reach(&table, "test_user_metadata", "admin").insert, Reach::NoGrant);
    before.assert_same(&database.world());
}

#[test]
fn an_open_transaction_is_seen_and_goes_on() {
    let database = Database::seeded(Which::Cloud);
    wait_for(async {
        let mut session = session(&database).await;
        let before = access::observe(&mut session, &request()).await.unwrap();
        session.run("set default_transaction_read_only = off").await.unwrap();
        session.run("begin").await.unwrap();
        // The settings of a migration must not mislead anybody.
        session.run("set client_min_messages = error; create table public.mark (id int)").await.unwrap();
        session
            .run("grant select on public.contacts to anon; create policy open on public.contacts for select to anon using (true)")
            .await
            .unwrap();
        let after = access::observe(&mut session, &request()).await.unwrap();

        let changes = access::changes(&before, &after);
        let words: Vec<&str> =
            changes.iter().filter(|change| change.opens).map(|change| change.words.as_str()).collect();
        assert_eq!(words, ["`anon` may now read `public.contacts` (200 of 200 rows)"]);
        session.run("insert into public.mark values (1)").await.expect("the transaction may still write");
        session.run("rollback").await.unwrap();
        let rows = session.query("select to_regclass('public.mark') is null as gone").await.unwrap();
        assert!(rows[0].flag("gone"), "the transaction was committed");
    });
}

#[test]
fn a_question_that_fails_is_an_answer_and_harms_no_other() {
    let database = Database::empty();
    database.run(
        "create table public.broken (id int); create table public.fine (id int); insert into public.fine values (1); \
         insert into public.broken values (1), (2); \
         create function public.refuse() returns boolean language plpgsql as $$ begin raise 'not for you'; end $$; \
         alter table public.broken enable row level security; \
         create policy p on public.broken for select using (public.refuse()); \
         grant select on public.broken, public.fine to anon; \
         create table public.partly (id int, user_id uuid references auth.users); grant select (id) on public.partly to anon; \
         insert into public.partly values (1); \
         create view public.leak as select * from public.broken; grant select on public.leak to anon",
    );
    let table = observe(&database);

    let broken = reach(&table, "broken", "anon").select;
    assert_eq!(broken, Reach::Unknown { reason: "not for you".to_owned() });
    assert_eq!(rows(&reach(&table, "fine", "anon").select).0, 1);
    assert_eq!(
        rows(&reach(&table, "leak", "anon").select).0,
        2,
        "a view of its owner's passes by the policies"
    );
    assert_eq!(reach(&table, "fine", "anon").insert, Reach::NoGrant);
}
