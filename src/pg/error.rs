//! What a server, or the way to it, said went wrong.

use std::fmt;

use postgres_protocol::message::backend::ErrorFields;

use crate::error::{Explain, Kind};
use crate::pg::outbox::SOURCE_FAILED;

/// An `ErrorResponse` or `NoticeResponse`, by the field codes of the PostgreSQL protocol (section
/// "Error and Notice Message Fields").
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ServerError {
    /// `ERROR`, `FATAL`, `PANIC`, `WARNING`, `NOTICE`, ... never localised.
    pub severity: String,
    /// SQLSTATE, five characters.
    pub code: String,
    /// The primary message.
    pub message: String,
    /// The detail message.
    pub detail: Option<String>,
    /// The server's hint.
    pub hint: Option<String>,
    /// Position in the statement in characters, from 1.
    pub position: Option<usize>,
    /// The call stack, for errors inside functions.
    pub context: Option<String>,
    /// The schema of the object at fault.
    pub schema: Option<String>,
    /// The table at fault.
    pub table: Option<String>,
    /// The constraint at fault.
    pub constraint: Option<String>,
}

impl ServerError {
    pub(crate) fn from_fields(mut fields: ErrorFields<'_>) -> Self {
        use postgres_protocol::message::backend::ErrorField;
        let mut error = Self::default();
        let text = |field: &ErrorField<'_>| shortened(field.value_bytes());
        while let Ok(Some(field)) = fallible_next(&mut fields) {
            match field.type_() {
                b'S' if error.severity.is_empty() => error.severity = text(&field),
                b'V' => error.severity = text(&field),
                b'C' => error.code = text(&field),
                b'M' => error.message = text(&field),
                b'D' => error.detail = Some(text(&field)),
                b'H' => error.hint = Some(text(&field)),
                b'P' => error.position = text(&field).parse().ok(),
                b'W' => error.context = Some(text(&field)),
                b's' => error.schema = Some(text(&field)),
                b't' => error.table = Some(text(&field)),
                b'n' => error.constraint = Some(text(&field)),
                _ => {}
            }
        }
        error
    }

    pub(crate) fn from_driver(error: &tokio_postgres::error::DbError) -> Self {
        Self {
            severity: error.severity().to_owned(),
            code: error.code().code().to_owned(),
            message: error.message().to_owned(),
            detail: error.detail().map(str::to_owned),
            hint: error.hint().map(str::to_owned),
            ..Self::default()
        }
    }

    /// The byte offset in `sql` that [`Self::position`] points at.
    #[must_use]
    pub fn offset_in(&self, sql: &str) -> Option<usize> {
        let position = self.position?.checked_sub(1)?;
        sql.char_indices().map(|(offset, _)| offset).chain([sql.len()]).nth(position)
    }
}

/// What a person can read of a text: a function may raise one of megabytes.
fn shortened(text: &[u8]) -> String {
    const LONGEST: usize = 8 * 1024;
    match text.get(..LONGEST) {
        None => String::from_utf8_lossy(text).into_owned(),
        Some(start) => {
            let whole = String::from_utf8_lossy(start);
            // The cut may go through a character.
            format!("{}... ({} bytes)", whole.trim_end_matches('\u{fffd}'), text.len())
        }
    }
}

/// `fallible_iterator` is not a dependency of ours: its one method that is needed, by its path.
fn fallible_next<'a>(
    fields: &mut ErrorFields<'a>,
) -> std::io::Result<Option<postgres_protocol::message::backend::ErrorField<'a>>> {
    use fallible_iterator::FallibleIterator;
    fields.next()
}

impl fmt::Display for ServerError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.message)?;
        if let Some(detail) = &self.detail {
            write!(formatter, " ({})", detail.replace('\n', "; "))?;
        }
        write!(formatter, " [SQLSTATE {}]", self.code)
    }
}

/// SQLSTATE of a statement that waited too long for a lock, or was not to wait for it.
pub(crate) const LOCK_NOT_AVAILABLE: &str = "55P03";
/// SQLSTATE raised by crmctl's own guards inside a transaction: the lock is held by somebody else.
pub(crate) const LOCK_HELD: &str = "CRM05";
/// SQLSTATE raised by crmctl's own guards: the database is not as it was when the plan was made.
pub(crate) const STALE_PLAN: &str = "CRM04";

