//! Reading a script of any size piece by piece: statements as text, the data of `COPY` as a stream.
//!
//! `pg_dump`'s plain format is many gigabytes for some; memory holds one statement or one chunk of rows at a time.

use std::io::{BufRead, Read};

use bytes::Bytes;

use crate::backup::error::BackupError;
use crate::migration::script::Problem;
use crate::migration::statement::split;
use crate::sql::scanner::{ScanError, Scanner, Unterminated};

/// COPY data are handed on in chunks of about this size.
const CHUNK: usize = 64 * 1024;
/// No statement of a backup is longer; one that seems to be is a quote that never ends.
const LONGEST_STATEMENT: usize = 32 * 1024 * 1024;

/// A piece of a script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// A whole statement, and the line it begins on.
    Statement {
        /// Its text with its `;`.
        sql: String,
        /// Its first line, from 1.
        line: u64,
    },
    /// A `COPY .. FROM stdin`; its data follow.
    Copy {
        /// Its text with its `;`.
        sql: String,
        /// Its first line, from 1.
        line: u64,
    },
    /// Rows, or parts of rows.
    Data(Bytes),
    /// The data are complete.
    End,
}

/// Cuts what a reader yields into pieces.
pub struct ScriptReader<R> {
    reader: R,
    file: String,
    line: u64,
    in_copy: bool,
    /// The statement as far as it was read.
    pending: String,
    /// The line of its first word.
    first_line: u64,
    /// The dollar quote it is in: until that is closed there is no use in looking for its end.
    quote: Option<String>,
}

impl<R: BufRead> ScriptReader<R> {
    /// Reads from `reader`; `file` names it in messages.
    pub fn new(reader: R, file: impl Into<String>) -> Self {
        Self {
            reader,
            file: file.into(),
            line: 0,
            in_copy: false,
            pending: String::new(),
            first_line: 1,
            quote: None,
        }
    }

    /// The next piece; nothing at the end.
    pub fn next_piece(&mut self) -> Result<Option<Piece>, BackupError> {
        if self.in_copy { self.data().map(Some) } else { self.statement() }
    }

    fn data(&mut self) -> Result<Piece, BackupError> {
        let mut chunk = Vec::with_capacity(CHUNK + 1024);
        let mut at_line_start = true;
        loop {
            let start = chunk.len();
            let limit = (2 * CHUNK) as u64;
            let count = (&mut self.reader).take(limit).read_until(b'\n', &mut chunk);
            if count.map_err(|error| self.unreadable(&error))? == 0 {
                return Err(self.error(self.line, "the file ends in the middle of the data of a `COPY`"));
            }
            let whole_line = chunk.ends_with(b"\n");
            self.line += u64::from(whole_line);
            if at_line_start && matches!(&chunk[start..], b"\\.\n" | b"\\.\r\n" | b"\\.") {
                // Seen again by the next call when rows are to be handed on first.
                if start == 0 {
                    self.in_copy = false;
                    return Ok(Piece::End);
                }
                chunk.truncate(start);
                self.in_copy = false;
                self.quote = Some(END_OF_COPY.to_owned());
                return Ok(Piece::Data(chunk.into()));
            }
            at_line_start = whole_line;
            // Chunks end with a line, so that the next one starts at one.
            if whole_line && chunk.len() >= CHUNK {
                return Ok(Piece::Data(chunk.into()));
            }
            if chunk.len() > LONGEST_STATEMENT {
                return Err(self.error(self.line, "a row is longer than 32 MB"));
            }
        }
    }

    fn statement(&mut self) -> Result<Option<Piece>, BackupError> {
        if self.quote.as_deref() == Some(END_OF_COPY) {
            self.quote = None;
            return Ok(Some(Piece::End));
        }
        loop {
            let mut bytes = Vec::new();
            let limit = LONGEST_STATEMENT as u64;
            let count = (&mut self.reader).take(limit).read_until(b'\n', &mut bytes);
            if count.map_err(|error| self.unreadable(&error))? == 0 {
                return self.at_end();
            }
            self.line += 1;
            let line = String::from_utf8(bytes).map_err(|_| self.error(self.line, "it is not UTF-8"))?;
            if self.is_blank() {
                self.pending.clear();
                self.first_line = self.line;
                // Lines that only psql understands, and comments that nobody needs between statements.
                if line.starts_with("\\restrict")
                    || line.starts_with("\\unrestrict")
                    || line.starts_with("--")
                {
                    continue;
                }
            }
            self.pending.push_str(&line);
            if self.pending.len() > LONGEST_STATEMENT {
                return Err(self.error(self.first_line, "a statement is longer than 32 MB"));
            }
            if let Some(piece) = self.try_to_end(&line)? {
                return Ok(Some(piece));
            }
        }
    }

    /// The pending statement, if this line is its last.
    fn try_to_end(&mut self, line: &str) -> Result<Option<Piece>, BackupError> {
        match &self.quote {
            Some(tag) if !line.contains(tag.as_str()) => return Ok(None),
            _ => self.quote = None,
        }
        if !line.trim_end().ends_with(';') {
            self.remember_quote(line);
            return Ok(None);
        }
        let statements = match split(&self.file, &self.pending) {
            Ok(statements) => statements,
            Err(error) => match error.problem {
                Problem::UnterminatedCopy => {
                    self.in_copy = true;
                    let sql = std::mem::take(&mut self.pending);
                    return Ok(Some(Piece::Copy { sql, line: self.first_line }));
                }
                Problem::Unterminated(_) => {
                    self.remember_quote(line);
                    return Ok(None);
                }
                Problem::NulByte
                | Problem::InvalidUtf8 { .. }
                | Problem::TextBehindCopy
                | Problem::MetaCommand(_)
                | Problem::OtherStrings
                | Problem::Directive(_) => {
                    return Err(self.error(self.line, &error.to_string()));
                }
            },
        };
        let ends = statements
            .last()
            .is_some_and(|last| self.pending[last.range.end..].trim_start().starts_with(';'));
        if !ends {
            return Ok(None);
        }
        let sql = std::mem::take(&mut self.pending);
        Ok(Some(Piece::Statement { sql, line: self.first_line }))
    }

    /// Finds out whether the statement is inside of a dollar quote, when this line may have opened one.
    fn remember_quote(&mut self, line: &str) {
        if !line.contains('$') {
            return;
        }
        let open = Scanner::new(&self.pending).find_map(Result::err);
        if let Some(ScanError { what: Unterminated::DollarQuote, offset }) = open {
            let rest = &self.pending[offset + 1..];
            self.quote = rest.find('$').map(|end| self.pending[offset..=offset + 1 + end].to_owned());
        }
    }

    fn is_blank(&self) -> bool {
        self.quote.is_none()
            && (self.pending.is_empty()
                || (self.pending.len() < 4096
                    && Scanner::new(&self.pending)
                        .all(|token| token.is_ok_and(|token| token.kind.is_trivia()))))
    }

    fn at_end(&mut self) -> Result<Option<Piece>, BackupError> {
        if self.is_blank() {
            return Ok(None);
        }
        Err(self.error(self.first_line, "the file ends in the middle of a statement"))
    }

    fn unreadable(&self, error: &std::io::Error) -> BackupError {
        self.error(self.line, &format!("it cannot be read any further: {error}"))
    }

    fn error(&self, line: u64, problem: &str) -> BackupError {
        BackupError::Script { file: self.file.clone(), line: line.max(1), problem: problem.to_owned() }
    }
}

/// Stands in [`ScriptReader::quote`] when the end of a COPY was read and is still to be told.
const END_OF_COPY: &str = "\\.";

#[cfg(test)]
mod tests;
