//! Files such as `.env.production`: `KEY=value`, one a line.
//!
//! Errors name file and line and never show the line, for any line of such a file may be a secret.

use std::path::Path;

use crate::environment::Variables;
use crate::error::{Explain, Kind, Location};

/// What an env file holds.
#[derive(Debug, Clone)]
pub struct EnvFile {
    /// The file, as a person would name it.
    pub name: String,
    /// Its variables.
    pub variables: Variables,
    /// Whether others than its owner may read it.
    pub readable_by_others: bool,
}

/// Why an env file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum EnvFileError {
    /// The file cannot be read.
    #[error("cannot read `{name}`")]
    Read {
        /// The file.
        name: String,
        /// Why.
        source: std::io::Error,
    },
    /// A line that is none of `KEY=value`, comment and blank.
    #[error("`{name}` line {line}: {problem}")]
    Line {
        /// The file.
        name: String,
        /// The line, from 1.
        line: usize,
        /// What is wrong with it.
        problem: &'static str,
    },
}

impl Explain for EnvFileError {
    fn kind(&self) -> Kind {
        Kind::Usage
    }

    fn help(&self) -> Option<String> {
        match self {
            Self::Read { source, .. } if source.kind() == std::io::ErrorKind::NotFound => {
                Some("name a file that exists, or leave `--env-file` out".to_owned())
            }
            Self::Read { .. } => None,
            Self::Line { .. } => {
                Some("write `KEY=value`, with 'single quotes' around values with spaces".to_owned())
            }
        }
    }

    fn location(&self) -> Option<Location> {
        match self {
            Self::Read { .. } => None,
            Self::Line { name, line, .. } => {
                Some(Location { file: name.clone(), line: *line, column: 1, excerpt: String::new() })
            }
        }
    }
}

impl EnvFile {
    /// Reads a file; none if there is no such file.
    pub fn read(path: &Path, name: &str) -> Result<Option<Self>, EnvFileError> {
        let bytes = match std::fs::read(path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(EnvFileError::Read { name: name.to_owned(), source }),
        };
        let text = String::from_utf8(bytes).map_err(|error| {
            let line =
                error.as_bytes()[..error.utf8_error().valid_up_to()].split(|byte| *byte == b'\n').count();
            EnvFileError::Line { name: name.to_owned(), line, problem: "not UTF-8" }
        })?;
        let variables = parse(name, &text)?;
        Ok(Some(Self { name: name.to_owned(), variables, readable_by_others: is_readable_by_others(path) }))
    }

    /// Reads a file that the user named and that therefore must exist.
    pub fn read_named(path: &Path) -> Result<Self, EnvFileError> {
        let name = path.display().to_string();
        let missing =
            || EnvFileError::Read { name: name.clone(), source: std::io::ErrorKind::NotFound.into() };
        Self::read(path, &name)?.ok_or_else(missing)
    }
}

#[cfg(unix)]
fn is_readable_by_others(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::metadata(path).is_ok_and(|metadata| metadata.permissions().mode() & 0o044 != 0)
}

#[cfg(not(unix))]
fn is_readable_by_others(_path: &Path) -> bool {
    false
}

/// Reads `KEY=value` lines: `export`, quotes (also over several lines), comments, BOM and CRLF are understood;
/// `$NAME` is left as it is.
fn parse(name: &str, text: &str) -> Result<Variables, EnvFileError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut pairs = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let line = text[..text.len() - rest.len()].matches('\n').count() + 1;
        let wrong = |problem| EnvFileError::Line { name: name.to_owned(), line, problem };
        let (this_line, next) = rest.split_once('\n').unwrap_or((rest, ""));
        let trimmed = this_line.trim();
        if trimmed.is_empty() || trimmed.starts_with('#') {
            rest = next;
            continue;
        }
        let (key, _) = this_line.split_once('=').ok_or_else(|| wrong("has no `=`"))?;
        let after = &rest[key.len() + 1..];
        let key = key.trim();
        let key = key.strip_prefix("export ").unwrap_or(key).trim();
        if !is_name(key) {
            return Err(wrong("the name before `=` has characters other than letters, digits and `_`"));
        }
        let (value, following) = value_of(after).map_err(wrong)?;
        pairs.push((key.to_owned(), value));
        rest = following;
    }
    Ok(pairs.into_iter().collect())
}

