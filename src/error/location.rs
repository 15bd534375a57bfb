//! The place in a file that an error points at.

use std::fmt;

use serde::Serialize;

/// Where in a file an error is: line and column count characters from 1.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Location {
    /// The file, as the user would name it.
    pub file: String,
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// The text of that line, without its line break.
    pub excerpt: String,
}

/// A line that is longer, in bytes, is shown up to a little behind the place only, or not at all.
const LONGEST_EXCERPT: usize = 4096;

impl Location {
    /// The location of a byte offset of `text`, which is the content of `file`.
    #[must_use]
    pub fn of_offset(file: impl Into<String>, text: &str, offset: usize) -> Self {
        let mut offset = offset.min(text.len());
        while !text.is_char_boundary(offset) {
            offset -= 1;
        }
        let start = text[..offset].rfind('\n').map_or(0, |newline| newline + 1);
        let mut end = text[start..].find('\n').map_or(text.len(), |length| start + length);
        if end - start > LONGEST_EXCERPT {
            // A dump may hold lines of many megabytes.
            end = if offset - start > LONGEST_EXCERPT { start } else { (offset + 200).min(end) };
            while !text.is_char_boundary(end) {
                end -= 1;
            }
        }
        Self {
            file: file.into(),
            line: text[..start].matches('\n').count() + 1,
            column: text[start..offset].chars().count() + 1,
            excerpt: text[start..end].trim_end_matches('\r').to_owned(),
        }
    }
}

impl fmt::Display for Location {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}:{}", self.file, self.line, self.column)
    }
}
