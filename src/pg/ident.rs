//! Quoting. Names and values from a database or a file never reach SQL in any other way.

use std::fmt;

use serde::{Deserialize, Serialize};

/// `name` as an SQL identifier, always quoted.
#[must_use]
pub fn identifier(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// `value` as an SQL string literal that means the same whatever `standard_conforming_strings` is.
#[must_use]
pub fn literal(value: &str) -> String {
    let quoted = value.replace('\'', "''");
    if quoted.contains('\\') {
        format!(" E'{}'", quoted.replace('\\', "\\\\"))
    } else {
        format!("'{quoted}'")
    }
}

/// `value` as a literal, or `null`.
#[must_use]
pub fn optional_literal(value: Option<&str>) -> String {
    value.map_or_else(|| "null".to_owned(), literal)
}

/// `values` as an SQL expression of type `text[]`.
#[must_use]
pub fn text_array<S: AsRef<str>>(values: &[S]) -> String {
    let items: Vec<String> = values.iter().map(|value| literal(value.as_ref())).collect();
    format!("array[{}]::pg_catalog.text[]", items.join(", "))
}

/// The name of a relation, always with its schema.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct TableName {
    /// Schema, unquoted.
    pub schema: String,
    /// Relation, unquoted.
    pub name: String,
}

impl TableName {
    /// A name from its parts, unquoted.
    pub fn new(schema: impl Into<String>, name: impl Into<String>) -> Self {
        Self { schema: schema.into(), name: name.into() }
    }

    /// The name as SQL, both parts quoted.
    #[must_use]
    pub fn sql(&self) -> String {
        format!("{}.{}", identifier(&self.schema), identifier(&self.name))
    }

    /// A name as PostgreSQL shows it: both parts, each in quotes where it needs them.
    pub(crate) fn qualified(text: &str) -> Option<Self> {
        let (schema, rest) = part(text)?;
        let (name, rest) = part(rest.strip_prefix('.')?)?;
        rest.is_empty().then(|| Self::new(schema, name))
    }
}

fn part(text: &str) -> Option<(String, &str)> {
    let Some(quoted) = text.strip_prefix('"') else {
        let (name, rest) = text.split_at(text.find('.').unwrap_or(text.len()));
        return Some((name.to_owned(), rest));
    };
    let mut name = String::new();
    let mut rest = quoted;
    loop {
        let (before, after) = rest.split_once('"')?;
        name += before;
        match after.strip_prefix('"') {
            Some(more) => {
                name.push('"');
                rest = more;
            }
            None => return Some((name, after)),
        }
    }
}

/// For people: `schema.name`, without the schema when it is `public`.
impl fmt::Display for TableName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.schema == "public" {
            formatter.write_str(&self.name)
        } else {
            write!(formatter, "{}.{}", self.schema, self.name)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_with_and_without_quotes() {
        let name = |text| TableName::qualified(text).map(|name| (name.schema, name.name));

        assert_eq!(name("public.a"), Some(("public".to_owned(), "a".to_owned())));
        assert_eq!(name(r#""x.y"."say ""hi"".""#), Some(("x.y".to_owned(), r#"say "hi"."#.to_owned())));
        assert_eq!(name("a"), None);
    }

    #[test]
    fn identifiers_are_always_quoted_and_quotes_doubled() {
        assert_eq!(identifier("Weird\"Name"), "\"Weird\"\"Name\"");
        assert_eq!(TableName::new("a b", "select").sql(), "\"a b\".\"select\"");
    }

    #[test]
    fn literals_survive_quotes_and_backslashes() {
        assert_eq!(literal("it's"), "'it''s'");
        assert_eq!(literal(r"a\'b"), r" E'a\\''b'");
        assert_eq!(text_array(&["a", "b'"]), "array['a', 'b''']::pg_catalog.text[]");
    }
}
