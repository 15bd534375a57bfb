//! The way out: queued messages and COPY data, written as far as the stream takes them.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Buf, BytesMut};
use postgres_protocol::message::frontend;
use tokio::io::AsyncWrite;

use super::{WRITE_BUFFER, Wire};
use crate::pg::copy::{CopySource, Taken};

/// What is still to be written.
pub(super) enum Outgoing {
    Bytes(BytesMut),
    Copy(CopySource),
}

impl Wire {
    /// The transaction has failed: the server would ignore the data of every COPY that is still to come.
    pub(super) fn abandon_sources(&mut self) {
        for outgoing in &mut self.queue {
            if let Outgoing::Copy(_) = outgoing {
                let mut refusal = BytesMut::new();
                frontend::copy_done(&mut refusal);
                if let Outgoing::Copy(source) = std::mem::replace(outgoing, Outgoing::Bytes(refusal)) {
                    self.abandoned.push(source);
                }
            }
        }
    }

    /// Ready when everything queued is written. Pending when the stream is full or a source has no data yet.
    pub(super) fn poll_send(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        loop {
            let starved = self.fill_outgoing(cx)?;
            while self.outgoing.has_remaining() {
                let written = ready!(Pin::new(&mut self.stream).poll_write(cx, &self.outgoing))?;
                if written == 0 {
                    return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
                }
                self.outgoing.advance(written);
                self.flushed = false;
            }
            if !self.flushed && (starved || self.queue.is_empty()) {
                ready!(Pin::new(&mut self.stream).poll_flush(cx))?;
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

    /// Moves queued messages into the write buffer. True when a COPY source must be waited for.
    fn fill_outgoing(&mut self, cx: &mut Context<'_>) -> io::Result<bool> {
        while self.outgoing.len() < WRITE_BUFFER {
            match self.queue.front_mut() {
                None => return Ok(false),
                Some(Outgoing::Bytes(bytes)) => {
                    self.outgoing.extend_from_slice(bytes);
                    self.queue.pop_front();
                }
                Some(Outgoing::Copy(source)) => match source.poll_take(cx) {
                    Poll::Pending => return Ok(true),
                    Poll::Ready(Taken::Data(data)) => {
                        frontend::CopyData::new(data)?.write(&mut self.outgoing);
                    }
                    Poll::Ready(Taken::End) => {
                        frontend::copy_done(&mut self.outgoing);
                        self.queue.pop_front();
                    }
                    Poll::Ready(Taken::Failed) => {
                        frontend::copy_fail("the source of the data failed", &mut self.outgoing)?;
                        self.queue.pop_front();
                    }
                },
            }
        }
        Ok(false)
    }
}
