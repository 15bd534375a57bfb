//! What the demo shows, scene by scene. Each does its real work and returns what it saw.

use crate::app::App;
use crate::backup::{self, Backup, Store};
use crate::commands::backup::backup_of;
use crate::commands::deploy::carry_out;
use crate::demo::stage::Stage;
use crate::deploy::{self, Author, DeployRecord, Procedure};
use crate::environment::{Environment, EnvironmentName};
use crate::error::Result;
use crate::local::ClusterOptions;
use crate::migration::{self, MigrationFile, Options, history};
use crate::parity::{self, Level, ParityReport};
use crate::pg::Session;
use crate::plan::Silent;
use crate::seed::{self, What};
use crate::sync;
use crate::ui::{bytes, plural, thousands};

/// One migration that works on an empty database and fails on the demo's rows.
pub(crate) const BAD: &str = include_str!("scenes/bad.sql");
/// The same migration, mended.
pub(crate) const GOOD: &str = include_str!("scenes/good.sql");
/// Its file.
const FILE: &str = "20260201000000_contact_scores.sql";

/// Applies the CRM's migrations to one environment.
pub(crate) async fn migrate(app: &App, name: &EnvironmentName) -> Result<usize> {
    let environment = app.environment(name)?;
    let mut session = app.connect(&environment).await?;
    let directory = MigrationFile::read_dir(&app.project.migrations)?;
    let history = history::read(&mut session).await?;
    let plan = migration::plan(&directory, &history, &Options::default())?;
    let approved = app.approve_quietly(plan, &environment)?;
    let report = migration::apply(&mut session, &approved, &Silent).await?;
    session.close().await;
    Ok(report.applied.len())
}

/// Seeds one environment; the number of rows that were written.
pub(crate) async fn seed(app: &App, name: &EnvironmentName) -> Result<u64> {
    let environment = app.environment(name)?;
    let mut session = app.connect(&environment).await?;
    let seeding = app.seeding(&environment, What::All, 1)?;
    let observation = seed::observe(&mut session, &seeding.request()).await?;
    let plan = seed::plan(&seeding.request(), observation)?;
    if plan.is_empty() {
        return Ok(0);
    }
    let approved = app.approve_quietly(plan, &environment)?;
    let report = seed::apply(&mut session, &approved, &Silent).await?;
    session.close().await;
    Ok(report.changed_rows())
}

/// Overwrites cloud with local.
pub(crate) async fn sync(app: &App, stage: &Stage) -> Result<String> {
    let (from, to) = (app.environment(&stage.local())?, app.environment(&stage.cloud())?);
    let (mut source, mut target) = tokio::try_join!(app.connect(&from), app.connect(&to))?;
    let (left, right) =
        tokio::try_join!(sync::observe(&mut source, true), sync::observe(&mut target, false))?;
    let options = sync::Options {
        from: from.name.clone(),
        to: to.name.clone(),
        exclude: Vec::new(),
        auth_users: app.project.sync.auth_users.clone(),
        mode: sync::Mode::Auto,
    };
    let approved = app.approve_quietly(sync::plan(&left, &right, &options)?, &to)?;
    let backup = Store::new(&app.project.backup.dir).create(&to.name, app.now())?;
    let ends = sync::Ends { source: &mut source, target: &mut target };
    let report = sync::apply(ends, &approved, backup, &Silent).await?;
    source.close().await;
    let rows: u64 = report.tables.iter().map(|table| table.rows).sum();
    Ok(format!(
        "{} and {} in one transaction; the old rows are in a backup that psql can restore, and both sides' contents were compared before COMMIT",
        plural(rows, "row"),
        plural(report.auth_users, "login")
    ))
}

/// Compares both.
pub(crate) async fn verify(app: &App, stage: &Stage) -> Result<ParityReport> {
    let (from, to) = (app.environment(&stage.local())?, app.environment(&stage.cloud())?);
    let (mut left, mut right) = tokio::try_join!(app.connect(&from), app.connect(&to))?;
    let options = parity::Options {
        level: Level::All,
        test_users: app.project.sync.auth_users.clone(),
        show_values: false,
    };
    let report = parity::verify(&mut left, &mut right, &options).await?;
    tokio::join!(left.close(), right.close());
    Ok(report)
}

