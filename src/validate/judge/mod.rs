//! What follows from the catalog and the statistics alone. Pure.

mod health;
mod indexes;
mod schema;
mod security;

use crate::migration::{Directory, State, states};
use crate::ui::plural;
use crate::validate::Phase;
use crate::validate::check::{Check, Rule};
use crate::validate::config::ValidateConfig;
use crate::validate::facts::Facts;

pub(super) use security::access;

/// What else the rules need to know.
pub(super) struct Context<'a> {
    pub(super) config: &'a ValidateConfig,
    pub(super) phase: Phase,
    /// Schemas the API exposes.
    pub(super) exposed: &'a [String],
    pub(super) directory: &'a Directory,
    /// What it is called, for what to type.
    pub(super) environment: String,
}

/// All of it.
pub(super) fn judge(facts: &Facts, context: &Context) -> Vec<Check> {
    let pending = pending(facts, context);
    let mut checks = schema::required_tables(facts, context, pending);
    checks.extend(schema::migrations(facts, context));
    checks.extend(security::row_level_security(facts, context));
    checks.extend(security::advisor(facts));
    checks.extend(indexes::required(facts, context, pending));
    checks.extend(indexes::invalid(facts));
    checks.extend(indexes::of_foreign_keys(facts));
    checks.extend(health::health(facts));
    checks
}

fn pending(facts: &Facts, context: &Context) -> u64 {
    let states = states(context.directory, &facts.history);
    states.iter().filter(|entry| entry.state == State::Pending).fold(0, |count, _| count + 1)
}

/// Something required is missing. Before a migration that may well be what the migration is for.
fn missing(rule: Rule, subject: String, what: &str, (phase, pending): (Phase, u64)) -> Check {
    if phase == Phase::Pre && pending > 0 {
        let files = plural(pending, "migration");
        return Check::warning(rule, subject, format!("{what} is missing; {files} may still make it"));
    }
    Check::error(rule, subject, format!("{what} is missing"))
        .help("make it in a new migration: `crmctl migrate new <title>`")
}
