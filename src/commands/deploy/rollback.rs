//! `crmctl deploy rollback`: back to before a deploy.

use crate::app::App;
use crate::backup::{self, Store};
use crate::commands::backup::backup_of;
use crate::deploy::preflight;
use crate::deploy::rollback::{self, RollbackError, RollbackPlan, RollbackReport, Way};
use crate::deploy::{DeployRecord, DeployStatus, Standing};
use crate::environment::{Environment, EnvironmentName};
use crate::error::{ExitStatus, Result};
use crate::lint::{self, LiveFacts};
use crate::migration::{History, MigrationFile, Version, down, history};
use crate::pg::{PgError, Session};
use crate::plan::Hazard;

/// Undo the unfinished or the last deploy: the schema from before it, proved by its hash
///
/// What undoes each file runs in one transaction, if there is such a thing for all of them; it commits only if the schema
/// is the one from before. Otherwise the backup of the deploy is restored, which loses what was written since.
#[derive(Debug, clap::Args)]
pub(crate) struct RollbackArgs {
    /// Name of the deploy, or its beginning; otherwise the unfinished or the last one, unless that left nothing
    id: Option<String>,
    /// Environment of the deploy, as named in crmctl.toml
    #[arg(long = "env", value_name = "NAME", default_value = "cloud")]
    environment: EnvironmentName,
    /// Show what would be done and change nothing
    #[arg(long, visible_alias = "dry-run")]
    plan: bool,
    /// Restore the backup of the deploy even if its files can be undone
    #[arg(long)]
    restore: bool,
}

pub(super) async fn run(app: &App, args: RollbackArgs) -> Result<ExitStatus> {
    let environment = app.environment(&args.environment)?;
    let mut session = app.connect(&environment).await?; // read-only until the plan is approved

    let facts = preflight::read(&mut session, environment.project_ref(), &app.project.backup.dir).await?;
    let history = history::read(&mut session).await?;
    let Some(record) = rollback::choose(&facts.journal, args.id.as_deref())?.cloned() else {
        session.close().await;
        app.printer.notice("nothing to roll back; an older deploy is undone by its name");
        let nothing = DeployStatus::of(facts.journal, &history, None, &environment.name);
        return app.report(ExitStatus::Success, Some(&environment), &nothing);
    };
    if let Some(holder) = &facts.lock_holder {
        return Err(PgError::Busy { holder: format!(": {holder}") }.into());
    }
    rollback::check_last(&record, &facts.journal, &history)?;
    let because = args.restore.then(|| "it was asked for".to_owned());
    let way = choose_way(app, &environment, &mut session, (&record, &history), because).await?;
    let plan = RollbackPlan::new(record, &history, way);
    if args.plan {
        session.close().await;
        return app.report(ExitStatus::Success, Some(&environment), &plan);
    }
    let report = carry_out(app, &environment, &mut session, plan, &history).await?;
    session.close().await;
    let outcome = if report.leads_back() { ExitStatus::Success } else { ExitStatus::Differs };
    app.report(outcome, Some(&environment), &report)
}

/// Nothing to undo, what undoes each file, or the backup: the first that is possible.
async fn choose_way(
    app: &App,
    environment: &Environment,
    session: &mut Session,
    (record, history): (&DeployRecord, &History),
    because: Option<String>,
) -> Result<Way> {
    if record.standing(history) == Standing::Untouched {
        return Ok(Way::Close);
    }
    let because = match because {
        Some(because) => because,
        None => match undo_files(app, session, record, history).await? {
            Ok(way) => return Ok(way),
            Err(because) => because,
        },
    };
    let Some(id) = &record.backup else {
        return Err(RollbackError::NoBackup { id: record.id.clone() }.into());
    };
    let backup = Store::new(&app.project.backup.dir).find(id)?;
    backup.verify()?;
    let target = backup::restore::Target::read(session).await?;
    let plan = Box::new(backup::restore::plan(backup, environment.name.as_str(), &target)?);
    Ok(Way::Restore { plan, because })
}

/// What undoes each file, or why nothing does.
async fn undo_files(
    app: &App,
    session: &mut Session,
    record: &DeployRecord,
    history: &History,
) -> Result<Result<Way, String>> {
    let directory = MigrationFile::read_dir(&app.project.migrations)?;
    let versions: Vec<Version> =
        record.applied(history).iter().map(|file| Version::stored(&file.version)).collect();
    let plan = match down::plan(&directory, history, &versions) {
        Ok(plan) if plan.is_atomic() && !plan.is_empty() => plan,
        Ok(_) => return Ok(Err("its files cannot be undone in one transaction".to_owned())),
        Err(error) => return Ok(Err(error.to_string())),
    };
    let plan = down::count_losses(session, plan).await?;
    let files: Vec<&MigrationFile> = plan.steps.iter().map(|step| &*step.file).collect();
    let hazards = lint::hazards(&lint::lint(&files, &LiveFacts::default()));
    let gone = hazards.into_iter().filter_map(|hazard| match hazard {
        Hazard::DropsData(what) => Some(what),
        Hazard::OverwritesRows(_)
        | Hazard::RewritesTable(_)
        | Hazard::BlocksWrites(_)
        | Hazard::ChangesSchema(_)
        | Hazard::WritesRows(_)
        | Hazard::LeavesNoUndo(_) => None,
    });
    Ok(Ok(Way::Down { gone: gone.collect(), plan }))
}

/// Shows the plan, asks, and does it. Statements that turn out not to lead back give way to the backup, which is a plan
/// of its own that is asked for again.
async fn carry_out(
    app: &App,
    environment: &Environment,
    session: &mut Session,
    plan: RollbackPlan,
    history: &History,
) -> Result<RollbackReport> {
    match approve_and_do(app, environment, session, plan.clone()).await {
        Err(failure) if rollback::is_not_as_before(&failure) => {
            app.printer.warning(&failure.to_string());
            let facts = (&plan.record, history);
            let way = choose_way(app, environment, session, facts, Some(failure.to_string())).await?;
            let plan = RollbackPlan::new(plan.record, history, way);
            approve_and_do(app, environment, session, plan).await
        }
        other => other,
    }
}

async fn approve_and_do(
    app: &App,
    environment: &Environment,
    session: &mut Session,
    plan: RollbackPlan,
) -> Result<RollbackReport> {
    app.printer.plan(&plan)?;

    let approved = app.approve(plan, environment)?;
    let undo = match &approved.plan().way {
        Way::Close => None,
        // The way back, whole on the disk before anything is touched.
        Way::Down { .. } | Way::Restore { .. } => Some(backup_of(app, environment).await?.backup.manifest.id),
    };
    let mut report = rollback::roll_back(session, &approved, app.progress()).await?;
    report.undo = undo.map(|undo| backup::restore::command(undo, &environment.name));
    Ok(report)
}

/// Undoes the deploy that has just stopped half-way.
pub(super) async fn after_failure(app: &App, environment: &Environment) -> Result<RollbackReport> {
    let mut session = app.connect(environment).await?;
    let facts = preflight::read(&mut session, environment.project_ref(), &app.project.backup.dir).await?;
    let history = history::read(&mut session).await?;
    let Some(record) = facts.journal.unfinished().cloned() else {
        return Err(anyhow::anyhow!("the journal knows of no unfinished deploy").into());
    };
    let way = choose_way(app, environment, &mut session, (&record, &history), None).await?;
    let plan = RollbackPlan::new(record, &history, way);
    let report = carry_out(app, environment, &mut session, plan, &history).await?;
    session.close().await;
    Ok(report)
}
