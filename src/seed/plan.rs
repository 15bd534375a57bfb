//! What seeding would do, decided from what is there.

use std::ops::Range;
use std::sync::Arc;

use serde::Serialize;

use crate::environment::Secret;
use crate::error::{Explain, Kind};
use crate::plan::{Fingerprint, Plan as _};
use crate::seed::generate::Model;
use crate::seed::observation::{Observation, Reference, Request, TableState, UserState, What};
use crate::seed::record::Columns;
use crate::seed::source::Source;
use crate::seed::users::{Login, Password, PasswordSource};

/// What is done about a login.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum UserAction {
    /// It is made.
    Create,
    /// It, its identity or its person is corrected.
    Update,
    /// It gets the password, and is corrected where it must be.
    SetPassword,
    /// Nothing.
    Keep,
}

/// What is done about a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum TableAction {
    /// It holds no generated rows: all are copied into it.
    Fill,
    /// Its generated rows are right, and more of them are copied into it.
    Grow,
    /// Its generated rows are right, and the last of them are removed.
    Shrink,
    /// Its generated rows are compared with the wanted ones, and become them.
    Merge,
    /// Nothing.
    Keep,
}

/// A login and what is done about it.
#[derive(Debug, Clone, Serialize)]
pub struct UserStep {
    /// Which.
    #[serde(flatten)]
    pub login: Login,
    /// What.
    pub action: UserAction,
}

/// A table and what is done about it.
#[derive(Debug, Clone, Serialize)]
pub struct TableStep {
    /// Which.
    pub table: String,
    /// What.
    pub action: TableAction,
    /// Generated rows there are.
    pub present: u64,
    /// Generated rows there are to be.
    pub wanted: u64,
    #[serde(skip)]
    pub(crate) source: Source,
    /// The blocks that are copied or removed.
    #[serde(skip)]
    pub(crate) blocks: Range<u64>,
}

/// What seeding would do. Shows neither password nor hash.
#[derive(Debug, Clone, Serialize)]
pub struct SeedPlan {
    /// Users, data or both.
    pub what: What,
    /// The logins; none when only data are seeded.
    pub users: Vec<UserStep>,
    /// The tables, parents first; none when only users are seeded.
    pub tables: Vec<TableStep>,
    /// Whether the numbers of rows in the entries of the test users are written.
    pub writes_counts: bool,
    /// Where the password comes from.
    pub password: Option<PasswordSource>,
    /// The first rows of tables of the project's own that change.
    pub samples: Vec<Sample>,
    pub(crate) fingerprint: Fingerprint,
    #[serde(skip)]
    pub(crate) secret: Option<Password>,
    #[serde(skip)]
    pub(crate) logins: [Login; 3],
    #[serde(skip)]
    pub(crate) model: Arc<Model>,
    #[serde(skip)]
    pub(crate) columns: Columns,
    #[serde(skip)]
    pub(crate) references: Vec<Reference>,
    #[serde(skip)]
    pub(crate) has_crm: bool,
}

/// Why there is no plan.
#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    /// The database is not migrated.
    #[error("the database has not {what}")]
    NotMigrated {
        /// What is missing.
        what: String,
    },
    /// Rows need owners.
    #[error("there is no test user `{email}` who could own rows")]
    NoOwner {
        /// Who is missing.
        email: String,
    },
    /// Somebody else has the address.
    #[error("another login, `{id}`, has the address `{email}`")]
    AddressTaken {
        /// The address.
        email: String,
        /// Whose it is.
        id: String,
    },
}

impl Explain for PlanError {
    fn kind(&self) -> Kind {
        Kind::Refused
    }

    fn help(&self) -> Option<String> {
        Some(match self {
            Self::NotMigrated { .. } => "run `crmctl migrate up` for this environment first".to_owned(),
            Self::NoOwner { .. } => "run `crmctl seed all`, or `crmctl seed users` first".to_owned(),
            Self::AddressTaken { .. } => {
                "delete that login, or name another address in the variable of `seeds/users.toml`".to_owned()
            }
        })
    }
}

