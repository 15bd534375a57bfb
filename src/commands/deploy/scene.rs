//! What every deploy looks at first: the project's files, and the target as it is.

use crate::app::App;
use crate::deploy::doors::{self, Doors};
use crate::deploy::preflight::{self, Facts};
use crate::deploy::{self, Observed, Rehearsal};
use crate::drift;
use crate::environment::{Environment, EnvironmentName};
use crate::error::Result;
use crate::local::{ClusterOptions, EarlyShadow, Grants};
use crate::migration::{Directory, History, MigrationFile, MigrationPlan, Version};
use crate::pg::Session;

/// The project's files, and the target before anything is decided.
pub(super) struct Scene {
    pub(super) directory: Directory,
    pub(super) environment: Environment,
    /// Reads only, until a plan is approved.
    pub(super) session: Session,
    pub(super) facts: Facts,
    /// A throwaway server for the rehearsal, which starts while the target is still being read.
    shadow: Option<EarlyShadow>,
}

impl Scene {
    /// Looks at both.
    pub(super) async fn of(app: &App, name: &EnvironmentName) -> Result<(Self, Observed)> {
        let directory = MigrationFile::read_dir(&app.project.migrations)?;
        directory.warnings.iter().for_each(|warning| app.printer.warning(warning));
        let environment = app.environment(name)?;
        let mut session = app.connect(&environment).await?;
        let backups = &app.project.backup.dir;
        let facts = preflight::read(&mut session, environment.project_ref(), backups).await?;
        let history = deploy::observe::read_history_first(&mut session).await?;
        let shadow =
            if is_pending(&directory, &history) { Some(early_shadow(app, &facts).await) } else { None };
        let observed = deploy::observe::read_the_rest(&mut session, history).await;
        let mut scene = Self { directory, environment, session, facts, shadow };
        match observed {
            Ok(observed) => Ok((scene, observed)),
            Err(error) => {
                scene.end_shadow().await;
                Err(error.into())
            }
        }
    }

    /// Ends the throwaway server that nobody has rehearsed on.
    pub(super) async fn end_shadow(&mut self) {
        if let Some(shadow) = self.shadow.take() {
            shadow.end().await;
        }
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
        Ok((deploy::rehearse(&request, &mut self.session, self.shadow.take()).await?, doors))
    }
}

/// Whether there may be something to rehearse.
fn is_pending(directory: &Directory, history: &History) -> bool {
    let is_there = |version: &Version| history.get(version).is_some();
    directory.files.iter().any(|file| !is_there(&file.version))
}

/// Begins a server that is like the target, as far as it is known: when its schema says otherwise, another one is started.
async fn early_shadow(app: &App, facts: &Facts) -> EarlyShadow {
    let options = ClusterOptions::new(app.home(), app.search_path());
    let grants = if facts.is_open_to_all { Grants::Legacy } else { Grants::Since2026 };
    EarlyShadow::begin(drift::of_version(&options, facts.major, grants).await)
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
