//! Takes connection strings apart: `postgresql://` URLs and `key=value` lists, as libpq reads them.
//!
//! No error here quotes any part of the text: where a password was not percent-encoded, every part of the
//! string may be a piece of it, even the port and the names of parameters.

use crate::environment::{Secret, SslMode};
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
            Self::Value(_) => "write a whole number".to_owned(),
            Self::WeakSsl { .. } => {
                "write `sslmode=require`, or `sslmode=verify-full&sslrootcert=FILE` (PGSSLMODE counts as well)".to_owned()
            }
        })
    }
}

/// What crmctl understands after the `?`.
const KNOWN: [&str; 12] = [
    "host",
    "hostaddr",
    "port",
    "user",
    "password",
    "dbname",
    "sslmode",
    "sslrootcert",
    "connect_timeout",
    "application_name",
    "options",
    "channel_binding",
];

/// What other programs put into the same variable and `PostgreSQL` does not need.
const FOREIGN: [&str; 14] = [
    "channel_binding",
    "connection_limit",
    "gssencmode",
    "keepalives",
    "keepalives_idle",
    "pgbouncer",
    "pool_timeout",
    "prepareThreshold",
    "schema",
    "socket_timeout",
    "statement_cache_size",
    "supa",
    "target_session_attrs",
    "workaround",
];

/// What cannot be left out silently, because it changes who signs in, or how.
const UNSUPPORTED: [&str; 7] =
    ["sslcert", "sslkey", "sslpassword", "passfile", "service", "sslcrl", "requirepeer"];

/// A connection string taken apart; nothing is filled in.
#[derive(Debug, Default)]
pub(crate) struct Parts {
    pub(crate) host: Option<String>,
    pub(crate) port: Option<u16>,
    pub(crate) user: Option<String>,
    pub(crate) password: Option<Secret>,
    pub(crate) database: Option<String>,
    pub(crate) ssl_mode: Option<SslMode>,
    pub(crate) ssl_root_certificate: Option<String>,
    pub(crate) connect_timeout: Option<u64>,
    pub(crate) application_name: Option<String>,
    pub(crate) options: Option<String>,
}

impl Parts {
    /// Takes a URL or a `key=value` list apart.
    pub(crate) fn of(text: &str) -> Result<Self, DatabaseUrlError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(DatabaseUrlError::Empty);
        }
        let after_scheme = ["postgresql://", "postgres://"].iter().find_map(|scheme| {
            let head = text.get(..scheme.len())?;
            head.eq_ignore_ascii_case(scheme).then(|| &text[scheme.len()..])
        });
        match after_scheme {
            Some(rest) => Self::of_url(rest),
            None if text.contains("://") || !text.contains('=') => Err(DatabaseUrlError::Scheme),
            None => Self::of_pairs(text),
        }
    }

    fn of_url(rest: &str) -> Result<Self, DatabaseUrlError> {
        let end = rest.find(['/', '?']).unwrap_or(rest.len());
        let (authority, tail) = rest.split_at(end);
        if tail.contains('@') {
            return Err(DatabaseUrlError::Unescaped);
        }
        let mut parts = Self::default();
        // The last `@` and not the first, so that a password with a raw `@` still works.
        let address = match authority.rsplit_once('@') {
            None => authority,
            Some((credentials, address)) => {
                let (user, password) = match credentials.split_once(':') {
                    None => (credentials, None),
                    Some((user, password)) => (user, Some(password)),
                };
                parts.user = non_empty(decode(user)?);
                parts.password = password.map(decode).transpose()?.and_then(non_empty).map(Secret::new);
                address
            }
        };
        parts.set_address(address)?;
        let (path, query) = tail.split_once('?').unwrap_or((tail, ""));
        parts.database = non_empty(decode(path.trim_start_matches('/'))?);
        for (index, pair) in query.split('&').filter(|pair| !pair.is_empty()).enumerate() {
            let (key, value) = pair.split_once('=').ok_or(DatabaseUrlError::UnknownParameter(index + 1))?;
            parts.set(&decode(key)?, decode(value)?, index + 1)?;
        }
        Ok(parts)
    }

    fn set_address(&mut self, address: &str) -> Result<(), DatabaseUrlError> {
        let (host, port) = if let Some(bracketed) = address.strip_prefix('[') {
            let (host, port) = bracketed.split_once(']').ok_or(DatabaseUrlError::Host)?;
            let is_address = host.parse::<std::net::Ipv6Addr>().is_ok();
            if !is_address {
                return Err(
                    placeholder_in(address).map_or(DatabaseUrlError::Host, DatabaseUrlError::Placeholder)
                );
            }
            (host, port)
        } else if address.contains(',') {
            return Err(DatabaseUrlError::SeveralHosts);
        } else {
            address.find(':').map_or((address, ""), |colon| address.split_at(colon))
        };
        // An empty port is refused too: `user:` with its `@HOST` forgotten looks like that.
        match port.strip_prefix(':') {
            Some(port) => self.port = Some(parse_port(port)?),
            None if port.is_empty() => {}
            None => return Err(DatabaseUrlError::Host),
        }
        self.host = non_empty(decode(host)?);
        Ok(())
    }

    fn of_pairs(text: &str) -> Result<Self, DatabaseUrlError> {
        let mut parts = Self::default();
        let mut rest = text.trim_start();
        let mut number = 0;
        while !rest.is_empty() {
            number += 1;
            let (key, after) = rest.split_once('=').ok_or(DatabaseUrlError::KeyValue)?;
            let (value, after) = pair_value(after.trim_start())?;
            parts.set(key.trim(), value, number)?;
            rest = after.trim_start();
        }
        Ok(parts)
    }

    fn set(&mut self, key: &str, value: String, number: usize) -> Result<(), DatabaseUrlError> {
        match key {
            "host" | "port" if value.contains(',') => return Err(DatabaseUrlError::SeveralHosts),
            "host" => self.host = non_empty(value),
            "hostaddr" if self.host.is_none() => self.host = non_empty(value),
            "hostaddr" => return Err(DatabaseUrlError::Unsupported("hostaddr")),
            "port" => self.port = Some(parse_port(&value)?),
            "user" => self.user = non_empty(value),
            "password" => self.password = non_empty(value).map(Secret::new),
            "dbname" => self.database = non_empty(value),
            "sslmode" => self.ssl_mode = Some(value.parse()?),
            "sslrootcert" => self.ssl_root_certificate = non_empty(value),
            "connect_timeout" => {
                let seconds = value.parse().map_err(|_| DatabaseUrlError::Value("connect_timeout"))?;
                self.connect_timeout = Some(seconds);
            }
            "application_name" => self.application_name = non_empty(value),
            "options" => self.options = non_empty(value),
            key if FOREIGN.contains(&key) => {}
            key => {
                let unsupported = UNSUPPORTED.iter().find(|name| **name == key);
                return Err(unsupported.map_or(DatabaseUrlError::UnknownParameter(number), |name| {
                    DatabaseUrlError::Unsupported(name)
                }));
            }
        }
        Ok(())
    }
}