/// Changes one row in cloud behind everybody's back, as a person in a hurry would.
pub(crate) async fn damage(app: &App, stage: &Stage) -> Result<()> {
    let environment = app.environment(&stage.cloud())?;
    let mut session = app.connect(&environment).await?;
    // The demo plays the careless colleague here, who does not ask crmctl for leave to write.
    session
        .run(
            "begin transaction read write; update public.contacts set email = 'oops@example.com' \
             where id = (select id from public.contacts order by id limit 1); commit",
        )
        .await?;
    session.close().await;
    Ok(())
}

/// Backs cloud up in full.
pub(crate) async fn back_up(app: &App, stage: &Stage) -> Result<(Backup, String)> {
    let report = backup_of(app, &app.environment(&stage.cloud())?).await?;
    let size: u64 = report.backup.manifest.parts.iter().map(|part| part.bytes).sum();
    let told = format!(
        "schema, rows, logins and history under one snapshot: {}, with a digest for each of {} and a hash for each file",
        bytes(size),
        plural(report.backup.manifest.tables.len() as u64, "table")
    );
    Ok((report.backup, told))
}

/// Writes the migration that is to be deployed.
pub(crate) fn write_migration(app: &App, text: &str) -> Result<()> {
    std::fs::write(app.project.migrations.join(FILE), text)
        .map_err(|error| anyhow::Error::new(error).context("cannot write the demo's migration").into())
}

/// Deploys what is pending to cloud, as `crmctl deploy` does.
pub(crate) async fn deploy(app: &App, stage: &Stage) -> Result<String> {
    let environment = app.environment(&stage.cloud())?;
    let mut session = app.connect(&environment).await?;
    let directory = MigrationFile::read_dir(&app.project.migrations)?;
    let observed = deploy::observe(&mut session).await?;
    let migrations = migration::plan(&directory, &observed.history, &Options::default())?;
    let shadow = ClusterOptions::new(app.home(), app.search_path());
    let request = deploy::Request {
        shadow: &shadow,
        directory: &directory,
        observed: &observed,
        pending: &migrations,
        allowed: &[],
        with_data: None,
        goes_on: false,
        cancel: &app.cancel,
    };
    let rehearsal = deploy::rehearse(&request, &mut session, None).await?;
    let plan = deploy::plan(migrations, Vec::new(), rehearsal, observed, &[]);
    let record = DeployRecord::planned(&environment.name, Author::default(), &plan, app.now());
    let approved = app.approve_quietly(Procedure::of_files(plan, record), &environment)?;
    let report = carry_out(app, &environment, &mut session, &approved).await?;
    session.close().await;
    Ok(format!(
        "rehearsed on a throwaway server, backed up, applied in one transaction and checked: {}",
        report.changes.join(", ")
    ))
}

/// The hash of cloud's schema and how many rows it holds.
pub(crate) async fn state(app: &App, name: &EnvironmentName) -> Result<(String, u64)> {
    let environment = app.environment(name)?;
    let mut session = app.connect(&environment).await?;
    let observed = deploy::observe(&mut session).await?;
    let rows = rows(&mut session, &observed).await?;
    session.close().await;
    Ok((observed.catalog.hash(), rows))
}

async fn rows(session: &mut Session, observed: &deploy::Observed) -> Result<u64> {
    let digests = parity::digests(session, &observed.catalog.tables()?).await?;
    Ok(digests.values().map(|digest| digest.rows).sum())
}

/// Puts cloud back to a backup.
pub(crate) async fn restore(app: &App, stage: &Stage, backup: Backup) -> Result<String> {
    let environment: Environment = app.environment(&stage.cloud())?;
    let mut session = app.connect(&environment).await?;
    let target = backup::restore::Target::read(&mut session).await?;
    let rows: u64 = backup.manifest.tables.iter().map(|table| table.rows).sum();
    let tables = backup.manifest.tables.len();
    let plan = backup::restore::plan(backup, environment.name.as_str(), &target)?;
    let approved = app.approve_quietly(plan, &environment)?;
    backup_of(app, &environment).await?;
    backup::restore(&mut session, &approved, &Silent).await?;
    session.close().await;
    Ok(format!(
        "in one transaction, and {} rows of {tables} tables have the digests of the manifest",
        thousands(rows)
    ))
}
