//! The connection is cut at every message of a deploy, in both directions: what is said is true, and one command leads
//! on or back. Without rehearsal and backup, through the same functions that the commands call.

use std::path::Path;
use std::time::Duration;

use crmctl::backup::BackupId;
use crmctl::cancel::Cancel;
use crmctl::deploy::rehearse::Stage;
use crmctl::deploy::rollback::{self, RollbackPlan, Way};
use crmctl::deploy::{
    self, Author, DeployRecord, Deployment, Procedure, Rehearsal, Shell, Standing, ledger, resume,
};
use crmctl::environment::{Address, DatabaseUrl, Environment, Origin, Protection, Source};
use crmctl::error::{Kind, Result};
use crmctl::guard::{self, Answers};
use crmctl::migration::{self, MigrationFile, Options, Version, down, history};
use crmctl::pg::{Session, Target};
use crmctl::plan::Silent;

use crate::support::{Database, Direction, FaultProxy, Project, Which, World, wait_for};

const NOBODY: Answers<'static> = Answers { yes: false, confirm: None, ask: None };

fn environment(url: &str) -> Environment {
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

async fn connect(environment: &Environment) -> Result<Session> {
    let url = environment.url().unwrap().clone();
    let target = Target { environment: environment.name.clone(), url, application_name: "cut".to_owned() };
    Ok(Session::open(&target, &Cancel::default()).await?)
}

fn not_rehearsed() -> Rehearsal {
    Rehearsal {
        skipped: Some("this is about the network".to_owned()),
        stage: Stage::Migrations,
        drift: Vec::new(),
        notes: Vec::new(),
        duration: Duration::ZERO,
        rows: None,
        files: Vec::new(),
        predicted_hash: None,
        changes: Vec::new(),
        predicted: None,
        objections: Vec::new(),
    }
}

/// Deploys what is pending, or goes on with what is unfinished.
async fn deploy(url: &str, migrations: &Path) -> Result<()> {
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
    let files = deploy::plan(pending, Vec::new(), not_rehearsed(), observed, &[]);
    let resumes = begun.is_some().then_some(standing).flatten();
    let record = match begun {
        Some(record) => resume::continued(record, standing.unwrap()),
        None => DeployRecord::planned(&environment.name, Author::default(), &files, now),
    };
    let procedure = Procedure { resumes, closes, ..Procedure::of_files(files, record) };
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
        if deployment.wants_backup() {
            deployment.backed_up(&BackupId::new(&environment.name, now, 1))?;
        }
        deployment.apply_files().await
    };
    let result = result.await;
    deployment.end(result, &shell).await?;
    session.close().await;
    Ok(())
}

