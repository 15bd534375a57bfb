//! Row level security, policies, and what `access.toml` expects.

use crate::access::{AccessTable, Expectations};
use crate::lint::{self, Severity};
use crate::ui::plural;
use crate::validate::check::{Check, Rule, Verdict};
use crate::validate::facts::Facts;
use crate::validate::full_name;
use crate::validate::judge::Context;

pub(super) fn row_level_security(facts: &Facts, context: &Context) -> Vec<Check> {
    let config = context.config;
    let mut checks = Vec::new();
    for relation in facts.relations.values() {
        let is_exposed = context.exposed.contains(&relation.name.schema);
        if !is_exposed || !relation.is_table() || config.exempt.contains(&relation.name) {
            continue;
        }
        let name = full_name(&relation.name);
        if !relation.row_level_security {
            checks.push(
                Check::error(
                    Rule::RowLevelSecurity,
                    name.clone(),
                    format!("`{name}` is exposed by the API and has no row level security"),
                )
                .help(format!(
                    "`alter table {} enable row level security`, with the policies it needs",
                    relation.name.sql()
                )),
            );
            continue;
        }
        checks.push(Check::ok(
            Rule::RowLevelSecurity,
            name.clone(),
            format!("`{name}` has row level security"),
        ));
        let own = config.policies_of.get(&relation.name);
        let least = own.map(|placed| placed.value).or(config.min_policies);
        let found = plural(relation.policies, "policy");
        let check = if relation.policies >= least.unwrap_or(1) {
            Check::ok(Rule::Policies, name.clone(), format!("`{name}` has {found}"))
        } else if let Some(least) = least {
            Check::error(Rule::Policies, name.clone(), format!("`{name}` has {found}, {least} are required"))
        } else {
            Check::warning(
                Rule::Policies,
                name.clone(),
                format!("`{name}` has row level security and no policy: nobody gets at its rows by the API"),
            )
            .help("add a policy, or list it in `exempt` of `[policies]` in validate.toml")
        };
        checks.push(check.at(own.map(|placed| &placed.location)));
    }
    checks
}

/// Ids of lint that have a rule of their own here, and the one that is about nothing but speed.
const SAID_ELSEWHERE: [&str; 4] = ["S01", "S02", "H05", "C05"];

/// What lint finds in the schema as it is: nobody may have looked at the files it came from.
pub(super) fn advisor(facts: &Facts) -> Vec<Check> {
    let Some(catalog) = &facts.catalog else {
        let message = "not checked: somebody has locked a table, so the schema cannot be read as a whole";
        return vec![Check::warning(Rule::Advisor, "all", message)];
    };
    let mut checks: Vec<Check> = lint::catalog::check(catalog)
        .into_iter()
        .filter(|finding| !SAID_ELSEWHERE.contains(&finding.rule))
        .filter_map(|finding| {
            let verdict = match finding.severity {
                Severity::Error => Verdict::Error,
                Severity::Warning => Verdict::Warning,
                Severity::Note => return None,
            };
            let message = format!("{}: {}", finding.rule, finding.message);
            Some(Check::new(Rule::Advisor, verdict, finding.object.to_string(), message).help(finding.help))
        })
        .collect();
    if checks.is_empty() {
        let objects = plural(catalog.objects.len() as u64, "object");
        checks.push(Check::ok(Rule::Advisor, "all", format!("lint finds nothing in {objects}")));
    }
    checks
}

/// The expectations of `access.toml`.
pub(in crate::validate) fn access(table: &AccessTable, expectations: &Expectations) -> Vec<Check> {
    let mut checks: Vec<Check> = expectations
        .violations(table)
        .into_iter()
        .map(|violation| {
            Check::error(Rule::Access, full_name(&violation.table), violation.words)
                .at(Some(&violation.location))
        })
        .collect();
    let unproved = expectations.unproved(table).into_iter().map(|unproved| {
        Check::warning(Rule::Access, "access.toml", format!("not proved: {}", unproved.words))
            .at(Some(&unproved.location))
    });
    checks.extend(unproved);
    if checks.is_empty() {
        let (lines, personas) = (expectations.expectations.len() as u64, table.personas.len() as u64);
        let message = format!("{} kept by {}", plural(lines, "expectation"), plural(personas, "persona"));
        checks.push(Check::ok(Rule::Access, "access.toml", message));
    }
    checks
}
