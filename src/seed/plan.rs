//! What seeding would do, decided from what is there.

use std::ops::Range;
use std::sync::Arc;

use serde::Serialize;

use crate::environment::Secret;
use crate::error::{Explain, Kind};
use crate::plan::{Fingerprint, Hazard, Plan, Render};
use crate::seed::generate::Model;
use crate::seed::observation::{Observation, Reference, Request, TableState, UserState, What};
use crate::seed::record::Columns;
use crate::seed::source::Source;
use crate::seed::users::{Login, Password, PasswordSource};
use crate::ui::Style;

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

/// The first rows of a table.
#[derive(Debug, Clone, Serialize)]
pub struct Sample {
    /// Which table.
    pub table: String,
    /// Its columns.
    pub columns: Vec<String>,
    /// Their values, row by row.
    pub rows: Vec<Vec<Option<String>>>,
}

impl Sample {
    /// Rows that are shown.
    const ROWS: usize = 3;

    fn render(&self, style: Style) -> String {
        let row = |row: &Vec<Option<String>>| {
            let values = self.columns.iter().zip(row);
            let values: Vec<String> = values
                .map(|(column, value)| format!("{column}: {}", value.as_deref().unwrap_or("NULL")))
                .collect();
            format!("  {}", values.join(", "))
        };
        let rows: Vec<String> = self.rows.iter().map(row).collect();
        style.faint(&format!("first rows of {}:\n{}", self.table, rows.join("\n")))
    }

    fn of(step: &TableStep) -> Option<Self> {
        let is_shown = matches!(step.source, Source::Own(..)) && step.action != TableAction::Keep;
        is_shown.then(|| Self {
            table: step.table.clone(),
            columns: step.source.shape().columns,
            rows: step.source.samples(Self::ROWS),
        })
    }
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

impl Plan for SeedPlan {
    fn hazards(&self) -> Vec<Hazard> {
        let mut hazards = Vec::new();
        let users = self.users.iter().filter(|step| step.action != UserAction::Keep).count();
        if users > 0 {
            hazards.push(Hazard::WritesRows(format!("{users} test users")));
        }
        let of = |action| self.tables.iter().filter(move |step| step.action == action);
        let new: Vec<&TableStep> = of(TableAction::Fill).chain(of(TableAction::Grow)).collect();
        if !new.is_empty() {
            let rows: u64 = new.iter().map(|step| step.wanted - step.present).sum();
            hazards.push(Hazard::WritesRows(format!("{rows} generated rows in {} tables", new.len())));
        }
        let old: Vec<&str> =
            of(TableAction::Merge).chain(of(TableAction::Shrink)).map(|step| step.table.as_str()).collect();
        if !old.is_empty() {
            hazards.push(Hazard::OverwritesRows(format!("generated rows of {}", old.join(", "))));
        }
        if hazards.is_empty() && self.writes_counts {
            hazards.push(Hazard::WritesRows("the entries of the test users".to_owned()));
        }
        hazards
    }

    fn fingerprint(&self) -> &Fingerprint {
        &self.fingerprint
    }
}

impl Render for SeedPlan {
    fn render(&self, style: &Style) -> String {
        if self.is_empty() {
            return "nothing to do: users and rows are as described".to_owned();
        }
        let mut lines = Vec::new();
        for step in &self.users {
            let word = match step.action {
                UserAction::Create => style.good("create"),
                UserAction::Update => style.attention("update"),
                UserAction::SetPassword => style.attention("update, with a new password"),
                UserAction::Keep => style.faint("keep"),
            };
            lines.push(format!("{word} {} ({})", step.login.email, step.login.role));
        }
        for step in &self.tables {
            let (name, wanted, present) = (&step.table, step.wanted, step.present);
            lines.push(match step.action {
                TableAction::Fill => format!("{} {name}: {wanted} rows", style.good("fill")),
                TableAction::Grow => {
                    format!("{} {name}: {present} rows, and {} more", style.good("grow"), wanted - present)
                }
                TableAction::Shrink => format!(
                    "{} {name}: {present} rows, {} of them go",
                    style.attention("shrink"),
                    present.saturating_sub(wanted)
                ),
                TableAction::Merge => {
                    format!(
                        "{} {name}: {wanted} rows wanted, {present} generated ones there",
                        style.attention("merge")
                    )
                }
                TableAction::Keep => format!("{} {name}: {present} rows", style.faint("keep")),
            });
        }
        lines.extend(self.samples.iter().map(|sample| sample.render(*style)));
        if let Some(source) = &self.password {
            lines.push(style.faint(&format!("all users: {source}")));
        }
        lines.join("\n")
    }
}

#[cfg(test)]
mod tests;
