//! What a whole schema shows: the findings of Supabase's own advisor (splinter), and a few more. Pure.
//!
//! Where a rule on files says the same, the finding has its id; `C` are those that no statement shows by itself.

mod policies;
mod tables;
mod views;

use serde::Serialize;
use serde_json::Value;

use crate::catalog::{Catalog, Facts, ObjectName};
use crate::lint::allow::{Allowance, allowances};
use crate::lint::finding::{Finding, Severity};
use crate::migration::MigrationFile;

/// Something that is wrong with a schema.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CatalogFinding {
    /// The id of the rule, such as `S01`.
    pub rule: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// What was found.
    pub message: String,
    /// With which object.
    pub object: ObjectName,
    /// What to write instead.
    pub help: &'static str,
}

/// The schema that the API shows.
const EXPOSED: &str = "public";

/// Everything that is wrong with a schema, in the order of rules and objects.
#[must_use]
pub fn check(catalog: &Catalog) -> Vec<CatalogFinding> {
    let mut found = Found(Vec::new());
    tables::check(catalog, &mut found);
    views::check(catalog, &mut found);
    policies::check(catalog, &mut found);
    found.0.sort_by(|one, other| (one.rule, &one.object).cmp(&(other.rule, &other.object)));
    found.0
}

/// What is wrong after a change and was not before.
#[must_use]
pub fn new_findings(before: &Catalog, after: &Catalog) -> Vec<CatalogFinding> {
    let known = check(before);
    let is_new = |finding: &CatalogFinding| {
        known.iter().all(|other| (other.rule, &other.object) != (finding.rule, &finding.object))
    };
    check(after).into_iter().filter(is_new).collect()
}

/// Without those that a finding in a file already tells of, or that a statement about the object allows.
#[must_use]
pub fn without_told(
    mut findings: Vec<CatalogFinding>,
    told: &[Finding],
    files: &[&MigrationFile],
) -> Vec<CatalogFinding> {
    let statements =
        files.iter().flat_map(|file| file.statements.iter().map(|statement| (&file.text, statement)));
    let excuses: Vec<(&str, Allowance)> = statements
        .flat_map(|(text, statement)| {
            allowances(text, statement).into_iter().map(|allowance| (statement.text(text), allowance))
        })
        .collect();
    findings.retain(|finding| {
        let name = relation(finding);
        !excuses.iter().any(|(text, allowance)| allowance.excuses(finding.rule) && text.contains(name))
    });
    let is_told = |finding: &CatalogFinding| {
        let (name, relation) = (&finding.object.name, relation(finding));
        let names = [format!("`{}.{relation}`", finding.object.schema), format!("`{name}`")];
        let mut same = told.iter().filter(|other| other.rule == finding.rule);
        same.any(|other| names.iter().any(|name| other.message.contains(name)))
    };
    findings.into_iter().filter(|finding| !is_told(finding)).collect()
}

/// The table, view or function that a finding is about.
fn relation(finding: &CatalogFinding) -> &str {
    let name = &finding.object.name;
    name.split(['.', '(']).next().unwrap_or(name)
}

struct Found(Vec<CatalogFinding>);

impl Found {
    fn add(
        &mut self,
        (rule, severity): (&'static str, Severity),
        object: &ObjectName,
        message: String,
        help: &'static str,
    ) {
        self.0.push(CatalogFinding { rule, severity, message, object: object.clone(), help });
    }
}

fn text<'a>(facts: &'a Facts, fact: &str) -> &'a str {
    facts.get(fact).and_then(Value::as_str).unwrap_or_default()
}

fn list<'a>(facts: &'a Facts, fact: &str) -> Vec<&'a str> {
    let values = facts.get(fact).and_then(Value::as_array);
    values.into_iter().flatten().filter_map(Value::as_str).collect()
}

/// Whether those whom the API lets in have a right on it.
fn is_granted(facts: &Facts, roles: &[&str]) -> bool {
    list(facts, "acl").iter().any(|entry| {
        roles.iter().any(|role| entry.strip_prefix(role).is_some_and(|rest| rest.starts_with('=')))
    })
}

/// Roles that the API works as.
const API_ROLES: [&str; 3] = ["anon", "authenticated", "public"];

fn is_exposed(name: &ObjectName, facts: &Facts) -> bool {
    name.schema == EXPOSED && is_granted(facts, &API_ROLES)
}

#[cfg(test)]
mod tests;
