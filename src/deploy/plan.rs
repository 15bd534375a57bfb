//! What a deploy would do, and what forbids it. Pure.

use serde::Serialize;

use crate::catalog::{Catalog, Change, Difference};
use crate::deploy::rehearse::Rehearsal;
use crate::error::{Explain, Kind, Location};
use crate::lint::{self, Finding, Severity};
use crate::migration::MigrationPlan;
use crate::migration::plan::Action;
use crate::plan::{Fingerprint, Hazard, Plan, Render};
use crate::ui::{Style, duration, plural};

/// What a deploy does.
#[derive(Debug, Clone, Serialize)]
pub struct DeployPlan {
    /// The pending files.
    pub migrations: MigrationPlan,
    /// What lint says of them.
    pub findings: Vec<Finding>,
    /// What the rehearsal showed.
    pub rehearsal: Rehearsal,
    /// The changes in words.
    pub changes: Vec<String>,
    #[serde(skip)]
    pub(crate) before: Catalog,
}

/// Why nothing is deployed.
#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    /// Lint found a danger that was not allowed by name.
    #[error("{}: {}{}", .first.rule, .first.message, more(*.others))]
    Dangerous {
        /// The first danger.
        first: Box<Finding>,
        /// How many more there are.
        others: usize,
    },
}

fn more(others: usize) -> String {
    if others == 0 { String::new() } else { format!(" (and {others} more)") }
}

impl Explain for PlanError {
    fn kind(&self) -> Kind {
        Kind::Refused
    }

    fn help(&self) -> Option<String> {
        let Self::Dangerous { first, .. } = self;
        Some(format!(
            "{}; if it is meant, put `-- crmctl:allow {} because ...` above the statement, or say `--allow {}`",
            first.help, first.rule, first.rule
        ))
    }

    fn location(&self) -> Option<Location> {
        let Self::Dangerous { first, .. } = self;
        Some(first.location.clone())
    }
}

/// Refuses dangers that nobody allowed by name.
pub fn check_findings(findings: &[Finding], allowed: &[String]) -> Result<(), PlanError> {
    let is_allowed = |finding: &Finding| allowed.iter().any(|rule| rule.eq_ignore_ascii_case(finding.rule));
    let mut dangers =
        findings.iter().filter(|finding| finding.severity == Severity::Error && !is_allowed(finding));
    match dangers.next() {
        None => Ok(()),
        Some(first) => Err(PlanError::Dangerous { first: Box::new(first.clone()), others: dangers.count() }),
    }
}

/// Puts together what is known.
#[must_use]
pub fn plan(
    migrations: MigrationPlan,
    findings: Vec<Finding>,
    rehearsal: Rehearsal,
    before: Catalog,
) -> DeployPlan {
    let changes = rehearsal.changes.iter().map(in_words).collect();
    DeployPlan {
        migrations: migrations.with_dangers(lint::hazards(&findings)),
        findings,
        rehearsal,
        changes,
        before,
    }
}

/// A change of the schema in words.
pub(crate) fn in_words(difference: &Difference) -> String {
    match &difference.change {
        Change::OnlyRight => format!("creates {}", difference.object),
        Change::OnlyLeft => format!("drops {}", difference.object),
        Change::Differs { facts } => {
            let names: Vec<&str> = facts.iter().map(|(name, _, _)| name.as_str()).collect();
            format!("changes {} ({})", difference.object, names.join(", ").replace('_', " "))
        }
    }
}

impl DeployPlan {
    /// Whether all files share one transaction, which a file that cannot run in one forbids.
    #[must_use]
    pub fn is_atomic(&self) -> bool {
        self.migrations.steps.iter().all(|step| step.action == Action::Transaction)
    }
}

impl Plan for DeployPlan {
    fn hazards(&self) -> Vec<Hazard> {
        self.migrations.hazards()
    }

    fn fingerprint(&self) -> &Fingerprint {
        self.migrations.fingerprint()
    }
}

impl Render for DeployPlan {
    fn render(&self, style: &Style) -> String {
        let mut text = self.migrations.render(style);
        for Finding { rule, message, location, .. } in &self.findings {
            text += &format!("\n{} {rule} {message} ({location})", style.attention("lint"));
        }
        if let Some(reason) = &self.rehearsal.skipped {
            text += &format!("\n{} {reason}", style.attention("not rehearsed:"));
        } else {
            let time = duration(self.rehearsal.duration);
            text += &format!("\n{} on a throwaway server in {time}", style.good("rehearsed"));
            for change in &self.changes {
                text += &format!("\n  {change}");
            }
        }
        text += if self.is_atomic() {
            "\nthen: back up, apply all files in one transaction, check the result, and only then commit"
        } else {
            "\nthen: back up, and apply file by file, because one of them cannot run in a transaction"
        };
        text
    }
}

/// How many there are, for sentences.
pub(crate) fn files(count: usize) -> String {
    plural(count as u64, "migration")
}
