//! A deploy and its rollback through the same functions that the commands call, without rehearsal and backup.

use std::path::Path;

use crmctl::backup::BackupId;
use crmctl::cancel::Cancel;
use crmctl::deploy::rollback::{self, RollbackPlan, Way};
use crmctl::deploy::{
    self, Author, DeployRecord, Deployment, Hooks, Phase, Procedure, Rehearsal, Shell, Standing, ledger,
    resume,
};
use crmctl::environment::{Address, DatabaseUrl, DeployConfig, Environment, Origin, Protection, Source};
use crmctl::error::Result;
use crmctl::guard::{self, Answers};
use crmctl::migration::{self, MigrationFile, Options, Version, down, history};
use crmctl::pg::{Session, Target};
use crmctl::plan::Silent;

pub(crate) const NOBODY: Answers<'static> = Answers { yes: false, confirm: None, ask: None };

pub(crate) fn environment(url: &str) -> Environment {
    let url: DatabaseUrl = url.parse().unwrap();
    let origin = Origin::Url { address: Address::of(&url), url: Box::new(url), source: Source::Default };
    Environment {
        name: "stage".parse().unwrap(),
        protection: Protection::Open,
        origin,
        same_as: None,
        warnings: Vec::new(),
    }
}

pub(crate) async fn connect(environment: &Environment) -> Result<Session> {
    let url = environment.url().unwrap().clone();
    let target = Target { environment: environment.name.clone(), url, application_name: "cut".to_owned() };
    Ok(Session::open(&target, &Cancel::default()).await?)
}

fn not_rehearsed() -> Rehearsal {
    Rehearsal { skipped: Some("this is about the network".to_owned()), ..Rehearsal::failed() }
}

/// One command before and one after, which do nothing.
fn commands() -> DeployConfig {
    let nothing = || vec!["true".to_owned()];
    DeployConfig { before: nothing(), after: nothing(), requires: None, time_limit: None }
}

/// Deploys what is pending, or goes on with what is unfinished.
pub(super) async fn deploy(url: &str, migrations: &Path) -> Result<()> {
    deploy_while(url, migrations, || ()).await
}

/// The same, and something happens between the plan and the consent.
pub(crate) async fn deploy_while(url: &str, migrations: &Path, happens: impl FnOnce()) -> Result<()> {
    let directory = MigrationFile::read_dir(migrations)?;
    let environment = environment(url);
    let mut session = connect(&environment).await?;
    let journal = ledger::read(&mut session, 5).await?;
    let observed = deploy::observe(&mut session).await?;
    let now = chrono::DateTime::from_timestamp(1_767_225_600, 0).unwrap();
    let begun = journal.unfinished().cloned();
    let standing = begun.as_ref().map(|record| record.standing(&observed.history));
    let closes =
        begun.as_ref().filter(|_| standing == Some(Standing::Untouched)).map(|record| record.id.clone());
    let begun = begun.filter(|_| standing != Some(Standing::Untouched));
    let pending = match &begun {
        Some(record) => resume::remaining_files(record, &directory, &observed.history)?,
        None => migration::plan(&directory, &observed.history, &Options::default())?,
    };
    if pending.is_empty() && begun.is_none() {
        return Ok(());
    }
    let config = commands();
    let hooks = match (&begun, standing) {
        (Some(record), Some(standing)) => resume::remaining_hooks(record, standing, &config),
        (None, _) | (_, None) => Hooks::of(&config),
    };
    let files = deploy::plan(pending, Vec::new(), not_rehearsed(), observed, &[]);
    let resumes = begun.is_some().then_some(standing).flatten();
    let record = match begun {
        Some(record) => resume::continued(record, standing.unwrap()),
        None => DeployRecord::planned(&environment.name, Author::default(), &files, now),
    };
    let procedure = Procedure { resumes, closes, hooks, ..Procedure::of_files(files, record) };
    happens();
    let approved = guard::approve(procedure, &environment, &NOBODY)?;
    let cancel = Cancel::default();
    let shell = Shell {
        root: ".".into(),
        environment: &environment,
        variables: Vec::new(),
        secrets: Vec::new(),
        time_limit: None,
        cancel: &cancel,
    };
    let mut deployment = Deployment::begin(&mut session, &approved, &Silent).await?;
    let result = async {
        deployment.run_hooks(Phase::Before, &shell).await?;
        if deployment.wants_backup() {
            deployment.backed_up(&BackupId::new(&environment.name, now, 1))?;
        }
        deployment.apply_files().await?;
        deployment.run_hooks(Phase::After, &shell).await
    };
    let result = result.await;
    deployment.end(result, &shell).await?;
    session.close().await;
    Ok(())
}

/// Undoes the unfinished or the last deploy by its down halves.
pub(super) async fn roll_back(url: &str, migrations: &Path) -> Result<()> {
    let directory = MigrationFile::read_dir(migrations)?;
    let environment = environment(url);
    let mut session = connect(&environment).await?;
    let journal = ledger::read(&mut session, 5).await?;
    let history = history::read(&mut session).await?;
    let Some(record) = rollback::choose(&journal, None)?.cloned() else { return Ok(()) };
    rollback::check_last(&record, &journal, &history)?;
    let way = if record.standing(&history) == Standing::Untouched {
        Way::Close
    } else {
        let applied = record.applied(&history);
        let versions: Vec<Version> = applied.iter().map(|file| Version::stored(&file.version)).collect();
        Way::Down { plan: down::plan(&directory, &history, &versions)?, gone: Vec::new() }
    };
    let approved = guard::approve(RollbackPlan::new(record, &history, way), &environment, &NOBODY)?;
    rollback::roll_back(&mut session, &approved, &Silent).await?;
    session.close().await;
    Ok(())
}
