//! What a reset would do. Pure.

use serde::Serialize;

use crate::catalog::Catalog;
use crate::environment::{Environment, EnvironmentName, Protection};
use crate::error::Result;
use crate::migration::{self, Directory, History, MigrationPlan, Options};
use crate::pg::TableName;
use crate::plan::{Fingerprint, Hazard, Plan, Render};
use crate::ui::{Style, plural};

/// What is done to the schema.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// Everything is dropped and made anew from the migrations: where it does not matter.
    Rebuild(MigrationPlan),
    /// The schema stays and the tables are emptied: everywhere else.
    Empty,
}

/// What a reset does.
#[derive(Debug, Clone, Serialize)]
pub struct ResetPlan {
    /// Where.
    pub environment: EnvironmentName,
    /// What is done to the schema.
    pub method: Method,
    /// The tables whose rows go.
    pub tables: Vec<TableName>,
    /// Rows in them, as far as statistics know.
    pub estimated_rows: u64,
    /// Which auth users go as well: a pattern for their e-mail.
    pub auth_users: Option<String>,
    fingerprint: Fingerprint,
}

/// Decides how to reset: open environments are rebuilt, others keep their schema.
pub fn plan(
    environment: &Environment,
    directory: Option<&Directory>,
    (history, catalog): (&History, &Catalog),
    auth_users: Option<String>,
) -> Result<ResetPlan> {
    let method = match directory {
        Some(directory) if environment.protection == Protection::Open => {
            let options = Options { single_transaction: true, ..Options::default() };
            Method::Rebuild(migration::plan(directory, &History::default(), &options)?)
        }
        Some(_) | None => Method::Empty,
    };
    let tables = catalog.tables()?.into_iter().filter(|table| !table.is_partition).map(|table| table.name);
    Ok(ResetPlan {
        environment: environment.name.clone(),
        method,
        tables: tables.collect(),
        estimated_rows: 0,
        auth_users,
        fingerprint: history.fingerprint(),
    })
}

impl ResetPlan {
    /// The same plan, knowing how many rows there are.
    #[must_use]
    pub fn with_rows(mut self, rows: u64) -> Self {
        self.estimated_rows = rows;
        self
    }
}

impl Plan for ResetPlan {
    fn hazards(&self) -> Vec<Hazard> {
        let tables = plural(self.tables.len() as u64, "table");
        vec![Hazard::DropsData(format!(
            "all rows of {tables} in `{}`, about {}",
            self.environment, self.estimated_rows
        ))]
    }

    fn fingerprint(&self) -> &Fingerprint {
        &self.fingerprint
    }

    fn phrase(&self) -> Option<&'static str> {
        Some("RESET")
    }
}

impl Render for ResetPlan {
    fn render(&self, style: &Style) -> String {
        let schema = match &self.method {
            Method::Rebuild(migrations) => {
                format!("drop everything and apply {}", plural(migrations.steps.len() as u64, "migration"))
            }
            Method::Empty => {
                format!("empty {} and keep the schema", plural(self.tables.len() as u64, "table"))
            }
        };
        let users = self
            .auth_users
            .as_ref()
            .map_or_else(String::new, |pattern| format!("\n  3. remove auth users like `{pattern}`"));
        format!(
            "{}\n  1. back up everything\n  2. {schema}{users}\n  4. seed the test users and their data\n  {}",
            style.strong(&format!("reset `{}`", self.environment)),
            style.faint("2 to 4 are one transaction"),
        )
    }
}
