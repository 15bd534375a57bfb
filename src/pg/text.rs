//! SQL that is too long to be copied: it stays where it is, and is quoted piece by piece while it is sent.

use bytes::{BufMut, Bytes, BytesMut};

/// SQL put together from parts, some of which are shared with whoever owns them.
#[derive(Debug, Clone, Default)]
pub struct SqlText {
    parts: Vec<Part>,
    /// What was pushed as text since the last shared part.
    open: String,
}

#[derive(Debug, Clone)]
enum Part {
    Plain(Bytes),
    /// A text whose quotes are doubled on the way; and its backslashes, inside an `E'...'` string.
    Quoted {
        text: Bytes,
        escape: bool,
    },
}

impl SqlText {
    /// Adds SQL.
    pub fn push(&mut self, sql: &str) {
        self.open.push_str(sql);
    }

    /// Adds SQL that is not copied.
    pub fn push_shared(&mut self, sql: Bytes) {
        self.close();
        self.parts.push(Part::Plain(sql));
    }

    /// Adds a text as an SQL literal, as [`super::literal`] writes it, without copying it.
    pub fn push_literal(&mut self, text: Bytes) {
        let escape = text.contains(&b'\\');
        self.open.push_str(if escape { " E'" } else { "'" });
        self.close();
        self.parts.push(Part::Quoted { text, escape });
        self.open.push('\'');
    }

    /// Adds other SQL at the end.
    pub fn append(&mut self, other: Self) {
        self.close();
        self.parts.extend(other.parts);
        self.open = other.open;
    }

    fn close(&mut self) {
        if !self.open.is_empty() {
            self.parts.push(Part::Plain(Bytes::from(std::mem::take(&mut self.open))));
        }
    }

    /// Its length as it is sent, in bytes.
    pub(crate) fn length(&self) -> usize {
        self.parts.iter().map(Part::length).sum::<usize>() + self.open.len()
    }

    /// Whether it holds a NUL byte, which no SQL may.
    pub(crate) fn has_nul(&self) -> bool {
        let bytes = self.parts.iter().map(|part| {
            let (Part::Plain(text) | Part::Quoted { text, .. }) = part;
            &text[..]
        });
        bytes.chain([self.open.as_bytes()]).any(|bytes| bytes.contains(&0))
    }

    /// What is sent, piece by piece.
    pub(crate) fn pieces(mut self) -> Pieces {
        self.close();
        self.parts.reverse();
        Pieces { rest: self.parts }
    }
}

impl From<String> for SqlText {
    fn from(sql: String) -> Self {
        Self { parts: Vec::new(), open: sql }
    }
}

impl From<&str> for SqlText {
    fn from(sql: &str) -> Self {
        Self { parts: Vec::new(), open: sql.to_owned() }
    }
}

impl std::fmt::Display for SqlText {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut bytes = BytesMut::new();
        let mut pieces = self.clone().pieces();
        while pieces.next_into(&mut bytes) {}
        formatter.write_str(&String::from_utf8_lossy(&bytes))
    }
}

impl Part {
    fn length(&self) -> usize {
        match self {
            Self::Plain(text) => text.len(),
            Self::Quoted { text, escape } => {
                text.len() + text.iter().filter(|byte| is_doubled(**byte, *escape)).count()
            }
        }
    }
}

fn is_doubled(byte: u8, escape: bool) -> bool {
    byte == b'\'' || (escape && byte == b'\\')
}

/// The parts that are still to be sent, the next one last.
#[derive(Debug)]
pub(crate) struct Pieces {
    rest: Vec<Part>,
}

/// Bytes of a part that are taken at once.
const PIECE: usize = 32 * 1024;

impl Pieces {
    /// Adds the next piece to a buffer. False when there is none left.
    pub(crate) fn next_into(&mut self, buffer: &mut BytesMut) -> bool {
        let Some(part) = self.rest.last_mut() else { return false };
        let (Part::Plain(text) | Part::Quoted { text, .. }) = part;
        let piece = text.split_to(text.len().min(PIECE));
        let is_last = text.is_empty();
        match part {
            Part::Plain(_) => buffer.extend_from_slice(&piece),
            Part::Quoted { escape, .. } => {
                for byte in &piece {
                    if is_doubled(*byte, *escape) {
                        buffer.put_u8(*byte);
                    }
                    buffer.put_u8(*byte);
                }
            }
        }
        if is_last {
            self.rest.pop();
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pg::literal;

    #[test]
    fn a_text_is_quoted_as_a_literal_is() {
        for text in ["", "plain", "it's", r"a\'b", "ä'\n\\"] {
            let mut sql = SqlText::from("select ");
            sql.push_literal(Bytes::copy_from_slice(text.as_bytes()));
            sql.push(";");

            assert_eq!(sql.to_string(), format!("select {};", literal(text)));
            assert_eq!(sql.length(), sql.to_string().len());
        }
    }

    #[test]
    fn a_long_text_is_sent_in_pieces_and_whole() {
        let long = "it's ".repeat(50_000);
        let mut sql = SqlText::default();
        sql.push_literal(Bytes::from(long.clone()));

        let mut pieces = sql.clone().pieces();
        let mut buffer = BytesMut::new();
        assert!(pieces.next_into(&mut buffer) && pieces.next_into(&mut buffer));
        assert!(buffer.len() <= 2 * PIECE + 1, "{} bytes at once", buffer.len());
        assert_eq!(sql.to_string(), literal(&long));
    }
}