/// Decides what to do. Reads nothing, changes nothing.
pub fn plan(request: &Request<'_>, observation: Observation) -> Result<SeedPlan, PlanError> {
    if let Some(what) = observation.missing(request) {
        return Err(PlanError::NotMigrated { what });
    }
    let mut users = Vec::new();
    let mut fitting = Fitting::default();
    for (login, state) in request.logins.iter().zip(&observation.users) {
        if request.what.has_users() {
            let has_password = fitting.has(state.hash.as_ref(), request.password);
            users.push(UserStep { login: login.clone(), action: user_action(login, state, has_password)? });
        } else if !state.has_person && (request.has_crm() || observation.needs_users()) {
            return Err(PlanError::NoOwner { email: login.email.clone() });
        }
    }
    let states = observation.tables.iter().copied().chain(std::iter::repeat(TableState::default()));
    let tables: Vec<TableStep> =
        observation.sources.iter().zip(states).map(|(source, state)| table_step(source, state)).collect();
    let samples = tables.iter().filter_map(Sample::of).collect();
    let lacks = |state: &UserState| !state.has_entry || (request.what.has_data() && !state.has_counts);
    let writes_counts = request.has_crm()
        && (observation.users.iter().any(lacks)
            || tables.iter().any(|step| step.action != TableAction::Keep));
    Ok(SeedPlan {
        what: request.what,
        users,
        tables,
        writes_counts,
        samples,
        password: request
            .password
            .filter(|_| request.what.has_users())
            .map(|password| password.source().clone()),
        fingerprint: observation.fingerprint,
        secret: request.password.cloned(),
        logins: request.logins.clone(),
        model: Arc::clone(request.model),
        columns: observation.columns,
        references: observation.references,
        has_crm: request.has_crm(),
    })
}

/// Hashes that were compared with the password. Users seeded together share one, and comparing is slow on purpose.
#[derive(Default)]
struct Fitting(Vec<(Secret, bool)>);

impl Fitting {
    /// Whether a stored hash is of the password. Without a password to compare with, every hash is right.
    fn has(&mut self, hash: Option<&Secret>, password: Option<&Password>) -> bool {
        let (Some(hash), Some(password)) = (hash, password) else { return hash.is_some() };
        if let Some((_, fits)) = self.0.iter().find(|(known, _)| known == hash) {
            return *fits;
        }
        let fits = password.matches(hash.expose());
        self.0.push((hash.clone(), fits));
        fits
    }
}

fn user_action(login: &Login, state: &UserState, has_password: bool) -> Result<UserAction, PlanError> {
    if let Some(id) = &state.rival {
        return Err(PlanError::AddressTaken { email: login.email.clone(), id: id.clone() });
    }
    Ok(match (state.is_present, has_password, state.is_right) {
        (false, _, _) => UserAction::Create,
        (true, false, _) => UserAction::SetPassword,
        (true, true, false) => UserAction::Update,
        (true, true, true) => UserAction::Keep,
    })
}

fn table_step(source: &Source, state: TableState) -> TableStep {
    let (present, blocks) = (state.present.rows, source.blocks());
    let wanted = source.total(blocks);
    let (action, blocks) = match state.blocks {
        _ if present == 0 && wanted == 0 => (TableAction::Keep, 0..0),
        _ if present == 0 => (TableAction::Fill, 0..blocks),
        Some(known) if known == blocks => (TableAction::Keep, 0..0),
        Some(known) if known < blocks => (TableAction::Grow, known..blocks),
        Some(known) => (TableAction::Shrink, blocks..known),
        None => (TableAction::Merge, 0..blocks),
    };
    let table = source.shape().table.to_string();
    TableStep { table, action, present, wanted, source: source.clone(), blocks }
}

impl SeedPlan {
    /// Whether everything is as it must be.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.hazards().is_empty()
    }
}

mod sample;
#[cfg(test)]
mod tests;
mod words;

pub use sample::Sample;
