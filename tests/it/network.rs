//! A network that is slow, cut, or not what it claims to be.

use std::time::Duration;

use crate::support::{
    Call, Certificates, Database, Direction, FaultProxy, Project, Which, crmctl, fewest_round_trips,
};

/// Looks at the history: the smallest thing that connects.
fn status(project: &Project) -> Call {
    crmctl(project).args(["migrate", "status", "--env", "cloud"])
}

fn project_at(url: &str) -> Project {
    Project::new().cloud_at(url)
}

fn with_host(url: &str, host: &str) -> String {
    url.replacen("@127.0.0.1:", &format!("@{host}:"), 1)
}

#[test]
fn signs_in_over_tls_with_scram() {
    let database = Database::empty_on(Which::Network);

    status(&project_at(&format!("{}?sslmode=require", database.url()))).success();
}

#[test]
fn tls_takes_two_round_trips_and_no_third_to_agree_on_a_key() {
    let database = Database::empty_on(Which::Network);
    let trips = |mode: &str, expected: usize| {
        fewest_round_trips(expected, || {
            let proxy = FaultProxy::to(Which::Network).delay(Duration::from_millis(20));
            status(&project_at(&format!("{}?sslmode={mode}", proxy.url(&database.url())))).success();
            proxy.round_trips()
        })
    };

    let without = trips("disable", 5);
    // One asks whether the server speaks TLS, and one is the handshake.
    assert_eq!(trips("require", without + 2), without + 2);
}

#[test]
fn a_login_is_bound_to_the_certificate_of_the_server() {
    let database = Database::empty_on(Which::Network);
    let url = |query: &str| format!("{}?{query}", database.url());

    status(&project_at(&url("sslmode=require&channel_binding=require"))).success();
    status(&project_at(&url("sslmode=require&channel_binding=disable"))).success();
    // Where there is no TLS there is nothing to bind to, and who insists is not let down.
    status(&project_at(&url("sslmode=disable&channel_binding=require"))).failed().says("channel binding");
}

#[test]
fn a_server_is_told_apart_by_what_its_certificate_says() {
    let database = Database::empty_on(Which::Network);
    let certificates = Certificates::get();
    let at = |host: &str, root: &std::path::Path| {
        let url = format!("{}?sslmode=verify-full&sslrootcert={}", database.url(), root.display());
        status(&project_at(&with_host(&url, host))).failed()
    };

    at("127.0.0.1", &certificates.root()).says("IP address mismatch").says("another name");
    at("localhost", &certificates.stranger()).says("issuer certificate").says("sslrootcert=");
}

#[test]
fn never_falls_back_to_plain_text_where_tls_is_required() {
    // A Unix socket of the server behind the proxy knows no TLS.
    let database = Database::empty_on(Which::Cloud);
    let proxy = FaultProxy::to(Which::Cloud);
    let url = proxy.url(&database.url());

    for mode in ["require", "verify-ca", "verify-full"] {
        let output = status(&project_at(&format!("{url}?sslmode={mode}"))).failed();
        output.says("TLS");
    }
    status(&project_at(&format!("{url}?sslmode=prefer"))).success();
}

#[test]
fn believes_a_server_its_root_certificate_vouches_for_and_no_other() {
    let database = Database::empty_on(Which::Network);
    let certificates = Certificates::get();
    let (root, stranger) = (certificates.root(), certificates.stranger());
    let url = |host: &str, mode: &str, root: &std::path::Path| {
        format!("{}?sslmode={mode}&sslrootcert={}", with_host(&database.url(), host), root.display())
    };

    status(&project_at(&url("localhost", "verify-full", &root))).success();
    status(&project_at(&url("127.0.0.1", "verify-ca", &root))).success();
    status(&project_at(&url("127.0.0.1", "verify-full", &root))).failed().says("certificate");
    status(&project_at(&url("localhost", "verify-full", &stranger))).failed().says("certificate");
    status(&project_at(&url("localhost", "verify-ca", &stranger))).failed().says("certificate");
    status(&project_at(&url("localhost", "require", &stranger))).failed().says("certificate");
}

#[test]
fn does_not_trust_a_private_authority_without_being_told() {
    let database = Database::empty_on(Which::Network);
    let url = format!("{}?sslmode=verify-full", with_host(&database.url(), "localhost"));

    status(&project_at(&url)).failed().says("certificate");
}

