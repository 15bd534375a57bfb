//! Writes the history as a repair plan says, in one transaction.

use serde::Serialize;

use crate::error::Result;
use crate::guard::Approved;
use crate::migration::apply::begin;
use crate::migration::folded::in_a_row;
use crate::migration::history;
use crate::migration::history_fault::cannot_write;
use crate::migration::repair::plan::{Change, RepairPlan};
use crate::migration::version::Version;
use crate::pg::{Session, SqlText, Writer};
use crate::plan::{Progress, Render};
use crate::ui::{Style, plural};

/// So many changes go in one message.
const TOGETHER: usize = 64;

/// What a repair did to the history.
#[derive(Debug, Clone, Default, Serialize)]
pub struct RepairReport {
    /// Marked as applied.
    pub applied: Vec<Version>,
    /// Marked as not applied.
    pub reverted: Vec<Version>,
    /// Recorded anew as their files are now.
    pub accepted: Vec<Version>,
}

/// Carries a repair out: all of it or nothing.
pub async fn apply(
    session: &mut Session,
    approved: &Approved<RepairPlan>,
    progress: &dyn Progress,
) -> Result<RepairReport> {
    let plan = approved.plan();
    let mut writer = session.unlock(approved, progress).await?;
    if let Err(error) = write(&mut writer, &plan.changes).await {
        // A connection that is lost has rolled back by itself.
        let _ = writer.roll_back().await;
        return Err(error);
    }
    writer.commit().await?.tell(progress);
    Ok(RepairReport::of(plan))
}

async fn write(writer: &mut Writer<'_>, changes: &[Change]) -> Result<()> {
    begin(writer).await?;
    for changes in changes.chunks(TOGETHER) {
        let mut statements = SqlText::default();
        for change in changes {
            add(&mut statements, change);
        }
        writer.send_text(statements)?;
    }
    writer.settle().await.map_err(cannot_write)
}

/// Both tables always change together; what another tool left in either is replaced.
fn add(statements: &mut SqlText, change: &Change) {
    statements.push(&format!("{}; ", history::forget(&[change.version()])));
    match change {
        Change::MarkApplied { file } | Change::AcceptEdited { file } => {
            statements.append(history::record(file));
            statements.push("; ");
        }
        Change::MarkReverted { .. } => {}
    }
}

impl RepairReport {
    fn of(plan: &RepairPlan) -> Self {
        let mut report = Self::default();
        for change in &plan.changes {
            let list = match change {
                Change::MarkApplied { .. } => &mut report.applied,
                Change::AcceptEdited { .. } => &mut report.accepted,
                Change::MarkReverted { .. } => &mut report.reverted,
            };
            list.push(change.version().clone());
        }
        report
    }
}

impl Render for RepairReport {
    fn render(&self, style: &Style) -> String {
        let line = |versions: &[Version], words: &str| {
            let list: Vec<&str> = versions.iter().map(Version::as_str).collect();
            let count = plural(versions.len() as u64, "migration");
            (!list.is_empty()).then(|| format!("{count} {}: {}", style.good(words), in_a_row(&list)))
        };
        let lines = [
            line(&self.applied, "marked as applied"),
            line(&self.accepted, "recorded as the file is now"),
            line(&self.reverted, "marked as not applied"),
        ];
        lines.into_iter().flatten().collect::<Vec<_>>().join("\n")
    }
}
