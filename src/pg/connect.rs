#![expect(clippy::disallowed_methods, reason = "this is the module that connects")]
//! Opening a connection: address, TLS, login, and asking a server to stop.

use std::io;
use std::time::Duration;

use socket2::{SockRef, TcpKeepalive};
use tokio::net::{TcpStream, lookup_host};
use tokio::time::timeout;
use tokio_postgres::CancelToken;

use crate::environment::{DatabaseUrl, SslMode, supabase};
use crate::pg::stream::Shared;
use crate::pg::tls::Connector;
use crate::pg::{PgError, PgResult, ServerError};

/// How long one address may take to answer.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// A network that went away in the middle of a long statement is noticed within two minutes or so.
const KEEPALIVE: TcpKeepalive = TcpKeepalive::new()
    .with_time(Duration::from_mins(1))
    .with_interval(Duration::from_secs(15))
    .with_retries(4);

/// The same when something was sent and nobody says that it came: the system alone would try for a quarter of an hour.
#[cfg(any(target_os = "linux", target_os = "android"))]
const UNCONFIRMED: Duration = Duration::from_mins(2);

/// An open, authenticated, idle connection.
pub(crate) struct Connection {
    pub(crate) stream: Shared,
    pub(crate) canceller: Canceller,
    /// The server's process, as it or a pooler says.
    pub(crate) process: Option<i32>,
}

/// What it takes to ask a server to stop the present statement of one connection.
#[derive(Clone)]
pub(crate) struct Canceller {
    url: DatabaseUrl,
    token: CancelToken,
}

impl Canceller {
    /// Sends a `CancelRequest` over a connection of its own. The server does not say whether it worked.
    pub(crate) async fn request(&self) {
        let work = async {
            let stream = dial(&self.url).await.ok()?;
            let tls = Connector::new(&self.url).ok()?;
            self.token.cancel_query_raw(Shared::new(stream), tls).await.ok()
        };
        // A request that cannot be made is made again by the caller until the statement has ended.
        let _ = timeout(Duration::from_secs(2), work).await;
    }
}

/// Opens one connection. Tries once: retrying is the caller's decision.
pub(crate) async fn connect(url: &DatabaseUrl, application_name: &str) -> PgResult<Connection> {
    // TLS is prepared while the network is waited for.
    let (stream, tls) = tokio::join!(biased; dial(url), async { Connector::new(url) });
    let raw = Shared::new(stream?);
    let tls = tls.map_err(|error| failed(url, error.to_string(), None, false))?;
    let captured = tls.captured();
    let config = configuration(url, application_name);
    let (client, connection) = timeout(CONNECT_TIMEOUT, config.connect_raw(raw.clone(), tls))
        .await
        .map_err(|_| failed(url, "the server did not answer in time".to_owned(), None, true))?
        .map_err(|error| explain(url, &error))?;
    // The driver has done its part: it holds no unread bytes, since the server only speaks when asked.
    drop(connection);
    let stream = captured.take().unwrap_or(raw);
    Ok(Connection {
        process: stream.take_process(),
        stream,
        canceller: Canceller { url: url.clone(), token: client.cancel_token() },
    })
}

fn configuration(url: &DatabaseUrl, application_name: &str) -> tokio_postgres::Config {
    let mut config = tokio_postgres::Config::new();
    config.user(url.user()).dbname(url.database()).application_name(application_name);
    if let Some(password) = url.password() {
        config.password(password.expose());
    }
    if let Some(options) = url.options() {
        config.options(options);
    }
    config.channel_binding(match url.channel_binding() {
        Some("disable") => tokio_postgres::config::ChannelBinding::Disable,
        Some("require") => tokio_postgres::config::ChannelBinding::Require,
        Some(_) | None => tokio_postgres::config::ChannelBinding::Prefer,
    });
    config.ssl_mode(match url.ssl_mode() {
        SslMode::Disable => tokio_postgres::config::SslMode::Disable,
        // PostgreSQL does not encrypt on sockets of the same machine.
        _ if url.is_socket() => tokio_postgres::config::SslMode::Disable,
        SslMode::Prefer => tokio_postgres::config::SslMode::Prefer,
        SslMode::Require | SslMode::VerifyCa | SslMode::VerifyFull => {
            tokio_postgres::config::SslMode::Require
        }
    });
    config
}

enum Socket {
    Tcp(TcpStream),
    #[cfg(unix)]
    Unix(tokio::net::UnixStream),
}

async fn dial(url: &DatabaseUrl) -> PgResult<Box<dyn crate::pg::stream::ByteStream>> {
    match timeout(CONNECT_TIMEOUT, open_socket(url)).await {
        Err(_) => Err(failed(
            url,
            "the connection timed out".to_owned(),
            supabase::connection_help(url, "network is unreachable"),
            true,
        )),
        Ok(Err(error)) => Err(unreachable(url, &error)),
        Ok(Ok(Socket::Tcp(stream))) => Ok(Box::new(stream)),
        #[cfg(unix)]
        Ok(Ok(Socket::Unix(stream))) => Ok(Box::new(stream)),
    }
}

