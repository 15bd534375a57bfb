//! A scenario that is set up: it can be run, looked at, and put back to its beginning.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use super::{Built, OLDEST_BACKUP, Scenario, Side};
use crate::support::{Call, Database, FaultProxy, Project, World, crmctl};

/// The password of the test users, which nothing may ever show or keep in the clear.
pub(super) const USERS_PASSWORD: &str = "Pa55-of-the-tests";

/// Where a command has left its target.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    Old,
    /// At the end of a run before the last: a whole step, for commands that take several.
    Between,
    New,
}

/// A scenario with databases and a project of its own.
pub(crate) struct Stage<'a> {
    pub(crate) scenario: &'a Scenario,
    pub(crate) target: Database,
    pub(crate) source: Option<Database>,
    pub(super) project: Project,
    /// The target at the beginning, which it is put back to.
    beginning: Database,
    files: BTreeSet<PathBuf>,
    /// From old to new.
    states: Vec<World>,
    /// How long the command takes when nobody disturbs it.
    pub(crate) lifetime: Duration,
}

impl<'a> Stage<'a> {
    pub(crate) fn of(scenario: &'a Scenario) -> Self {
        let Built { target, source, project } = (scenario.build)();
        target.until_alone();
        let beginning = target.copy();
        let files = entries(&project);
        let mut stage = Self {
            scenario,
            target,
            source,
            project,
            beginning,
            files,
            states: Vec::new(),
            lifetime: Duration::ZERO,
        };
        let old = stage.look();
        stage.states.push(old);
        for arguments in scenario.runs {
            let started = Instant::now();
            stage.run(arguments).success();
            stage.lifetime = started.elapsed();
            let reached = stage.look();
            stage.states.push(reached);
        }
        stage.put_back();
        stage
    }

    /// The command, straight to the servers.
    pub(crate) fn call(&self) -> Call {
        self.run(self.scenario.command())
    }

    /// The command, by way of a proxy in front of one of its databases.
    pub(crate) fn call_through(&self, proxy: &FaultProxy, side: Side) -> Call {
        self.call().env(side.variable(), &proxy.url(&self.database(side).url()))
    }

    /// One of its databases.
    pub(crate) fn database(&self, side: Side) -> &Database {
        match side {
            Side::Target => &self.target,
            Side::Source => self.source.as_ref().expect("a scenario with a source"),
        }
    }

    fn run(&self, arguments: &[&str]) -> Call {
        let call = arguments.iter().fold(crmctl(&self.project), |call, argument| match *argument {
            OLDEST_BACKUP => call.arg(self.oldest_backup()),
            argument => call.arg(argument),
        });
        let call = call.env("TEST_USER_PASSWORD", USERS_PASSWORD).env("CRMCTL_CONFIRM", "cloud");
        let call = call.env(Side::Target.variable(), &self.target.url());
        match &self.source {
            Some(source) => call.env(Side::Source.variable(), &source.url()),
            None => call,
        }
    }

    fn oldest_backup(&self) -> &OsStr {
        let backups = self.project.path().join("backups");
        let oldest = self.files.iter().find(|path| path.parent() == Some(&backups));
        oldest.and_then(|path| path.file_name()).expect("a backup that was made with the world")
    }

    /// The target as it is, but for what is never the same twice, and for what a staged sync that was stopped has left.
    pub(super) fn look(&self) -> World {
        let world = self.target.world_but_for(self.scenario.passing);
        world.without(self.scenario.notes).without_schema("crmctl_sync")
    }

    /// Which of its states a world is; none when it is mixed.
    pub(super) fn fate_of(&self, world: &World) -> Option<Fate> {
        let last = self.states.len() - 1;
        // A command that leaves its target alone is always done.
        let place = self.states.iter().rposition(|state| state == world)?;
        Some(match place {
            _ if place == last => Fate::New,
            0 => Fate::Old,
            _ => Fate::Between,
        })
    }

    pub(super) fn old(&self) -> &World {
        &self.states[0]
    }

    pub(super) fn new_state(&self) -> &World {
        self.states.last().expect("the end")
    }

    /// Whether the command leaves its target as it is.
    pub(crate) fn only_reads(&self) -> bool {
        self.old() == self.new_state()
    }

    /// The target and the files as they were at the beginning.
    pub(crate) fn put_back(&self) {
        self.target.become_copy_of(&self.beginning);
        for path in entries(&self.project).difference(&self.files) {
            // A file of a folder that is gone by now is gone as well.
            match if path.is_dir() { std::fs::remove_dir_all(path) } else { std::fs::remove_file(path) } {
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
                result => result.unwrap(),
            }
        }
    }
}

/// What lies in the folders that crmctl writes to.
fn entries(project: &Project) -> BTreeSet<PathBuf> {
    let folders = ["", "backups", "migrations"].map(|folder| project.path().join(folder));
    let read = |folder: &PathBuf| folder.read_dir().into_iter().flatten().map(|entry| entry.unwrap().path());
    folders.iter().flat_map(read).collect()
}
