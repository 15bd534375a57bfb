//! Who is tried: the personas asked for, and the test users that are found.

use serde_json::{Map, Value};

use crate::access::{AccessRequest, Persona};
use crate::pg::Row;

/// More test users than this are not tried; they would say what the others of their role said.
const MOST_TEST_USERS: usize = 10;

/// A user that nobody is: somebody who has just signed up.
const STRANGER: &str = "ffffffff-ffff-4fff-bfff-ffffffffffff";

/// A persona as it is known once the users were looked up.
#[derive(Debug, Clone)]
pub(super) struct Actor {
    pub(super) name: String,
    pub(super) role: String,
    /// The id of its user.
    pub(super) id: Option<String>,
    pub(super) claims: Map<String, Value>,
}

impl Actor {
    /// Somebody with a user, or a role alone. `claims` are those of the user.
    pub(super) fn new(persona: &Persona, user: Option<Map<String, Value>>) -> Self {
        let mut claims = user.unwrap_or_default();
        claims.insert("role".to_owned(), Value::from(persona.role.clone()));
        claims.extend(persona.claims.clone());
        let id = claims.get("sub").and_then(Value::as_str).map(str::to_owned);
        Self { name: persona.name.clone(), role: persona.role.clone(), id, claims }
    }
}

/// Who is tried, and who is not there.
pub(super) fn cast(request: &AccessRequest, users: &[Row]) -> (Vec<Actor>, Vec<String>) {
    let claims = |row: &Row| -> Option<Map<String, Value>> { serde_json::from_str(row.text("claims")?).ok() };
    let (mut actors, mut missing) = (Vec::new(), Vec::new());
    for persona in &request.personas {
        let Some(email) = &persona.email else {
            let stranger = (persona.role == "authenticated").then(|| {
                let claim = |(key, value): (&str, &str)| (key.to_owned(), Value::from(value));
                [("sub", STRANGER), ("aud", "authenticated"), ("aal", "aal1")]
                    .map(claim)
                    .into_iter()
                    .collect()
            });
            actors.push(Actor::new(persona, stranger));
            continue;
        };
        match users.iter().find(|row| row.text("email") == Some(email.to_lowercase().as_str())) {
            Some(row) => actors.push(Actor::new(persona, claims(row))),
            None => missing.push(format!("`{}`: there is no user `{email}`", persona.name)),
        }
    }
    let is_declared = |row: &&Row| {
        request.personas.iter().any(|persona| {
            persona
                .email
                .as_ref()
                .is_some_and(|email| row.text("email") == Some(email.to_lowercase().as_str()))
        })
    };
    let mut found = 0;
    for row in users.iter().filter(|row| !is_declared(row)) {
        let Some(name) = row.text("crm_role").or_else(|| row.text("email")) else { continue };
        if found == MOST_TEST_USERS || actors.iter().any(|actor: &Actor| actor.name == name) {
            continue;
        }
        found += 1;
        let mut persona = Persona::of_role("authenticated");
        name.clone_into(&mut persona.name);
        actors.push(Actor::new(&persona, claims(row)));
    }
    (actors, missing)
}
