//! What can be wrong with `crmctl.toml`, told without the values of it: they may be passwords.

use crate::error::{Explain, Kind, Location};

/// Why `crmctl.toml` cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{problem}")]
pub struct ConfigError {
    problem: String,
    help: Option<String>,
    location: Location,
}

impl Explain for ConfigError {
    fn kind(&self) -> Kind {
        Kind::Usage
    }

    fn help(&self) -> Option<String> {
        self.help.clone()
    }

    fn location(&self) -> Option<Location> {
        Some(self.location.clone())
    }
}

impl ConfigError {
    /// What the parser says.
    pub(crate) fn of_toml(name: &str, text: &str, error: &toml::de::Error) -> Self {
        Self::new(name, text, error.span().map_or(0, |span| span.start), error.message())
    }

    /// What the parser said about the text at an offset, without anything that may be secret.
    pub(crate) fn new(name: &str, text: &str, offset: usize, message: &str) -> Self {
        let mut location = Location::of_offset(name, text, offset);
        let is_misspelt = message.starts_with("unknown field");
        location.excerpt = without_value(&location.excerpt, is_misspelt);
        location.column = location.column.min(location.excerpt.chars().count() + 1);
        let problem = without_strings(message.lines().next().unwrap_or("not valid TOML"));
        let (problem, help) = match problem.split_once(", expected ") {
            Some((problem, expected)) if problem.starts_with("unknown") => {
                (problem.to_owned(), Some(format!("write {expected}")))
            }
            _ => (problem, None),
        };
        Self { problem, help, location }
    }

    /// The same error with something to do.
    pub(crate) fn with_help(self, help: &str) -> Self {
        Self { help: Some(help.to_owned()), ..self }
    }
}

/// A line of the file without values that may hold a password: whatever stands in the wrong place may be one.
fn without_value(line: &str, is_misspelt: bool) -> String {
    let lower = line.to_ascii_lowercase();
    let may_be_secret =
        !is_misspelt || ["://", "pass", "url", "secret", "key"].iter().any(|sign| lower.contains(sign));
    let is_assignment = line.split_once('=').map(|(key, _)| key.trim_end());
    match is_assignment {
        Some(key) if may_be_secret => format!("{key} = ..."),
        None if may_be_secret || !line.trim_start().starts_with('[') => String::new(),
        _ => line.to_owned(),
    }
}

/// serde quotes a string that stands where another type or word should; here it is left out.
fn without_strings(message: &str) -> String {
    if let Some((_, expected)) =
        message.strip_prefix("unknown variant `").and_then(|rest| rest.split_once("`, expected "))
    {
        return format!("unknown value, expected {expected}");
    }
    match (message.find("string \""), message.rfind('"')) {
        (Some(start), Some(end)) if end > start + 7 => {
            format!("{}string{}", &message[..start], &message[end + 1..])
        }
        _ => message.to_owned(),
    }
}
