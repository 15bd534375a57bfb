//! Undoing a deploy: which one, by which way, and the proof that the schema is the one from before.

mod apply;
mod choose;
mod report;

use serde::Serialize;

use crate::backup::RestorePlan;
use crate::deploy::journal::{DeployRecord, Standing};
use crate::migration::History;
use crate::migration::down::DownPlan;
use crate::plan::{Fingerprint, Hazard, Plan, Render};
use crate::ui::Style;

pub use apply::{is_not_as_before, roll_back};
pub use choose::{RollbackError, check_last, choose};
pub use report::RollbackReport;

/// How a deploy is undone.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "snake_case", tag = "way")]
pub enum Way {
    /// None of its files is there: only the journal is told.
    Close,
    /// What undoes each file, in one transaction that ends with the schema from before or not at all.
    Down {
        /// What runs.
        #[serde(flatten)]
        plan: DownPlan,
        /// What the files dropped and no statement brings back.
        gone: Vec<String>,
    },
    /// Its backup is restored, and what was written since is lost.
    Restore {
        /// What is restored.
        #[serde(flatten)]
        plan: Box<RestorePlan>,
        /// Why there is no other way.
        because: String,
    },
}

/// What undoing a deploy does.
#[derive(Debug, Clone, Serialize)]
pub struct RollbackPlan {
    /// Which deploy.
    pub record: DeployRecord,
    /// What of it is there.
    pub standing: Standing,
    /// How it is undone.
    #[serde(flatten)]
    pub way: Way,
    #[serde(skip)]
    pub(crate) fingerprint: Fingerprint,
}

impl RollbackPlan {
    /// Puts together what is known.
    #[must_use]
    pub fn new(record: DeployRecord, history: &History, way: Way) -> Self {
        let standing = record.standing(history);
        Self { record, standing, way, fingerprint: history.fingerprint() }
    }

    fn written_since(&self) -> Hazard {
        let taken = match &self.way {
            Way::Restore { plan, .. } => plan.backup.manifest.taken_at,
            Way::Close | Way::Down { .. } => self.record.started_at,
        };
        let since = taken.format("%Y-%m-%d %H:%M:%S UTC");
        Hazard::DropsData(format!("every row written since {since}, in all tables"))
    }
}

impl Plan for RollbackPlan {
    fn hazards(&self) -> Vec<Hazard> {
        match &self.way {
            // Schema and rows stay as they are, but the journal of somebody's production does not.
            Way::Close => vec![Hazard::WritesRows("the end of this deploy in the journal".to_owned())],
            Way::Down { plan, .. } => plan.hazards(),
            Way::Restore { plan, .. } => {
                std::iter::once(self.written_since()).chain(plan.hazards()).collect()
            }
        }
    }

    fn fingerprint(&self) -> &Fingerprint {
        &self.fingerprint
    }
}

impl Render for RollbackPlan {
    fn render(&self, style: &Style) -> String {
        let id = style.strong(self.record.id.as_str());
        let environment = &self.record.environment;
        match &self.way {
            Way::Close => format!("nothing of deploy {id} is there; the journal is told that it is over"),
            Way::Down { plan, gone } => {
                let mut text = format!("roll back deploy {id}\n{}", plan.render(style));
                for gone in gone {
                    text += &format!("\n{} {gone}", style.attention("does not come back:"));
                }
                if !gone.is_empty() {
                    text +=
                        &format!("\n`crmctl deploy rollback --env {environment} --restore` brings it back");
                }
                text + "\nthen: compare the schema with the one from before, and only then commit"
            }
            Way::Restore { plan, because } => {
                let command = crate::backup::restore::command(&plan.backup.manifest.id, environment);
                format!(
                    "roll back deploy {id} by restoring its backup, because {because}: what `{command}` does\n{}\n{}",
                    plan.render(style),
                    style.attention(&format!("  {}", self.written_since())),
                )
            }
        }
    }
}

#[cfg(test)]
mod tests;
