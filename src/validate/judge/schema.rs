//! Required tables, and how the migrations stand.

use crate::migration::{State, states};
use crate::pg::TableName;
use crate::ui::plural;
use crate::validate::check::{Check, Rule};
use crate::validate::config::Placed;
use crate::validate::facts::Facts;
use crate::validate::judge::{Context, missing, pending};
use crate::validate::{Phase, full_name};

pub(super) fn required_tables(facts: &Facts, context: &Context, pending: u64) -> Vec<Check> {
    let check = |placed: &Placed<TableName>| {
        let name = full_name(&placed.value);
        let check = if facts.relations.contains_key(&placed.value) {
            Check::ok(Rule::RequiredTable, name.clone(), format!("`{name}` is there"))
        } else {
            missing(Rule::RequiredTable, name.clone(), &format!("table `{name}`"), (context.phase, pending))
        };
        check.at(Some(&placed.location))
    };
    context.config.tables.iter().map(check).collect()
}

pub(super) fn migrations(facts: &Facts, context: &Context) -> Vec<Check> {
    let mut checks = Vec::new();
    let all = states(context.directory, &facts.history);
    let environment = &context.environment;
    for entry in &all {
        let subject = format!("{}_{}", entry.version, entry.name);
        let state = entry.state.words();
        let bad = |help: &str| {
            Check::error(Rule::Migration, subject.clone(), format!("migration `{subject}` is {state}"))
                .help(help)
        };
        checks.extend(match entry.state {
            State::Applied => None,
            State::Pending if context.phase == Phase::Pre => None,
            State::Pending => Some(bad(&format!("apply it with `crmctl migrate up --env {environment}`"))),
            State::OutOfOrder => Some(bad(&format!(
                "give it a newer version, or apply it with `crmctl migrate up --out-of-order --env {environment}`"
            ))),
            State::MissingLocally => Some(bad("bring its file back from version control")),
            State::Edited => {
                Some(bad("bring the file back as it was, and put the change into a new one: `crmctl migrate new <title>`"))
            }
            State::PartlyApplied => Some(bad(&format!("go on with `crmctl migrate up --env {environment}`"))),
        });
    }
    if checks.is_empty() {
        let pending = pending(facts, context);
        let applied =
            all.iter().filter(|entry| entry.state == State::Applied).fold(0, |count: u64, _| count + 1);
        let message = format!("{} applied, {pending} pending", plural(applied, "migration"));
        checks.push(Check::ok(Rule::Migration, "history", message));
    }
    checks
}
