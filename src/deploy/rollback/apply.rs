//! Carries a rollback out. Each way is one transaction: after a crash the deploy is as it was, or undone.

use crate::backup::{self, RestoreReport};
use crate::catalog;
use crate::deploy::fate;
use crate::deploy::journal::{DeployRecord, DeployState};
use crate::deploy::ledger;
use crate::deploy::rollback::{RollbackPlan, RollbackReport, Way};
use crate::error::{Explain, Failure, Kind, Result};
use crate::guard::Approved;
use crate::migration::Version;
use crate::migration::down::{self, DownPlan};
use crate::migration::settings::NO_TIME_OUT;
use crate::pg::{Session, Writer, literal, text_array};
use crate::plan::Progress;

/// Undoing each file did not lead back.
#[derive(Debug, thiserror::Error)]
#[error("what undoes the files does not lead back to the schema from before, so everything was rolled back")]
struct NotAsBefore;

impl Explain for NotAsBefore {
    fn kind(&self) -> Kind {
        Kind::Failed
    }
}

/// Whether a rollback failed because its statements do not lead back: restoring the backup does.
#[must_use]
pub fn is_not_as_before(failure: &Failure) -> bool {
    failure.error().downcast_ref::<NotAsBefore>().is_some()
}

/// Carries an approved rollback out.
pub async fn roll_back(
    session: &mut Session,
    approved: &Approved<RollbackPlan>,
    progress: &dyn Progress,
) -> Result<RollbackReport> {
    let plan = approved.plan();
    let mut writer = session.unlock(approved, progress).await?;
    let mut restored = None;
    let mut undone = Vec::new();
    let now = match &plan.way {
        Way::Close => close(&mut writer, &plan.record).await?,
        Way::Down { plan: down, .. } => {
            undone = down.steps.iter().map(|step| step.version.clone()).collect();
            by_halves(&mut writer, down, &plan.record, progress).await?
        }
        Way::Restore { plan: restore, .. } => {
            let restore = approved.part(|_| (**restore).clone());
            restored = Some(backup::restore(&mut writer, &restore, progress).await?);
            close(&mut writer, &plan.record).await?
        }
    };
    Ok(report(plan, now, undone, restored))
}

fn report(
    plan: &RollbackPlan,
    now: String,
    undone: Vec<Version>,
    restored: Option<RestoreReport>,
) -> RollbackReport {
    RollbackReport {
        id: plan.record.id.clone(),
        standing: plan.standing,
        catalog_before: plan.record.catalog_before.clone(),
        catalog_now: now,
        undone,
        restored,
        undo: None,
    }
}

/// One transaction: every file undone, the schema the one from before, and the journal told; or nothing.
async fn by_halves(
    writer: &mut Writer<'_>,
    down: &DownPlan,
    record: &DeployRecord,
    progress: &dyn Progress,
) -> Result<String> {
    progress.phase("rolling back", down.steps.len() as u64);
    let result = undo(writer, down, record, progress).await;
    progress.finish();
    let now = match result {
        Ok(now) => now,
        Err(failure) => {
            // A connection that is lost has rolled back by itself.
            let _ = writer.roll_back().await;
            return Err(failure);
        }
    };
    fate::commit(writer, &record.id, DeployState::RolledBack, progress).await?;
    Ok(now)
}

async fn undo(
    writer: &mut Writer<'_>,
    down: &DownPlan,
    record: &DeployRecord,
    progress: &dyn Progress,
) -> Result<String> {
    down::run_in_transaction(writer, down, progress).await?;
    let now = catalog::read(writer).await?.hash();
    if now != record.catalog_before {
        return Err(NotAsBefore.into());
    }
    let entry = rolled_back(record);
    writer.run(&format!("{entry}; reset all; {NO_TIME_OUT}; notify pgrst, 'reload schema'")).await?;
    Ok(now)
}

/// The journal is told, and the history: a backup of a database without a history brings none back.
async fn close(writer: &mut Writer<'_>, record: &DeployRecord) -> Result<String> {
    let now = catalog::read(writer).await?.hash();
    writer.run(&format!("{}; {}", forget(record), rolled_back(record))).await?;
    Ok(now)
}

fn rolled_back(record: &DeployRecord) -> String {
    ledger::save(&DeployRecord { state: DeployState::RolledBack, ..record.clone() })
}

/// Statements that take a deploy's files out of both tables of the history, where those exist.
fn forget(record: &DeployRecord) -> String {
    let versions: Vec<&str> = record.files.iter().map(|file| file.version.as_str()).collect();
    let versions = text_array(&versions);
    ["schema_migrations", "crmctl_migrations"]
        .map(|table| {
            // A literal, and no dollar quotes: what is in the journal may come from anybody.
            let body = format!(
                "begin if pg_catalog.to_regclass('supabase_migrations.{table}') is not null then \
                 delete from supabase_migrations.{table} where version operator(pg_catalog.=) any ({versions}); end if; end"
            );
            format!("do {}", literal(&body))
        })
        .join("; ")
}
