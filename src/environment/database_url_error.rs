//! What can be wrong with a database URL.
//!
//! No error here quotes any part of the text: where a password was not percent-encoded, every part of the
//! string may be a piece of it, even the port and the names of parameters.

use crate::environment::connection_string::KNOWN;
use crate::error::{Explain, Kind};

/// Why a connection string is no good. Never holds any part of it that may be secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DatabaseUrlError {
    /// It is empty.
    #[error("the database URL is empty")]
    Empty,
    /// Neither a URL for `PostgreSQL` nor a `key=value` list.
    #[error("the database URL does not start with `postgresql://` or `postgres://`")]
    Scheme,
    /// There is no host in it.
    #[error("the database URL names no host")]
    MissingHost,
    /// There is more than one host in it.
    #[error("the database URL names several hosts")]
    SeveralHosts,
    /// What stands where the host should is none.
    #[error("the host in the database URL has characters that no host name has")]
    Host,
    /// The port is no number.
    #[error("the port in the database URL is not a number from 1 to 65535")]
    Port,
    /// A character of the password, most likely, ends the password too early.
    #[error(
        "the database URL has a `@` after its host part: the password holds characters that must be percent-encoded"
    )]
    Unescaped,
    /// A percent sign that begins no escape.
    #[error("the database URL has a `%` that is not followed by two hexadecimal digits of UTF-8 text")]
    Percent,
    /// A template that was not filled in.
    #[error("the database URL still has the placeholder `{0}` in it")]
    Placeholder(String),
    /// A parameter that crmctl does not know, by its number.
    #[error("parameter {0} of the database URL is not known to crmctl")]
    UnknownParameter(usize),
    /// A parameter that libpq knows and crmctl does not support.
    #[error("`{0}` in the database URL is not supported")]
    Unsupported(&'static str),
    /// A known parameter has a value it cannot have.
    #[error("`{0}` in the database URL has a value it cannot have")]
    Value(&'static str),
    /// A `key=value` list that is not well formed.
    #[error("the connection string is not a list of `key=value` pairs")]
    KeyValue,
    /// An sslmode that would let a hosted database be reached in plain text.
    #[error("`sslmode={mode}` does not guarantee an encrypted connection to `{host}`")]
    WeakSsl {
        /// What was asked for.
        mode: &'static str,
        /// A host of Supabase.
        host: String,
    },
}

impl Explain for DatabaseUrlError {
    fn kind(&self) -> Kind {
        Kind::Usage
    }

    fn help(&self) -> Option<String> {
        let encode = "percent-encode the password: `@` is %40, `:` is %3A, `/` is %2F, `?` is %3F, `#` is %23, `%` is %25";
        Some(match self {
            Self::Empty | Self::Scheme | Self::MissingHost | Self::KeyValue => {
                "write it as `postgresql://USER:PASSWORD@HOST:5432/postgres`; the dashboard shows it under Connect > \
                 Session pooler"
                    .to_owned()
            }
            Self::SeveralHosts => "name one host: crmctl must know which database it changes".to_owned(),
            Self::Host | Self::Port | Self::Unescaped | Self::Percent => encode.to_owned(),
            Self::Placeholder(placeholder) if placeholder.to_ascii_uppercase().contains("PASSW") => {
                "put the percent-encoded password in its place, or set SUPABASE_DB_PASSWORD or PGPASSWORD".to_owned()
            }
            Self::Placeholder(_) => "copy the filled-in URL from the dashboard: Connect > Session pooler".to_owned(),
            Self::UnknownParameter(_) => format!("known are {}; {encode}", KNOWN.join(", ")),
            Self::Unsupported(name) => format!("remove `{name}`; crmctl signs in with a password"),
            Self::Value("sslmode") => {
                "write one of disable, allow, prefer, require, verify-ca, verify-full".to_owned()
            }
            Self::Value("channel_binding") => "write `prefer`, `require` or `disable`".to_owned(),
            Self::Value(_) => "write a whole number".to_owned(),
            Self::WeakSsl { .. } => {
                "write `sslmode=require`, or `sslmode=verify-full&sslrootcert=FILE` (PGSSLMODE counts as well)".to_owned()
            }
        })
    }
}
