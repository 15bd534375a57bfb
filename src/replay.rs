//! Replaying migrations on a throwaway server: what rehearsals, drift and squash look at.

use crate::cancel::Cancel;
use crate::catalog::{self, Catalog};
use crate::environment::{Address, DatabaseUrl, Environment, EnvironmentName, Origin, Protection, Source};
use crate::error::{Failure, Result};
use crate::guard::{self, Answers, Approved};
use crate::local::{ClusterOptions, Shadow};
use crate::migration::{self, Directory, History, MigrationPlan, MigrationReport, Options};
use crate::pg::{PgResult, Session, Target, Writer};
use crate::plan::Silent;

/// A throwaway server like a new Supabase project, and a session on it.
pub struct Replay {
    shadow: Shadow,
    session: Session,
    environment: Environment,
    cancel: Cancel,
}

/// The schema that all migrations of a folder make.
pub async fn schema_of(directory: &Directory, options: &ClusterOptions, cancel: &Cancel) -> Result<Catalog> {
    let plan = migration::plan(directory, &History::default(), &Options::default())?;
    let mut replay = Replay::start(options, cancel).await?;
    let result = match replay.apply(plan).await {
        Ok(_) => replay.catalog().await.map_err(Failure::from),
        Err(failure) => Err(failure.without_done()),
    };
    replay.end().await?;
    result
}

impl Replay {
    /// Starts an empty one.
    pub async fn start(options: &ClusterOptions, cancel: &Cancel) -> Result<Self> {
        Self::on(Shadow::start(options).await?, cancel).await
    }

    /// Takes over one that has started already.
    pub async fn on(shadow: Shadow, cancel: &Cancel) -> Result<Self> {
        let url: DatabaseUrl = shadow.url().parse()?;
        let environment = environment(&url)?;
        let application_name = "crmctl replay".to_owned();
        let target = Target { environment: environment.name.clone(), url, application_name };
        let session = Session::open(&target, cancel).await?;
        Ok(Self { shadow, session, environment, cancel: cancel.clone() })
    }

    /// Applies migrations to it.
    pub async fn apply(&mut self, plan: MigrationPlan) -> Result<MigrationReport> {
        if plan.is_empty() {
            return Ok(MigrationReport::default());
        }
        let approved = self.approve(plan)?;
        migration::apply(&mut self.session, &approved, &Silent).await
    }

    /// Does something on it that writes, with the leave that a plan for it gives.
    pub async fn write<T>(
        &mut self,
        plan: MigrationPlan,
        work: impl AsyncFnOnce(&mut Writer<'_>, &MigrationPlan) -> Result<T>,
    ) -> Result<T> {
        let approved = self.approve(plan)?;
        let mut writer = self.session.unlock(&approved, &Silent).await?;
        work(&mut writer, approved.plan()).await
    }

    /// The same as the superuser, in a session of its own: for what the platform itself would have made.
    pub async fn write_as_superuser<T>(
        &mut self,
        plan: MigrationPlan,
        work: impl AsyncFnOnce(&mut Writer<'_>) -> Result<T>,
    ) -> Result<T> {
        let approved = self.approve(plan)?;
        // The session of `postgres` may hold it from what it did before.
        self.session.run("select pg_catalog.pg_advisory_unlock_all()").await?;
        let url: DatabaseUrl = self.shadow.admin_url().parse()?;
        let target = Target { url, ..self.session.target().clone() };
        let mut session = Session::open(&target, &self.cancel).await?;
        let result = match session.unlock(&approved, &Silent).await {
            Ok(mut writer) => work(&mut writer).await,
            Err(error) => Err(error.into()),
        };
        session.close().await;
        result
    }

    /// Nobody is asked: it is gone in a moment.
    fn approve(&self, plan: MigrationPlan) -> Result<Approved<MigrationPlan>> {
        guard::approve(plan, &self.environment, &Answers { yes: false, confirm: None, ask: None })
    }

    /// Its schema as it is now.
    pub async fn catalog(&mut self) -> PgResult<Catalog> {
        catalog::read(&mut self.session).await
    }

    /// The session on it, as `postgres`, who is no superuser.
    pub fn session(&mut self) -> &mut Session {
        &mut self.session
    }

    /// The server, for what needs more than a session.
    #[must_use]
    pub fn shadow(&self) -> &Shadow {
        &self.shadow
    }

    /// The environment that it counts as: open, because it is gone in a moment.
    #[must_use]
    pub fn environment(&self) -> &Environment {
        &self.environment
    }

    /// Ends it and waits until it is gone. Dropping it does the same without waiting.
    pub async fn end(self) -> Result<()> {
        self.session.close().await;
        Ok(self.shadow.end().await?)
    }
}

fn environment(url: &DatabaseUrl) -> Result<Environment> {
    let name: EnvironmentName = "shadow".parse().map_err(anyhow::Error::new)?;
    let origin =
        Origin::Url { url: Box::new(url.clone()), address: Address::of(url), source: Source::Default };
    Ok(Environment { name, protection: Protection::Open, origin, same_as: None, warnings: Vec::new() })
}
