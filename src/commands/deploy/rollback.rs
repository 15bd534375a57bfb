//! `crmctl deploy rollback`: back to before a deploy.

use crate::app::App;
use crate::backup::{self, Store};
use crate::commands::backup::backup_of;
use crate::deploy::preflight;
use crate::deploy::rollback::{self, RollbackError, RollbackPlan, Way};
use crate::deploy::{DeployRecord, DeployStatus, Standing};
use crate::environment::{Environment, EnvironmentName};
use crate::error::{ExitStatus, Result};
use crate::migration::history;
use crate::pg::{PgError, Session};

/// Undo the unfinished or the last deploy: the schema from before it, proven by its hash
#[derive(Debug, clap::Args)]
pub(crate) struct RollbackArgs {
    /// Name of the deploy, or its beginning; the unfinished or the last one otherwise
    id: Option<String>,
    /// Environment of the deploy, as named in crmctl.toml
    #[arg(long = "env", value_name = "NAME", default_value = "cloud")]
    environment: EnvironmentName,
    /// Show what would be done and change nothing
    #[arg(long)]
    plan: bool,
}

pub(super) async fn run(app: &App, args: RollbackArgs) -> Result<ExitStatus> {
    let environment = app.environment(&args.environment)?;
    let mut session = app.connect(&environment).await?; // read-only until the plan is approved

    let facts = preflight::read(&mut session, environment.project_ref(), &app.project.backup.dir).await?;
    let history = history::read(&mut session).await?;
    let Some(record) = rollback::choose(&facts.journal, args.id.as_deref())?.cloned() else {
        session.close().await;
        let nothing = DeployStatus::of(facts.journal, &history, None, &environment.name);
        return app.report(ExitStatus::Success, Some(&environment), &nothing);
    };
    if let Some(holder) = &facts.lock_holder {
        return Err(PgError::Busy { holder: format!(": {holder}") }.into());
    }
    rollback::check_last(&record, &facts.journal, &history)?;
    let way = match record.standing(&history) {
        Standing::Untouched => Way::Close,
        Standing::Partly | Standing::Complete => restore(app, &environment, &mut session, &record).await?,
    };
    let plan = RollbackPlan::new(record, &history, way);
    if args.plan {
        session.close().await;
        return app.report(ExitStatus::Success, Some(&environment), &plan);
    }
    app.printer.plan(&plan)?;

    let approved = app.approve(plan, &environment)?;
    let undo = match &approved.plan().way {
        Way::Close => None,
        // The way back, whole on the disk before anything is touched.
        Way::Restore(_) => Some(backup_of(app, &environment).await?.backup.manifest.id),
    };
    let mut report = rollback::roll_back(&mut session, &approved, app.progress()).await?;
    if let (Some(restored), Some(undo)) = (&mut report.restored, undo) {
        restored.undo = Some(backup::restore::command(undo, &environment.name));
    }
    session.close().await;
    let outcome = if report.is_equal() { ExitStatus::Success } else { ExitStatus::Differs };
    app.report(outcome, Some(&environment), &report)
}

/// The deploy's own backup, checked, as a plan.
async fn restore(
    app: &App,
    environment: &Environment,
    session: &mut Session,
    record: &DeployRecord,
) -> Result<Way> {
    let Some(id) = &record.backup else {
        return Err(RollbackError::NoBackup { id: record.id.clone() }.into());
    };
    let backup = Store::new(&app.project.backup.dir).find(id)?;
    backup.verify()?;
    let target = backup::restore::Target::read(session).await?;
    let plan = backup::restore::plan(backup, environment.name.as_str(), &target)?;
    Ok(Way::Restore(Box::new(plan)))
}
