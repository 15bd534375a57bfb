//! What is to be found out: as whom, about which schemas, and how much time it may take.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Map, Value};

use crate::access::{Expectations, exposed_schemas};
use crate::environment::Project;
use crate::error::Result;

/// Rows are counted up to this many: whether somebody sees ten or a thousand rows matters, beyond it does not.
const LIMIT: u64 = 1000;

/// How long one question may take.
const TIMEOUT: Duration = Duration::from_secs(5);

/// Somebody who uses the API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Persona {
    /// What it is called in the table and in `access.toml`.
    pub name: String,
    /// The database role that the API takes on for it.
    pub role: String,
    /// Whose user of `auth.users` it is, by e-mail address.
    pub email: Option<String>,
    /// Claims of its token beside those that follow from role and user.
    pub claims: Map<String, Value>,
}

impl Persona {
    /// Somebody of a role, without a user.
    #[must_use]
    pub fn of_role(name: &str) -> Self {
        Self { name: name.to_owned(), role: name.to_owned(), email: None, claims: Map::new() }
    }
}

/// What is to be found out.
#[derive(Debug, Clone)]
pub struct AccessRequest {
    /// Schemas whose tables are looked at.
    pub schemas: Vec<String>,
    /// As whom; the test users are found in the database and added.
    pub personas: Vec<Persona>,
    /// Which users are test users: a pattern of `like` for their e-mail address.
    pub test_users: Option<String>,
    /// The column with the id of a row's owner, by `schema.table`, where it cannot be told from the foreign keys.
    pub owners: BTreeMap<String, String>,
    /// How many rows are counted at most.
    pub limit: u64,
    /// How long one question may take.
    pub timeout: Duration,
}

impl AccessRequest {
    /// Everybody who may come by the API, and every schema it exposes.
    #[must_use]
    pub fn new(schemas: Vec<String>, test_users: Option<String>) -> Self {
        Self {
            schemas,
            personas: ["anon", "authenticated", "service_role"].map(Persona::of_role).to_vec(),
            test_users,
            owners: BTreeMap::new(),
            limit: LIMIT,
            timeout: TIMEOUT,
        }
    }

    /// What a project wants to know: the defaults, and what its `access.toml` adds.
    pub fn of_project(project: &Project) -> Result<(Self, Option<Expectations>)> {
        let expectations = super::expectations(&project.root)?;
        let schemas = match &expectations {
            Some(Expectations { schemas: Some(schemas), .. }) => schemas.clone(),
            _ => exposed_schemas(&project.root),
        };
        let mut request = Self::new(schemas, project.sync.auth_users.clone());
        if let Some(expectations) = &expectations {
            for persona in &expectations.personas {
                request.personas.retain(|known| known.name != persona.name);
                request.personas.push(persona.clone());
            }
            request.owners = expectations.owners.clone();
        }
        Ok((request, expectations))
    }
}
