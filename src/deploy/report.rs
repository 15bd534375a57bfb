//! What a deploy did.

use serde::Serialize;

use crate::deploy::journal::{DeployId, DeployRecord};
use crate::deploy::plan::files;
use crate::deploy::procedure::Procedure;
use crate::migration::Version;
use crate::plan::Render;
use crate::ui::{Style, plural};

/// What a deploy did; it was committed.
#[derive(Debug, Clone, Serialize)]
pub struct DeployReport {
    /// Its name in the journal.
    pub id: DeployId,
    /// The applied versions.
    pub applied: Vec<Version>,
    /// What changed in the schema.
    pub changes: Vec<String>,
    /// Whether all of it was one transaction.
    pub atomic: bool,
    /// Whether it was rehearsed.
    pub rehearsed: bool,
    /// The backup made just before.
    pub backup: Option<String>,
    /// How many commands ran before and after it.
    pub hooks: usize,
    /// The hash of the schema before.
    pub catalog_before: String,
    /// The hash of the schema after.
    pub catalog_after: Option<String>,
    /// What leads back.
    pub undo: String,
}

impl DeployReport {
    pub(crate) fn new(plan: &Procedure, record: &DeployRecord, changes: Vec<String>) -> Self {
        Self {
            id: record.id.clone(),
            applied: plan.files.migrations.steps.iter().map(|step| step.file.version.clone()).collect(),
            changes,
            atomic: plan.is_atomic(),
            rehearsed: plan.files.rehearsal.skipped.is_none(),
            backup: record.backup.clone(),
            hooks: record.hooks.before.len() + record.hooks.after.len(),
            catalog_before: record.catalog_before.clone(),
            catalog_after: record.catalog_after.clone(),
            undo: format!("crmctl deploy rollback --env {}", record.environment),
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
        let mut text = if self.applied.is_empty() {
            format!("{} deploy {}, whose migrations were there already", style.good("ended"), self.id)
        } else {
            format!("{} {}{how}", style.good("deployed"), files(self.applied.len()))
        };
        for change in &self.changes {
            text += &format!("\n  {change}");
        }
        if self.hooks > 0 {
            text += &format!("\n{} {} run", style.strong("hooks"), plural(self.hooks as u64, "command"));
        }
        if let Some(backup) = &self.backup {
            text += &format!("\n{} {backup}", style.strong("backup"));
        }
        text + &format!("\n{} {}", style.strong("undo with:"), self.undo)
    }
}
