//! Fail-stop pipelining: simple queries and COPY, many in flight, answers in order.
//!
//! Messages are queued with [`Wire::query`], [`Wire::copy_in`] and [`Wire::copy_out`] and their answers fetched
//! one by one with [`Wire::answer`]. Reading and writing go on together, so neither side can block the other,
//! and only a bounded amount is held in memory. A server that failed a COPY ignores the data that was sent
//! after it (protocol, section "COPY Operations"), so inside a transaction nothing can be half applied.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::BytesMut;
use fallible_iterator::FallibleIterator;
use postgres_protocol::message::backend::Message;
use tokio::io::{AsyncRead, ReadBuf};

use crate::pg::copy::{Chunk, CopySink, CopySource};
use crate::pg::expected::{Expected, Rows};
use crate::pg::message::{self, invalid};
use crate::pg::outbox::Outbox;
use crate::pg::row;
use crate::pg::stream::Shared;
use crate::pg::text::SqlText;
use crate::pg::{Answer, PgError, PgResult, Row, ServerError};

/// Bytes asked of the stream at once.
const READ_BUFFER: usize = 32 * 1024;

/// One connection's protocol state.
pub(crate) struct Wire {
    stream: Shared,
    address: String,
    space: Box<[u8]>,
    incoming: BytesMut,
    outbox: Outbox,
    expected: VecDeque<Expected>,
    current: Answer,
    columns: Arc<[String]>,
    /// Bytes of the present row of a `copy .. to stdout` that are still to come: huge rows are passed on in pieces.
    row_rest: usize,
    /// Why nothing can be asked any more: answers no longer belong to questions.
    dead: Option<String>,
}

impl Wire {
    pub(crate) fn new(stream: Shared, address: String) -> Self {
        Self {
            stream,
            address,
            space: vec![0; READ_BUFFER].into_boxed_slice(),
            incoming: BytesMut::with_capacity(READ_BUFFER),
            outbox: Outbox::new(),
            expected: VecDeque::new(),
            current: Answer::default(),
            columns: Arc::new([]),
            row_rest: 0,
            dead: None,
        }
    }

    /// Messages whose answers have not been fetched.
    pub(crate) fn in_flight(&self) -> usize {
        self.expected.len()
    }

    /// Queues one simple query message: one or more statements.
    pub(crate) fn query(&mut self, sql: impl Into<SqlText>) -> PgResult<()> {
        self.expect(sql.into(), None)
    }

    /// Queues `copy .. to stdout`, whose data go to `sink`.
    pub(crate) fn copy_out(&mut self, sql: &str, sink: CopySink) -> PgResult<()> {
        self.expect(sql.into(), Some(sink))
    }

    /// Queues `copy .. from stdin` and its data, without waiting for the server to ask for them.
    pub(crate) fn copy_in(&mut self, sql: &str, source: CopySource) -> PgResult<()> {
        self.expect(sql.into(), None)?;
        if let Some(expected) = self.expected.back_mut() {
            expected.has_source = true;
        }
        self.outbox.push_copy(source);
        Ok(())
    }

    /// The rows that come for the message queued last are read by nobody, whatever they hold and however many there are.
    pub(crate) fn ignore_rows(&mut self) {
        if let Some(expected) = self.expected.back_mut() {
            expected.rows = Rows::Ignored;
        }
    }

    /// The rows that come for the message queued last go to `reader`, which must not take long.
    pub(crate) fn give_rows(&mut self, reader: impl FnMut(Row) + Send + 'static) {
        if let Some(expected) = self.expected.back_mut() {
            expected.rows = Rows::Given(Box::new(reader));
        }
    }

    fn expect(&mut self, sql: SqlText, sink: Option<CopySink>) -> PgResult<()> {
        if let Some(reason) = &self.dead {
            return Err(PgError::Lost { address: self.address.clone(), reason: reason.clone() });
        }
        self.outbox.push(sql).map_err(|error| PgError::Protocol(error.to_string()))?;
        self.expected.push_back(Expected { sink, has_source: false, rows: Rows::Kept });
        Ok(())
    }

    /// The answer to the oldest message: resolves when the server is ready for the next one.
    ///
    /// Cancel safe: a dropped future loses nothing, the next call goes on where it stopped.
    pub(crate) async fn answer(&mut self) -> PgResult<Answer> {
        match poll_fn(|cx| self.poll_answer(cx)).await {
            Ok(answer) => Ok(answer),
            Err(error) => Err(self.lose(&error)),
        }
    }

    /// Writes what is queued without waiting for answers, as far as COPY sources have data.
    pub(crate) async fn flush(&mut self) -> PgResult<()> {
        match poll_fn(|cx| self.outbox.poll_send(&mut self.stream, cx)).await {
            Ok(()) => Ok(()),
            Err(error) => Err(self.lose(&error)),
        }
    }

    /// Gives up what was in flight: whoever waits at the other end of a COPY channel must hear of the end.
    fn lose(&mut self, error: &io::Error) -> PgError {
        let reason = match error.kind() {
            io::ErrorKind::UnexpectedEof => "the server closed it".to_owned(),
            _ => error.to_string(),
        };
        match error.kind() {
            io::ErrorKind::InvalidData => {
                self.give_up(&reason);
                PgError::Protocol(reason)
            }
            _ => self.give_up(&reason),
        }
    }