#[test]
fn tries_a_wrong_password_exactly_once() {
    let database = Database::empty_on(Which::Network);
    let proxy = FaultProxy::to(Which::Network);
    let wrong = "s3cret-but-wrong";
    let url = proxy.url(&database.url()).replacen(
        &format!(":{}@", Which::Network.password()),
        &format!(":{wrong}@"),
        1,
    );

    status(&project_at(&url)).failed().says("password authentication failed").never_says(wrong);
    // A driver that prefers TLS may come a second time without it; crmctl must not sign in twice.
    assert_eq!(proxy.connections(), 1);
}

#[test]
fn tries_again_when_a_connection_is_reset() {
    let database = Database::empty_on(Which::Network);
    let proxy = FaultProxy::to(Which::Network).reset_first(2);
    let url = format!("{}?sslmode=require", proxy.url(&database.url()));

    status(&project_at(&url)).success();
    assert_eq!(proxy.connections(), 3);
}

#[test]
fn gives_up_when_every_connection_is_reset() {
    let database = Database::empty_on(Which::Network);
    let proxy = FaultProxy::to(Which::Network).reset_first(1000);

    status(&project_at(&proxy.url(&database.url()))).failed();
    assert!((2..=10).contains(&proxy.connections()), "{}", proxy.connections());
}

#[test]
fn a_server_that_never_answers_does_not_hold_a_user_for_ever() {
    let database = Database::empty_on(Which::Network);
    let proxy = FaultProxy::to(Which::Network).stall_after(Direction::ToClient, 0);
    let project = project_at(&proxy.url(&database.url()));
    let running = status(&project).spawn();
    crate::support::until("it is connected", || proxy.connections() > 0);

    running.interrupt();
    running.finish().expect(130);
}

#[test]
fn a_lost_connection_during_a_migration_is_a_failure_that_changed_nothing() {
    let database = Database::empty_on(Which::Cloud);
    let before = database.world();
    let text =
        format!("create table public.a (x text);\ninsert into public.a values ('{}');", "x".repeat(50_000));
    let proxy = FaultProxy::to(Which::Cloud).cut_after(Direction::ToServer, 20_000);
    let project =
        Project::new().cloud_at(&proxy.url(&database.url())).migration("20260101000000_first", &text);

    let output = crmctl(&project).args(["migrate", "up", "--env", "cloud", "--confirm", "cloud"]).run();
    assert!(matches!(output.code, Some(1)), "{output}");
    database.until_alone();
    before.assert_same(&database.world().without_history());
    assert_eq!(database.applied(), [""; 0]);
}

#[test]
fn two_hundred_migrations_take_no_longer_for_being_far_away() {
    let trips = fewest_round_trips(8, || {
        let database = Database::empty_on(Which::Cloud);
        let proxy = FaultProxy::to(Which::Cloud).delay(Duration::from_millis(20));
        let mut project = Project::new().cloud_at(&proxy.url(&database.url()));
        for number in 0..200 {
            let sql =
                format!("create table public.t{number} (id int primary key, x text not null default '');");
            project = project.migration(&format!("20260101{number:06}_t{number}"), &sql);
        }
        crmctl(&project).args(["migrate", "up", "--env", "cloud", "--confirm", "cloud"]).success();
        assert_eq!(database.applied().len(), 200);
        proxy.round_trips()
    });

    // One for each file would be 200.
    assert!(trips <= 8, "{trips} round trips");
}

#[test]
fn a_migration_takes_two_round_trips_behind_the_login() {
    let trips = fewest_round_trips(6, || {
        let database = Database::empty_on(Which::Network);
        let proxy = FaultProxy::to(Which::Network).delay(Duration::from_millis(10));
        let url = format!("{}?sslmode=disable", proxy.url(&database.url()));
        let project = Project::new()
            .cloud_at(&url)
            .migration("20260101000000_a", "create table public.a ()")
            .migration("20260102000000_b", "create table public.b ()");
        crmctl(&project).args(["migrate", "up", "--env", "cloud", "--confirm", "cloud"]).success();
        assert_eq!(database.applied().len(), 2);
        proxy.round_trips()
    });

    // Three to log in, one for the lock and the history, one for the files. The goodbye is not waited for.
    assert_eq!(trips, 5);
}
