//! Who may do what under row level security, observed as each persona.

use crmctl::access::{self, AccessRequest, AccessTable, Reach};
use crmctl::cancel::Cancel;
use crmctl::environment::EnvironmentName;
use crmctl::pg::{Session, TableName, Target};

use crate::support::{Database, Project, Which, crmctl, wait_for};

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
    // Three copies as they are, and three as its own: the manager's own alone are let in, of a stranger none.
    assert_eq!(reach(&table, "contacts", "admin").insert, Reach::Tried { passed: 6, tried: 6 });
    assert!(matches!(manager.insert, Reach::Tried { passed: 3..6, tried: 6 }), "{manager:?}");
    assert_eq!(reach(&table, "contacts", "authenticated").insert, Reach::Tried { passed: 0, tried: 6 });
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

#[test]
fn the_command_shows_the_table_and_holds_it_against_access_toml() {
    let database = Database::seeded(Which::Cloud);
    let project = Project::new().cloud(&database);
    let access = || crmctl(&project).args(["access", "--env", "cloud"]);
    let before = database.world();

    access().success().answers("public.contacts").answers("account_manager").answers("no access.toml");
    project.write(
        "access.toml",
        "[personas.visitor]\nrole = \"anon\"\n[personas.auditor]\nclaims = { app_metadata = { role = \"auditor\" } }\n\
         [personas.boss]\nemail = \"Admin@test.local\"\n[personas.ghost]\nemail = \"ghost@test.local\"\n\
         [[expect]]\ntable = \"*\"\npersona = [\"visitor\", \"auditor\"]\nselect = \"none\"\ninsert = \"none\"\n\
         [[expect]]\ntable = \"contacts\"\npersona = \"boss\"\nselect = \"all\"\ndelete = \"none\"\n",
    );
    let output = access().args(["--json"]).differs();
    let report = output.json()["report"].clone();
    let found: Vec<&str> = report["violations"]
        .as_array()
        .unwrap()
        .iter()
        .map(|found| found["words"].as_str().unwrap())
        .collect();
    assert!(
        found.contains(&"`boss` may delete from `public.contacts` (200 of 200 rows), expected none"),
        "{found:?}"
    );
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(report["missing"][0], "`ghost`: there is no user `ghost@test.local`");
    before.assert_same(&database.world());
}

/// Names that must be quoted, policies that look at other tables and at the same one, rights on single columns, a
/// schema of its own.
#[test]
fn awkward_schemas_are_tried_right() {
    let database = Database::empty();
    database.run(
        "create schema \"My App\"; grant usage on schema \"My App\" to authenticated; \
         create table \"My App\".members (id uuid primary key references auth.users, team int); \
         create table \"My App\".\"r\" (id int, team int, by_whom uuid references \"My App\".members); \
         insert into auth.users (id, email) values ('11111111-1111-4111-8111-111111111111', 'one@test.local'); \
         insert into \"My App\".members values ('11111111-1111-4111-8111-111111111111', 7); \
         insert into \"My App\".\"r\" values (1, 7, '11111111-1111-4111-8111-111111111111'), (2, 7, null), (3, 8, null); \
         grant select on \"My App\".members to authenticated; grant select, update on \"My App\".\"r\" to authenticated; \
         alter table \"My App\".\"r\" enable row level security; \
         create policy a on \"My App\".\"r\" for select to authenticated using (team = (select m.team from \"My App\".members m where m.id = auth.uid())); \
         create policy b on \"My App\".\"r\" for update to authenticated using (exists (select from \"My App\".members m where m.team = \"r\".team)); \
         create policy c on \"My App\".\"r\" as restrictive for update to public using (by_whom = auth.uid())",
    );
    let request = AccessRequest::new(vec!["My App".to_owned()], Some("%@test.local".to_owned()));
    let table = wait_for(async {
        let mut session = session(&database).await;
        access::observe(&mut session, &request).await.unwrap()
    });

    let entry = table.table(&TableName::new("My App", "r")).unwrap();
    assert_eq!((entry.rows, entry.owner.as_deref()), (Some(3), Some("by_whom")));
    let one = entry.of("one@test.local").unwrap();
    assert_eq!((rows(&one.select), rows(&one.update), one.owned), ((2, Some(1)), (1, Some(1)), Some(1)));
    assert_eq!(entry.of("anon").unwrap().select, Reach::NoGrant);
    assert_eq!(rows(&entry.of("authenticated").unwrap().select), (0, Some(0)));
}