/// One value of a `key=value` list, and what follows it. Quoted or not, a backslash takes the next as it is.
fn pair_value(text: &str) -> Result<(String, &str), DatabaseUrlError> {
    let quoted = text.starts_with('\'');
    let start = usize::from(quoted);
    let mut value = String::new();
    let mut characters = text[start..].char_indices();
    while let Some((index, character)) = characters.next() {
        match character {
            '\\' => value.push(characters.next().ok_or(DatabaseUrlError::KeyValue)?.1),
            '\'' if quoted => return Ok((value, &text[start + index + 1..])),
            space if !quoted && space.is_whitespace() => return Ok((value, &text[index..])),
            other => value.push(other),
        }
    }
    if quoted { Err(DatabaseUrlError::KeyValue) } else { Ok((value, "")) }
}

fn parse_port(text: &str) -> Result<u16, DatabaseUrlError> {
    text.parse().ok().filter(|port| *port != 0).ok_or(DatabaseUrlError::Port)
}

fn non_empty(text: String) -> Option<String> {
    (!text.is_empty()).then_some(text)
}

/// The text of a `[PLACEHOLDER]`, `<placeholder>` or `${VARIABLE}` that a template left in `text`.
///
/// Only what surely is a placeholder counts, because it is quoted in the error: a real password in brackets,
/// as people do write it, is none.
pub(crate) fn placeholder_in(text: &str) -> Option<String> {
    const WORDS: [&str; 9] =
        ["PASSWORD", "PASSWD", "PROJECT", "REF", "REFERENCE", "ID", "REGION", "HOST", "USER"];
    const FILLERS: [&str; 8] = ["YOUR", "DB", "DATABASE", "SUPABASE", "AWS", "MY", "THE", "PRODUCTION"];
    for (open, close) in [("[", ']'), ("<", '>'), ("${", '}')] {
        for (start, _) in text.match_indices(open) {
            let inner = &text[start + open.len()..];
            let Some(end) = inner.find(close) else { continue };
            let upper = inner[..end].to_ascii_uppercase();
            let mut words = upper.split(['-', '_', ' ']);
            let known = words.all(|word| WORDS.contains(&word) || FILLERS.contains(&word));
            if known && upper.split(['-', '_', ' ']).any(|word| WORDS.contains(&word)) {
                return Some(text[start..=start + open.len() + end].to_owned());
            }
        }
    }
    None
}

/// Undoes percent-encoding.
fn decode(text: &str) -> Result<String, DatabaseUrlError> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        if *first == b'%' {
            let digits = after.get(..2).filter(|digits| digits.iter().all(u8::is_ascii_hexdigit));
            let digits = digits.and_then(|digits| std::str::from_utf8(digits).ok());
            let byte = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok());
            bytes.push(byte.filter(|byte| *byte != 0).ok_or(DatabaseUrlError::Percent)?);
            rest = &after[2..];
        } else {
            bytes.push(*first);
            rest = after;
        }
    }
    String::from_utf8(bytes).map_err(|_| DatabaseUrlError::Percent)
}

/// Percent-encodes everything but letters, digits and `-._~`.
pub(crate) fn encode(text: &str) -> String {
    use std::fmt::Write as _;
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            write!(encoded, "%{byte:02X}").expect("a String takes everything");
        }
    }
    encoded
}
