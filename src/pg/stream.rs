//! The byte stream below a connection, and how it is taken over from the driver.
//!
//! `tokio-postgres` opens a connection (TLS, SCRAM, channel binding), and from then on crmctl speaks simple
//! queries and COPY over the very same stream itself, because the driver waits for an answer before it sends
//! COPY data: one round trip per table. So the driver is given a [`Shared`] handle and crmctl keeps another.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// Anything bytes can be read from and written to.
pub(crate) trait ByteStream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> ByteStream for T {}

/// A handle on a stream with one owner at a time: first the driver, then the wire.
#[derive(Clone)]
pub(crate) struct Shared(Arc<Mutex<Box<dyn ByteStream>>>);

impl Shared {
    pub(crate) fn new(stream: impl ByteStream + 'static) -> Self {
        Self(Arc::new(Mutex::new(Box::new(stream))))
    }

    fn with<T>(&self, work: impl FnOnce(Pin<&mut dyn ByteStream>) -> T) -> T {
        let mut stream = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        work(Pin::new(&mut **stream))
    }
}

impl AsyncRead for Shared {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        self.with(|stream| stream.poll_read(cx, buf))
    }
}

impl AsyncWrite for Shared {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        self.with(|stream| stream.poll_write(cx, buf))
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.with(|stream| stream.poll_flush(cx))
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.with(|stream| stream.poll_shutdown(cx))
    }
}
