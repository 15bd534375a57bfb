//! `crmctl` behind a real pooler: the program that `CRMCTL_TEST_PGBOUNCER` names, in front of the servers of the tests. Its
//! quirks are in the proxy of the everyday run, so that nobody has to have it.

use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command};

use crate::support::{Database, Project, Which, crmctl, try_query};
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

#[test]
fn a_pool_of_sessions_is_as_good_as_the_server_and_one_of_transactions_is_refused_unharmed() {
    let (local, cloud) = (Database::empty(), Database::empty_on(Which::Network));
    for database in [&local, &cloud] {
        database.run("create table public.a (id int primary key)");
    }
    local.query("insert into public.a select generate_series(1, 100)");
    for mode in ["session", "transaction"] {
        let Some(bouncer) = Bouncer::before(&cloud, mode) else { return };
        let url = bouncer.url(&cloud);
        let project = Project::new().local(&local).cloud_at(&url);
        let output = crmctl(&project).args(["sync", "--force", "--confirm", "cloud"]).run();
        if mode == "session" {
            output.expect(0);
            assert_same_rows(&local, &cloud);
        } else {
            output.expect(1).says("it is a transaction pooler").says("pool_mode = session");
            // The application goes on as if nobody had been there.
            try_query(&url, "insert into public.a values (1000)").expect("it can write");
        }
    }
}
