//! Takes connection strings apart: `postgresql://` URLs and `key=value` lists, as libpq reads them.

use crate::environment::database_url_error::DatabaseUrlError;
use crate::environment::percent::decode;
use crate::environment::placeholder::placeholder_in;
use crate::environment::{Secret, SslMode};

/// What crmctl understands after the `?`.
pub(crate) const KNOWN: [&str; 12] = [
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
const FOREIGN: [&str; 13] = [
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
    pub(crate) channel_binding: Option<String>,
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
            "channel_binding" if ["disable", "prefer", "require"].contains(&value.as_str()) => {
                self.channel_binding = Some(value);
            }
            "channel_binding" => return Err(DatabaseUrlError::Value("channel_binding")),
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
