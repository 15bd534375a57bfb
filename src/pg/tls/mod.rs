//! TLS, spoken by the library of the system. What it is asked for is in [`Expected`]; the rest does not know which it is.

// Where `native-tls` is no more than a layer over OpenSSL, OpenSSL is spoken to without it: see there why.
#[cfg(not(all(unix, not(target_vendor = "apple"))))]
mod native;
#[cfg(all(unix, not(target_vendor = "apple")))]
mod openssl;

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_postgres::tls::{ChannelBinding, TlsConnect, TlsStream};

#[cfg(not(all(unix, not(target_vendor = "apple"))))]
use self::native as library;
#[cfg(all(unix, not(target_vendor = "apple")))]
use self::openssl as library;

use self::library::{Prepared, handshake, prepare};
use crate::environment::{DatabaseUrl, SslMode};
use crate::pg::stream::Shared;

/// How much of whoever answers is looked at: what libpq means by `sslmode`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Check {
    /// Encrypted, whoever answers.
    Nothing,
    /// Somebody an authority vouches for.
    Chain,
    /// The same, for this very host.
    Host,
}

/// Who is expected to answer, and who may vouch for it.
struct Expected {
    check: Check,
    host: String,
    /// The certificates of the file that was named, as PEM. None: the system's own count.
    roots: Option<Vec<u8>>,
}

/// Why TLS does not come about, in words that end a sentence about it.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TlsError {
    /// A root certificate that is none.
    #[error("{0}")]
    Roots(String),
    /// Whoever answered is not whom they were expected to be.
    #[cfg(all(unix, not(target_vendor = "apple")))]
    #[error("certificate verify failed: {0}")]
    Refused(String),
    /// Everything else the library says.
    #[error(transparent)]
    Library(#[from] library::Error),
}

/// TLS for one connection, which leaves a handle on the encrypted stream behind.
pub(crate) struct Connector {
    expected: Expected,
    prepared: Option<Prepared>,
    captured: Captured,
}

/// Where the handle is left.
#[derive(Clone, Default)]
pub(crate) struct Captured(Arc<Mutex<Option<Shared>>>);

impl Captured {
    /// The encrypted stream, if one came about.
    pub(crate) fn take(&self) -> Option<Shared> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl Connector {
    /// All that can be done before anybody has answered; where TLS is certain, that is nearly all of it.
    pub(crate) fn new(url: &DatabaseUrl) -> Result<Self, TlsError> {
        let expected = Expected::by(url)?;
        let is_certain = url.ssl_mode() >= SslMode::Require;
        let prepared = is_certain.then(|| prepare(&expected)).transpose()?;
        Ok(Self { expected, prepared, captured: Captured::default() })
    }

    pub(crate) fn captured(&self) -> Captured {
        self.captured.clone()
    }
}

impl Expected {
    fn by(url: &DatabaseUrl) -> Result<Self, TlsError> {
        let check = match url.ssl_mode() {
            SslMode::Disable | SslMode::Prefer | SslMode::Require => Check::Nothing,
            SslMode::VerifyCa => Check::Chain,
            SslMode::VerifyFull => Check::Host,
        };
        let roots = url.ssl_root_certificate().map(|path| {
            let pem = std::fs::read(&path).map_err(|error| {
                TlsError::Roots(format!("cannot read the root certificate `{}`: {error}", path.display()))
            })?;
            match library::count(&pem) {
                Ok(0) => Err(TlsError::Roots(format!("`{}` holds no PEM certificate", path.display()))),
                Ok(_) => Ok(pem),
                Err(error) => {
                    Err(TlsError::Roots(format!("`{}` is no PEM certificate: {error}", path.display())))
                }
            }
        });
        Ok(Self { check, host: url.host().to_owned(), roots: roots.transpose()? })
    }
}

impl TlsConnect<Shared> for Connector {
    type Stream = Encrypted;
    type Error = TlsError;
    type Future = Pin<Box<dyn Future<Output = Result<Encrypted, TlsError>> + Send>>;

    fn connect(self, stream: Shared) -> Self::Future {
        Box::pin(async move {
            let prepared = self.prepared.map_or_else(|| prepare(&self.expected), Ok)?;
            let (stream, binding) = handshake(prepared, &self.expected.host, stream).await?;
            *self.captured.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(stream.clone());
            Ok(Encrypted { stream, binding: Mutex::new(Some(binding)) })
        })
    }
}

/// An encrypted stream, and what binds a login to it.
pub(crate) struct Encrypted {
    stream: Shared,
    /// Asked for once, during the login.
    binding: Mutex<Option<ChannelBinding>>,
}

impl AsyncRead for Encrypted {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl AsyncWrite for Encrypted {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

impl TlsStream for Encrypted {
    fn channel_binding(&self) -> ChannelBinding {
        let mut binding = self.binding.lock().unwrap_or_else(PoisonError::into_inner);
        binding.take().unwrap_or_else(ChannelBinding::none)
    }
}

#[cfg(test)]
#[cfg(all(unix, not(target_vendor = "apple")))]
mod tests;