/// Everything that can go wrong between crmctl and a server.
#[derive(Debug, thiserror::Error)]
pub enum PgError {
    /// No connection could be made.
    #[error("cannot connect to {address}: {reason}")]
    Connect {
        /// Host and port.
        address: String,
        /// Why.
        reason: String,
        /// What to do about it.
        help: Option<String>,
        /// Whether another try may succeed.
        transient: bool,
    },
    /// The server refused the login. Never tried again: hosted Supabase bans addresses that do.
    #[error("{address} refused the login of `{user}`: {reason}")]
    Login {
        /// Host and port.
        address: String,
        /// The user.
        user: String,
        /// What the server said.
        reason: String,
        /// What to do about it.
        help: String,
    },
    /// The connection broke.
    #[error("the connection to {address} was lost: {reason}")]
    Lost {
        /// Host and port.
        address: String,
        /// Why.
        reason: String,
    },
    /// COMMIT was sent and nobody here knows what came of it: all of the transaction is there, or nothing.
    #[error("the connection to {address} was lost before COMMIT was answered: {reason}")]
    Undecided {
        /// Host and port.
        address: String,
        /// Why.
        reason: String,
        /// The number of the transaction, by which its server knows it, if it said so.
        transaction: Option<String>,
    },
    /// COMMIT was sent, and the server says that nothing came of it.
    #[error(
        "the connection to {address} was lost before COMMIT was answered ({reason}); the server says that it was rolled back"
    )]
    RolledBack {
        /// Host and port.
        address: String,
        /// Why.
        reason: String,
    },
    /// The server refused a statement.
    #[error("{0}")]
    Server(Box<ServerError>),
    /// crmctl was asked to stop, and the server has stopped.
    #[error("interrupted; the server has stopped the statement and nothing of it was kept")]
    Interrupted,
    /// Somebody else holds crmctl's lock.
    #[error("another crmctl is at work on this database{holder}")]
    Busy {
        /// `: pid .., application .., since ..`, or nothing.
        holder: String,
    },
    /// The database is not as it was when the plan was made.
    #[error("the database changed between the plan and its execution")]
    Stale,
    /// The server answered something that the protocol does not allow here, or not what was asked for.
    #[error("unexpected answer from the server: {0}")]
    Protocol(String),
}

impl PgError {
    /// The SQLSTATE, if a server said it.
    #[must_use]
    pub fn code(&self) -> Option<&str> {
        match self {
            Self::Server(error) => Some(&error.code),
            _ => None,
        }
    }

    /// Whether the same work may succeed when it is done again: deadlocks, lock time-outs, serialisation
    /// failures, and connections that could not be made for now. Never a refused login.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Connect { transient, .. } => *transient,
            Self::Server(error) => matches!(error.code.as_str(), "40001" | "40P01" | LOCK_NOT_AVAILABLE),
            Self::Login { .. }
            | Self::Lost { .. }
            | Self::Undecided { .. }
            | Self::RolledBack { .. }
            | Self::Interrupted
            | Self::Busy { .. }
            | Self::Stale
            | Self::Protocol(_) => false,
        }
    }

    /// Whether the server only says that we ended a COPY early (`CopyFail`): whoever made its data knows why.
    #[must_use]
    pub(crate) fn is_copy_fail(&self) -> bool {
        // In any language of messages, ours is what follows.
        matches!(self, Self::Server(error) if error.code == "57014" && error.message.ends_with(SOURCE_FAILED))
    }

    /// A server's error, with crmctl's own SQLSTATEs turned into what they mean.
    pub(crate) fn from_server(error: ServerError) -> Self {
        match error.code.as_str() {
            LOCK_HELD => {
                Self::Busy { holder: error.detail.map(|holder| format!(": {holder}")).unwrap_or_default() }
            }
            STALE_PLAN => Self::Stale,
            _ => Self::Server(Box::new(error)),
        }
    }
}

impl Explain for PgError {
    fn kind(&self) -> Kind {
        match self {
            Self::Undecided { .. } => Kind::Partial,
            Self::Interrupted => Kind::Interrupted,
            Self::Busy { .. } => Kind::Busy,
            Self::Stale => Kind::Refused,
            Self::Connect { .. }
            | Self::Login { .. }
            | Self::Lost { .. }
            | Self::RolledBack { .. }
            | Self::Server(_)
            | Self::Protocol(_) => Kind::Failed,
        }
    }

    fn help(&self) -> Option<String> {
        match self {
            Self::Connect { help, .. } => help.clone(),
            Self::Login { help, .. } => Some(help.clone()),
            Self::Undecided { transaction: Some(number), .. } => Some(format!(
                "either all of it was done or nothing; the server knows which: `select pg_xact_status('{number}')`"
            )),
            Self::Undecided { .. } => {
                Some("either all of it was done or nothing: run the command again, it starts from what the database holds".to_owned())
            }
            Self::Lost { .. } | Self::RolledBack { .. } => {
                Some("run the command again: it continues from what the database holds".to_owned())
            }
            Self::Server(error) => {
                super::missing::help_for(error).or_else(|| error.hint.clone()).or_else(|| help_for(error))
            }
            Self::Busy { .. } => Some("wait for it to finish, then run the command again".to_owned()),
            Self::Stale => Some("run the command again to plan against the present state".to_owned()),
            Self::Interrupted | Self::Protocol(_) => None,
        }
    }

    fn sqlstate(&self) -> Option<&str> {
        self.code()
    }
}

/// What to do about errors whose text does not say it.
fn help_for(error: &ServerError) -> Option<String> {
    let text = match error.code.as_str() {
        "42501" => {
            "the role lacks a privilege; on hosted Supabase the managed schemas (auth, storage, realtime) belong to the platform"
        }
        LOCK_NOT_AVAILABLE => {
            "somebody holds a lock on the object; `select * from pg_locks where not granted` shows who waits for whom"
        }
        "57014" => "the statement was cancelled or ran into a time-out",
        "53100" => "the server's disk is full",
        "53300" => "the server has no connection left; close idle ones or use the session pooler",
        "25006" => "the server is read-only: is it a replica, or is its disk quota exceeded?",
        "3D000" => "the database does not exist; check its name in the URL",
        _ => return None,
    };
    Some(text.to_owned())
}
