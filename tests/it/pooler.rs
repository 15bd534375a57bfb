//! `crmctl` behind a pooler: what poolers do is done by proxies, so that nobody has to have one, and behind the real one
//! that `CRMCTL_TEST_PGBOUNCER` names.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command};
use std::sync::{Arc, Mutex};

use crate::support::{Database, FaultProxy, Output, Project, Which, crmctl, make_a_process_up, try_query};
use crate::sync_awkward::assert_same_rows;

struct Bouncer {
    child: Child,
    port: u16,
    folder: tempfile::TempDir,
}

impl Bouncer {
    /// In front of a database; None where there is no such program.
    fn before(database: &Database, mode: &str) -> Option<Self> {
        let program = PathBuf::from(std::env::var_os("CRMCTL_TEST_PGBOUNCER")?);
        let folder = tempfile::tempdir().unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let address = Which::Network.cluster().address();
        let (name, password) = (database.name(), database.which.password());
        let configuration = format!(
            "[databases]\n{name} = host=127.0.0.1 port={} password={password}\n[pgbouncer]\nlisten_addr = 127.0.0.1\n\
             listen_port = {port}\nauth_type = trust\nauth_file = users\npool_mode = {mode}\nunix_socket_dir =\n",
            address.port
        );
        std::fs::write(folder.path().join("ini"), configuration).unwrap();
        std::fs::write(folder.path().join("users"), format!("\"postgres\" \"{password}\"\n")).unwrap();
        let mut command = Command::new(program);
        command.args(["-q", "ini"]).current_dir(folder.path());
        if nix::unistd::geteuid().is_root() {
            use std::os::unix::fs::PermissionsExt;
            std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
            command.args(["-u", "postgres"]);
        }
        let bouncer = Self { child: command.spawn().expect("the pooler starts"), port, folder };
        crate::support::until("the pooler answers", || try_query(&bouncer.url(database), "select 1").is_ok());
        Some(bouncer)
    }

    fn url(&self, database: &Database) -> String {
        assert!(self.folder.path().exists());
        format!("postgresql://postgres@127.0.0.1:{}/{}?sslmode=disable", self.port, database.name())
    }
}

impl Drop for Bouncer {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// Two sessions that change places when the second client asks its first question, as those of a pool do from one
/// transaction to the next.
#[derive(Default)]
struct Changing {
    clients: Vec<TcpStream>,
    servers: Vec<TcpStream>,
    have_changed: bool,
    said: Vec<u8>,
}

impl Changing {
    /// In front of the server with TLS: its port, and what goes on there. All ends with the two connections.
    fn before_network() -> (u16, Arc<Mutex<Self>>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let pool = Arc::new(Mutex::new(Self::default()));
        let shared = Arc::clone(&pool);
        std::thread::spawn(move || {
            for number in 0..2 {
                let (client, _) = listener.accept().unwrap();
                let server =
                    TcpStream::connect(("127.0.0.1", Which::Network.cluster().address().port)).unwrap();
                let mut pool = shared.lock().unwrap();
                pool.clients.push(client.try_clone().unwrap());
                pool.servers.push(server.try_clone().unwrap());
                for (from, is_client) in [(client, true), (server, false)] {
                    let shared = Arc::clone(&shared);
                    std::thread::spawn(move || Self::relay(&shared, from, is_client, number));
                }
            }
        });
        (port, pool)
    }

    fn relay(shared: &Mutex<Self>, mut from: TcpStream, is_client: bool, number: usize) {
        let mut buffer = vec![0; 16 * 1024];
        loop {
            let count = from.read(&mut buffer).unwrap_or(0);
            let bytes = &mut buffer[..count];
            let mut pool = shared.lock().unwrap();
            if is_client {
                pool.have_changed |= number == 1 && bytes.first() == Some(&b'Q');
                pool.said.extend_from_slice(bytes);
            } else {
                make_a_process_up(bytes);
            }
            let others = if is_client { &pool.servers } else { &pool.clients };
            let mut to = &others[if pool.have_changed { 1 - number } else { number }];
            // Whoever has gone already misses nothing.
            if count == 0 {
                to.shutdown(Shutdown::Write).ok();
                return;
            }
            to.write_all(bytes).ok();
        }
    }
}

fn pair() -> (Database, Database) {
    let (local, cloud) = (Database::empty(), Database::empty_on(Which::Network));
    for database in [&local, &cloud] {
        database.run("create table public.a (id int primary key)");
    }
    local.query("insert into public.a select generate_series(1, 100)");
    (local, cloud)
}

fn sync(local: &Database, url: &str) -> Output {
    let project = Project::new().local(local).cloud_at(url);
    crmctl(&project).args(["sync", "--force", "--confirm", "cloud"]).run()
}

#[test]
fn a_pool_of_sessions_is_as_good_as_the_server() {
    let (local, cloud) = pair();
    let proxy = FaultProxy::to(Which::Network).like_a_pooler();
    let bouncer = Bouncer::before(&cloud, "session");
    let by_program = bouncer.iter().map(|bouncer| bouncer.url(&cloud));
    for url in by_program.chain([format!("{}?sslmode=disable", proxy.url(&cloud.url()))]) {
        cloud.query("truncate public.a");
        sync(&local, &url).expect(0);
        assert_same_rows(&local, &cloud);
    }
}

#[test]
fn a_pool_of_transactions_is_refused_before_anything_is_set_in_sessions_of_the_application() {
    let (local, cloud) = pair();
    let (port, pool) = Changing::before_network();
    let url = cloud.url().replace(&Which::Network.cluster().address().port.to_string(), &port.to_string());
    sync(&local, &format!("{url}?sslmode=disable")).expect(1).says("it is a transaction pooler");
    let said = String::from_utf8_lossy(&pool.lock().unwrap().said).into_owned();
    assert!(said.contains("pg_backend_pid") && !said.contains("set "), "{said}");

    if let Some(bouncer) = Bouncer::before(&cloud, "transaction") {
        let url = bouncer.url(&cloud);
        sync(&local, &url).expect(1).says("it is a transaction pooler").says("pool_mode = session");
        // The application goes on as if nobody had been there.
        try_query(&url, "insert into public.a values (1000)").expect("it can write");
    }
}
