//! Carries a reset out: the old rows go and the fresh ones come in one transaction.

use crate::backup::{clear, writers};
use crate::error::{Failure, Result};
use crate::guard::Approved;
use crate::migration::apply as migrate;
use crate::migration::settings::clean_then;
use crate::pg::{Session, TableName, Writer, literal};
use crate::plan::Progress;
use crate::reset::plan::{Method, ResetPlan};
use crate::reset::report::ResetReport;
use crate::seed::{self, PlanError, SeedReport, Seeding};

/// An environment whose writers wait, in the transaction that resets it.
pub struct Held<'session>(Writer<'session>);

/// Begins, and keeps writers out: a backup that is made now holds exactly what goes.
pub async fn hold<'session>(
    session: &'session mut Session,
    approved: &Approved<ResetPlan>,
    progress: &dyn Progress,
) -> Result<Held<'session>> {
    let mut writer = session.unlock(approved, progress).await?;
    migrate::begin(&mut writer).await?;
    writer.run(&writers::sql()).await?;
    Ok(Held(writer))
}

/// Resets what was approved. `backup` is the one made just before.
pub async fn apply(
    Held(mut writer): Held<'_>,
    approved: &Approved<ResetPlan>,
    seeding: &Seeding,
    (backup, progress): (String, &dyn Progress),
) -> Result<ResetReport> {
    let plan = approved.plan();
    let result = apply_in_transaction(&mut writer, plan, seeding, progress).await;
    match result {
        Ok(seeded) => {
            writer.commit().await?.tell(progress);
            Ok(ResetReport::new(plan, seeded, backup))
        }
        Err(failure) => {
            // A connection that is lost has rolled back by itself.
            let _ = writer.roll_back().await;
            Err(failure)
        }
    }
}

async fn apply_in_transaction(
    writer: &mut Writer<'_>,
    plan: &ResetPlan,
    seeding: &Seeding,
    progress: &dyn Progress,
) -> Result<Option<SeedReport>> {
    match &plan.method {
        Method::Empty => {
            if let Some(truncate) = truncate(&plan.tables) {
                writer.run(&truncate).await?;
            }
            remove_users(writer, plan).await?;
        }
        Method::Rebuild(migrations) => {
            writer.run(&clear::objects_sql()).await?;
            writer
                .run(
                    "delete from supabase_migrations.schema_migrations where true; \
                     delete from supabase_migrations.crmctl_migrations where true",
                )
                .await?;
            remove_users(writer, plan).await?;
            progress.phase("applying migrations", migrations.steps.len() as u64);
            migrate::run_in_transaction(writer, &migrations.steps, progress).await?;
            progress.finish();
        }
    }
    // Migrations may have left settings behind; what follows must see names as everybody else does.
    let settings = "set local lock_timeout = '4s'; set local search_path = ''; set local row_security = off";
    writer.run(&clean_then(settings)).await?;
    let observation = seed::observe(writer, &seeding.request()).await?;
    match seed::plan(&seeding.request(), observation) {
        Ok(seed_plan) => Ok(Some(seed::fill(writer, &seed_plan, progress).await?)),
        // A project with a schema of its own is emptied all the same.
        Err(error @ PlanError::NotMigrated { .. }) => {
            progress.notice(&format!("not seeded: {error}"));
            Ok(None)
        }
        Err(error) => Err(error.into()),
    }
}

/// One statement for all tables, so that foreign keys among them do not matter; sequences start anew.
fn truncate(tables: &[TableName]) -> Option<String> {
    let names: Vec<String> = tables.iter().map(TableName::sql).collect();
    (!names.is_empty()).then(|| format!("truncate table {} restart identity", names.join(", ")))
}

async fn remove_users(writer: &mut Writer<'_>, plan: &ResetPlan) -> Result<()> {
    let Some(pattern) = &plan.auth_users else { return Ok(()) };
    let delete = format!("delete from auth.users where email like {}", literal(pattern));
    writer
        .run(&delete)
        .await
        .map(drop)
        .map_err(|error| Failure::from(error).context("removing the test users"))
}