fn is_name(key: &str) -> bool {
    let starts_well = key.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_');
    starts_well && key.chars().all(|character| character.is_ascii_alphanumeric() || "_.".contains(character))
}

/// The value at the start of the text, and the text after its line.
fn value_of(text: &str) -> Result<(String, &str), &'static str> {
    let start = text.trim_start_matches([' ', '\t']);
    if let Some(quote @ ('"' | '\'')) = start.chars().next() {
        return quoted_value(&start[1..], quote);
    }
    let (line, next) = text.split_once('\n').unwrap_or((text, ""));
    // A `#` begins a comment only after a space: passwords do hold it.
    let comment = line.find(" #").or_else(|| line.find("\t#")).unwrap_or(line.len());
    let value = if line.trim_start().starts_with('#') { "" } else { line[..comment].trim() };
    Ok((value.to_owned(), next))
}

fn quoted_value(text: &str, quote: char) -> Result<(String, &str), &'static str> {
    let mut value = String::new();
    let mut characters = text.char_indices();
    while let Some((index, character)) = characters.next() {
        match character {
            '\\' if quote == '"' => match characters.next().map(|(_, escaped)| escaped) {
                Some('n') => value.push('\n'),
                Some('r') => value.push('\r'),
                Some('t') => value.push('\t'),
                Some(escaped @ ('"' | '\\' | '$')) => value.push(escaped),
                Some(other) => value.extend(['\\', other]),
                None => return Err("the quote is not closed"),
            },
            _ if character == quote => {
                let (line, next) = text[index + 1..].split_once('\n').unwrap_or((&text[index + 1..], ""));
                let after = line.trim();
                if !after.is_empty() && !after.starts_with('#') {
                    return Err("has text after the closing quote");
                }
                return Ok((value, next));
            }
            other => value.push(other),
        }
    }
    Err("the quote is not closed")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(text: &str) -> Option<String> {
        parse(".env", text).unwrap().get("KEY").map(str::to_owned)
    }

    #[test]
    fn the_usual_ways_to_write_a_value_are_understood() {
        for text in [
            "KEY=a b",
            "KEY = a b ",
            "export KEY=a b # why",
            "KEY='a b'",
            "KEY=\"a b\" # why",
            "\u{feff}# first\r\n\r\nKEY=a b\r\n",
            "KEY=first\nKEY=a b",
        ] {
            assert_eq!(value(text).as_deref(), Some("a b"), "{text:?}");
        }
    }

    #[test]
    fn signs_that_passwords_have_are_kept() {
        assert_eq!(value("KEY=a#b=c$d").as_deref(), Some("a#b=c$d"));
        assert_eq!(value(r"KEY='a\n#b'").as_deref(), Some(r"a\n#b"));
        assert_eq!(value(r#"KEY="a\"b\\c\$d""#).as_deref(), Some(r#"a"b\c$d"#));
    }

    #[test]
    fn a_quoted_value_may_span_lines() {
        assert_eq!(value("A='x\ny'\nKEY=\"1\n2\"\nB=3").as_deref(), Some("1\n2"));
    }

    #[test]
    fn an_error_names_file_and_line_and_never_the_text() {
        for text in ["A=1\nhunter2", "A=1\nhunter2 !=3", "A=1\nB='hunter2", "A=1\nB='x' hunter2"] {
            let error = parse(".env.production", text).expect_err(text);

            assert_eq!(error.location().unwrap().line, 2, "{text}");
            assert!(error.to_string().contains("`.env.production` line 2"), "{error}");
            assert!(
                !format!("{error} {error:?} {:?} {:?}", error.help(), error.location()).contains("hunter2")
            );
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_file_that_others_may_read_is_known_for_it() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(".env");
        std::fs::write(&path, "A=1\n").unwrap();
        for (mode, expected) in [(0o600, false), (0o640, true), (0o644, true)] {
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();

            assert_eq!(
                EnvFile::read(&path, ".env").unwrap().unwrap().readable_by_others,
                expected,
                "{mode:o}"
            );
        }
    }

    #[test]
    fn a_missing_file_is_none_unless_the_user_named_it() {
        assert!(EnvFile::read(Path::new("/nowhere/.env"), ".env").unwrap().is_none());
        assert!(EnvFile::read_named(Path::new("/nowhere/.env")).is_err());
    }
}
