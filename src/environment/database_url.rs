//! Where a database is and how to sign in, as a value whose password cannot be printed.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use serde::{Serialize, Serializer};

use crate::environment::connection_string::Parts;
use crate::environment::percent::encode;
use crate::environment::placeholder::placeholder_in;
use crate::environment::{DatabaseUrlError, Secret, SslMode, supabase};

/// What fills in the things a URL leaves out: the values of `PGPASSWORD` and its like.
#[derive(Debug, Clone, Default)]
pub struct UrlDefaults {
    /// For a missing password, and for a placeholder such as `[YOUR-PASSWORD]`.
    pub password: Option<Secret>,
    /// `PGSSLMODE`.
    pub ssl_mode: Option<String>,
    /// `PGSSLROOTCERT`.
    pub ssl_root_certificate: Option<String>,
}

/// Where a database is and how to sign in. Display, Debug and JSON show `***` for the password.
#[derive(Clone, PartialEq, Eq)]
pub struct DatabaseUrl {
    host: String,
    port: u16,
    user: String,
    password: Option<Secret>,
    database: String,
    /// As asked for; [`DatabaseUrl::ssl_mode`] knows what is meant by silence.
    ssl_mode: Option<SslMode>,
    ssl_root_certificate: Option<String>,
    channel_binding: Option<String>,
    connect_timeout: Option<u64>,
    application_name: Option<String>,
    options: Option<String>,
}

impl DatabaseUrl {
    /// Reads a `postgresql://` URL or a `key=value` list; user and database are `postgres` unless named.
    pub fn parse(text: &str, defaults: &UrlDefaults) -> Result<Self, DatabaseUrlError> {
        let parts = Parts::of(text)?;
        let placeholder = parts.password.as_ref().and_then(|password| whole_placeholder(password.expose()));
        let password = match (parts.password, placeholder) {
            (Some(password), None) => Some(password),
            (Some(_), Some(placeholder)) if defaults.password.is_none() => {
                return Err(DatabaseUrlError::Placeholder(placeholder));
            }
            _ => defaults.password.clone(),
        };
        let host = parts.host.ok_or(DatabaseUrlError::MissingHost)?;
        for part in [Some(&host), parts.user.as_ref(), parts.database.as_ref()].into_iter().flatten() {
            if let Some(placeholder) = placeholder_in(part) {
                return Err(DatabaseUrlError::Placeholder(placeholder));
            }
        }
        if !is_host(&host) {
            return Err(DatabaseUrlError::Host);
        }
        let ssl_mode = match (parts.ssl_mode, &defaults.ssl_mode) {
            (None, Some(word)) if !word.is_empty() => Some(word.parse()?),
            (mode, _) => mode,
        };
        let url = Self {
            host,
            port: parts.port.unwrap_or(5432),
            user: parts.user.unwrap_or_else(|| "postgres".to_owned()),
            password,
            database: parts.database.unwrap_or_else(|| "postgres".to_owned()),
            ssl_mode,
            ssl_root_certificate: parts
                .ssl_root_certificate
                .or_else(|| defaults.ssl_root_certificate.clone()),
            channel_binding: parts.channel_binding,
            connect_timeout: parts.connect_timeout,
            application_name: parts.application_name,
            options: parts.options,
        };
        match url.ssl_mode {
            Some(mode) if mode < SslMode::Require && supabase::is_supabase_host(&url.host) => {
                Err(DatabaseUrlError::WeakSsl { mode: mode.word(), host: url.host })
            }
            _ => Ok(url),
        }
    }

    /// The host name or address; for a Unix socket its folder.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The port, 5432 unless named.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The role that signs in.
    #[must_use]
    pub fn user(&self) -> &str {
        &self.user
    }

    /// The name of the database.
    #[must_use]
    pub fn database(&self) -> &str {
        &self.database
    }

    /// The password, still in custody.
    #[must_use]
    pub fn password(&self) -> Option<&Secret> {
        self.password.as_ref()
    }

    /// How long to wait for a connection, in seconds, if the URL says so.
    #[must_use]
    pub fn connect_timeout(&self) -> Option<u64> {
        self.connect_timeout
    }

    /// The name the session gives itself, if the URL says so.
    #[must_use]
    pub fn application_name(&self) -> Option<&str> {
        self.application_name.as_deref()
    }

    /// Options for the server, if the URL has any.
    #[must_use]
    pub fn options(&self) -> Option<&str> {
        self.options.as_deref()
    }

    /// What the connection must prove: as asked for, else `require` for everything that is not this machine.
    /// A root certificate turns `require` into `verify-ca`, as libpq has it.
    #[must_use]
    pub fn ssl_mode(&self) -> SslMode {
        match self.ssl_mode {
            _ if self.is_socket() => SslMode::Disable,
            None if self.is_local() => SslMode::Prefer,
            None | Some(SslMode::Require) => {
                if self.ssl_root_certificate.is_some() {
                    SslMode::VerifyCa
                } else {
                    SslMode::Require
                }
            }
            Some(mode) => mode,
        }
    }

    /// The file with the certificate to trust. None: the machine's own (`sslrootcert=system` says the same).
    #[must_use]
    pub fn ssl_root_certificate(&self) -> Option<PathBuf> {
        self.ssl_root_certificate.as_deref().filter(|file| *file != "system").map(PathBuf::from)
    }

