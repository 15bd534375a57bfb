//! What must be so before a deploy: which database it is, whether it can be written, whether there is room, and who
//! would be in the way. Reading is in `read`; judging is pure.

mod read;

use std::path::Path;

use serde::Serialize;

use crate::deploy::journal::Journal;
use crate::error::{Explain, Kind};
use crate::migration::Step;
use crate::ui::bytes;

pub use read::read;

/// Fewer connections than these and a deploy does not start: it needs three at a time.
const CONNECTIONS_NEEDED: i64 = 3;
/// A transaction older than this, in seconds, is worth a word.
const LONG: i64 = 60;
/// One that holds a lock on a table of the files is, when older than this.
const LONG_WITH_LOCK: i64 = 2;
/// A compressed backup is never smaller than the database by more than this: where even that does not fit, it will not.
const COMPRESSION: u64 = 50;

/// Which database, as its server says.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Identity {
    /// Host, or folder of the socket.
    pub host: String,
    /// Port.
    pub port: u16,
    /// The database.
    pub database: String,
    /// The reference of the Supabase project, if it is one.
    pub project_ref: Option<String>,
    /// The version of the server.
    pub server_version: String,
    /// The role.
    pub role: String,
    /// Its size in bytes.
    pub bytes: u64,
}

/// Somebody's transaction.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct OpenTransaction {
    /// The process on the server.
    pub pid: String,
    /// What the client calls itself.
    pub application: String,
    /// `active`, `idle in transaction`, ...
    pub state: String,
    /// For how many seconds.
    pub seconds: i64,
    /// The user's tables that it has locked.
    pub tables: Vec<String>,
}

/// Whether a server can be written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Writable {
    /// It can.
    #[default]
    Yes,
    /// It is a replica in recovery.
    Replica,
    /// It makes sessions read-only: hosted Supabase does when the disk is full.
    ReadOnly,
}

/// What was read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Facts {
    /// Which database.
    pub identity: Identity,
    /// The major version of its server.
    pub major: u32,
    /// Whether new objects seem to be granted to everybody, as in older projects.
    pub is_open_to_all: bool,
    /// Whether it can be written.
    pub writable: Writable,
    /// Whether a pooler gives the server's process of one session to another one between transactions.
    pub shares_processes: bool,
    /// How many connections this role could still make.
    pub free_connections: i64,
    /// How many there may be.
    pub max_connections: i64,
    /// Transactions that were prepared and not ended.
    pub prepared: i64,
    /// Transactions of others.
    pub open: Vec<OpenTransaction>,
    /// Who holds crmctl's lock.
    pub lock_holder: Option<String>,
    /// Bytes free where backups go; unknown where the system does not tell.
    pub free_bytes: Option<u64>,
    /// The journal of deploys.
    pub journal: Journal,
}

/// What a person should see before consenting.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Preflight {
    /// Which database.
    pub identity: Identity,
    /// How many connections are free, of how many.
    pub connections: (i64, i64),
    /// Bytes free where backups go.
    pub free_bytes: Option<u64>,
    /// What may get in the way.
    pub warnings: Vec<String>,
}

/// Why a deploy does not start.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PreflightError {
    /// A replica.
    #[error("the server is a replica in recovery: it cannot be written")]
    Replica,
    /// Sessions are read-only.
    #[error("the server makes every session read-only")]
    ReadOnly,
    /// A pooler that keeps no sessions.
    #[error(
        "between here and the server is a pooler in transaction mode: locks, settings and snapshots do not hold"
    )]
    TransactionPooler,
    /// Nearly no connection left.
    #[error("only {free} of {max} connections are free, and a deploy needs {CONNECTIONS_NEEDED}")]
    Connections {
        /// How many are free.
        free: i64,
        /// How many there may be.
        max: i64,
    },
    /// The backup will not fit.
    #[error("the backup of {} will not fit into the {} that are free in `{folder}`", bytes(*.size), bytes(*.free))]
    Disk {
        /// The size of the database.
        size: u64,
        /// What is free.
        free: u64,
        /// Where.
        folder: String,
    },
}

