//! Throwaway servers: ready in a fraction of a second, gone with whoever holds them.

use std::path::{Path, PathBuf};

use super::PASSWORD;
use super::binaries::Binaries;
use super::bootstrap::{Grants, SUPERUSER};
use super::configuration::{Configuration, Durability};
use super::copy::copy_folder;
use super::error::{LocalError, Result, blocking};
use super::home::Home;
use super::standins::equip;
use super::template::template;
use super::{port, postmaster, user};
use crate::tools::{Account, Invocation, Lease, SearchPath};

/// The port in the name of a socket where nobody listens on TCP.
const SOCKET_PORT: u16 = 5432;
/// How often another port is tried when somebody has taken the one that was free.
const PORT_ATTEMPTS: usize = 5;
/// The longest path of a folder in which a socket fits: 104 bytes with its name on macOS.
pub(super) const SOCKET_FOLDER_LIMIT: usize = 82;

/// Through what a throwaway server is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Listen {
    /// Its socket only.
    #[default]
    Socket,
    /// A free port of 127.0.0.1 too.
    Tcp,
}

/// A certificate and its key, as PEM, for a server that offers TLS.
#[derive(Clone)]
pub struct ServerCertificate {
    /// The certificate, and those that vouch for it.
    pub certificate: String,
    /// The key.
    pub key: String,
}

impl std::fmt::Debug for ServerCertificate {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("ServerCertificate").finish_non_exhaustive()
    }
}

/// What a throwaway server shall be.
#[derive(Debug, Clone)]
pub struct ClusterOptions {
    /// Where templates are kept.
    pub home: Home,
    /// Where programs are looked for.
    pub search: SearchPath,
    /// The major version; the newest otherwise.
    pub major: Option<u32>,
    /// The default rights of schema `public`.
    pub grants: Grants,
    /// Through what it is reached.
    pub listen: Listen,
    /// Offers TLS, which needs [`Listen::Tcp`] to be of use.
    pub certificate: Option<ServerCertificate>,
}

impl ClusterOptions {
    /// The newest version, reached through its socket.
    #[must_use]
    pub fn new(home: Home, search: SearchPath) -> Self {
        Self {
            home,
            search,
            major: None,
            grants: Grants::default(),
            listen: Listen::Socket,
            certificate: None,
        }
    }
}

/// Where a server is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    /// The folder of the socket, or 127.0.0.1 where it listens on TCP.
    pub host: String,
    /// The port.
    pub port: u16,
    /// The folder of the socket.
    pub socket_folder: PathBuf,
}

impl Address {
    /// The URL for `postgres`: what users and migrations are.
    #[must_use]
    pub fn postgres_url(&self, database: &str) -> String {
        url("postgres", &self.host, self.port, database)
    }

    /// The URL for the superuser, who is let in through the socket only.
    #[must_use]
    pub fn admin_url(&self, database: &str) -> String {
        url(SUPERUSER, &self.socket_folder.to_string_lossy(), self.port, database)
    }
}

fn url(user: &str, host: &str, port: u16, database: &str) -> String {
    format!("postgresql://{user}:{PASSWORD}@{}:{port}/{}", escape(host), escape(database))
}

fn escape(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte);
    text.bytes()
        .map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}

/// A running throwaway server. Dropping it, or the end of this process in whatever way, ends it and removes its data.
#[derive(Debug)]
pub struct Cluster {
    lease: Lease,
    folder: PathBuf,
    address: Address,
    binaries: Binaries,
}

impl Cluster {
    /// Starts one and waits until it can be connected to.
    pub async fn throwaway(options: &ClusterOptions) -> Result<Self> {
        let account = user::account()?;
        let binaries = match options.major {
            Some(major) => Binaries::find_major(major, &options.search).await?,
            None => Binaries::find(&options.search).await?,
        };
        let binaries = Box::pin(equip(&options.home, binaries, account.as_ref())).await?;
        let template = template(&options.home, &binaries, options.grants, account.as_ref()).await?;
        let mut attempts = PORT_ATTEMPTS;
        loop {
            attempts -= 1;
            match Self::launch(options, &binaries, template.clone(), account.clone()).await {
                Err(LocalError::NotStarted { said, .. }) if attempts > 0 && said.contains("in use") => {}
                // The lease has ended and taken the log along.
                Err(LocalError::NotStarted { said, .. }) => {
                    return Err(LocalError::NotStarted { said, log: None });
                }
                other => return other,
            }
        }
    }

