//! Whether a database is fit for a migration, or came out of one whole. Reads only.
//!
//! Two round trips, whatever the number of tables: one for the catalog, the statistics and the history, one for
//! everything that reads rows. A check that fails or takes too long is a finding of its own; none is passed over.

mod answers;
mod check;
mod config;
mod config_file;
mod facts;
mod judge;
mod report;
mod rows;
mod sections;
#[cfg(test)]
mod tests;

use std::time::{Duration, Instant};

use serde::Serialize;

pub use check::{Check, Rule, Verdict};
pub use config::{
    Placed, Reference, RequiredIndex, RowLimits, RowRule, SqlSource, TimedQuery, UniqueKey, VALIDATE_FILE,
    ValidateConfig, Weight,
};
pub use report::{Counts, Recommendation, ValidationReport};
pub use rows::Depth;

use crate::access::{self, AccessRequest, Expectations};
use crate::migration::Directory;
use crate::pg::{PgResult, Session, TableName};

/// When it is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, clap::ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Before migrations: pending ones are fine, and what is missing may come with them
    #[default]
    Pre,
    /// After migrations: none may be pending
    Post,
}

/// Everything a validation goes by.
#[derive(Debug)]
pub struct Validation<'a> {
    /// What `validate.toml` says.
    pub config: &'a ValidateConfig,
    /// Before or after.
    pub phase: Phase,
    /// How deep.
    pub depth: Depth,
    /// The migrations of the project.
    pub directory: &'a Directory,
    /// The API's schemas, and who is tried on them.
    pub access: &'a AccessRequest,
    /// What `access.toml` says.
    pub expectations: Option<&'a Expectations>,
}

/// Checks a database. The session must be idle.
pub async fn validate(session: &mut Session, validation: &Validation<'_>) -> PgResult<ValidationReport> {
    let start = Instant::now();
    let config = validation.config;
    let facts = facts::read(session).await?;
    let context = judge::Context {
        config,
        phase: validation.phase,
        exposed: config.exposed.as_ref().unwrap_or(&validation.access.schemas),
        directory: validation.directory,
        environment: session.target().environment.to_string(),
    };
    let mut checks = judge::judge(&facts, &context);
    let mut asked = rows::row_checks(&facts, config, validation.depth);
    asked.retain(|check| config.severity.get(&check.rule) != Some(&Weight::Off));
    checks.extend(ask(session, asked, config).await?);
    if let Some(expectations) = validation.expectations {
        let table = access::observe(session, validation.access).await?;
        checks.extend(judge::access(&table, expectations));
    }
    Ok(ValidationReport::new(validation.phase, checks, &config.severity, start.elapsed()))
}

/// How long a table that somebody has locked is waited for: hundreds of checks shall not wait one by one.
const LOCK_TIMEOUT: Duration = Duration::from_secs(2);

/// Sends everything that reads rows at once. Each message fails alone, by itself or by its time-out.
async fn ask(
    session: &mut Session,
    asked: Vec<rows::RowCheck>,
    config: &ValidateConfig,
) -> PgResult<Vec<Check>> {
    session.send(&format!(
        "set statement_timeout = {}; set lock_timeout = {}; set search_path = public, extensions",
        config.timeout.as_millis(),
        config.timeout.min(LOCK_TIMEOUT).as_millis()
    ))?;
    for message in asked.iter().flat_map(|check| &check.messages) {
        session.send(message)?;
    }
    session.send("set statement_timeout = 0; set lock_timeout = 0; set search_path = ''")?;
    session.receive().await?.ok()?;
    let mut checks = Vec::with_capacity(asked.len());
    for check in asked {
        let before = Instant::now();
        let mut answers = Vec::with_capacity(check.messages.len());
        for _ in &check.messages {
            answers.push(session.receive().await?);
        }
        checks.extend(answers::answered(check, answers, before.elapsed(), config.timeout));
    }
    session.receive().await?.ok()?;
    Ok(checks)
}

/// With its schema, always: several are looked at.
fn full_name(table: &TableName) -> String {
    format!("{}.{}", table.schema, table.name)
}
