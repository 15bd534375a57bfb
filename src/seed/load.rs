//! Reading the description: the project's own `seeds/`, or the one that is part of crmctl.

use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;

use crate::error::{Explain, Kind, Location};
use crate::seed::check::{self, Fault};
use crate::seed::description::{Data, Users, Vocabulary};
use crate::seed::own::OwnError;

/// Everything that says what to seed.
#[derive(Debug, Clone)]
pub struct Description {
    /// The logins.
    pub users: Users,
    /// How much of everything.
    pub data: Data,
    /// What rows are made of.
    pub vocabulary: Vocabulary,
}

/// One of the three files, as it was read.
struct File {
    name: String,
    text: String,
}

/// Why a description cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum DescriptionError {
    /// A file cannot be read.
    #[error("cannot read `{}`: {reason}", path.display())]
    Unreadable {
        /// Which.
        path: PathBuf,
        /// Why.
        reason: std::io::Error,
    },
    /// The tables of the project's own.
    #[error(transparent)]
    Own(#[from] OwnError),
    /// A file does not say what it should.
    #[error("{message}")]
    Invalid {
        /// What is wrong.
        message: String,
        /// Where.
        location: Location,
    },
}

impl Explain for DescriptionError {
    fn kind(&self) -> Kind {
        Kind::Usage
    }

    fn location(&self) -> Option<Location> {
        match self {
            Self::Unreadable { .. } => None,
            Self::Own(error) => error.location(),
            Self::Invalid { location, .. } => Some(location.clone()),
        }
    }

    fn help(&self) -> Option<String> {
        match self {
            Self::Own(error) => error.help(),
            Self::Unreadable { .. } | Self::Invalid { .. } => None,
        }
    }
}

impl Description {
    /// Reads the three files of `folder`; each that is not there is crmctl's own.
    pub fn read(folder: &Path) -> Result<Self, DescriptionError> {
        let file = |name: &str, default: &str| {
            Ok::<_, DescriptionError>(match read_text(&folder.join(name))? {
                Some(text) => File { name: folder.join(name).display().to_string(), text },
                None => File { name: format!("crmctl's own {name}"), text: default.to_owned() },
            })
        };
        Self::parse(&[
            file("users.toml", include_str!("../../seeds/users.toml"))?,
            file("data.toml", include_str!("../../seeds/data.toml"))?,
            file("vocabulary.toml", include_str!("../../seeds/vocabulary.toml"))?,
        ])
    }

    fn parse([users, data, vocabulary]: &[File; 3]) -> Result<Self, DescriptionError> {
        let description = Self { users: toml(users)?, data: toml(data)?, vocabulary: toml(vocabulary)? };
        check::users(&description.users).map_err(|fault| fault.in_file(users))?;
        check::vocabulary(&description.vocabulary).map_err(|fault| fault.in_file(vocabulary))?;
        check::data(&description.data, &description.vocabulary).map_err(|fault| fault.in_file(data))?;
        Ok(description)
    }
}

/// The text of a file, if there is one.
pub(crate) fn read_text(path: &Path) -> Result<Option<String>, DescriptionError> {
    let bytes = match std::fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(reason) => return Err(DescriptionError::Unreadable { path: path.to_owned(), reason }),
    };
    String::from_utf8(bytes).map(Some).map_err(|error| {
        let offset = error.utf8_error().valid_up_to();
        let text = String::from_utf8_lossy(error.as_bytes());
        DescriptionError::Invalid {
            message: "this is no UTF-8".to_owned(),
            location: Location::of_offset(path.display().to_string(), &text, offset),
        }
    })
}

fn toml<T: DeserializeOwned>(file: &File) -> Result<T, DescriptionError> {
    toml::from_str(&file.text).map_err(|error| DescriptionError::Invalid {
        message: error.message().lines().next().unwrap_or_default().to_owned(),
        location: Location::of_offset(&file.name, &file.text, error.span().map_or(0, |span| span.start)),
    })
}

impl Fault {
    fn in_file(self, file: &File) -> DescriptionError {
        // A line that begins so, rather than a comment that speaks of it.
        let begins = if file.text.starts_with(&self.near) { Some(0) } else { None };
        let line = || file.text.find(&format!("\n{}", self.near)).map(|newline| newline + 1);
        let offset = begins.or_else(line).or_else(|| file.text.find(&self.near)).unwrap_or(0);
        DescriptionError::Invalid {
            message: self.message,
            location: Location::of_offset(&file.name, &file.text, offset),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seed::description::Role;
    use crate::seed::generate::Table;

    fn own() -> [File; 3] {
        [
            ("users.toml", include_str!("../../seeds/users.toml")),
            ("data.toml", include_str!("../../seeds/data.toml")),
            ("vocabulary.toml", include_str!("../../seeds/vocabulary.toml")),
        ]
        .map(|(name, text)| File { name: name.to_owned(), text: text.to_owned() })
    }

    #[test]
    fn a_project_without_seeds_gets_those_of_crmctl() {
        let description = Description::read(Path::new("/nowhere")).unwrap();

        assert_eq!(description.users.users.len(), 3);
        assert_eq!(description.data.volume(Table::Contacts, Role::Admin), 100);
    }

    #[test]
    fn an_unknown_key_is_an_error_that_says_where() {
        let mut files = own();
        files[1].text = files[1].text.replace("reference_date", "referenz");

        let error = Description::parse(&files).expect_err("a key is wrong");
        assert!(error.to_string().starts_with("unknown field `referenz`"), "{error}");
        assert_eq!(error.location().unwrap().column, 1);
        assert!(error.location().unwrap().to_string().starts_with("data.toml:"));
    }

    #[test]
    fn more_links_than_there_are_things_to_link_is_an_error() {
        let mut files = own();
        files[1].text = files[1].text.replace("contact_tags = 32", "contact_tags = 4000");

        let error = Description::parse(&files).expect_err("40 contacts wear at most 12 tags each");
        assert_eq!(
            error.to_string(),
            "`account_manager` can have at most 480 contact_tags: there is no more to link"
        );
        assert_eq!(error.location().unwrap().excerpt, "[volumes.account_manager]");
    }
}
