//! The lexer: SQL text cut into tokens, in one pass over its bytes.
//!
//! It follows the server's own lexer as far as the borders of tokens go, so that nothing inside a quote, a
//! comment or a function body is ever taken for a keyword or for the end of a statement.

use std::ops::Range;

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenKind {
    /// White space.
    Space,
    /// `-- ...` up to, not including, the line break; or a whole `/* ... */`, nested ones included.
    Comment,
    /// An unquoted identifier or keyword.
    Word,
    /// `"..."` or `U&"..."`.
    QuotedName,
    /// `'...'` with any prefix, or a dollar quoted string.
    Text,
    /// A number, or a parameter such as `$1`.
    Number,
    /// Any other single byte: punctuation and operators.
    Symbol(u8),
    /// A backslash outside of quotes: the start of a psql command.
    Backslash,
}

impl TokenKind {
    /// Whether the server ignores it.
    #[must_use]
    pub fn is_trivia(self) -> bool {
        matches!(self, Self::Space | Self::Comment)
    }
}

/// A piece of the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// What it is.
    pub kind: TokenKind,
    /// Where it is, in bytes.
    pub range: Range<usize>,
}

/// Something that begins and never ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unterminated {
    /// A `'...'` string.
    Text,
    /// A `"..."` name.
    QuotedName,
    /// A `$tag$ ... $tag$` string.
    DollarQuote,
    /// A `/* ... */` comment.
    Comment,
}

/// Where an unterminated thing begins, and what it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ScanError {
    /// What never ends.
    pub what: Unterminated,
    /// Where it begins, in bytes.
    pub offset: usize,
}

/// Walks over a text token by token. All tokens together are the text, byte for byte.
#[derive(Debug, Clone)]
pub struct Scanner<'a> {
    bytes: &'a [u8],
    position: usize,
    end: usize,
}

impl<'a> Scanner<'a> {
    /// Over the whole text.
    #[must_use]
    pub fn new(text: &'a str) -> Self {
        Self::over(text, 0..text.len())
    }

    /// Over a part of the text; the ranges of the tokens count from the start of the whole text.
    #[must_use]
    pub fn over(text: &'a str, range: Range<usize>) -> Self {
        Self { bytes: text.as_bytes(), position: range.start, end: range.end.min(text.len()) }
    }

    /// Where the next token begins.
    #[must_use]
    pub fn position(&self) -> usize {
        self.position
    }

    /// Goes on at another place; for data that is not SQL, such as that of `COPY`.
    pub fn jump(&mut self, position: usize) {
        self.position = position;
    }

    fn at(&self, index: usize) -> Option<u8> {
        if index < self.end { Some(self.bytes[index]) } else { None }
    }

    fn skip(&self, from: usize, belongs: impl Fn(u8) -> bool) -> usize {
        let rest = &self.bytes[from.min(self.end)..self.end];
        from + rest.iter().position(|&byte| !belongs(byte)).unwrap_or(rest.len())
    }

    fn token(&self, start: usize, first: u8) -> Result<(TokenKind, usize), ScanError> {
        let second = self.at(start + 1);
        Ok(match first {
            byte if is_space(byte) => (TokenKind::Space, self.skip(start, is_space)),
            b'-' if second == Some(b'-') => (TokenKind::Comment, self.skip(start, stays_on_line)),
            b'/' if second == Some(b'*') => (TokenKind::Comment, self.block_comment(start)?),
            b'\'' => (TokenKind::Text, self.quoted(start, start, b'\'')?),
            b'"' => (TokenKind::QuotedName, self.quoted(start, start, b'"')?),
            b'$' => self.dollar(start)?,
            b'\\' => (TokenKind::Backslash, start + 1),
            byte if byte.is_ascii_digit() => (
                TokenKind::Number,
                self.skip(start, |byte| byte.is_ascii_alphanumeric() || b"_.".contains(&byte)),
            ),
            byte if starts_name(byte) => self.word(start)?,
            byte => (TokenKind::Symbol(byte), start + 1),
        })
    }

    fn block_comment(&self, start: usize) -> Result<usize, ScanError> {
        let mut depth = 0_usize;
        let mut index = start;
        while index + 1 < self.end {
            match (self.bytes[index], self.bytes[index + 1]) {
                (b'/', b'*') => {
                    depth += 1;
                    index += 2;
                }
                (b'*', b'/') => {
                    depth -= 1;
                    index += 2;
                    if depth == 0 {
                        return Ok(index);
                    }
                }
                _ => index += 1,
            }
        }
        Err(ScanError { what: Unterminated::Comment, offset: start })
    }