/// Undoes the unfinished or the last deploy by its down halves.
async fn roll_back(url: &str, migrations: &Path) -> Result<()> {
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

fn world(database: &Database) -> World {
    let notes = ["rows supabase_migrations crmctl_migrations"];
    database.world().without_journal().without(&notes)
}

/// A step of a deploy, the worlds before and after it, and what undoes it.
struct Fixture {
    database: Database,
    project: Project,
    old: World,
    new: World,
}

impl Fixture {
    fn new(project: Project) -> Self {
        let database = Database::empty_on(Which::Cloud);
        let first =
            Project::new().migration("20260101000000_a", "create table public.kept (id int primary key);");
        let url = database.url();
        wait_for(deploy(&url, &first.path().join("migrations"))).unwrap();
        let project = project.migration("20260101000000_a", "create table public.kept (id int primary key);");
        let migrations = project.path().join("migrations");
        let old = world(&database);
        wait_for(deploy(&url, &migrations)).unwrap();
        let new = world(&database);
        assert!(old != new);
        wait_for(roll_back(&url, &migrations)).unwrap();
        old.assert_same(&world(&database));
        Self { database, project, old, new }
    }

    fn migrations(&self) -> std::path::PathBuf {
        self.project.path().join("migrations")
    }

    /// The places at which a run of `work` is cut, once it has read what it must know: at the end of each message and just
    /// before it, and within the last answers, of which one is that to COMMIT.
    fn places(&self, work: impl Fn(&str)) -> Vec<(Direction, u64)> {
        let proxy = FaultProxy::to(Which::Cloud);
        work(&proxy.url(&self.database.url()));
        let sent = proxy.ends(Direction::ToServer).into_iter().rev().take(10);
        let said = proxy.ends(Direction::ToClient).into_iter().rev().take(4);
        let sent = sent.flat_map(|end| [(Direction::ToServer, end - 1), (Direction::ToServer, end)]);
        sent.chain(said.map(|end| (Direction::ToClient, end - 1))).collect()
    }

    /// Cuts a deploy at one place, and holds what was said against what is there.
    fn cut_deploy(&self, (direction, bytes): (Direction, u64)) {
        let proxy = FaultProxy::to(Which::Cloud).cut_after(direction, bytes);
        let said = wait_for(deploy(&proxy.url(&self.database.url()), &self.migrations()));
        self.database.until_alone();
        let now = world(&self.database);
        let what = format!("cut {direction:?} after {bytes} bytes: {said:?}");
        match said.map_err(|failure| failure.kind()) {
            Ok(()) => assert!(now == self.new, "{what}\n{:#?}", now.differences(&self.new)),
            Err(Kind::Partial) => {}
            Err(_) => assert!(now == self.old, "{what}\n{:#?}", now.differences(&self.old)),
        }
    }

    fn deploy_to_the_end(&self) {
        wait_for(deploy(&self.database.url(), &self.migrations())).unwrap();
        self.new.assert_same(&world(&self.database));
        let ends = "select count(*) from supabase_migrations.crmctl_deploys where ended_at is null";
        assert_eq!(self.database.value(ends), "0");
    }

    fn roll_back_to_the_start(&self) {
        wait_for(roll_back(&self.database.url(), &self.migrations())).unwrap();
        self.old.assert_same(&world(&self.database));
    }
}

fn atomic() -> Fixture {
    Fixture::new(
        Project::new()
            .migration("20270101000000_b", "create schema b; create table b.t (id int primary key);")
            .file("migrations/20270101000000_b.down.sql", "drop schema b cascade;")
            .migration("20270102000000_c", "alter table public.kept alter column id set default 7;")
            .file(
                "migrations/20270102000000_c.down.sql",
                "alter table public.kept alter column id drop default;",
            ),
    )
}

#[test]
fn a_deploy_in_one_transaction_that_is_cut_anywhere_is_there_or_not_and_goes_on_or_back() {
    let fixture = atomic();
    let places = fixture.places(|url| wait_for(deploy(url, &fixture.migrations())).unwrap());
    fixture.roll_back_to_the_start();
    assert!(places.len() > 20, "{places:?}");

    for (index, place) in places.into_iter().enumerate() {
        fixture.cut_deploy(place);
        let now = world(&fixture.database);
        assert!(now == fixture.old || now == fixture.new, "{place:?}\n{:#?}", now.differences(&fixture.old));
        if index % 2 == 0 {
            fixture.deploy_to_the_end();
        }
        fixture.roll_back_to_the_start();
    }
}

#[test]
fn a_deploy_file_by_file_that_is_cut_anywhere_goes_on_to_its_end() {
    let fixture = Fixture::new(
        Project::new()
            .migration("20270101000000_b", "create schema b;")
            .file("migrations/20270101000000_b.down.sql", "drop schema b cascade;")
            .migration(
                "20270102000000_c",
                "-- crmctl: no-transaction\ncreate table if not exists b.t (id int);\n\
                 create schema if not exists c;\ncreate table if not exists c.t (id int);",
            )
            .file("migrations/20270102000000_c.down.sql", "drop schema c cascade; drop table b.t;"),
    );
    let places = fixture.places(|url| wait_for(deploy(url, &fixture.migrations())).unwrap());
    fixture.roll_back_to_the_start();

    for place in places {
        fixture.cut_deploy(place);
        fixture.deploy_to_the_end();
        fixture.roll_back_to_the_start();
    }
}

#[test]
fn a_rollback_that_is_cut_anywhere_has_undone_everything_or_nothing() {
    let fixture = atomic();
    fixture.deploy_to_the_end();
    let places = fixture.places(|url| wait_for(roll_back(url, &fixture.migrations())).unwrap());

    for (direction, bytes) in places {
        fixture.deploy_to_the_end();
        let proxy = FaultProxy::to(Which::Cloud).cut_after(direction, bytes);
        let said = wait_for(roll_back(&proxy.url(&fixture.database.url()), &fixture.migrations()));
        fixture.database.until_alone();
        let now = world(&fixture.database);
        let expected = if said.is_ok() { &fixture.old } else { &fixture.new };
        assert!(now == *expected, "{direction:?} {bytes} {said:?}\n{:#?}", now.differences(expected));
        fixture.roll_back_to_the_start();
    }
}
