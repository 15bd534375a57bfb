//! A command that writes, as an entry in a table.

use crate::support::{Database, Project};

/// What a scenario is made of: both databases and a project without URLs, which come by variables so that a fault may
/// stand in between.
pub(crate) struct Built {
    /// What the command changes.
    pub(crate) target: Database,
    /// Where it reads from, for those that do.
    pub(crate) source: Option<Database>,
    pub(crate) project: Project,
}

/// An argument that stands for the backup that was made with the world.
pub(crate) const OLDEST_BACKUP: &str = "OLDEST-BACKUP";

/// A command that writes, and how to tell where it has come to.
pub(crate) struct Scenario {
    /// What it is called in reports, and in the names of tests.
    pub(crate) name: &'static str,
    /// Makes the world that it starts from.
    pub(crate) build: fn() -> Built,
    /// Runs that lead from there to the end, each to a state that a fault may leave it in; the last one is the command.
    pub(crate) runs: &'static [&'static [&'static str]],
    /// What the command ends with when everything was done before: most find nothing to do.
    pub(crate) again: i32,
    /// Lines of a world that are left out: notes that crmctl makes for itself.
    pub(crate) notes: &'static [&'static str],
    /// Columns that hold a time, a salt or the like, and are never the same twice.
    pub(crate) passing: &'static [&'static str],
}

impl Scenario {
    /// The command that is tried.
    pub(crate) fn command(&self) -> &'static [&'static str] {
        self.runs.last().expect("a scenario has a command")
    }
}
