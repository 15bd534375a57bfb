//! The logins: who they are, and with which password.

use std::fmt;

use serde::Serialize;
use uuid::Uuid;

use crate::environment::{Protection, Secret};
use crate::error::{Explain, Kind};
use crate::seed::description::{Role, Users};
use crate::seed::identifier::user_id;

/// The password of test users where nobody says another. Known to everybody, so never for a protected environment.
const DEFAULT_PASSWORD: &str = "TestPass123!";

/// The auth server's cost of bcrypt. Another cost would make it hash again at the first login.
const COST: u32 = 10;

/// bcrypt looks at no more bytes, and the auth server accepts no longer passwords.
const LONGEST_PASSWORD: usize = 72;

/// A login that is to be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Login {
    /// What it may do.
    pub role: Role,
    /// Its id.
    #[serde(serialize_with = "as_text")]
    pub id: Uuid,
    /// Its address, in lower case.
    pub email: String,
    /// First name.
    pub first_name: String,
    /// Last name.
    pub last_name: String,
}

fn as_text<S: serde::Serializer>(id: &Uuid, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(id)
}

/// The password of all test users. Its Debug does not show it.
#[derive(Debug, Clone)]
pub struct Password {
    secret: Secret,
    source: PasswordSource,
}

/// Where the password comes from: all that is ever said of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PasswordSource {
    /// A variable of this name.
    Variable(String),
    /// crmctl's own.
    Default,
}

impl fmt::Display for PasswordSource {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Variable(name) => write!(formatter, "password from `{name}`"),
            Self::Default => formatter.write_str("the default test password"),
        }
    }
}

/// Why the logins cannot be.
#[derive(Debug, thiserror::Error)]
pub enum UsersError {
    /// Not an address.
    #[error("`{email}`, the {role} of `{variable}`, is not an e-mail address")]
    NotAnAddress {
        /// What was said.
        email: String,
        /// Whose.
        role: Role,
        /// The variable that may name it.
        variable: String,
    },
    /// Two logins with one address.
    #[error("`{email}` is the address of two test users")]
    Twice {
        /// Which.
        email: String,
    },
    /// Not one login for each role.
    #[error("there must be exactly one test user of each role")]
    NotOneOfEach,
    /// A protected environment, and a password that everybody knows.
    #[error("a protected environment needs a test password that is not the well-known one")]
    WellKnown {
        /// The variable to set.
        variable: String,
    },
    /// bcrypt cannot hash it.
    #[error("the password in `{variable}` is longer than {LONGEST_PASSWORD} bytes or holds a NUL byte")]
    Unusable {
        /// The variable.
        variable: String,
    },
    /// No hash could be made.
    #[error("the password could not be hashed: {0}")]
    Hash(bcrypt::BcryptError),
}

impl Explain for UsersError {
    fn kind(&self) -> Kind {
        match self {
            Self::NotAnAddress { .. } | Self::Twice { .. } | Self::NotOneOfEach | Self::Unusable { .. } => {
                Kind::Usage
            }
            Self::WellKnown { .. } => Kind::Refused,
            Self::Hash(_) => Kind::Failed,
        }
    }

    fn help(&self) -> Option<String> {
        match self {
            Self::NotAnAddress { variable, .. } => Some(format!("correct `{variable}`, or unset it")),
            Self::WellKnown { variable } => {
                Some(format!("set `{variable}` to a password of your own, then run the command again"))
            }
            Self::Unusable { variable } => Some(format!("set `{variable}` to a shorter password")),
            Self::Twice { .. } | Self::NotOneOfEach | Self::Hash(_) => None,
        }
    }
}

/// Who the test users are, in the order of [`Role::ALL`]. `variable` looks a variable up.
pub fn logins(users: &Users, variable: &dyn Fn(&str) -> Option<String>) -> Result<[Login; 3], UsersError> {
    let mut logins = Vec::new();
    for user in &users.users {
        let email = variable(&user.email_env).unwrap_or_else(|| user.email.clone()).trim().to_lowercase();
        let is_address =
            matches!(email.split_once('@'), Some((name, domain)) if !name.is_empty() && !domain.is_empty());
        if !is_address || email.chars().any(|c| c.is_whitespace() || c.is_control()) {
            let variable = user.email_env.clone();
            return Err(UsersError::NotAnAddress { email, role: user.role, variable });
        }
        if logins.iter().any(|login: &Login| login.email == email) {
            return Err(UsersError::Twice { email });
        }
        logins.push(Login {
            role: user.role,
            id: user_id(&email),
            email,
            first_name: user.first_name.clone(),
            last_name: user.last_name.clone(),
        });
    }
    logins.sort_by_key(|login| login.role);
    logins.try_into().map_err(|_| UsersError::NotOneOfEach)
}

