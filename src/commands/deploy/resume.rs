//! `crmctl deploy resume`: an unfinished deploy to its end.

use crate::app::App;
use crate::commands::deploy::carry_out;
use crate::deploy::preflight;
use crate::deploy::rehearse::ALLOW_DRIFT;
use crate::deploy::{
    self, DeployRecord, DeployStatus, Hooks, Observed, Procedure, Rehearsal, Standing, resume,
};
use crate::environment::EnvironmentName;
use crate::error::{ExitStatus, Result};
use crate::local::ClusterOptions;
use crate::migration::{Directory, MigrationFile, MigrationPlan};
use crate::pg::{PgError, Session};

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
    let directory = MigrationFile::read_dir(&app.project.migrations)?;
    let environment = app.environment(&args.environment)?;
    let mut session = app.connect(&environment).await?; // read-only until the plan is approved

    let backups = &app.project.backup.dir;
    let facts = preflight::read(&mut session, environment.project_ref(), backups).await?;
    let observed = deploy::observe(&mut session).await?;
    let Some(record) = facts.journal.unfinished().cloned() else {
        session.close().await;
        let nothing = DeployStatus::of(facts.journal, &observed.history, None, &environment.name);
        return app.report(ExitStatus::Success, Some(&environment), &nothing);
    };
    if let Some(holder) = &facts.lock_holder {
        return Err(PgError::Busy { holder: format!(": {holder}") }.into());
    }
    resume::check_files(&record, &directory)?;
    let migrations = resume::remaining_files(&record, &directory, &observed.history)?;
    let preflight = preflight::judge(&facts, &migrations.steps, backups)?;
    let standing = record.standing(&observed.history);
    let doors = deploy::doors::observe(&mut session, &app.project).await?;
    let rehearsal = rehearse(app, &mut session, (&directory, &observed), (&record, &migrations)).await?;
    let files = deploy::plan(migrations, Vec::new(), rehearsal, observed, &record.allowed).guarding(doors);
    let files = match standing {
        Standing::Untouched => files,
        Standing::Partly | Standing::Complete => files.resuming(resume::files(&record, &directory)),
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
        has_down_halves: deploy::have_down_halves(&files.migrations.steps, &directory),
        files,
        record: resume::continued(record, standing),
    };
    if args.plan {
        session.close().await;
        return app.report(ExitStatus::Success, Some(&environment), &plan);
    }
    app.printer.plan(&plan)?;

    let approved = app.approve(plan, &environment)?;
    let report = carry_out(app, &environment, &mut session, &approved).await?;
    session.close().await;
    app.report(ExitStatus::Success, Some(&environment), &report)
}

/// What is left, on a throwaway server. A deploy in its middle must come to an end, whatever somebody else changed.
async fn rehearse(
    app: &App,
    session: &mut Session,
    (directory, observed): (&Directory, &Observed),
    (record, pending): (&DeployRecord, &MigrationPlan),
) -> Result<Rehearsal> {
    if pending.is_empty() {
        return Ok(Rehearsal::skipped("nothing is left to apply".to_owned()));
    }
    let mut allowed = record.allowed.clone();
    if record.standing(&observed.history) != Standing::Untouched {
        allowed.push(ALLOW_DRIFT.to_owned());
    }
    let shadow = ClusterOptions::new(app.home(), app.search_path());
    let request = deploy::Request {
        shadow: &shadow,
        directory,
        observed,
        pending,
        allowed: &allowed,
        with_data: None,
        cancel: &app.cancel,
    };
    deploy::rehearse(&request, session).await
}