async fn open_socket(url: &DatabaseUrl) -> io::Result<Socket> {
    #[cfg(unix)]
    if url.is_socket() {
        let path = format!("{}/.s.PGSQL.{}", url.host().trim_end_matches('/'), url.port());
        return tokio::net::UnixStream::connect(path).await.map(Socket::Unix);
    }
    let mut last = io::Error::new(io::ErrorKind::NotFound, "the host name has no address");
    for address in lookup_host((url.host(), url.port())).await? {
        match TcpStream::connect(address).await {
            Ok(stream) => {
                stream.set_nodelay(true)?;
                SockRef::from(&stream).set_tcp_keepalive(&KEEPALIVE)?;
                #[cfg(any(target_os = "linux", target_os = "android"))]
                SockRef::from(&stream).set_tcp_user_timeout(Some(UNCONFIRMED))?;
                return Ok(Socket::Tcp(stream));
            }
            Err(error) => last = error,
        }
    }
    Err(last)
}

fn unreachable(url: &DatabaseUrl, error: &io::Error) -> PgError {
    use io::ErrorKind as E;
    let transient = matches!(
        error.kind(),
        E::ConnectionRefused | E::ConnectionReset | E::ConnectionAborted | E::TimedOut | E::Interrupted
    ) && !(error.kind() == E::ConnectionRefused && url.is_local());
    let help = match error.kind() {
        E::ConnectionRefused | E::NotFound if url.is_local() => {
            Some("is the server running? `crmctl local start` starts crmctl's own".to_owned())
        }
        E::NetworkUnreachable | E::HostUnreachable | E::AddrNotAvailable => {
            supabase::connection_help(url, "network is unreachable")
        }
        _ => supabase::connection_help(url, &error.to_string()),
    };
    failed(url, error.to_string(), help, transient)
}

/// What a failed login or handshake means.
fn explain(url: &DatabaseUrl, error: &tokio_postgres::Error) -> PgError {
    if let Some(said) = error.as_db_error() {
        let said = ServerError::from_driver(said);
        let unknown_tenant = said.message.contains("Tenant or user not found");
        return match said.code.as_str() {
            "28P01" | "28000" => login(url, said.message),
            _ if unknown_tenant => login(url, said.message),
            "57P03" | "53300" | "08006" => {
                failed(url, said.to_string(), crate::error::Explain::help(&PgError::from_server(said)), true)
            }
            _ => PgError::from_server(said),
        };
    }
    let reason = reason_of(error);
    let transient =
        std::error::Error::source(error).and_then(|source| source.downcast_ref::<io::Error>()).is_some_and(
            |error| matches!(error.kind(), io::ErrorKind::ConnectionReset | io::ErrorKind::UnexpectedEof),
        );
    if reason.contains("password missing") {
        return login(url, "no password was given".to_owned());
    }
    let help = way_out(&reason).map(str::to_owned);
    failed(url, reason, help, transient)
}

/// What to do about TLS that does not come about.
fn way_out(reason: &str) -> Option<&'static str> {
    if reason.contains("certificate has expired") || reason.contains("certificate is not yet valid") {
        Some("renew the server's certificate, and look at the clock of this machine")
    } else if reason.contains("certificate") && reason.to_lowercase().contains("mismatch") {
        Some(
            "the certificate is for another name: write the host as the certificate has it, or check the authority alone \
             with `sslmode=verify-ca`",
        )
    } else if reason.contains("certificate") {
        Some(
            "download the project's root certificate (Dashboard, Database, SSL) and name it in the URL: \
             `?sslmode=verify-full&sslrootcert=prod-ca-2021.crt`",
        )
    } else if reason.contains("server does not support TLS") {
        Some(
            "crmctl never falls back to plain text; if the network is yours, say `sslmode=disable` in the URL",
        )
    } else {
        None
    }
}

/// The chain of causes in one line.
fn reason_of(error: &dyn std::error::Error) -> String {
    let mut reason = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let text = cause.to_string();
        if !reason.contains(&text) {
            reason = format!("{reason}: {text}");
        }
        source = cause.source();
    }
    reason
}

fn login(url: &DatabaseUrl, reason: String) -> PgError {
    let is_shut_out = reason.contains("pg_hba.conf");
    let shut_out = "it is the server's `pg_hba.conf` that lets this role, database and address in or not, and with which \
                    `sslmode`; the password was not looked at";
    let known = supabase::connection_help(url, &reason).or_else(|| is_shut_out.then(|| shut_out.to_owned()));
    let help = known.unwrap_or_else(|| {
        "check user and password in the URL; crmctl does not try again, because hosted Supabase bans addresses that do"
            .to_owned()
    });
    PgError::Login { address: address(url), user: url.user().to_owned(), reason, help }
}

fn failed(url: &DatabaseUrl, reason: String, help: Option<String>, transient: bool) -> PgError {
    PgError::Connect { address: address(url), reason, help, transient }
}

/// Host and port, for messages.
pub(crate) fn address(url: &DatabaseUrl) -> String {
    format!("{}:{}", url.host(), url.port())
}
