//! What is still to be written: messages and COPY data, of which only a bounded amount is in memory.

use std::collections::VecDeque;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Buf, BufMut, BytesMut};
use postgres_protocol::message::frontend;
use tokio::io::AsyncWrite;

use crate::pg::copy::{CopySource, Taken};
use crate::pg::stream::Shared;
use crate::pg::text::{Pieces, SqlText};

/// Bytes that are gathered before they are written: enough for full TLS records, little enough for memory.
const BUFFER: usize = 64 * 1024;

/// Everything that waits to be written, in order.
pub(crate) struct Outbox {
    queue: VecDeque<Outgoing>,
    buffer: BytesMut,
    flushed: bool,
    departed: bool,
    /// Sources whose COPY would be refused: kept, so that whoever feeds them waits instead of failing.
    abandoned: Vec<CopySource>,
}

/// What a server is told, and says in turn, when the data of a COPY end before they are complete.
pub(super) const SOURCE_FAILED: &str = "the source of the data failed";

enum Outgoing {
    Bytes(BytesMut),
    Text(Pieces),
    Copy(CopySource),
}

impl Outbox {
    pub(crate) fn new() -> Self {
        let buffer = BytesMut::with_capacity(BUFFER);
        Self { queue: VecDeque::new(), buffer, flushed: true, departed: false, abandoned: Vec::new() }
    }

    /// Queues a simple query, whose text is read when it is its turn to be sent.
    pub(crate) fn push(&mut self, sql: SqlText) -> io::Result<()> {
        // A NUL byte would end the text early for the server.
        let is_whole = !sql.has_nul();
        let length = is_whole.then(|| i32::try_from(sql.length() + 5).ok()).flatten();
        let Some(length) = length else {
            return Err(invalid("a statement holds a NUL byte or is longer than the protocol allows"));
        };
        let mut head = BytesMut::with_capacity(5);
        head.put_u8(b'Q');
        // The length counts itself and the NUL byte at the end.
        head.put_i32(length);
        self.queue.push_back(Outgoing::Bytes(head));
        self.queue.push_back(Outgoing::Text(sql.pieces()));
        self.queue.push_back(Outgoing::Bytes(BytesMut::from(&[0][..])));
        Ok(())
    }

    /// Queues the end of the conversation.
    pub(crate) fn push_goodbye(&mut self) {
        let mut message = BytesMut::new();
        frontend::terminate(&mut message);
        self.queue.push_back(Outgoing::Bytes(message));
    }

    /// Queues the data of a COPY.
    pub(crate) fn push_copy(&mut self, source: CopySource) {
        self.queue.push_back(Outgoing::Copy(source));
    }

    /// Lets go of everything that waits. Whoever feeds a COPY learns that nobody takes its rows any more.
    pub(crate) fn clear(&mut self) {
        self.queue.clear();
        self.abandoned.clear();
    }

    /// Waits for no COPY's data any more: the transaction has failed.
    pub(crate) fn abandon_sources(&mut self) {
        for outgoing in &mut self.queue {
            if let Outgoing::Copy(_) = outgoing {
                let mut end = BytesMut::new();
                frontend::copy_done(&mut end);
                if let Outgoing::Copy(source) = std::mem::replace(outgoing, Outgoing::Bytes(end)) {
                    self.abandoned.push(source);
                }
            }
        }
    }

    /// Every answer has come: what is sent next is another flight.
    pub(crate) fn land(&mut self) {
        self.departed = false;
    }

    /// Ready when everything is written. Pending when the stream is full or a COPY source has no data yet.
    pub(crate) fn poll_send(&mut self, stream: &mut Shared, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        loop {
            let starved = self.fill(cx)?;
            // A flight leaves when its first rows are there: it is one flight then, and holds its locks for less.
            if starved && !self.departed && self.buffer.len() < BUFFER {
                return Poll::Pending;
            }
            while self.buffer.has_remaining() {
                let written = ready!(Pin::new(&mut *stream).poll_write(cx, &self.buffer))?;
                if written == 0 {
                    return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
                }
                self.buffer.advance(written);
                self.flushed = false;
                self.departed = true;
            }
            if !self.flushed && (starved || self.queue.is_empty()) {
                ready!(Pin::new(&mut *stream).poll_flush(cx))?;
                self.flushed = true;
            }
            if starved {
                return Poll::Pending;
            }
            if self.queue.is_empty() {
                return Poll::Ready(Ok(()));
            }
        }
    }

    /// Moves what is queued into the buffer. True when a COPY source must be waited for.
    fn fill(&mut self, cx: &mut Context<'_>) -> io::Result<bool> {
        while self.buffer.len() < BUFFER {
            match self.queue.front_mut() {
                None => return Ok(false),
                Some(Outgoing::Bytes(bytes)) => {
                    self.buffer.extend_from_slice(bytes);
                    self.queue.pop_front();
                }
                Some(Outgoing::Text(pieces)) => {
                    if !pieces.next_into(&mut self.buffer) {
                        self.queue.pop_front();
                    }
                }
                Some(Outgoing::Copy(source)) => match source.poll_take(cx) {
                    Poll::Pending => return Ok(true),
                    Poll::Ready(Taken::Data(data)) => frontend::CopyData::new(data)?.write(&mut self.buffer),
                    Poll::Ready(Taken::End) => {
                        frontend::copy_done(&mut self.buffer);
                        self.queue.pop_front();
                    }
                    Poll::Ready(Taken::Failed) => {
                        frontend::copy_fail(SOURCE_FAILED, &mut self.buffer)?;
                        self.queue.pop_front();
                    }
                },
            }
        }
        Ok(false)
    }
}

fn invalid(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, what)
}
