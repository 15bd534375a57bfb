//! Real servers: started, used, and gone without a trace.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::*;
use crate::tools::SearchPath;

/// Templates are shared by all tests: one is made in a second, but not once per test.
fn shared_home() -> Home {
    static POSTGRESQL: std::sync::Once = std::sync::Once::new();
    POSTGRESQL.call_once(install_postgresql);
    Home::new(Path::new(env!("CARGO_MANIFEST_DIR")).join("target/tmp/crmctl"))
}

/// A machine without PostgreSQL gets it the way a user would: a test that cannot run must not pass.
fn install_postgresql() {
    use crate::doctor::{Site, ensure_postgres};
    let home = Home::new(Path::new(env!("CARGO_MANIFEST_DIR")).join("target/tmp/crmctl"));
    let search = SearchPath::of(&crate::environment::Variables::of_process());
    let cancel = crate::cancel::Cancel::default();
    let site = Site { home: &home, search: &search, cancel: &cancel, progress: &crate::plan::Silent };
    std::thread::scope(|scope| {
        let work = || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(ensure_postgres(site, |_| Ok(true))).expect("PostgreSQL can be installed");
        };
        scope.spawn(work).join().unwrap();
    });
}

fn options() -> ClusterOptions {
    ClusterOptions::new(shared_home(), SearchPath::default())
}

#[expect(
    clippy::disallowed_methods,
    reason = "`pg` stands on this module, so its tests connect by themselves"
)]
async fn ask(url: &str, query: &str) -> Result<String, tokio_postgres::Error> {
    let (client, connection) = tokio_postgres::connect(url, tokio_postgres::NoTls).await?;
    let connection = tokio::spawn(connection);
    let answer = client.query_one(query, &[]).await.map(|row| row.get(0));
    drop(client);
    connection.await.unwrap()?;
    answer
}

async fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    for _ in 0..1000 {
        if is_so() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("still not so: {what}");
}

/// A home of its own, which the account of the server may enter.
fn own_home() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
    let templates = shared_home().templates();
    std::fs::create_dir_all(&templates).unwrap();
    std::fs::create_dir_all(folder.path().join("cache")).unwrap();
    std::os::unix::fs::symlink(templates, folder.path().join("cache/clusters")).unwrap();
    folder
}

fn server_in(home: &tempfile::TempDir) -> LocalServer {
    LocalServer::of_project(Home::new(home.path()), SearchPath::default(), Path::new("/project"))
}

#[tokio::test]
async fn a_throwaway_server_is_like_a_new_supabase_project() {
    let cluster = Cluster::throwaway(&options()).await.unwrap();

    let roles = "select string_agg(rolname, ' ' order by rolname) from pg_roles \
                 where rolname in ('anon', 'authenticated', 'service_role', 'postgres') and not rolsuper";
    let answer = ask(&cluster.postgres_url("postgres"), roles).await.unwrap();
    assert_eq!(answer, "anon authenticated postgres service_role");
    let admin = "select rolname::text from pg_roles where rolsuper and rolname = current_user";
    assert_eq!(ask(&cluster.admin_url("postgres"), admin).await.unwrap(), "supabase_admin");
    let uid = "select coalesce(auth.uid()::text, 'nobody')";
    assert_eq!(ask(&cluster.postgres_url("postgres"), uid).await.unwrap(), "nobody");
    cluster.stop().await.unwrap();
}

#[tokio::test]
async fn many_throwaway_servers_start_at_once_and_leave_nothing() {
    let options = ClusterOptions { listen: Listen::Tcp, ..options() };

    let (one, two, three) = tokio::join!(
        Cluster::throwaway(&options),
        Cluster::throwaway(&options),
        Cluster::throwaway(&options)
    );
    for cluster in [one, two, three] {
        let cluster = cluster.unwrap();
        assert_eq!(ask(&cluster.postgres_url("postgres"), "select 'up'").await.unwrap(), "up");
        let folder = cluster.address().socket_folder.clone();
        cluster.stop().await.unwrap();
        assert!(!folder.exists());
    }
}

#[tokio::test]
async fn dropping_a_server_ends_it() {
    let cluster = Cluster::throwaway(&options()).await.unwrap();
    let folder = cluster.address().socket_folder.clone();

    drop(cluster);
    until("the folder is gone", || !folder.exists()).await;
}

#[tokio::test]
async fn through_tcp_the_password_counts_and_the_superuser_stays_out() {
    let cluster = Cluster::throwaway(&ClusterOptions { listen: Listen::Tcp, ..options() }).await.unwrap();
    let good = cluster.postgres_url("postgres");

    assert_eq!(ask(&good, "select 'in'").await.unwrap(), "in");
    let wrong = ask(&good.replacen(":postgres@", ":wrong@", 1), "select 'in'").await.unwrap_err();
    assert_eq!(wrong.code(), Some(&tokio_postgres::error::SqlState::INVALID_PASSWORD));
    let admin = good.replacen("postgres:postgres@", "supabase_admin:postgres@", 1);
    assert!(ask(&admin, "select 'in'").await.is_err());
}

