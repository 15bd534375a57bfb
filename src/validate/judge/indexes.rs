//! Indexes that must be there, and those that do not work.

use crate::pg::{TableName, identifier};
use crate::ui::plural;
use crate::validate::check::{Check, Rule};
use crate::validate::config::{Placed, RequiredIndex};
use crate::validate::facts::{ConstraintRule, Facts, Index};
use crate::validate::full_name;
use crate::validate::judge::{Context, missing};

pub(super) fn required(facts: &Facts, context: &Context, pending: u64) -> Vec<Check> {
    let check = |placed: &Placed<RequiredIndex>| {
        let (subject, found) = match &placed.value {
            RequiredIndex::Named(name) => {
                (name.clone(), facts.indexes.iter().any(|index| &index.name == name && index.is_valid))
            }
            RequiredIndex::On(table, columns) => {
                let begins = |index: &&Index| {
                    &index.table == table
                        && !index.is_partial
                        && index.is_valid
                        && index.columns.starts_with(columns)
                };
                (
                    format!("{} ({})", full_name(table), columns.join(", ")),
                    facts.indexes.iter().any(|index| begins(&index)),
                )
            }
        };
        let check = if found {
            Check::ok(Rule::RequiredIndex, subject.clone(), format!("index `{subject}` is there"))
        } else {
            missing(
                Rule::RequiredIndex,
                subject.clone(),
                &format!("index `{subject}`"),
                (context.phase, pending),
            )
        };
        check.at(Some(&placed.location))
    };
    context.config.indexes.iter().map(check).collect()
}

pub(super) fn invalid(facts: &Facts) -> Vec<Check> {
    let broken = facts.indexes.iter().filter(|index| !index.is_valid);
    let mut checks: Vec<Check> = broken
        .map(|index| {
            let name = TableName::new(index.table.schema.clone(), index.name.clone());
            let message = format!(
                "index `{}` is not valid: it costs with every write and serves no query",
                full_name(&name)
            );
            Check::error(Rule::InvalidIndex, full_name(&name), message)
                .help(format!("`reindex index concurrently {}`, or drop it", name.sql()))
        })
        .collect();
    if checks.is_empty() {
        let count = plural(facts.indexes.len() as u64, "index");
        checks.push(Check::ok(Rule::InvalidIndex, "all", format!("{count}, all valid")));
    }
    checks
}

/// Without one, every delete in the parent reads the whole child.
pub(super) fn of_foreign_keys(facts: &Facts) -> Vec<Check> {
    let mut checks = Vec::new();
    for key in &facts.constraints {
        if !matches!(key.rule, ConstraintRule::ForeignKey { .. }) {
            continue;
        }
        let subject = format!("{} ({})", full_name(&key.table), key.columns.join(", "));
        let serves = |index: &Index| {
            let first = index.columns.get(..key.columns.len()).unwrap_or_default();
            index.table == key.table
                && index.is_valid
                && !index.is_partial
                && !first.is_empty()
                && key.columns.iter().all(|column| first.contains(column))
        };
        checks.push(if facts.indexes.iter().any(serves) {
            Check::ok(
                Rule::ForeignKeyIndex,
                subject.clone(),
                format!("foreign key `{}` has an index", key.name),
            )
        } else {
            let columns: Vec<String> = key.columns.iter().map(|column| identifier(column)).collect();
            Check::warning(
                Rule::ForeignKeyIndex,
                subject.clone(),
                format!("foreign key `{}` on `{subject}` has no index", key.name),
            )
            .help(format!(
                "`create index concurrently on {} ({})`",
                key.table.sql(),
                columns.join(", ")
            ))
        });
    }
    checks
}
