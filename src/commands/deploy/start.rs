//! `crmctl deploy` itself.

use crate::app::App;
use crate::commands::deploy::scene::{Scene, Wishes};
use crate::commands::deploy::{carry_out, rollback};
use crate::deploy::{
    self, ByteLimit, DeployRecord, DeployReport, DeployResult, Gate, Hooks, Journal, Observed, Preflight,
    Procedure, Rehearsal, Stops, gate, ledger, preflight, resume,
};
use crate::environment::{Environment, EnvironmentName};
use crate::error::{ExitStatus, Failure, Kind, Result};
use crate::lint;
use crate::migration::{self, Directory, History, MigrationFile, Options, Step, history};

#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
#[derive(Debug, clap::Args)]
pub(crate) struct StartArgs {
    /// Environment to deploy to, as named in crmctl.toml
    #[arg(long = "env", value_name = "NAME", default_value = "cloud")]
    environment: EnvironmentName,
    /// Look, lint and rehearse, show everything that would be done, and change nothing
    #[arg(long, visible_alias = "dry-run")]
    plan: bool,
    /// Rehearse with the rows of the tables that are touched, too: realistic times, and rows that are in the way found
    #[arg(long)]
    with_data: bool,
    /// Tables that would make more rows than this are rehearsed without theirs
    #[arg(long, value_name = "SIZE", default_value = "1GB", requires = "with_data")]
    with_data_limit: ByteLimit,
    /// Allow what this lint rule forbids; can be repeated. `drift`: a target that is not what its migrations make; `rows`:
    /// rows that vanish; `gate`: not to ask the environment that must come first
    #[arg(long, value_name = "RULE", value_parser = deploy::allowance::parse)]
    allow: Vec<String>,
    /// Do not run the commands that crmctl.toml names before and after
    #[arg(long)]
    no_hooks: bool,
    /// Undo everything when something fails after a part was applied, as `crmctl deploy rollback` does
    #[arg(long)]
    rollback_on_failure: bool,
}

pub(super) async fn run(app: &App, args: StartArgs) -> Result<ExitStatus> {
    let result = Box::pin(start(app, args)).await;
    // Programs read one shape, whatever came of it.
    result.map_err(|failure| match failure.done() {
        Some(_) => failure,
        None => DeployReport::without_plan(DeployResult::Stopped).behind(failure),
    })
}

async fn start(app: &App, args: StartArgs) -> Result<ExitStatus> {
    let (mut scene, observed) = Scene::of(app, &args.environment).await?;
    let mut stops = Stops::new(args.plan);
    let plan = plan(app, &args, (&mut scene, observed), &mut stops).await;
    scene.end_shadow().await;
    let Some(plan) = plan? else {
        scene.session.close().await;
        let nothing = DeployReport::without_plan(DeployResult::Nothing);
        return match stops.into_first() {
            Some(stop) => Err(stop),
            None => app.report(ExitStatus::Success, Some(&scene.environment), &nothing),
        };
    };
    let Scene { environment, mut session, .. } = scene;
    let planned = DeployReport::planned(plan.clone(), stops.told());
    if args.plan {
        session.close().await;
        return match stops.into_first() {
            Some(stop) => Err(planned.before(stop)),
            None => app.report(ExitStatus::Success, Some(&environment), &planned),
        };
    }
    app.printer.plan(&plan)?;

    let approved = app.approve(plan, &environment).map_err(|refusal| planned.behind(refusal))?;
    let result = carry_out(app, &environment, &mut session, &approved).await;
    session.close().await;
    match result {
        Ok(report) => app.report(ExitStatus::Success, Some(&environment), &report),
        Err(failure) if args.rollback_on_failure && failure.kind() == Kind::Partial => {
            Err(rolled_back(app, &environment, failure).await)
        }
        Err(failure) => Err(failure),
    }
}