/// The password of the test users: from the variable the description names; without it the well-known one, but
/// never for a protected environment.
pub fn password(
    users: &Users,
    variable: &dyn Fn(&str) -> Option<String>,
    protection: Protection,
) -> Result<Password, UsersError> {
    let name = users.password_env.clone();
    let (text, source) = match variable(&name).filter(|text| !text.is_empty()) {
        Some(text) => (text, PasswordSource::Variable(name.clone())),
        None => (DEFAULT_PASSWORD.to_owned(), PasswordSource::Default),
    };
    if protection == Protection::Protected && text == DEFAULT_PASSWORD {
        return Err(UsersError::WellKnown { variable: name });
    }
    if text.len() > LONGEST_PASSWORD || text.contains('\0') {
        return Err(UsersError::Unusable { variable: name });
    }
    Ok(Password { secret: Secret::new(text), source })
}

impl Password {
    /// Where it comes from.
    #[must_use]
    pub fn source(&self) -> &PasswordSource {
        &self.source
    }

    /// Whether a stored hash is of this password, and made the way the auth server makes them now.
    #[must_use]
    pub fn matches(&self, hash: &str) -> bool {
        let is_current = hash.starts_with("$2") && hash.get(3..7) == Some("$10$");
        is_current && bcrypt::verify(self.secret.expose(), hash).unwrap_or(false)
    }

    /// A new hash, with new salt. Takes a good part of a tenth of a second, which is its purpose. It is called `2a`, as the
    /// auth server calls it: functions of a project that compare it with `crypt` of pgcrypto know no `2b`.
    pub(crate) fn hash(&self) -> Result<Secret, UsersError> {
        let parts = bcrypt::hash_with_result(self.secret.expose(), COST).map_err(UsersError::Hash)?;
        Ok(Secret::new(parts.format_for_version(bcrypt::Version::TwoA)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seed::Description;
    use std::path::Path;

    fn users() -> Users {
        Description::read(Path::new("/nowhere")).unwrap().users
    }

    fn own(name: &str) -> Option<String> {
        match name {
            "TEST_DIRECTOR_EMAIL" => Some(" Dora@Example.COM ".to_owned()),
            "TEST_USER_PASSWORD" => Some("correct horse".to_owned()),
            _ => None,
        }
    }

    #[test]
    fn addresses_come_from_variables_and_ids_from_addresses() {
        let logins = logins(&users(), &own).unwrap();

        let emails: Vec<&str> = logins.iter().map(|login| login.email.as_str()).collect();
        assert_eq!(emails, ["admin@test.local", "dora@example.com", "manager@test.local"]);
        assert_eq!(logins[1].id, user_id("dora@example.com"));
    }

    #[test]
    fn one_address_cannot_be_two_users() {
        let same = |name: &str| name.ends_with("_EMAIL").then(|| "a@b.c".to_owned());

        assert!(matches!(logins(&users(), &same), Err(UsersError::Twice { .. })));
    }

    #[test]
    fn a_protected_environment_never_gets_the_well_known_password() {
        let well_known = |name: &str| (name == "TEST_USER_PASSWORD").then(|| DEFAULT_PASSWORD.to_owned());

        for variable in [&well_known as &dyn Fn(&str) -> Option<String>, &|_| None] {
            let error = password(&users(), variable, Protection::Protected).expect_err("everybody knows it");
            assert_eq!(error.kind(), Kind::Refused);
            assert!(error.help().unwrap().contains("TEST_USER_PASSWORD"));
            assert!(password(&users(), variable, Protection::Guarded).is_ok());
        }
    }

    #[test]
    fn a_hash_is_what_the_auth_server_makes_and_the_password_is_never_shown() {
        let password = password(&users(), &own, Protection::Protected).unwrap();

        let hash = password.hash().unwrap();
        assert!(hash.expose().starts_with("$2a$10$"));
        assert!(password.matches(hash.expose()));
        assert!(!password.matches(&hash.expose().replacen("$10$", "$06$", 1)));
        assert!(!format!("{password:?}").contains("horse"));
    }
}
