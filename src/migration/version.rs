//! The version of a migration and the checksum of its text.

use std::fmt;

use serde::Serialize;
use sha2::{Digest, Sha256};

/// The digits before the first underscore of a file name. Ordered as text, as the Supabase CLI does: `3` comes
/// after `2026`. With 14-digit times both orders are the same.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Version(String);

/// A version that is not made of digits.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a version: only digits are")]
pub struct NotAVersion(pub String);

impl Version {
    /// A version as it stands in a history table; whatever it is made of.
    #[must_use]
    pub fn stored(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// Its text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::str::FromStr for Version {
    type Err = NotAVersion;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
            Ok(Self(text.to_owned()))
        } else {
            Err(NotAVersion(text.to_owned()))
        }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        // One from a history may hold anything, and this is shown on terminals.
        if self.0.chars().any(char::is_control) {
            return formatter.pad(&self.0.replace(char::is_control, " "));
        }
        formatter.pad(&self.0)
    }
}

/// The SHA-256 of a text, blind to line breaks of Windows and to white space at the end of lines and of the text.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(transparent)]
pub struct Checksum(String);

impl Checksum {
    /// The checksum of a text.
    #[must_use]
    pub fn of(text: &str) -> Self {
        let mut hasher = Sha256::new();
        each_line(text, |piece| hasher.update(piece));
        Self(hexadecimal(&hasher.finalize()))
    }

    /// A checksum as it stands in a table: 64 hexadecimal digits.
    #[must_use]
    pub fn stored(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// Its hexadecimal digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Checksum {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// A text without what an editor or git may change on its own: line breaks of Windows, trailing white space.
pub(crate) fn normalised(text: &str) -> String {
    let mut result = String::with_capacity(text.len());
    each_line(text, |piece| result.push_str(piece));
    result
}

/// The same piece by piece: a text of many megabytes is not copied.
fn each_line(text: &str, mut take: impl FnMut(&str)) {
    for line in text.trim_end().split('\n') {
        take(line.trim_end());
        take("\n");
    }
}

pub(crate) fn hexadecimal(bytes: &[u8]) -> String {
    use fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        write!(text, "{byte:02x}").expect("writing to a string cannot fail");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_ordered_as_text() {
        let mut versions = ["3", "20260101000000", "10"].map(Version::stored);
        versions.sort();

        assert_eq!(versions.map(|version| version.to_string()), ["10", "20260101000000", "3"]);
    }

    #[test]
    fn a_version_from_a_history_does_not_move_the_cursor() {
        assert_eq!(Version::stored("1\u{1b}[2J\n2").to_string(), "1 [2J 2");
    }

    #[test]
    fn a_version_is_made_of_digits() {
        assert!("20260101".parse::<Version>().is_ok());
        assert!("".parse::<Version>().is_err());
        assert!("1a".parse::<Version>().is_err());
    }

    #[test]
    fn line_breaks_and_trailing_white_space_do_not_change_the_checksum() {
        let plain = Checksum::of("select 1;\nselect 2;\n");

        assert_eq!(plain, Checksum::of("select 1;  \r\nselect 2;\t\r\n\r\n"));
        assert_eq!(plain, Checksum::of("select 1;\nselect 2;"));
        assert_ne!(plain, Checksum::of("select 1;\n select 2;"));
    }

    #[test]
    fn a_checksum_is_64_hexadecimal_digits() {
        assert_eq!(
            Checksum::of("").as_str(),
            "01ba4719c80b6fe911b091a7c05124b64eeece964e09c058ef8f9805daca546b",
            "the text is one line break once normalised"
        );
    }
}
