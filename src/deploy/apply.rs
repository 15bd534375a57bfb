//! Carries a deploy out: every pending file in one transaction, checked before COMMIT.
//!
//! A crash before COMMIT leaves the target as it was; after it, everything is there. There is no in-between.

use crate::backup::restore;
use crate::catalog::{self, diff};
use crate::deploy::check::check;
use crate::deploy::plan::{DeployPlan, in_words};
use crate::deploy::report::DeployReport;
use crate::error::{Failure, Kind, Result};
use crate::guard::Approved;
use crate::migration::{self, apply as migrate};
use crate::pg::{PgError, Session, Writer};
use crate::plan::Progress;

/// Applies and checks what was approved. `backup` is the one made of the target just before.
pub async fn apply(
    session: &mut Session,
    approved: &Approved<DeployPlan>,
    backup: String,
    progress: &dyn Progress,
) -> Result<DeployReport> {
    let plan = approved.plan();
    if !plan.is_atomic() {
        return apply_file_by_file(session, approved, backup, progress).await;
    }
    let mut writer = session.unlock(approved, progress).await?;
    progress.phase("deploying", plan.migrations.steps.len() as u64);
    let result = apply_together(&mut writer, plan, progress).await;
    progress.finish();
    match result {
        Ok(changes) => {
            commit(&mut writer, &backup).await?;
            Ok(DeployReport::new(plan, changes, backup))
        }
        Err(failure) => {
            // A connection that is lost has rolled back by itself.
            let _ = writer.roll_back().await;
            Err(failure)
        }
    }
}

async fn apply_together(
    writer: &mut Writer<'_>,
    plan: &DeployPlan,
    progress: &dyn Progress,
) -> Result<Vec<String>> {
    migrate::begin(writer).await?;
    migrate::run_in_transaction(writer, &plan.migrations.steps, progress).await?;
    let changes = check(writer, plan).await?;
    // The API reads the schema anew when it is told to; hosted projects tell it by themselves.
    writer.run("notify pgrst, 'reload schema'").await?;
    Ok(changes)
}

async fn commit(writer: &mut Writer<'_>, backup: &str) -> Result<()> {
    let environment = &writer.target().environment.clone();
    match writer.commit().await {
        Ok(()) => Ok(()),
        Err(error @ PgError::Undecided { .. }) => Err(Failure::from(error)
            .context("COMMIT was sent and its answer was lost: either everything is applied or nothing")
            .with_help(format!(
                "see which with `crmctl migrate status --env {environment}`; `{}` puts everything back",
                restore::command(backup, environment)
            ))
            .of_kind(Kind::Partial)),
        Err(error) => Err(error.into()),
    }
}

/// With a file among them that cannot run in a transaction: one by one. What a failure leaves is said.
async fn apply_file_by_file(
    session: &mut Session,
    approved: &Approved<DeployPlan>,
    backup: String,
    progress: &dyn Progress,
) -> Result<DeployReport> {
    let plan = approved.plan();
    let help = format!("`{}` puts everything back", restore::command(&backup, approved.environment()));
    let migrations = approved.part(|plan| plan.migrations.clone());
    migration::apply(session, &migrations, progress)
        .await
        .map_err(|failure| if failure.kind() == Kind::Partial { failure.with_help(help) } else { failure })?;
    let after = catalog::read(session).await?;
    let changes = diff(&plan.before, &after).iter().map(in_words).collect();
    Ok(DeployReport::new(plan, changes, backup))
}