    /// Ends all talk: an answer that comes later must never be taken for that to another question.
    pub(crate) fn give_up(&mut self, reason: &str) -> PgError {
        self.outbox.clear();
        self.expected.clear();
        self.dead = Some(reason.to_owned());
        PgError::Lost { address: self.address.clone(), reason: reason.to_owned() }
    }

    fn poll_answer(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<Answer>> {
        if self.expected.is_empty() {
            return Poll::Ready(Err(invalid("no message is in flight")));
        }
        loop {
            // Sending first: a message may still sit in the queue. Pending here does not stop reading.
            let sending = match self.outbox.poll_send(&mut self.stream, cx) {
                Poll::Ready(Err(error)) => Some(error),
                Poll::Ready(Ok(())) | Poll::Pending => None,
            };
            loop {
                ready!(self.poll_sink(cx))?;
                if self.pass_rows_on() {
                    continue;
                }
                let Some(message) = message::next(&mut self.incoming)? else { break };
                if let Some(answer) = self.take_in(message).map_err(|error| invalid(&error.to_string()))? {
                    return Poll::Ready(Ok(answer));
                }
            }
            // What the server said before it closed is worth more than the failure to write or read.
            match ready!(self.poll_fill(cx)) {
                Ok(0) => return Poll::Ready(Err(self.farewell(sending))),
                Ok(_) => {}
                Err(error) => return Poll::Ready(Err(self.farewell(Some(error)))),
            }
        }
    }

    /// The error for a connection that ended: the server's last word, if it left one.
    fn farewell(&mut self, sending: Option<io::Error>) -> io::Error {
        match self.current.error.take() {
            Some(error) => io::Error::other(error.to_string()),
            None => sending.unwrap_or_else(|| io::ErrorKind::UnexpectedEof.into()),
        }
    }

    /// Ready when the sink of the present COPY has room: rows are not read faster than they are taken.
    fn poll_sink(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.expected.front_mut() {
            Some(Expected { sink: Some(sink), .. }) => sink.poll_ready(cx),
            _ => Poll::Ready(Ok(())),
        }
    }

    /// Takes one message in. An answer is complete when the server is ready for the next query.
    fn take_in(&mut self, message: Message) -> io::Result<Option<Answer>> {
        match message {
            Message::RowDescription(_) | Message::DataRow(_)
                if self.expected.front().is_some_and(|message| matches!(message.rows, Rows::Ignored)) => {}
            Message::RowDescription(body) => {
                let names: Vec<String> = body.fields().map(|field| Ok(field.name().to_owned())).collect()?;
                self.columns = names.into();
                self.current.results.push(Vec::new());
            }
            Message::DataRow(body) => {
                let row = Row::new(Arc::clone(&self.columns), row::values(&body)?);
                match (self.expected.front_mut(), self.current.results.last_mut()) {
                    (_, None) => return Err(invalid("a row without a description")),
                    (Some(Expected { rows: Rows::Given(reader), .. }), Some(_)) => reader(row),
                    (_, Some(rows)) => rows.push(row),
                }
            }
            Message::CommandComplete(body) => self.current.tags.push(body.tag()?.to_owned()),
            Message::ErrorResponse(body) => {
                self.current.error.get_or_insert(ServerError::from_fields(body.fields()));
            }
            Message::NoticeResponse(body) => {
                self.current.remark(ServerError::from_fields(body.fields()));
            }
            Message::ReadyForQuery(body) => {
                let mut answer = std::mem::take(&mut self.current);
                answer.status = body.status();
                self.expected.pop_front();
                if answer.status == b'E' {
                    // The server would ignore the data of every COPY that is still to come.
                    self.outbox.abandon_sources();
                }
                if self.expected.is_empty() {
                    self.outbox.land();
                }
                return Ok(Some(answer));
            }
            Message::CopyDone => {
                // Said by the server after the last row only: a sink dropped without it knows of the failure.
                if let Some(Expected { sink: Some(sink), .. }) = self.expected.front_mut() {
                    sink.put(Chunk::End);
                }
            }
            Message::CopyInResponse(_)
                if !self.expected.front().is_some_and(|message| message.has_source) =>
            {
                // It would wait for data for ever.
                return Err(invalid("it waits for the data of a COPY that crmctl did not take for one"));
            }
            Message::CopyInResponse(_)
            | Message::CopyOutResponse(_)
            | Message::CopyData(_)
            | Message::EmptyQueryResponse
            | Message::ParameterStatus(_)
            | Message::NotificationResponse(_) => {}
            _ => return Err(invalid("a message of another protocol phase")),
        }
        Ok(None)
    }

    /// Passes on what has come of the rows that are copied out. True when something was done.
    fn pass_rows_on(&mut self) -> bool {
        match self.expected.front_mut() {
            Some(Expected { sink: Some(sink), .. }) => sink.take_rows(&mut self.incoming, &mut self.row_rest),
            _ => false,
        }
    }

    /// Reads some bytes; 0 at the end of the stream.
    fn poll_fill(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        let mut buffer = ReadBuf::new(&mut self.space);
        ready!(Pin::new(&mut self.stream).poll_read(cx, &mut buffer))?;
        self.incoming.extend_from_slice(buffer.filled());
        Poll::Ready(Ok(buffer.filled().len()))
    }

    /// Says goodbye, so that the server does not log a lost connection.
    pub(crate) async fn say_goodbye(&mut self) {
        self.outbox.push_goodbye();
        // The connection is given up either way: a failure to say goodbye changes nothing.
        let _ = self.flush().await;
    }
}
