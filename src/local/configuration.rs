//! What a server of ours is told: its configuration and who may connect, as texts.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use super::error::{LocalError, Result};
use super::user;
use crate::tools::Account;

/// The file next to `postgresql.conf`, included by it.
pub(super) const FILE: &str = "crmctl.conf";

/// Whether the data is to survive a crash of the machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Durability {
    /// It is: somebody works with it.
    Durable,
    /// It is not: it is gone in a minute anyway.
    Throwaway,
}

/// Everything that differs between servers of ours.
#[derive(Debug)]
pub(super) struct Configuration<'a> {
    /// The port, in the name of the socket too.
    pub port: u16,
    /// Whether it listens on 127.0.0.1 beside the socket.
    pub tcp: bool,
    /// Where the socket is. Only the account may enter it.
    pub socket_folder: &'a Path,
    /// How careful it is.
    pub durability: Durability,
    /// Certificate and key, in the data folder.
    pub tls: Option<(PathBuf, PathBuf)>,
}

impl Configuration<'_> {
    /// Writes both files into a data folder.
    pub(super) fn write(&self, data: &Path, account: Option<&Account>) -> Result<()> {
        for (name, text) in [(FILE, self.settings()), ("pg_hba.conf", self.access())] {
            let path = data.join(name);
            std::fs::write(&path, text).map_err(LocalError::io(&path))?;
            user::give(&path, account)?;
        }
        Ok(())
    }

    fn settings(&self) -> String {
        let mut text = String::from("# Written by crmctl at every start.\n");
        let mut set = |name: &str, value: &str| {
            // Writing into a string does not fail.
            let _ = writeln!(text, "{name} = '{}'", value.replace('\'', "''"));
        };
        set("listen_addresses", if self.tcp { "127.0.0.1" } else { "" });
        set("port", &self.port.to_string());
        set("unix_socket_directories", &self.socket_folder.to_string_lossy());
        // Tells our servers from others that answer on the same port.
        set("cluster_name", "crmctl");
        set("max_connections", "100");
        set("wal_level", "logical");
        set("password_encryption", "scram-sha-256");
        set("timezone", "UTC");
        set("log_timezone", "UTC");
        set("lc_messages", "C");
        set("logging_collector", "off");
        set("jit", "off");
        match self.durability {
            Durability::Durable => set("shared_buffers", "128MB"),
            Durability::Throwaway => {
                set("shared_buffers", "64MB");
                set("fsync", "off");
                set("full_page_writes", "off");
                set("synchronous_commit", "off");
                set("log_checkpoints", "off");
                set("max_wal_size", "2GB");
            }
        }
        if let Some((certificate, key)) = &self.tls {
            set("ssl", "on");
            set("ssl_cert_file", &certificate.to_string_lossy());
            set("ssl_key_file", &key.to_string_lossy());
        }
        text
    }

    /// The folder of the socket is closed to others, so whoever gets there is the owner. Through TCP, everybody on
    /// this machine comes in with a password that everybody knows: not the superuser, who could run programs.
    fn access(&self) -> String {
        let socket = match self.durability {
            Durability::Durable => "local all supabase_admin trust\nlocal all all scram-sha-256\n",
            Durability::Throwaway => "local all all trust\n",
        };
        format!("{socket}host all supabase_admin all reject\nhost all all 127.0.0.1/32 scram-sha-256\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn configuration(durability: Durability) -> Configuration<'static> {
        Configuration { port: 54322, tcp: true, socket_folder: Path::new("/tmp/o'x"), durability, tls: None }
    }

    #[test]
    fn a_lasting_server_keeps_fsync_and_a_throwaway_does_not() {
        assert!(!configuration(Durability::Durable).settings().contains("fsync"));
        assert!(configuration(Durability::Throwaway).settings().contains("\nfsync = 'off'\n"));
    }

    #[test]
    fn a_quote_in_a_path_stays_in_the_path() {
        let settings = configuration(Durability::Durable).settings();

        assert!(settings.contains("unix_socket_directories = '/tmp/o''x'\n"), "{settings}");
    }

    #[test]
    fn the_superuser_never_comes_in_through_tcp() {
        for durability in [Durability::Durable, Durability::Throwaway] {
            let access = configuration(durability).access();
            let reject = access.find("host all supabase_admin all reject").unwrap();
            assert!(reject < access.find("host all all").unwrap(), "the first line that fits decides");
        }
    }
}
