//! What a deploy did.

use serde::Serialize;

use crate::deploy::plan::{DeployPlan, files};
use crate::migration::Version;
use crate::plan::Render;
use crate::ui::Style;

/// What a deploy did; it was committed.
#[derive(Debug, Clone, Serialize)]
pub struct DeployReport {
    /// The applied versions.
    pub applied: Vec<Version>,
    /// What changed in the schema.
    pub changes: Vec<String>,
    /// Whether all of it was one transaction.
    pub atomic: bool,
    /// Whether it was rehearsed.
    pub rehearsed: bool,
    /// The backup made just before.
    pub backup: String,
}

impl DeployReport {
    pub(crate) fn new(plan: &DeployPlan, changes: Vec<String>, backup: String) -> Self {
        Self {
            applied: plan.migrations.steps.iter().map(|step| step.file.version.clone()).collect(),
            changes,
            atomic: plan.is_atomic(),
            rehearsed: plan.rehearsal.skipped.is_none(),
            backup,
        }
    }
}

impl Render for DeployReport {
    fn render(&self, style: &Style) -> String {
        let how = if self.atomic {
            " in one transaction, checked before it was committed"
        } else {
            ", file by file"
        };
        let mut text = format!("{} {}{how}", style.good("deployed"), files(self.applied.len()));
        for change in &self.changes {
            text += &format!("\n  {change}");
        }
        text + &format!("\n{} {}", style.strong("backup"), self.backup)
    }
}
