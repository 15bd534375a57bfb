//! What a deploy would do, and what forbids it. Pure.

use std::sync::Arc;

use serde::Serialize;

use crate::catalog::{Catalog, Difference};
use crate::deploy::doors::Doors;
use crate::deploy::losses;
use crate::deploy::observe::Observed;
use crate::deploy::rehearse::Rehearsal;
use crate::drift;
use crate::environment::EnvironmentName;
use crate::error::{Explain, Kind, Location};
use crate::lint::{self, CatalogFinding, Finding, Severity};
use crate::migration::plan::Action;
use crate::migration::{MigrationFile, MigrationPlan};
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
    /// What was allowed by name.
    pub allowed: Vec<String>,
    #[serde(skip)]
    pub(crate) before: Catalog,
    #[serde(skip)]
    pub(crate) tables: losses::Before,
    #[serde(skip)]
    pub(crate) doors: Option<Doors>,
    /// The files whose authors are asked in the end: those that an earlier run has applied as well.
    #[serde(skip)]
    pub(crate) asked: Vec<Arc<MigrationFile>>,
}

/// Why nothing is deployed.
#[derive(Debug, Clone, thiserror::Error)]
pub enum PlanError {
    /// Lint found a danger that was not allowed by name.
    #[error("{}: {}{}", .first.rule, .first.message, more(*.others))]
    Dangerous {
        /// The first danger.
        first: Box<Finding>,
        /// How many more there are.
        others: usize,
    },
    /// Something is wrong with the schema that the files make, and no single statement shows it.
    #[error("{}: {}{}", .first.rule, .first.message, more(*.others))]
    Unsound {
        /// The first finding.
        first: Box<CatalogFinding>,
        /// How many more there are.
        others: usize,
    },
    /// The target is not what its migrations make.
    #[error("`{environment}` is not what its applied migrations make: {}{}", .first.join("; "), more(*.others))]
    Drift {
        /// The target.
        environment: EnvironmentName,
        /// The first differences, in words.
        first: Vec<String>,
        /// How many more there are.
        others: usize,
    },
}

/// As many differences as one sentence can hold.
const SHOWN_DIFFERENCES: usize = 3;

impl PlanError {
    /// Drift that nobody allowed.
    pub(crate) fn drift(environment: EnvironmentName, differences: &[Difference]) -> Self {
        let first = differences.iter().take(SHOWN_DIFFERENCES).map(drift::in_words).collect();
        Self::Drift { environment, first, others: differences.len().saturating_sub(SHOWN_DIFFERENCES) }
    }
}

fn more(others: usize) -> String {
    if others == 0 { String::new() } else { format!(" (and {others} more)") }
}

impl Explain for PlanError {
    fn kind(&self) -> Kind {
        Kind::Refused
    }

    fn help(&self) -> Option<String> {
        Some(match self {
            Self::Dangerous { first, .. } => format!(
                "{}; if it is meant, put `-- crmctl:allow {} because ...` above the statement, or say `--allow {}`",
                first.help, first.rule, first.rule
            ),
            Self::Unsound { first, .. } => {
                format!("{}; if it is meant, say `--allow {}`", first.help, first.rule)
            }
            Self::Drift { environment, .. } => format!(
                "`crmctl migrate drift --env {environment}` shows all of it; write it as a migration, undo it, or say \
                 `--allow drift` to deploy onto the target as it is"
            ),
        })
    }

    fn location(&self) -> Option<Location> {
        match self {
            Self::Dangerous { first, .. } => Some(first.location.clone()),
            Self::Unsound { .. } | Self::Drift { .. } => None,
        }
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

/// Refuses what is newly wrong with the schema, unless somebody allowed its rule by name or in one of the files.
pub(crate) fn check_schema(
    (before, after): (&Catalog, &Catalog),
    files: &[&MigrationFile],
    allowed: &[String],
) -> Result<(), PlanError> {
    let is_allowed = |finding: &CatalogFinding| {
        let is_excused = |file: &&MigrationFile| {
            let mut lines = file.text.lines().filter_map(|line| line.split_once("crmctl:"));
            lines.any(|(_, directive)| {
                directive.trim_start().starts_with("allow") && directive.contains(finding.rule)
            })
        };
        allowed.iter().any(|rule| rule.eq_ignore_ascii_case(finding.rule)) || files.iter().any(is_excused)
    };
    let mut dangers = lint::catalog::new_findings(before, after)
        .into_iter()
        .filter(|finding| finding.severity == Severity::Error && !is_allowed(finding));
    match dangers.next() {
        None => Ok(()),
        Some(first) => Err(PlanError::Unsound { first: Box::new(first), others: dangers.count() }),
    }
}

/// Puts together what is known.
#[must_use]
pub fn plan(
    migrations: MigrationPlan,
    findings: Vec<Finding>,
    rehearsal: Rehearsal,
    observed: Observed,
    allowed: &[String],
) -> DeployPlan {
    let changes = rehearsal.changes.iter().map(Difference::as_change).collect();
    DeployPlan {
        asked: migrations.steps.iter().map(|step| Arc::clone(&step.file)).collect(),
        migrations: migrations.with_dangers(lint::hazards(&findings)),
        findings,
        rehearsal,
        changes,
        before: observed.catalog,
        tables: observed.stored,
        doors: None,
        allowed: allowed.to_vec(),
    }
}

impl DeployPlan {
    /// The same, after which access must be as the project expects it.
    #[must_use]
    pub fn guarding(self, doors: Option<Doors>) -> Self {
        Self { doors, ..self }
    }

    /// The same for the rest of a deploy: the authors of all its files are asked, and what its files have opened by then
    /// counts as new.
    #[must_use]
    pub fn resuming(self, asked: Vec<Arc<MigrationFile>>) -> Self {
        Self { asked, doors: self.doors.map(Doors::forgetting), ..self }
    }

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

impl DeployPlan {
    fn render_rehearsal(&self, style: Style) -> String {
        let rehearsal = &self.rehearsal;
        if let Some(reason) = &rehearsal.skipped {
            return format!("\n{} {reason}", style.attention("not rehearsed:"));
        }
        let time = duration(rehearsal.duration);
        let rows = rehearsal.rows.map(|rows| format!(", with {} of the target", plural(rows, "row")));
        let rows = rows.unwrap_or_default();
        let mut text = format!("\n{} on a throwaway server in {time}{rows}", style.good("rehearsed"));
        for file in &rehearsal.files {
            text += &format!("\n  {}  {}", style.strong(&file.title), style.faint(&file.time_in_words()));
            text.extend(file.in_words().iter().map(|words| format!("\n    {words}")));
        }
        for note in &rehearsal.notes {
            text += &format!("\n{} {note}", style.attention("note:"));
        }
        if !self.changes.is_empty() {
            text += "\nwhat changes in the schema:";
        }
        text.extend(self.changes.iter().map(|change| format!("\n  {change}")));
        text
    }
}

impl Render for DeployPlan {
    fn render(&self, style: &Style) -> String {
        let mut text = self.migrations.render(style);
        for Finding { rule, message, location, .. } in &self.findings {
            text += &format!("\n{} {rule} {message} ({location})", style.attention("lint"));
        }
        text += &self.render_rehearsal(*style);
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