impl Explain for PreflightError {
    fn kind(&self) -> Kind {
        Kind::Refused
    }

    fn help(&self) -> Option<String> {
        Some(
            match self {
                Self::Replica => "use the URL of the primary",
                Self::TransactionPooler => {
                    "use the URL of the server itself, or of a pooler in session mode: what keeps two deploys apart is a lock of the session"
                }
                Self::ReadOnly => {
                    "hosted Supabase does that when the disk is full: make room or enlarge it in the dashboard under Database > Settings"
                }
                Self::Connections { .. } => {
                    "close idle ones: `select pid, application_name, state from pg_stat_activity` shows them; or use the session pooler"
                }
                Self::Disk { .. } => "make room, or name another folder in crmctl.toml as `dir` of `[backup]`",
            }
            .to_owned(),
        )
    }
}

impl Preflight {
    /// What was read, judged or not.
    #[must_use]
    pub fn unjudged(facts: &Facts) -> Self {
        Self {
            identity: facts.identity.clone(),
            connections: (facts.free_connections, facts.max_connections),
            free_bytes: facts.free_bytes,
            warnings: Vec::new(),
        }
    }
}

/// Judges what was read. Reads nothing, changes nothing.
pub fn judge(facts: &Facts, steps: &[Step], backups: &Path) -> Result<Preflight, PreflightError> {
    if facts.shares_processes {
        return Err(PreflightError::TransactionPooler);
    }
    match facts.writable {
        Writable::Yes => {}
        Writable::Replica => return Err(PreflightError::Replica),
        Writable::ReadOnly => return Err(PreflightError::ReadOnly),
    }
    let (free, max) = (facts.free_connections, facts.max_connections);
    if free < CONNECTIONS_NEEDED {
        return Err(PreflightError::Connections { free, max });
    }
    let size = facts.identity.bytes;
    let mut warnings = Vec::new();
    if let Some(free) = facts.free_bytes {
        let folder = backups.display().to_string();
        if free < size / COMPRESSION {
            return Err(PreflightError::Disk { size, free, folder });
        }
        if free < size {
            let (size, free) = (bytes(size), bytes(free));
            warnings.push(format!(
                "the database has {size}, and only {free} are free in `{folder}` for its backup"
            ));
        }
    }
    warnings.extend(facts.open.iter().filter_map(|open| in_the_way(open, steps)));
    if facts.prepared > 0 {
        warnings.push(format!(
            "{} prepared and never ended: `select * from pg_prepared_xacts`; their locks stay until then",
            crate::ui::plural(facts.prepared.unsigned_abs(), "transaction")
        ));
    }
    Ok(Preflight { warnings, ..Preflight::unjudged(facts) })
}

/// A word on somebody's transaction, if it is long or holds what the files want.
fn in_the_way(open: &OpenTransaction, steps: &[Step]) -> Option<String> {
    let is_named = |table: &&String| steps.iter().any(|step| names(&step.file.text, table));
    let wanted: Vec<String> = open.tables.iter().filter(is_named).map(|table| format!("`{table}`")).collect();
    let who = format!(
        "pid {} ({}, {}) has a transaction open for {} s",
        open.pid, open.application, open.state, open.seconds
    );
    if !wanted.is_empty() && open.seconds >= LONG_WITH_LOCK {
        return Some(format!(
            "{who} and locks {}, which the files name: they will wait for it",
            wanted.join(", ")
        ));
    }
    (open.seconds >= LONG).then_some(who)
}

/// Whether a text has a name as a word, whatever its case.
fn names(text: &str, name: &str) -> bool {
    let is_part = |character: char| character.is_alphanumeric() || character == '_';
    let (text, name) = (text.to_lowercase(), name.to_lowercase());
    text.match_indices(&name).any(|(start, _)| {
        !text[..start].ends_with(is_part) && !text[start + name.len()..].starts_with(is_part)
    })
}

#[cfg(test)]
mod tests;
