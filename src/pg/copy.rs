//! Where COPY data come from and where they go: memory, or a bounded channel to another task.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::{Context, Poll, ready};

use bytes::{Buf as _, Bytes, BytesMut};
use futures_channel::mpsc;
use futures_util::Stream;

/// Chunks that a channel between two COPY streams holds at most. A chunk is a row, a piece of one, or several; it is
/// never more than what is read from a stream at once (32 kB) or made at once (64 kB), so a channel is bounded in bytes.
const CHANNEL: usize = 64;

/// What travels through a channel: an end that is not [`Chunk::End`] means that the sender failed.
#[derive(Debug)]
pub enum Chunk {
    /// Rows, or parts of rows, in COPY format.
    Data(Bytes),
    /// Everything was sent.
    End,
}

/// The receiving half of a COPY channel.
pub type ChunkReceiver = mpsc::Receiver<Chunk>;

/// A channel from one COPY stream to another, or to a file. What comes out first slows the other down.
#[must_use]
pub fn channel() -> (CopySink, ChunkReceiver) {
    let (sender, receiver) = mpsc::channel(CHANNEL);
    (CopySink { sender, pending: None, meter: Meter::default() }, receiver)
}

/// Counts what goes through a COPY channel. Clones count together.
#[derive(Debug, Clone, Default)]
pub struct Meter(Arc<Counts>);

#[derive(Debug, Default)]
struct Counts {
    messages: AtomicU64,
    bytes: AtomicU64,
    has_ended: AtomicBool,
}

impl Meter {
    /// Messages that came: one for each row, and in binary format one more.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.0.messages.load(Ordering::Relaxed)
    }

    /// Bytes of these rows.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.0.bytes.load(Ordering::Relaxed)
    }

    /// Whether these were all.
    #[must_use]
    pub fn has_ended(&self) -> bool {
        self.0.has_ended.load(Ordering::Relaxed)
    }
}

/// The data of a `copy .. from stdin`.
#[derive(Debug)]
pub enum CopySource {
    /// Data that are all here.
    Memory(Bytes),
    /// Data that another task sends.
    Channel(ChunkReceiver),
    /// Data made while they are sent: each call gives the next chunk, `None` ends.
    Generated(Generator),
}

/// Makes COPY data chunk by chunk.
pub struct Generator(pub Box<dyn FnMut() -> Option<Bytes> + Send>);

impl std::fmt::Debug for Generator {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Generator")
    }
}

pub(crate) enum Taken {
    Data(Bytes),
    End,
    Failed,
}

/// Memory is sent in pieces of this size, so that the write buffer stays small.
const PIECE: usize = 64 * 1024;

impl CopySource {
    pub(crate) fn poll_take(&mut self, cx: &mut Context<'_>) -> Poll<Taken> {
        match self {
            Self::Memory(bytes) if bytes.is_empty() => Poll::Ready(Taken::End),
            Self::Memory(bytes) => Poll::Ready(Taken::Data(bytes.split_to(bytes.len().min(PIECE)))),
            Self::Channel(receiver) => Poll::Ready(match ready!(Pin::new(receiver).poll_next(cx)) {
                Some(Chunk::Data(data)) => Taken::Data(data),
                Some(Chunk::End) => Taken::End,
                None => Taken::Failed,
            }),
            Self::Generated(Generator(next)) => Poll::Ready(next().map_or(Taken::End, Taken::Data)),
        }
    }
}

/// Where the data of a `copy .. to stdout` go.
#[derive(Debug)]
pub struct CopySink {
    sender: mpsc::Sender<Chunk>,
    pending: Option<Chunk>,
    meter: Meter,
}

impl CopySink {
    /// What counts the rows on their way.
    #[must_use]
    pub fn meter(&self) -> Meter {
        self.meter.clone()
    }

    /// Takes the rows at the head of what has come from the server, all of them at once: for small rows, handing them on
    /// one by one costs more than copying them does. `rest` is what is still to come of a row that has begun. True when
    /// something was taken; like [`Self::put`], not before [`Self::poll_ready`] is ready.
    pub(crate) fn take_rows(&mut self, incoming: &mut BytesMut, rest: &mut usize) -> bool {
        let before = incoming.len();
        let mut rows = BytesMut::new();
        loop {
            if *rest == 0 {
                let [b'd', a, b, c, d, ..] = incoming[..] else { break };
                self.meter.0.messages.fetch_add(1, Ordering::Relaxed);
                // The length counts itself.
                *rest = (u32::from_be_bytes([a, b, c, d]) as usize).saturating_sub(4);
                incoming.advance(5);
            }
            let piece = incoming.len().min(*rest);
            if piece == 0 && *rest > 0 {
                break;
            }
            rows.reserve(incoming.len());
            rows.extend_from_slice(&incoming[..piece]);
            incoming.advance(piece);
            *rest -= piece;
        }
        if !rows.is_empty() {
            self.put(Chunk::Data(rows.freeze()));
        }
        incoming.len() < before
    }

    /// Takes one chunk; [`Self::poll_ready`] must be ready before the next.
    pub(crate) fn put(&mut self, chunk: Chunk) {
        debug_assert!(self.pending.is_none(), "a chunk is still waiting");
        match &chunk {
            Chunk::Data(data) => {
                self.meter.0.bytes.fetch_add(data.len() as u64, Ordering::Relaxed);
            }
            Chunk::End => self.meter.0.has_ended.store(true, Ordering::Relaxed),
        }
        self.pending = Some(chunk);
    }

    /// Ready when the last chunk was handed on. A receiver that is gone makes it an error.
    pub(crate) fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.pending.is_none() {
            return Poll::Ready(Ok(()));
        }
        let gone = || io::Error::other("the receiver of the copied rows is gone");
        ready!(self.sender.poll_ready(cx)).map_err(|_| gone())?;
        if let Some(chunk) = self.pending.take() {
            self.sender.start_send(chunk).map_err(|_| gone())?;
        }
        Poll::Ready(Ok(()))
    }
}
