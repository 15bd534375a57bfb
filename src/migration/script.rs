//! What makes a file unfit to be run, found before any database is touched.

use crate::error::{Explain, Kind, Location};
use crate::migration::directive_problem::DirectiveProblem;
use crate::sql::scanner::Unterminated;

/// Why a text is not a script that can be run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Problem {
    /// A NUL byte; the server cannot store or parse one.
    NulByte,
    /// Bytes that are not UTF-8, at this offset of the file.
    InvalidUtf8 {
        /// The offset of the first bad byte, from 0.
        offset: usize,
    },
    /// A quote or comment that never ends.
    Unterminated(Unterminated),
    /// The data of `COPY ... FROM stdin` never ends.
    UnterminatedCopy,
    /// Something other than a comment stands behind `COPY ... FROM stdin;` on its line.
    TextBehindCopy,
    /// A command of psql.
    MetaCommand(String),
    /// It switches `standard_conforming_strings` off.
    OtherStrings,
    /// A `-- crmctl: ...` comment that cannot be followed.
    Directive(DirectiveProblem),
}

/// A script that is refused, and the place in it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", .problem.sentence())]
pub struct ScriptError {
    /// Why.
    pub problem: Problem,
    /// Where.
    pub at: Location,
}

impl Problem {
    fn sentence(&self) -> String {
        match self {
            Self::NulByte => "the file holds a NUL byte".to_owned(),
            Self::InvalidUtf8 { offset } => format!("the file is not UTF-8: bad byte at offset {offset}"),
            Self::Unterminated(Unterminated::Text) => "the string that begins here never ends".to_owned(),
            Self::Unterminated(Unterminated::QuotedName) => {
                "the quoted name that begins here never ends".to_owned()
            }
            Self::Unterminated(Unterminated::DollarQuote) => {
                "the dollar quoted string that begins here never ends".to_owned()
            }
            Self::Unterminated(Unterminated::Comment) => "the comment that begins here never ends".to_owned(),
            Self::UnterminatedCopy => "the data of this `COPY` never ends".to_owned(),
            Self::TextBehindCopy => {
                "the data of `COPY ... FROM stdin` must begin on a line of its own".to_owned()
            }
            Self::MetaCommand(command) => format!("`{command}` is a command of psql, not SQL"),
            Self::OtherStrings => {
                "`standard_conforming_strings` is switched off, and strings behind it would end elsewhere"
                    .to_owned()
            }
            Self::Directive(problem) => problem.sentence(),
        }
    }
}

impl Explain for ScriptError {
    fn kind(&self) -> Kind {
        Kind::Refused
    }

    fn help(&self) -> Option<String> {
        Some(
            match &self.problem {
                Problem::NulByte | Problem::InvalidUtf8 { .. } => "save the file as UTF-8 without NUL bytes",
                Problem::Unterminated(Unterminated::Comment) => {
                    "close it with `*/`; comments nest, so each `/*` needs one"
                }
                Problem::Unterminated(Unterminated::DollarQuote) => {
                    "close it with exactly the tag that opened it; upper and lower case differ"
                }
                Problem::OtherStrings => "remove it, and write strings with backslashes as `E'...'`",
                Problem::Directive(problem) => return Some(problem.help()),
                Problem::Unterminated(_) => "close it, or double the quote inside it",
                Problem::UnterminatedCopy => "end the data with a line that holds only `\\.`",
                Problem::TextBehindCopy => "put a line break behind the `;`",
                Problem::MetaCommand(_) => {
                    "remove the line, or write it as SQL; of psql's commands only `\\restrict` and `\\unrestrict` are skipped"
                }
            }
            .to_owned(),
        )
    }

    fn location(&self) -> Option<Location> {
        Some(self.at.clone())
    }
}

/// The text of a file without its byte order mark; `file` is its name in messages.
///
/// Refuses NUL bytes and anything that is not UTF-8.
pub fn decode(file: &str, bytes: Vec<u8>) -> Result<String, ScriptError> {
    if let Some(offset) = bytes.iter().position(|&byte| byte == 0) {
        let before = String::from_utf8_lossy(&bytes[..offset]);
        return Err(refusal(Problem::NulByte, file, &before));
    }
    match String::from_utf8(bytes) {
        Ok(mut text) => {
            if text.starts_with('\u{feff}') {
                text.drain(..'\u{feff}'.len_utf8());
            }
            Ok(text)
        }
        Err(error) => {
            let offset = error.utf8_error().valid_up_to();
            let before = String::from_utf8_lossy(&error.as_bytes()[..offset]).into_owned();
            Err(refusal(Problem::InvalidUtf8 { offset }, file, &before))
        }
    }
}

fn refusal(problem: Problem, file: &str, before: &str) -> ScriptError {
    ScriptError { problem, at: Location::of_offset(file, before, before.len()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_byte_order_mark_is_taken_off() {
        assert_eq!(decode("a.sql", b"\xef\xbb\xbfselect 1".to_vec()).unwrap(), "select 1");
    }

    #[test]
    fn a_nul_byte_is_refused_with_its_place() {
        let error = decode("a.sql", b"select 1;\nab\0c".to_vec()).expect_err("there is a NUL byte");

        assert_eq!(error.problem, Problem::NulByte);
        assert_eq!(error.at.to_string(), "a.sql:2:3");
    }

    #[test]
    fn text_that_is_not_utf8_is_refused_with_its_byte_offset() {
        let error = decode("a.sql", b"-- caf\xe9".to_vec()).expect_err("latin1 is not UTF-8");

        assert_eq!(error.to_string(), "the file is not UTF-8: bad byte at offset 6");
        assert_eq!(error.at.to_string(), "a.sql:1:7");
    }
}
