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
pub(crate) struct Shared(Arc<Mutex<Inner>>);

struct Inner {
    stream: Box<dyn ByteStream>,
    /// The end of what was read, while the driver logs in: it does not tell all that it was told.
    tail: Option<Vec<u8>>,
}

/// The last two messages of a login: who answers requests to cancel, and that queries may come.
const LAST_WORDS: usize = 19;

impl Shared {
    pub(crate) fn new(stream: impl ByteStream + 'static) -> Self {
        Self(Arc::new(Mutex::new(Inner { stream: Box::new(stream), tail: Some(Vec::new()) })))
    }

    /// The process that the server says is ours, once somebody has logged in.
    pub(crate) fn take_process(&self) -> Option<i32> {
        process(&self.0.lock().unwrap_or_else(PoisonError::into_inner).tail.take()?)
    }

    fn with<T>(&self, work: impl FnOnce(Pin<&mut dyn ByteStream>) -> T) -> T {
        let mut inner = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        work(Pin::new(&mut *inner.stream))
    }
}

/// `BackendKeyData` of four plus eight bytes, then `ReadyForQuery`.
fn process(tail: &[u8]) -> Option<i32> {
    let words = tail.get(tail.len().checked_sub(LAST_WORDS)?..)?;
    let process = words.strip_prefix(b"K\0\0\0\x0c")?.get(..4)?;
    (words[13] == b'Z').then_some(i32::from_be_bytes(process.try_into().ok()?))
}

impl AsyncRead for Shared {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let mut inner = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let before = buf.filled().len();
        let result = Pin::new(&mut *inner.stream).poll_read(cx, buf);
        if let Some(tail) = &mut inner.tail {
            tail.extend_from_slice(&buf.filled()[before..]);
            tail.drain(..tail.len().saturating_sub(LAST_WORDS));
        }
        result
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_process_is_in_the_last_words_of_a_login() {
        let login = b"S\0\0\0\x09a\0b\0\x00K\0\0\0\x0c\0\x01\x02\x03\x09\x09\x09\x09Z\0\0\0\x05I";

        assert_eq!(process(login), Some(0x0001_0203));
        assert_eq!(process(&login[..login.len() - 1]), None);
        assert_eq!(process(b""), None);
    }
}