    async fn launch(
        options: &ClusterOptions,
        binaries: &Binaries,
        template: PathBuf,
        account: Option<Account>,
    ) -> Result<Self> {
        let folder = temporary_folder(account.as_ref())?;
        let (data, log) = (folder.path().join("data"), folder.path().join("log"));
        let mut lease = Lease::claim(folder.path(), &log, &postgres(binaries, &data, account.as_ref()))?;
        let folder = folder.keep(); // The lease removes it from now on.

        let (target, owner) = (data.clone(), account.clone());
        blocking(move || copy_folder(&template, &target, owner.as_ref())).await?;
        let tcp = options.listen == Listen::Tcp;
        let port = if tcp { port::any()? } else { SOCKET_PORT };
        let certificate = options.certificate.as_ref();
        let tls = certificate.map(|tls| install(tls, &data, account.as_ref())).transpose()?;
        let durability = Durability::Throwaway;
        Configuration { port, tcp, socket_folder: &folder, durability, tls }
            .write(&data, account.as_ref())?;

        let ended = lease.launch().map_err(LocalError::io(&folder))?;
        postmaster::wait_until_ready(&data, &log, end_of(ended)?).await?;
        let host = if tcp { "127.0.0.1".to_owned() } else { folder.to_string_lossy().into_owned() };
        let address = Address { host, port, socket_folder: folder.clone() };
        Ok(Self { lease, folder, address, binaries: binaries.clone() })
    }

    /// Where it is.
    #[must_use]
    pub fn address(&self) -> &Address {
        &self.address
    }

    /// The URL for `postgres`.
    #[must_use]
    pub fn postgres_url(&self, database: &str) -> String {
        self.address.postgres_url(database)
    }

    /// The URL for the superuser `supabase_admin`, through the socket.
    #[must_use]
    pub fn admin_url(&self, database: &str) -> String {
        self.address.admin_url(database)
    }

    /// The programs it runs.
    #[must_use]
    pub fn binaries(&self) -> &Binaries {
        &self.binaries
    }

    /// Its log, as long as it runs.
    #[must_use]
    pub fn log(&self) -> PathBuf {
        self.folder.join("log")
    }

    /// Ends it and waits until server and data are gone.
    pub async fn stop(self) -> Result<()> {
        blocking(move || self.lease.end().map_err(LocalError::io(self.folder))).await
    }
}

/// A new folder that only the account may enter.
pub(super) fn temporary_folder(account: Option<&Account>) -> Result<tempfile::TempDir> {
    let parent = temporary_parent(account);
    let folder =
        tempfile::Builder::new().prefix("crmctl-").tempdir_in(&parent).map_err(LocalError::io(&parent))?;
    user::private_folder(folder.path(), account)?;
    Ok(folder)
}

/// `TMPDIR`, unless a socket would not fit into it or the account cannot get there.
fn temporary_parent(account: Option<&Account>) -> PathBuf {
    let usual = std::env::temp_dir();
    let room = SOCKET_FOLDER_LIMIT - "/crmctl-123456".len();
    let fits =
        usual.as_os_str().len() <= room && user::check_reachable(&usual.join("crmctl"), account).is_ok();
    if fits { usual } else { "/tmp".into() }
}

/// The call of the server itself.
pub(super) fn postgres(binaries: &Binaries, data: &Path, account: Option<&Account>) -> Invocation {
    Invocation::new(&binaries.server)
        .arg("-D")
        .arg(data)
        .setting("LC_ALL", "C")
        .directory("/")
        .as_user(account.cloned())
}

/// Writes certificate and key where the server, and nobody else, reads them.
fn install(tls: &ServerCertificate, data: &Path, account: Option<&Account>) -> Result<(PathBuf, PathBuf)> {
    let (certificate, key) = (data.join("server.crt"), data.join("server.key"));
    for (path, text) in [(&certificate, &tls.certificate), (&key, &tls.key)] {
        std::fs::write(path, text).map_err(LocalError::io(path))?;
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = std::fs::Permissions::from_mode(0o600);
            std::fs::set_permissions(path, mode).map_err(LocalError::io(path))?;
        }
        user::give(path, account)?;
    }
    Ok((certificate, key))
}

/// Reads nothing, and ends when the server does.
#[cfg(unix)]
pub(super) fn end_of(output: std::process::ChildStdout) -> Result<tokio::net::unix::pipe::Receiver> {
    let output = std::os::fd::OwnedFd::from(output);
    tokio::net::unix::pipe::Receiver::from_owned_fd(output).map_err(LocalError::io("/bin/sh"))
}

/// There is no server to end.
#[cfg(not(unix))]
pub(super) fn end_of(_output: std::process::ChildStdout) -> Result<tokio::io::Empty> {
    Err(LocalError::Unsupported)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::environment::DatabaseUrl;

    #[test]
    fn urls_are_read_as_they_are_meant() {
        let address = Address { host: "/tmp/a b".into(), port: 5432, socket_folder: "/tmp/a b".into() };

        let url: DatabaseUrl = address.admin_url("my db").parse().unwrap();
        assert_eq!(
            (url.host(), url.port(), url.user(), url.database()),
            ("/tmp/a b", 5432, SUPERUSER, "my db")
        );
        assert!(url.is_socket() && url.is_local());
    }
}