/// This test runs itself again in another process, which starts a server and waits to be killed.
#[tokio::test]
async fn a_killed_holder_leaves_neither_server_nor_folder() {
    const TOLD: &str = "CRMCTL_TEST_HOLDS_A_SERVER";
    const NAME: &str = "local::tests::a_killed_holder_leaves_neither_server_nor_folder";
    #[expect(clippy::disallowed_methods, reason = "tells the two processes of this test apart")]
    if let Some(told) = std::env::var_os(TOLD) {
        let cluster = Cluster::throwaway(&options()).await.unwrap();
        std::fs::write(told, cluster.address().socket_folder.to_str().unwrap()).unwrap();
        std::future::pending::<()>().await;
    }

    let note = tempfile::NamedTempFile::new().unwrap();
    let holder = crate::tools::Invocation::new(std::env::current_exe().unwrap())
        .args(["--exact", NAME])
        .setting(TOLD, note.path().to_str().unwrap());
    let holder = crate::tools::stream(&holder).unwrap();
    until("a server runs", || note.path().metadata().unwrap().len() > 0).await;
    let folder = PathBuf::from(std::fs::read_to_string(note.path()).unwrap());
    assert!(folder.join("data/postmaster.pid").exists());

    drop(holder); // SIGKILL
    until("the folder is gone", || !folder.exists()).await;
}

#[tokio::test]
async fn the_server_of_a_project_keeps_its_data_and_its_port() {
    let home = own_home();
    let server = server_in(&home);
    assert_eq!(server.status().unwrap().state, ServerState::Absent);
    assert!(!home.path().join("clusters").exists(), "looking makes nothing");

    let started = server.start(Grants::default()).await.unwrap();
    assert_eq!((started.state, started.changed), (ServerState::Running, true));
    let url = started.address().unwrap().postgres_url("postgres");
    let query = "with made as (select set_config('x.y', 'z', false)) select current_setting('fsync')";
    assert_eq!(ask(&url, query).await.unwrap(), "on");
    let admin = started.address().unwrap().admin_url("postgres");
    assert_eq!(ask(&admin, "select current_user::text").await.unwrap(), "supabase_admin");
    let again = server.start(Grants::default()).await.unwrap();
    assert_eq!((again.changed, again.pid, again.port), (false, started.pid, started.port));

    let stopped = server.stop().await.unwrap();
    assert_eq!((stopped.state, stopped.changed), (ServerState::Stopped, true));
    assert!(!server.stop().await.unwrap().changed);
    let restarted = server.start(Grants::default()).await.unwrap();
    assert_eq!((restarted.changed, restarted.port), (true, started.port));

    assert!(server.destroy().await.unwrap().changed);
    assert_eq!(server.status().unwrap().state, ServerState::Absent);
    assert!(!server.destroy().await.unwrap().changed);
}

#[tokio::test]
async fn of_two_that_start_the_same_server_one_does_it() {
    let home = own_home();
    let (one, two) = (server_in(&home), server_in(&home));

    let (one_started, two_started) = tokio::join!(one.start(Grants::default()), two.start(Grants::default()));
    let (one_started, two_started) = (one_started.unwrap(), two_started.unwrap());
    assert_eq!(one_started.pid, two_started.pid);
    assert_ne!(one_started.changed, two_started.changed);
    one.destroy().await.unwrap();
}

#[tokio::test]
async fn a_crashed_server_is_not_taken_for_a_running_one() {
    use nix::sys::signal::{Signal, kill};
    let home = own_home();
    let server = server_in(&home);
    let started = server.start(Grants::default()).await.unwrap();

    let pid = nix::unistd::Pid::from_raw(started.pid.unwrap());
    kill(pid, Signal::SIGKILL).unwrap();
    until("it is seen as stopped", || server.status().unwrap().state == ServerState::Stopped).await;
    // Its number is now that of somebody else: of this test.
    let file = started.folder.join("data/postmaster.pid");
    let left = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, left.replacen(&pid.to_string(), &std::process::id().to_string(), 1)).unwrap();
    assert_eq!(server.status().unwrap().state, ServerState::Stopped);

    let again = server.start(Grants::default()).await.unwrap();
    assert!(again.changed);
    server.destroy().await.unwrap();
}

#[tokio::test]
async fn a_taken_port_is_left_to_whoever_has_it_and_recognised() {
    let cluster = Cluster::throwaway(&ClusterOptions { listen: Listen::Tcp, ..options() }).await.unwrap();
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let silent_port = silent.local_addr().unwrap().port();

    assert!(answers_postgres(cluster.address().port).await);
    assert!(!answers_postgres(silent_port).await);
    assert!(!super::port::is_free(cluster.address().port));
}

#[tokio::test]
async fn makers_of_a_template_wait_for_each_other() {
    let home = tempfile::tempdir().unwrap();
    let options = ClusterOptions::new(Home::new(home.path()), SearchPath::default());
    let leftover = options.home.templates();
    std::fs::create_dir_all(&leftover).unwrap();

    let (one, two) = tokio::join!(Cluster::throwaway(&options), Cluster::throwaway(&options));
    one.unwrap().stop().await.unwrap();
    two.unwrap().stop().await.unwrap();
    let names = leftover.read_dir().unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let names: Vec<String> = names.filter(|name| !name.contains(".lock")).collect();
    assert_eq!(names.len(), 1, "{names:?}");
}

#[tokio::test]
async fn a_server_that_cannot_start_says_why() {
    let certificate = ServerCertificate { certificate: "rubbish".into(), key: "rubbish".into() };
    let options = ClusterOptions { listen: Listen::Tcp, certificate: Some(certificate), ..options() };

    let error = Cluster::throwaway(&options).await.unwrap_err();
    assert!(error.to_string().contains("could not load server certificate"), "{error}");
}