    /// Whether the login is to be bound to TLS, if the URL says so: `disable`, `prefer` or `require`.
    #[must_use]
    pub fn channel_binding(&self) -> Option<&str> {
        self.channel_binding.as_deref()
    }

    /// Whether the host is a folder with a Unix socket.
    #[must_use]
    pub fn is_socket(&self) -> bool {
        self.host.starts_with('/')
    }

    /// Whether it is on this machine: loopback or a Unix socket.
    #[must_use]
    pub fn is_local(&self) -> bool {
        let is_loopback = self.host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback());
        self.is_socket() || is_loopback || self.host.eq_ignore_ascii_case("localhost")
    }

    /// The same server, another database.
    #[must_use]
    pub fn with_database(&self, database: &str) -> Self {
        Self { database: database.to_owned(), ..self.clone() }
    }

    /// The same database, another password.
    #[must_use]
    pub fn with_password(&self, password: Secret) -> Self {
        Self { password: Some(password), ..self.clone() }
    }

    /// The same database by another way.
    #[must_use]
    pub fn with_host_port(&self, host: &str, port: u16) -> Self {
        Self { host: host.to_owned(), port, ..self.clone() }
    }

    /// The whole URL **with its password**: only for the environment of child tools.
    #[must_use]
    pub fn expose(&self) -> String {
        let password = self.password.as_ref().map(|password| encode(password.expose()));
        let mut query = vec![("sslmode", self.ssl_mode().word().to_owned())];
        query.extend(self.ssl_root_certificate.clone().map(|file| ("sslrootcert", file)));
        query.extend(self.channel_binding.clone().map(|word| ("channel_binding", word)));
        query.extend(self.connect_timeout.map(|seconds| ("connect_timeout", seconds.to_string())));
        query.extend(self.application_name.clone().map(|name| ("application_name", name)));
        query.extend(self.options.clone().map(|options| ("options", options)));
        self.assemble(password.as_deref(), &query)
    }

    /// What `pg_dump` and `psql` need in their environment, so that nothing of it stands in their arguments.
    #[must_use]
    pub fn libpq_environment(&self) -> Vec<(String, String)> {
        let ssl_mode = self.ssl_mode();
        let system = (ssl_mode == SslMode::VerifyFull).then(|| "system".to_owned());
        let mut pairs = vec![
            ("PGHOST", self.host.clone()),
            ("PGPORT", self.port.to_string()),
            ("PGUSER", self.user.clone()),
            ("PGDATABASE", self.database.clone()),
            ("PGSSLMODE", ssl_mode.word().to_owned()),
            ("PGAPPNAME", self.application_name.clone().unwrap_or_else(|| "crmctl".to_owned())),
        ];
        pairs.extend(self.password.as_ref().map(|password| ("PGPASSWORD", password.expose().to_owned())));
        pairs.extend(self.ssl_root_certificate.clone().or(system).map(|file| ("PGSSLROOTCERT", file)));
        pairs.extend(self.channel_binding.clone().map(|word| ("PGCHANNELBINDING", word)));
        pairs.extend(self.connect_timeout.map(|seconds| ("PGCONNECT_TIMEOUT", seconds.to_string())));
        pairs.extend(self.options.clone().map(|options| ("PGOPTIONS", options)));
        pairs.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
    }

    /// A command to look for oneself; psql asks for the password.
    #[must_use]
    pub fn psql_hint(&self) -> String {
        format!("psql '{}'", self.assemble(None, &[("sslmode", self.ssl_mode().word().to_owned())]))
    }

    fn assemble(&self, password: Option<&str>, query: &[(&str, String)]) -> String {
        let user = encode(&self.user);
        let credentials = password.map_or_else(|| user.clone(), |password| format!("{user}:{password}"));
        let database = encode(&self.database);
        let mut pairs: Vec<String> = Vec::new();
        let address = if self.is_socket() {
            pairs.push(format!("host={}", encode(&self.host).replace("%2F", "/")));
            pairs.push(format!("port={}", self.port));
            String::new()
        } else if self.host.contains(':') {
            format!("[{}]:{}", self.host, self.port)
        } else {
            format!("{}:{}", self.host, self.port)
        };
        pairs.extend(query.iter().map(|(key, value)| format!("{key}={}", encode(value))));
        let query = if pairs.is_empty() { String::new() } else { format!("?{}", pairs.join("&")) };
        format!("postgresql://{credentials}@{address}/{database}{query}")
    }
}

/// The placeholder a password wholly consists of.
fn whole_placeholder(password: &str) -> Option<String> {
    placeholder_in(password).filter(|placeholder| placeholder == password)
}

/// A host name, an address or an absolute path.
fn is_host(host: &str) -> bool {
    let is_name = |character: char| character.is_alphanumeric() || "-_.".contains(character);
    host.starts_with('/') || host.chars().all(is_name) || host.parse::<std::net::Ipv6Addr>().is_ok()
}

impl FromStr for DatabaseUrl {
    type Err = DatabaseUrlError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text, &UrlDefaults::default())
    }
}

impl fmt::Display for DatabaseUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.assemble(self.password.as_ref().map(|_| "***"), &[]))
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "DatabaseUrl({self})")
    }
}

impl Serialize for DatabaseUrl {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests;
