//! The name of an environment.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::error::{Explain, Kind};

/// The name of an environment, such as `local` and `cloud`: letters, digits, `-` and `_`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct EnvironmentName(String);

/// Why a name is none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("an environment's name has letters, digits, `-` and `_` only")]
pub struct EnvironmentNameError;

impl Explain for EnvironmentNameError {
    fn kind(&self) -> Kind {
        Kind::Usage
    }
}

impl EnvironmentName {
    /// A name from our own source.
    pub(crate) fn known(name: &'static str) -> Self {
        Self(name.to_owned())
    }

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for EnvironmentName {
    type Err = EnvironmentNameError;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        let fits =
            |character: char| character.is_ascii_alphanumeric() || character == '-' || character == '_';
        let is_name = !name.is_empty() && !name.starts_with('-') && name.chars().all(fits);
        if is_name { Ok(Self(name.to_owned())) } else { Err(EnvironmentNameError) }
    }
}

impl TryFrom<String> for EnvironmentName {
    type Error = EnvironmentNameError;

    fn try_from(name: String) -> Result<Self, Self::Error> {
        name.parse()
    }
}

impl From<EnvironmentName> for String {
    fn from(name: EnvironmentName) -> Self {
        name.0
    }
}

impl fmt::Display for EnvironmentName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_letters_digits_hyphen_and_underscore() {
        assert!(["local", "cloud-2", "eu_west"].iter().all(|name| name.parse::<EnvironmentName>().is_ok()));
        assert!(
            ["", "a b", "../x", "--yes", "é"].iter().all(|name| name.parse::<EnvironmentName>().is_err())
        );
    }
}
