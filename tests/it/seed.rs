//! `crmctl seed`.

use crate::support::{Database, Project, Which, crmctl};

const PASSWORD: &str = "Pa55-of-the-tests";

fn project(database: &Database) -> Project {
    Project::new().local(database).with_crm_migrations().with_crm_seeds()
}

#[test]
fn makes_three_users_who_can_sign_in() {
    let database = Database::migrated(Which::Local);
    let project = project(&database);
    crmctl(&project).args(["seed", "users"]).env("TEST_USER_PASSWORD", PASSWORD).success();

    assert_eq!(database.value("select count(*) from auth.users"), "3");
    assert_eq!(
        database.value("select count(*) from auth.identities i join auth.users u on u.id = i.user_id"),
        "3"
    );
    let trapped = "select count(*) from auth.users where num_nulls(aud, role, confirmation_token, recovery_token, \
        email_change_token_new, email_change, phone_change, phone_change_token, reauthentication_token, \
        email_confirmed_at, created_at, updated_at, encrypted_password) > 0 or email <> lower(email) \
        or instance_id <> '00000000-0000-0000-0000-000000000000' or aud <> 'authenticated'";
    assert_eq!(database.value(trapped), "0", "a login that Supabase Auth trips over");
    for hash in database.column("select encrypted_password from auth.users") {
        assert!(bcrypt::verify(PASSWORD, &hash).unwrap(), "the password does not fit its hash");
    }
}

#[test]
fn a_second_run_has_nothing_to_do() {
    let database = Database::migrated(Which::Local);
    let project = project(&database);
    let seed = || crmctl(&project).args(["seed"]).env("TEST_USER_PASSWORD", PASSWORD);
    seed().success();
    let before = database.world();

    seed().success();
    before.assert_same(&database.world());
}

#[test]
fn brings_back_what_somebody_changed_and_keeps_what_is_theirs() {
    let database = Database::seeded(Which::Local);
    let project = project(&database);
    let before = database.world();
    database.query("delete from public.contact_notes; update auth.users set encrypted_password = 'x'");

    crmctl(&project).args(["seed"]).success();
    for beginning in ["rows public.contact_notes", "rows public.contacts"] {
        before.clone().only(beginning).assert_same(&database.world().only(beginning));
    }
    assert_eq!(database.value("select count(*) from auth.users where encrypted_password = 'x'"), "0");
}

#[test]
fn makes_the_same_rows_on_every_machine() {
    let (one, two) = (Database::seeded(Which::Local), Database::migrated(Which::Cloud));
    let there = Project::new().local(&two).with_crm_migrations().with_crm_seeds();
    crmctl(&there).args(["seed"]).success();

    one.world().only("rows public").assert_same(&two.world().only("rows public"));
}

#[test]
fn shows_what_it_would_do_and_does_nothing() {
    let database = Database::migrated(Which::Local);
    let before = database.world();

    crmctl(&project(&database)).args(["seed", "--dry-run"]).success();
    before.assert_same(&database.world());
}

#[test]
fn refuses_the_known_password_for_a_protected_environment() {
    let cloud = Database::migrated(Which::Cloud);
    let project = Project::new().cloud(&cloud).with_crm_migrations().with_crm_seeds();
    let before = cloud.world();
    let seed = || crmctl(&project).args(["seed", "--env", "cloud"]);

    let output = seed().args(["--confirm", "cloud"]).run();
    assert!(matches!(output.code, Some(2 | 4)), "{output}");
    seed().env("TEST_USER_PASSWORD", PASSWORD).refused();
    before.assert_same(&cloud.world());
    seed().args(["--confirm", "cloud"]).env("TEST_USER_PASSWORD", PASSWORD).success();
    assert_eq!(cloud.value("select count(*) from auth.users"), "3");
}

#[test]
fn says_that_the_migrations_are_missing() {
    let database = Database::empty();
    let before = database.world();

    let output = crmctl(&project(&database)).args(["seed"]).run();
    assert!(matches!(output.code, Some(1 | 4)), "{output}");
    output.says("crmctl migrate up");
    before.assert_same(&database.world());
}

#[test]
fn gives_each_role_what_it_may_see() {
    let database = Database::seeded(Which::Local);
    let rows_seen = |email: &str| -> u64 {
        let id = database.value(&format!("select id from auth.users where email like '{email}%'"));
        assert!(!id.is_empty(), "no user {email}");
        let claims = format!("{{\"sub\": \"{id}\", \"role\": \"authenticated\"}}");
        let sql = format!(
            "begin; select set_config('request.jwt.claims', '{claims}', true); set local role authenticated; \
             select count(*) from public.contacts; rollback"
        );
        database.query(&sql)[1][0].as_deref().unwrap().parse().unwrap()
    };

    let (admin, manager) = (rows_seen("admin"), rows_seen("manager"));
    assert!(admin > 0 && manager > 0 && manager <= admin, "admin {admin}, manager {manager}");
}
