//! What resets did.

use serde::Serialize;

use crate::backup::restore;
use crate::environment::EnvironmentName;
use crate::plan::Render;
use crate::reset::plan::{Method, ResetPlan};
use crate::seed::SeedReport;
use crate::ui::{Style, plural};

/// One environment that was reset; it was committed.
#[derive(Debug, Clone, Serialize)]
pub struct ResetReport {
    /// Which.
    pub environment: EnvironmentName,
    /// Migrations applied anew; none where the schema was kept.
    pub migrations: Option<usize>,
    /// Tables that were emptied.
    pub tables: usize,
    /// What was seeded; none where there is nothing to seed.
    pub seeded: Option<SeedReport>,
    /// The backup made just before.
    pub backup: String,
}

impl ResetReport {
    pub(crate) fn new(plan: &ResetPlan, seeded: Option<SeedReport>, backup: String) -> Self {
        let migrations = match &plan.method {
            Method::Rebuild(migrations) => Some(migrations.steps.len()),
            Method::Empty => None,
        };
        Self { environment: plan.environment.clone(), migrations, tables: plan.tables.len(), seeded, backup }
    }
}

/// All environments that were reset, in order.
#[derive(Debug, Clone, Default, Serialize)]
pub struct ResetReports {
    /// One for each.
    pub resets: Vec<ResetReport>,
}

impl Render for ResetReports {
    fn render(&self, style: &Style) -> String {
        let one = |report: &ResetReport| {
            let schema = match report.migrations {
                Some(count) => format!("made anew from {}", plural(count as u64, "migration")),
                None => format!("{} emptied, schema kept", plural(report.tables as u64, "table")),
            };
            let seeded = report.seeded.as_ref().map_or_else(
                || "nothing seeded".to_owned(),
                |seeded| format!("{} seeded", plural(seeded.changed_rows(), "row")),
            );
            let undo = restore::command(&report.backup, &report.environment);
            format!(
                "{} `{}`: {schema}, {seeded}\n{} {undo}",
                style.good("reset"),
                report.environment,
                style.strong("undo ")
            )
        };
        self.resets.iter().map(one).collect::<Vec<_>>().join("\n")
    }
}
