//! The servers of a test process: one plays this machine and one plays the cloud, since roles belong to a whole
//! server; a third is behind TCP, TLS and passwords. They end with the process, however that ends.

use std::path::PathBuf;
use std::sync::{Mutex, OnceLock, PoisonError};

use crmctl::local::{Cluster, ClusterOptions, Home, Listen, LocalError};
use crmctl::tools::SearchPath;

use super::certificate::Certificates;
use super::query::{execute, wait_for};

/// The password of `postgres` on the servers that play the cloud. No output may ever hold it.
pub(crate) const CLOUD_PASSWORD: &str = "s3cret-of-the-cloud";

/// Which server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Which {
    /// The one of the developer: everybody knows its password.
    Local,
    /// The one that must not be harmed.
    Cloud,
    /// The same, reached over TCP with TLS and SCRAM only.
    Network,
    /// Whose `postgres` may not switch triggers and foreign keys off, as on plain PostgreSQL.
    Strict,
}

impl Which {
    /// The running server, started by whoever needs it first.
    pub(crate) fn cluster(self) -> &'static Cluster {
        static LOCAL: OnceLock<Cluster> = OnceLock::new();
        static CLOUD: OnceLock<Cluster> = OnceLock::new();
        static NETWORK: OnceLock<Cluster> = OnceLock::new();
        static STRICT: OnceLock<Cluster> = OnceLock::new();
        let place = match self {
            Self::Local => &LOCAL,
            Self::Cloud => &CLOUD,
            Self::Network => &NETWORK,
            Self::Strict => &STRICT,
        };
        place.get_or_init(|| self.start())
    }

    /// The password of `postgres`.
    pub(crate) fn password(self) -> &'static str {
        match self {
            Self::Local => crmctl::local::PASSWORD,
            Self::Cloud | Self::Network | Self::Strict => CLOUD_PASSWORD,
        }
    }

    /// The URL of a database for `postgres`, who is no superuser: what users have.
    pub(crate) fn url(self, database: &str) -> String {
        let known = format!(":{}@", crmctl::local::PASSWORD);
        let own = format!(":{}@", self.password());
        self.cluster().postgres_url(database).replacen(&known, &own, 1)
    }

    fn start(self) -> Cluster {
        let mut options = ClusterOptions::new(Home::new(home()), search_path());
        if self == Self::Network {
            options.listen = Listen::Tcp;
            options.certificate = Some(Certificates::get().server());
        }
        let cluster = match wait_for(Cluster::throwaway(&options)) {
            Err(LocalError::NoBinaries { .. }) => {
                install_postgresql();
                wait_for(Cluster::throwaway(&options))
            }
            other => other,
        };
        let cluster = cluster.expect("a throwaway server");
        // Nobody may be connected to a template; the database `postgres` always has somebody.
        execute(
            &cluster.admin_url("template1"),
            "create database baseline template postgres owner postgres is_template true",
        );
        if self == Self::Strict {
            let revoke = "revoke set on parameter session_replication_role from postgres";
            execute(&cluster.admin_url("template1"), revoke);
        }
        if self != Self::Local {
            // Nothing may depend on owning the platform's tables, which nobody does there.
            let revoke =
                "revoke supabase_auth_admin, supabase_storage_admin, supabase_realtime_admin from postgres";
            execute(&cluster.admin_url("template1"), revoke);
        }
        if self != Self::Local {
            let alter = format!("alter role postgres password '{CLOUD_PASSWORD}'");
            execute(&cluster.admin_url("template1"), &alter);
        }
        cluster
    }
}

/// Where programs are looked for: as the program itself does in these tests.
pub(crate) fn search_path() -> SearchPath {
    let variable = std::env::var_os;
    SearchPath { path: variable("PATH"), pg_bin: variable("CRMCTL_PG_BIN").map(Into::into) }
}

/// Where initialised servers are kept between runs. The account the server runs as must get there, which it does
/// not below `/root`.
pub(crate) fn home() -> PathBuf {
    if nix::unistd::geteuid().is_root() {
        std::env::temp_dir().join("crmctl-tests")
    } else {
        PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("crmctl")
    }
}

/// A machine without PostgreSQL gets it the way a user would: a test that cannot run must not pass.
fn install_postgresql() {
    static ONCE: Mutex<bool> = Mutex::new(false);
    let mut is_done = ONCE.lock().unwrap_or_else(PoisonError::into_inner);
    if !std::mem::replace(&mut is_done, true) {
        let status = std::process::Command::new(env!("CARGO_BIN_EXE_crmctl"))
            .args(["doctor", "--fix", "--yes"])
            .status()
            .expect("crmctl starts");
        eprintln!("no PostgreSQL on this machine; `crmctl doctor --fix --yes` ended with {status}");
    }
}

/// Servers of other versions, in the folders of programs that `CRMCTL_TEST_SERVERS` names, as `PATH` does. None otherwise:
/// the everyday run has one version.
pub(crate) fn of_other_versions() -> Vec<Cluster> {
    let folders = std::env::var_os("CRMCTL_TEST_SERVERS").unwrap_or_default();
    let start = |folder: PathBuf| {
        let search = SearchPath { path: std::env::var_os("PATH"), pg_bin: Some(folder.clone()) };
        let cluster = wait_for(Cluster::throwaway(&ClusterOptions::new(Home::new(home()), search)));
        cluster.unwrap_or_else(|error| panic!("no server with the programs in {}: {error}", folder.display()))
    };
    std::env::split_paths(&folders).filter(|folder| folder.is_absolute()).map(start).collect()
}
