//! What undoing a deploy did.

use serde::Serialize;

use crate::backup::RestoreReport;
use crate::deploy::journal::{DeployId, Standing};
use crate::migration::Version;
use crate::plan::Render;
use crate::ui::Style;

/// What undoing a deploy did.
#[derive(Debug, Clone, Serialize)]
pub struct RollbackReport {
    /// Which deploy.
    pub id: DeployId,
    /// Whether its files had changed anything.
    pub standing: Standing,
    /// The hash of the schema before the deploy.
    pub catalog_before: String,
    /// The hash of the schema now.
    pub catalog_now: String,
    /// The migrations that were undone, where that was the way.
    pub undone: Vec<Version>,
    /// What was restored, where that was the way.
    pub restored: Option<RestoreReport>,
    /// The command that puts back what was there before the rollback.
    pub undo: Option<String>,
}

impl RollbackReport {
    /// Whether the schema is the one from before the deploy.
    #[must_use]
    pub fn is_equal(&self) -> bool {
        self.catalog_before == self.catalog_now
    }

    /// Whether the deploy left nothing: what it did not change, somebody else may have changed.
    #[must_use]
    pub fn leads_back(&self) -> bool {
        self.is_equal() || self.standing == Standing::Untouched
    }
}

impl Render for RollbackReport {
    fn render(&self, style: &Style) -> String {
        let mut text = format!("{} deploy {}", style.good("rolled back"), self.id);
        if self.standing == Standing::Untouched {
            text += ", which had changed nothing";
        }
        for version in &self.undone {
            text += &format!("\n  undone {version}");
        }
        text += &if self.is_equal() {
            format!("\n{} the schema is the one from before it: {}", style.good("equal"), &self.catalog_now)
        } else if self.standing == Standing::Untouched {
            String::new()
        } else {
            format!(
                "\n{} the schema is not the one from before it: {} instead of {}",
                style.bad("differs"),
                self.catalog_now,
                self.catalog_before
            )
        };
        if let Some(restored) = &self.restored {
            text += &format!("\n{}", restored.render(style));
        }
        if let Some(undo) = &self.undo {
            text += &format!("\nundo with: {undo}");
        }
        text
    }
}
