//! `[mask]` of `crmctl.toml`: which column is masked how. Pure.

use std::collections::BTreeMap;

use toml::de::{DeTable, DeValue};

use crate::environment::ConfigError;
use crate::error::Location;
use crate::pg::TableName;

/// What becomes of a column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mask {
    /// Somebody looked at it: it goes along as it is.
    Keep,
    /// NULL.
    Null,
    /// An expression of the user's.
    Sql(String),
    /// Some values inside a JSON document, by path.
    Json(BTreeMap<String, Mask>),
    /// An address at example.com; `exact` tells capitals apart.
    Email {
        exact: bool,
    },
    /// First and last name.
    Name,
    FirstName,
    LastName,
    Company,
    /// A number that nobody can have.
    Phone,
    /// Street and city.
    Address,
    Street,
    City,
    Zip,
    /// Moved by at least one and at most so many days.
    Date {
        days: u32,
    },
    /// Another day of the same year.
    Birthday,
    /// Up to so many per cent more or less.
    Number {
        percent: u32,
    },
    /// Filler of the same length.
    Text,
    /// A fixed text.
    Redact {
        text: String,
    },
    /// Hexadecimal digits, or what comes nearest to them.
    Hash,
    Uuid,
    /// An address of a private network.
    Ip,
    Url,
    /// With the right check digits.
    Iban,
    /// With the right check digit.
    Card,
}

/// The words of masks without a setting.
const WORDS: [(&str, Mask); 17] = [
    ("keep", Mask::Keep),
    ("null", Mask::Null),
    ("name", Mask::Name),
    ("first_name", Mask::FirstName),
    ("last_name", Mask::LastName),
    ("company", Mask::Company),
    ("phone", Mask::Phone),
    ("address", Mask::Address),
    ("street", Mask::Street),
    ("city", Mask::City),
    ("zip", Mask::Zip),
    ("birthday", Mask::Birthday),
    ("text", Mask::Text),
    ("hash", Mask::Hash),
    ("uuid", Mask::Uuid),
    ("ip", Mask::Ip),
    ("url", Mask::Url),
];
const MORE_WORDS: [&str; 7] = ["email", "full_name", "date", "number", "redact", "iban", "card"];

impl Mask {
    /// The mask of a word, with its settings as they are without a word about them.
    pub(crate) fn of_word(word: &str) -> Option<Self> {
        Some(match word {
            "email" => Self::Email { exact: false },
            "full_name" => Self::Name,
            "date" => Self::Date { days: 30 },
            "number" => Self::Number { percent: 10 },
            "redact" => Self::Redact { text: "[redacted]".to_owned() },
            "iban" => Self::Iban,
            "card" => Self::Card,
            _ => return WORDS.iter().find(|(name, _)| *name == word).map(|(_, mask)| mask.clone()),
        })
    }

    /// The word for it.
    pub(crate) fn word(&self) -> &'static str {
        match self {
            Self::Sql(_) => "sql",
            Self::Json(_) => "json",
            Self::Email { .. } => "email",
            Self::Date { .. } => "date",
            Self::Number { .. } => "number",
            Self::Redact { .. } => "redact",
            Self::Iban => "iban",
            Self::Card => "card",
            other => WORDS.iter().find(|(_, mask)| mask == other).map_or("mask", |(word, _)| word),
        }
    }
}

/// One line of `[mask]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// `schema.table.column`, without the schema when it is `public`; `*` stands for any characters.
    pub(crate) pattern: String,
    pub(crate) mask: Mask,
    pub(crate) location: Location,
}

impl Rule {
    /// The column or columns, as they were written.
    pub(crate) fn pattern(&self) -> &str {
        &self.pattern
    }

    /// Where it stands.
    pub(crate) fn location(&self) -> &Location {
        &self.location
    }

    pub(crate) fn is_exact(&self) -> bool {
        !self.pattern.contains('*')
    }
}

/// A column as patterns and people know it.
pub(crate) fn column_of(table: &TableName, column: &str) -> String {
    format!("{}.{}.{column}", table.schema, table.name)
}

/// The rules of a file that is known to be TOML.
pub(crate) fn rules(name: &str, text: &str) -> Result<Vec<Rule>, ConfigError> {
    let Ok(document) = DeTable::parse(text) else { return Ok(Vec::new()) };
    let Some(section) = document.get_ref().get("mask") else { return Ok(Vec::new()) };
    let file = File { name, text };
    let DeValue::Table(table) = section.get_ref() else {
        return Err(file.error(section.span().start, "`mask` is a table of columns"));
    };
    let mut rules = Vec::new();
    file.walk(&[], table, &mut rules)?;
    rules.sort_by_key(|rule| (rule.location.line, rule.location.column));
    Ok(rules)
}

struct File<'a> {
    name: &'a str,
    text: &'a str,
}

