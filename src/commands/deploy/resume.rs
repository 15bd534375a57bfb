//! `crmctl deploy resume`: an unfinished deploy to its end.

use crate::app::App;
use crate::commands::deploy::carry_out;
use crate::commands::deploy::scene::{Scene, Wishes};
use crate::deploy::doors::Doors;
use crate::deploy::rehearse::ALLOW_DRIFT;
use crate::deploy::{
    self, DeployRecord, DeployReport, DeployStatus, Hooks, Observed, Procedure, Rehearsal, Standing,
    preflight, resume,
};
use crate::environment::EnvironmentName;
use crate::error::{ExitStatus, Result};
use crate::migration::MigrationPlan;
use crate::pg::PgError;

/// Continue an unfinished deploy where it stopped; what is done is not done again
#[derive(Debug, clap::Args)]
pub(crate) struct ResumeArgs {
    /// Environment of the deploy, as named in crmctl.toml
    #[arg(long = "env", value_name = "NAME", default_value = "cloud")]
    environment: EnvironmentName,
    /// Show what is left to do and change nothing
    #[arg(long, visible_alias = "dry-run")]
    plan: bool,
    /// Do not run the commands that crmctl.toml names before and after
    #[arg(long)]
    no_hooks: bool,
}

pub(super) async fn run(app: &App, args: ResumeArgs) -> Result<ExitStatus> {
    let (mut scene, observed) = Scene::of(app, &args.environment).await?;
    let result = resume(app, args, &mut scene, observed).await;
    scene.end_shadow().await;
    scene.session.close().await;
    result
}

async fn resume(app: &App, args: ResumeArgs, scene: &mut Scene, observed: Observed) -> Result<ExitStatus> {
    let Some(record) = scene.facts.journal.unfinished().cloned() else {
        let journal = scene.facts.journal.clone();
        let nothing = DeployStatus::of(journal, &observed.history, None, &args.environment);
        return app.report(ExitStatus::Success, Some(&scene.environment), &nothing);
    };
    if let Some(holder) = &scene.facts.lock_holder {
        return Err(PgError::Busy { holder: format!(": {holder}") }.into());
    }
    resume::check_files(&record, &scene.directory)?;
    let migrations = resume::remaining_files(&record, &scene.directory, &observed.history)?;
    let preflight = preflight::judge(&scene.facts, &migrations.steps, &app.project.backup.dir)?;
    let standing = record.standing(&observed.history);
    let (rehearsal, doors) = rehearse(app, scene, &observed, (&record, &migrations)).await?;
    let files = deploy::plan(migrations, Vec::new(), rehearsal, observed, &record.allowed).guarding(doors);
    let files = match standing {
        Standing::Untouched => files,
        Standing::Partly | Standing::Complete => files.resuming(resume::files(&record, &scene.directory)),
    };
    let plan = Procedure {
        preflight,
        gate: None, // it was passed, with the very same files
        hooks: if args.no_hooks {
            Hooks::default()
        } else {
            resume::remaining_hooks(&record, standing, &app.project.deploy)
        },
        resumes: Some(standing),
        closes: None,
        has_down_halves: deploy::have_down_halves(&files.migrations.steps, &scene.directory),
        files,
        record: resume::continued(record, standing),
    };
    let environment = &scene.environment;
    let planned = DeployReport::planned(plan.clone(), Vec::new());
    if args.plan {
        return app.report(ExitStatus::Success, Some(environment), &planned);
    }
    app.printer.plan(&plan)?;

    let approved = app.approve(plan, environment).map_err(|refusal| planned.behind(refusal))?;
    let report = carry_out(app, environment, &mut scene.session, &approved).await?;
    app.report(ExitStatus::Success, Some(environment), &report)
}

/// What is left, on a throwaway server. A deploy in its middle must come to an end, whatever somebody else changed.
async fn rehearse(
    app: &App,
    scene: &mut Scene,
    observed: &Observed,
    (record, pending): (&DeployRecord, &MigrationPlan),
) -> Result<(Rehearsal, Option<Doors>)> {
    if pending.is_empty() {
        let doors = deploy::doors::observe(&mut scene.session, &app.project).await?;
        return Ok((Rehearsal::skipped("nothing is left to apply".to_owned()), doors));
    }
    let mut allowed = record.allowed.clone();
    if record.standing(&observed.history) != Standing::Untouched {
        allowed.push(ALLOW_DRIFT.to_owned());
    }
    let wishes = Wishes { allowed: &allowed, with_data: None, goes_on: false };
    scene.rehearse(app, (observed, pending), wishes).await
}
