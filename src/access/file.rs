//! `access.toml`: who shall be able to do what.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;
use toml::Spanned;

use crate::access::expect::Expected;
use crate::access::{Command, Expectation, Expectations, Persona};
use crate::environment::{ConfigError, ProjectFileError, read_project_file};
use crate::error::Location;

/// The name of the file, in the project's folder.
pub const ACCESS_FILE: &str = "access.toml";

/// What `access.toml` in a project's folder says; `None` without one.
pub fn expectations(root: &Path) -> Result<Option<Expectations>, ProjectFileError> {
    let text = read_project_file(root, ACCESS_FILE)?;
    Ok(text.map(|text| parse(ACCESS_FILE, &text)).transpose()?)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    schemas: Option<Vec<String>>,
    #[serde(default)]
    personas: BTreeMap<String, PersonaSection>,
    #[serde(default)]
    owners: BTreeMap<String, String>,
    #[serde(default)]
    expect: Vec<Spanned<ExpectSection>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PersonaSection {
    email: Option<String>,
    role: Option<String>,
    #[serde(default)]
    claims: serde_json::Map<String, serde_json::Value>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ExpectSection {
    table: String,
    persona: OneOrMany,
    select: Option<Spanned<Word>>,
    insert: Option<Spanned<Word>>,
    update: Option<Spanned<Word>>,
    delete: Option<Spanned<Word>>,
}

#[derive(Deserialize)]
#[serde(untagged, expecting = "a name or a list of names")]
enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

#[derive(Deserialize)]
#[serde(untagged, expecting = "`none`, `own`, `some`, `all` or a number of rows")]
enum Word {
    Count(u64),
    Text(String),
}

pub(super) fn parse(name: &str, text: &str) -> Result<Expectations, ConfigError> {
    let file: File = toml::from_str(text).map_err(|error| ConfigError::of_toml(name, text, &error))?;
    let personas = file.personas.into_iter().map(|(name, section)| Persona {
        role: section.role.unwrap_or_else(|| "authenticated".to_owned()),
        email: section.email,
        claims: section.claims,
        name,
    });
    let mut expectations = Vec::new();
    for section in file.expect {
        let location = Location::of_offset(name, text, section.span().start);
        let section = section.into_inner();
        let written = [section.select, section.insert, section.update, section.delete];
        let mut commands = BTreeMap::new();
        for (command, word) in Command::ALL.into_iter().zip(written) {
            if let Some(word) = word {
                commands.insert(command, expected(command, &word, name, text)?);
            }
        }
        let personas = match section.persona {
            OneOrMany::One(persona) => vec![persona],
            OneOrMany::Many(personas) => personas,
        };
        expectations.push(Expectation { tables: qualified(section.table), personas, commands, location });
    }
    let owners = file.owners.into_iter().map(|(table, column)| (qualified(table), column)).collect();
    Ok(Expectations { schemas: file.schemas, personas: personas.collect(), owners, expectations })
}

/// A name without a schema is of `public`.
fn qualified(table: String) -> String {
    if table.contains('.') || table == "*" { table } else { format!("public.{table}") }
}

fn expected(command: Command, word: &Spanned<Word>, name: &str, text: &str) -> Result<Expected, ConfigError> {
    let problem = |problem: &str, help: &str| {
        Err(ConfigError::new(name, text, word.span().start, problem).with_help(help))
    };
    match (word.get_ref(), command) {
        (Word::Text(word), _) if word == "none" => Ok(Expected::None),
        (Word::Text(word), _) if word == "all" => Ok(Expected::All),
        (Word::Text(word), _) if word == "own" => Ok(Expected::Own),
        (Word::Text(word), _) if word == "some" => Ok(Expected::Some),
        (Word::Count(_), Command::Insert) => {
            problem("nobody can insert a number of rows", "write `none`, `own` or `all`")
        }
        (Word::Count(rows), _) => Ok(Expected::Count(*rows)),
        (Word::Text(_), _) => {
            problem("unknown expectation", "write `none`, `own`, `some`, `all` or a number of rows")
        }
    }
}

/// An `access.toml` from its text.
#[cfg(test)]
pub(crate) fn parse_expectations(text: &str) -> Result<Expectations, ConfigError> {
    parse(ACCESS_FILE, text)
}