impl File<'_> {
    fn error(&self, offset: usize, problem: &str) -> ConfigError {
        let words: Vec<&str> = WORDS.iter().map(|(word, _)| *word).chain(MORE_WORDS).collect();
        ConfigError::new(self.name, self.text, offset, problem).with_help(&format!(
            "write `\"table.column\" = \"MASK\"`, where MASK is one of {}; or `{{ sql = \"...\" }}`, `{{ json = {{ \"path.to\" = \"MASK\" }} }}`",
            words.join(", ")
        ))
    }

    fn walk(&self, path: &[&str], table: &DeTable<'_>, rules: &mut Vec<Rule>) -> Result<(), ConfigError> {
        for (key, value) in table {
            let offset = key.span().start;
            let path: Vec<&str> = path.iter().copied().chain([key.get_ref().as_ref()]).collect();
            let mask = match value.get_ref() {
                DeValue::String(word) => Some(self.word(word, value.span().start)?),
                DeValue::Table(settings) if is_rule(settings) => Some(self.settings(settings, offset)?),
                DeValue::Table(inner) => {
                    self.walk(&path, inner, rules)?;
                    None
                }
                _ => return Err(self.error(value.span().start, "a mask is a word or a table")),
            };
            let Some(mask) = mask else { continue };
            let pattern = path.join(".");
            if !pattern.contains(['.', '*']) {
                return Err(self.error(offset, &format!("`{pattern}` names no column")));
            }
            rules.push(Rule { pattern, mask, location: Location::of_offset(self.name, self.text, offset) });
        }
        Ok(())
    }

    fn word(&self, word: &str, offset: usize) -> Result<Mask, ConfigError> {
        Mask::of_word(word).ok_or_else(|| self.error(offset, &format!("there is no mask `{word}`")))
    }

    /// `{ kind = "date", days = 10 }`, `{ sql = ".." }`, `{ json = { .. } }`.
    fn settings(&self, settings: &DeTable<'_>, offset: usize) -> Result<Mask, ConfigError> {
        let text = |key: &str| settings.get(key).and_then(|value| value.get_ref().as_str());
        let mut mask = match (text("kind"), text("sql"), settings.get("json").map(toml::Spanned::get_ref)) {
            (Some(word), None, None) => self.word(word, offset)?,
            (None, Some(sql), None) => {
                crate::sync::expression(sql).map_err(|problem| self.error(offset, &problem))?;
                Mask::Sql(sql.to_owned())
            }
            (None, None, Some(DeValue::Table(paths))) => self.paths(paths)?,
            _ => return Err(self.error(offset, "a mask has one of `kind`, `sql` and `json`")),
        };
        for (key, value) in settings {
            let number = || {
                let number = value.get_ref().as_integer().and_then(|number| number.as_str().parse().ok());
                number.filter(|number| (1..=10_000_u32).contains(number))
            };
            let is_right = match (key.get_ref().as_ref(), &mut mask) {
                ("kind" | "sql" | "json", _) => true,
                ("exact", Mask::Email { exact }) => value.get_ref().as_bool().map(|is| *exact = is).is_some(),
                ("days", Mask::Date { days }) => number().map(|count| *days = count).is_some(),
                ("percent", Mask::Number { percent }) => number().map(|count| *percent = count).is_some(),
                ("text", Mask::Redact { text }) => {
                    value.get_ref().as_str().map(|given| given.clone_into(text)).is_some()
                }
                _ => false,
            };
            if !is_right {
                let problem = format!("`{}` does not fit `{}`", key.get_ref(), mask.word());
                return Err(self.error(key.span().start, &problem));
            }
        }
        Ok(mask)
    }

    fn paths(&self, paths: &DeTable<'_>) -> Result<Mask, ConfigError> {
        let mut masks = BTreeMap::new();
        for (path, word) in paths {
            let offset = word.span().start;
            let Some(text) = word.get_ref().as_str() else {
                return Err(self.error(offset, "inside JSON a mask is a word"));
            };
            masks.insert(path.get_ref().to_string(), self.word(text, offset)?);
        }
        Ok(Mask::Json(masks))
    }
}

/// Whether a table is one mask with settings and not the columns of a table.
fn is_rule(table: &DeTable<'_>) -> bool {
    let known = ["kind", "sql", "json", "exact", "days", "percent", "text"];
    // What is neither a word nor a table is no column's mask, but a setting that is written wrongly.
    let is_setting = |value: &DeValue<'_>| !matches!(value, DeValue::String(_) | DeValue::Table(_));
    table.iter().all(|(key, value)| known.contains(&key.get_ref().as_ref()) || is_setting(value.get_ref()))
        && ["kind", "sql", "json"].iter().any(|key| table.contains_key(*key))
}

#[cfg(test)]
mod tests;
