//! A PostgreSQL server of our own, without Docker: throwaway ones for tests, rehearsals and drills, and one that
//! stays per project.

mod binaries;
pub mod bootstrap;
mod cluster;
mod configuration;
mod copy;
mod error;
mod home;
mod managed;
mod port;
mod postmaster;
mod probe;
mod server;
mod shadow;
mod standins;
mod template;
mod user;

pub use binaries::{Binaries, SUPPORTED_MAJORS};
pub use bootstrap::Grants;
pub use cluster::{Address, Cluster, ClusterOptions, Listen, ServerCertificate};
pub use error::LocalError;
pub use home::Home;
pub use managed::{Managed, ensure_running, own_url, supabase_cli};
pub use probe::answers_postgres;
pub use server::{LocalServer, ServerState, ServerStatus};
pub use shadow::{EarlyShadow, Shadow};
pub(crate) use user::is_root;

/// The password of every role that logs in to a local server, as with the Supabase CLI. Publicly known, which is why
/// such servers listen on 127.0.0.1 only, and the superuser is not let in through TCP at all.
pub const PASSWORD: &str = "postgres";

/// The port of a local database, as with the Supabase CLI.
pub const DEFAULT_PORT: u16 = 54322;

#[cfg(test)]
#[cfg(unix)]
mod tests;
