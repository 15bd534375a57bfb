//! What every deploy looks at first: the project's files, and the target as it is.

use crate::app::App;
use crate::deploy::doors::{self, Doors};
use crate::deploy::preflight::{self, Facts};
use crate::deploy::{self, Observed, Rehearsal};
use crate::environment::{Environment, EnvironmentName};
use crate::error::Result;
use crate::local::ClusterOptions;
use crate::migration::{Directory, MigrationFile, MigrationPlan};
use crate::pg::Session;

/// The project's files, and the target before anything is decided.
pub(super) struct Scene {
    pub(super) directory: Directory,
    pub(super) environment: Environment,
    /// Reads only, until a plan is approved.
    pub(super) session: Session,
    pub(super) facts: Facts,
}

impl Scene {
    /// Looks at both.
    pub(super) async fn of(app: &App, name: &EnvironmentName) -> Result<(Self, Observed)> {
        let directory = MigrationFile::read_dir(&app.project.migrations)?;
        let environment = app.environment(name)?;
        let mut session = app.connect(&environment).await?;
        let backups = &app.project.backup.dir;
        let facts = preflight::read(&mut session, environment.project_ref(), backups).await?;
        let observed = deploy::observe(&mut session).await?;
        Ok((Self { directory, environment, session, facts }, observed))
    }

    /// Rehearses what is pending on a throwaway server, and looks who may do what before it.
    pub(super) async fn rehearse(
        &mut self,
        app: &App,
        (observed, pending): (&Observed, &MigrationPlan),
        wishes: Wishes<'_>,
    ) -> Result<(Rehearsal, Option<Doors>)> {
        let doors = doors::observe(&mut self.session, &app.project).await?;
        let shadow = ClusterOptions::new(app.home(), app.search_path());
        let request = deploy::Request {
            shadow: &shadow,
            directory: &self.directory,
            observed,
            pending,
            allowed: wishes.allowed,
            with_data: wishes.with_data,
            goes_on: wishes.goes_on,
            cancel: &app.cancel,
        };
        Ok((deploy::rehearse(&request, &mut self.session).await?, doors))
    }
}

/// How something is to be rehearsed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wishes<'a> {
    /// What was allowed by name.
    pub(super) allowed: &'a [String],
    /// With the rows of the tables that are touched, at most so many bytes of them.
    pub(super) with_data: Option<u64>,
    /// Also what would stop a deploy.
    pub(super) goes_on: bool,
}