    /// The end of a quote that opens at `open`; doubled quotes belong to it.
    fn quoted(&self, start: usize, open: usize, quote: u8) -> Result<usize, ScanError> {
        let mut index = open + 1;
        loop {
            index = self.skip(index, |byte| byte != quote);
            if index >= self.end {
                let what = if quote == b'"' { Unterminated::QuotedName } else { Unterminated::Text };
                return Err(ScanError { what, offset: start });
            }
            if self.at(index + 1) != Some(quote) {
                return Ok(index + 1);
            }
            index += 2;
        }
    }

    /// The end of an `E'...'` string, in which a backslash takes the next byte with it.
    fn escaped(&self, start: usize, open: usize) -> Result<usize, ScanError> {
        let mut index = open + 1;
        while index < self.end {
            match self.bytes[index] {
                b'\\' => index += 2,
                b'\'' if self.at(index + 1) == Some(b'\'') => index += 2,
                b'\'' => match self.continuation(index + 1) {
                    Some(next) => index = next + 1,
                    None => return Ok(index + 1),
                },
                _ => index += 1,
            }
        }
        Err(ScanError { what: Unterminated::Text, offset: start })
    }

    /// A string goes on, with the same rules for backslashes, when only white space with a line break (and
    /// line comments) stands between two of its pieces. Returns where the next piece opens.
    fn continuation(&self, from: usize) -> Option<usize> {
        let mut index = from;
        let mut broken = false;
        loop {
            match self.at(index)? {
                byte if is_space(byte) => {
                    broken |= byte == b'\n' || byte == b'\r';
                    index += 1;
                }
                b'-' if self.at(index + 1) == Some(b'-') => index = self.skip(index, stays_on_line),
                b'\'' if broken => return Some(index),
                _ => return None,
            }
        }
    }

    fn dollar(&self, start: usize) -> Result<(TokenKind, usize), ScanError> {
        if self.at(start + 1).is_some_and(|byte| byte.is_ascii_digit()) {
            return Ok((TokenKind::Number, self.skip(start + 1, |byte| byte.is_ascii_digit())));
        }
        let tag_end = if self.at(start + 1).is_some_and(starts_name) {
            self.skip(start + 1, |byte| continues_name(byte) && byte != b'$')
        } else {
            start + 1
        };
        if self.at(tag_end) != Some(b'$') {
            return Ok((TokenKind::Symbol(b'$'), start + 1));
        }
        let tag = &self.bytes[start..=tag_end];
        let mut index = tag_end + 1;
        loop {
            index = self.skip(index, |byte| byte != b'$');
            if index >= self.end {
                return Err(ScanError { what: Unterminated::DollarQuote, offset: start });
            }
            if self.bytes[index..self.end].starts_with(tag) {
                return Ok((TokenKind::Text, index + tag.len()));
            }
            index += 1;
        }
    }

    fn word(&self, start: usize) -> Result<(TokenKind, usize), ScanError> {
        let end = self.skip(start, continues_name);
        let prefix = if end - start == 1 { self.bytes[start].to_ascii_lowercase() } else { 0 };
        Ok(match (prefix, self.at(end), self.at(end + 1)) {
            (b'e', Some(b'\''), _) => (TokenKind::Text, self.escaped(start, end)?),
            (b'b' | b'x' | b'n', Some(b'\''), _) => (TokenKind::Text, self.quoted(start, end, b'\'')?),
            (b'u', Some(b'&'), Some(b'\'')) => (TokenKind::Text, self.quoted(start, end + 1, b'\'')?),
            (b'u', Some(b'&'), Some(b'"')) => (TokenKind::QuotedName, self.quoted(start, end + 1, b'"')?),
            _ => (TokenKind::Word, end),
        })
    }
}

impl Iterator for Scanner<'_> {
    type Item = Result<Token, ScanError>;

    fn next(&mut self) -> Option<Self::Item> {
        let start = self.position;
        let first = self.at(start)?;
        match self.token(start, first) {
            Ok((kind, end)) => {
                self.position = end;
                Some(Ok(Token { kind, range: start..end }))
            }
            Err(error) => {
                self.position = self.end;
                Some(Err(error))
            }
        }
    }
}

fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | 0x0b | 0x0c)
}

/// The server ends a line comment at a lone carriage return, too.
fn stays_on_line(byte: u8) -> bool {
    byte != b'\n' && byte != b'\r'
}

fn starts_name(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || byte == b'_' || byte >= 0x80
}

fn continues_name(byte: u8) -> bool {
    starts_name(byte) || byte.is_ascii_digit() || byte == b'$'
}

#[cfg(test)]
mod tests;
