//! One file on its way to the server and back: its messages, their answers, and where in the file an error is.

use bytes::{Bytes, BytesMut};

use crate::error::{Failure, Location, Result};
use crate::migration::file::{MigrationFile, Segment};
use crate::migration::history_fault::{cannot_write, is_of_history};
use crate::migration::settings::ONLY_IN_TRANSACTION;
use crate::pg::{Answer, CopySource, Generator, PgError, PgResult, ServerError, SqlText, Writer};

/// The messages a file was sent in: where in the file each begins.
pub(crate) struct Messages(Vec<usize>);

/// Sends a file's text into the transaction that was begun and, with its last message, `end`.
pub(crate) fn send_file(writer: &mut Writer<'_>, file: &MigrationFile, end: SqlText) -> PgResult<Messages> {
    send_segments(writer, file, &file.segments(), end)
}

/// The same for a part of it.
pub(crate) fn send_segments(
    writer: &mut Writer<'_>,
    file: &MigrationFile,
    segments: &[Segment],
    end: SqlText,
) -> PgResult<Messages> {
    let bytes = file.bytes();
    let mut starts = Vec::new();
    let mut last = SqlText::default();
    for (index, segment) in segments.iter().enumerate() {
        match segment {
            Segment::Sql(range) => {
                starts.push(range.start);
                let mut sql = SqlText::default();
                sql.push_shared(bytes.slice(range.clone()));
                // The line break ends a comment that the file may end with.
                sql.push("\n; ");
                if index + 1 == segments.len() {
                    last = sql;
                } else {
                    sql.push(ONLY_IN_TRANSACTION);
                    writer.send_unread(sql)?;
                }
            }
            Segment::Copy { sql, data } => {
                starts.push(sql.start);
                let copy = format!("{}\n; {ONLY_IN_TRANSACTION}", &file.text[sql.clone()]);
                writer.send_copy_in(&copy, rows(bytes.slice(data.clone())))?;
                if index + 1 == segments.len() {
                    starts.push(file.text.len());
                }
            }
        }
    }
    if starts.is_empty() {
        starts.push(file.text.len());
    }
    last.push(ONLY_IN_TRANSACTION);
    last.push("; ");
    last.append(end);
    writer.send_unread(last)?;
    Ok(Messages(starts))
}

/// The data of a `COPY`, with the line breaks the server takes.
pub(crate) fn rows(mut data: Bytes) -> CopySource {
    const PIECE: usize = 64 * 1024;
    if !data.contains(&b'\r') {
        return CopySource::Memory(data);
    }
    CopySource::Generated(Generator(Box::new(move || {
        let mut length = data.len().min(PIECE);
        if data.get(length.wrapping_sub(1)) == Some(&b'\r') && data.len() > length {
            length += 1;
        }
        let piece = data.split_to(length);
        (!piece.is_empty()).then(|| without_carriage_returns(&piece))
    })))
}

fn without_carriage_returns(piece: &[u8]) -> Bytes {
    let mut result = BytesMut::with_capacity(piece.len());
    for (index, byte) in piece.iter().enumerate() {
        if *byte != b'\r' || piece.get(index + 1) != Some(&b'\n') {
            result.extend_from_slice(&[*byte]);
        }
    }
    result.freeze()
}

/// Fetches the answers to what [`send_file`] sent, and the server's remarks among them. The first error is told with
/// its place in the file.
pub(crate) async fn receive_file(
    writer: &mut Writer<'_>,
    file: &MigrationFile,
    messages: &Messages,
    begun: PgResult<Answer>,
) -> Result<Vec<String>> {
    let mut notices = Vec::new();
    let mut failure = match begun.and_then(Answer::ok) {
        Ok(_) => None,
        Err(error) => Some(Failure::from(error)),
    };
    for start in &messages.0 {
        match writer.receive().await {
            Ok(answer) => {
                let done = answer.tags.len();
                notices.extend(answer.notices.iter().map(|notice| in_words(file, notice)));
                if let Err(error) = answer.ok() {
                    failure.get_or_insert_with(|| explain(file, *start, done, error));
                }
            }
            Err(error @ PgError::Lost { .. }) => return Err(failure.unwrap_or_else(|| error.into())),
            Err(error) => {
                failure.get_or_insert_with(|| error.into());
            }
        }
    }
    failure.map_or(Ok(notices), Err)
}

/// What the server remarks on a file: `raise notice`, objects that were there already, and the like.
pub(crate) fn in_words(file: &MigrationFile, notice: &ServerError) -> String {
    format!("{}: {}: {}", file.shown(), notice.severity.to_lowercase(), notice.message)
}

/// An error with its place: where the server points, or else the statement that was running. `start` is where
/// the message begins in the file, `done` how many of its statements were completed.
pub(crate) fn explain(file: &MigrationFile, start: usize, done: usize, error: PgError) -> Failure {
    let PgError::Server(server) = &error else { return error.into() };
    if is_of_history(server) {
        return cannot_write(error).context(format!("in `{}`", file.shown()));
    }
    let offset = server
        .offset_in(file.text.get(start..).unwrap_or_default())
        .map(|offset| start + offset)
        .filter(|offset| *offset < file.text.len())
        .or_else(|| {
            let mut later = file.statements.iter().filter(|statement| statement.range.start >= start);
            later.nth(done).map(|statement| statement.code.unwrap_or(statement.range.start))
        });
    let position = offset.map(|offset| Location::of_offset(file.shown(), &file.text, offset));
    let message = context_of(server);
    let help = help_for(&server.code);
    let failure = Failure::from(error);
    let failure = match help {
        Some(help) => failure.with_help(help),
        None => failure,
    };
    let failure = if message.is_empty() { failure } else { failure.context(message) };
    match position {
        Some(location) => failure.at(location),
        None => failure.context(format!("in `{}`", file.shown())),
    }
}

/// What to do about errors that only a migration meets.
fn help_for(code: &str) -> Option<&'static str> {
    match code {
        "55P04" => Some(
            "put what uses the new value into the next file, or begin this one with `-- crmctl:no-transaction`, \
             which then runs statement by statement",
        ),
        "2D000" => Some(
            "what is called ends transactions itself: begin the file with `-- crmctl:no-transaction`, which then runs \
             statement by statement",
        ),
        "25001" => {
            Some("begin the file with `-- crmctl:no-transaction`, which then runs statement by statement")
        }
        "25P01" => Some("surround it with `begin;` and `commit;`: the file runs statement by statement"),
        _ => None,
    }
}

/// Where inside a function it happened, if it did.
fn context_of(error: &ServerError) -> String {
    error.context.as_deref().and_then(|context| context.lines().next()).unwrap_or_default().to_owned()
}