/// Looks, lints, rehearses. Nothing where nothing is pending.
async fn plan(
    app: &App,
    args: &StartArgs,
    (scene, observed): (&mut Scene, Observed),
    stops: &mut Stops,
) -> Result<Option<Procedure>> {
    let facts = &scene.facts;
    let closes = resume::to_close(&facts.journal, &observed.history, facts.lock_holder.as_deref());
    let closes = stops.pass(closes)?.flatten();
    let migrations = migration::plan(&scene.directory, &observed.history, &Options::default())?;
    if migrations.is_empty() {
        return Ok(None);
    }
    let preflight = preflight::judge(facts, &migrations.steps, &app.project.backup.dir);
    let preflight =
        stops.pass(preflight.map_err(Failure::from))?.unwrap_or_else(|| Preflight::unjudged(facts));
    let gate = pass_gate(app, args, &scene.directory, &migrations.steps).await;
    let gate = stops.pass(gate)?.flatten();
    let files: Vec<&MigrationFile> = migrations.steps.iter().map(|step| &*step.file).collect();
    let findings = lint::lint(&files, &observed.facts);
    app.annotate(&findings)?;
    stops.pass(deploy::check_findings(&findings, &args.allow).map_err(Failure::from))?;
    let wishes = Wishes {
        allowed: &args.allow,
        with_data: args.with_data.then_some(args.with_data_limit.0),
        goes_on: stops.goes_on(),
    };
    let rehearsed = scene.rehearse(app, (&observed, &migrations), wishes).await;
    let (rehearsal, doors) = match stops.pass(rehearsed)? {
        Some(rehearsed) => rehearsed,
        None => (Rehearsal::failed(), None),
    };
    for objection in &rehearsal.objections {
        stops.pass::<()>(Err(objection.clone().into()))?;
    }
    let files = deploy::plan(migrations, findings, rehearsal, observed, &args.allow).guarding(doors);
    let author = deploy::author(&app.variables, &app.project.root);
    let allowed = args.allow.clone();
    let record = DeployRecord::planned(&args.environment, author, &files, app.now()).allowing(allowed);
    let hooks = if args.no_hooks { Hooks::default() } else { Hooks::of(&app.project.deploy) };
    let has_down_halves = deploy::have_down_halves(&files.migrations.steps, &scene.directory);
    Ok(Some(Procedure { preflight, gate, files, hooks, resumes: None, closes, has_down_halves, record }))
}

/// What is left to say of a deploy that failed half-way, after it was undone.
async fn rolled_back(app: &App, environment: &Environment, failure: Failure) -> Failure {
    app.printer.warning(&format!("{failure}; rolling back"));
    match rollback::after_failure(app, environment).await {
        Ok(report) => DeployReport::with_rollback(failure, &report)
            .context("the deploy failed and was rolled back")
            .with_help(format!("mend what failed, then `crmctl deploy --env {}` again", environment.name))
            .of_kind(Kind::Failed),
        Err(second) => second
            .context(format!("the deploy failed ({failure}), and so did its rollback"))
            .of_kind(Kind::Partial),
    }
}

/// Looks whether the environment that must come first has the same files. Only reads from it.
async fn pass_gate(
    app: &App,
    args: &StartArgs,
    directory: &Directory,
    steps: &[Step],
) -> Result<Option<Gate>> {
    let Some(name) = &app.project.deploy.requires else { return Ok(None) };
    if *name == args.environment {
        return Ok(None);
    }
    if args.allow.iter().any(|allowed| allowed == gate::ALLOW) {
        return Ok(Some(Gate { environment: name.clone(), asked: false }));
    }
    let environment = app.environment(name)?;
    let asked = ask(app, &environment).await;
    app.printer.about(args.environment.as_str());
    let (history, journal) = asked.map_err(|failure| gate::cannot_be_asked(name, failure))?;
    Ok(Some(gate::pass(name, steps, directory, (&history, &journal))?))
}

async fn ask(app: &App, environment: &Environment) -> Result<(History, Journal)> {
    let mut session = app.connect(environment).await?;
    let history = history::read(&mut session).await?;
    let journal = ledger::read(&mut session, 1).await?;
    session.close().await;
    Ok((history, journal))
}
