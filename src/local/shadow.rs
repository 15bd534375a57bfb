//! A database that is like a new Supabase project and gone in a minute: for rehearsals, drills and drift.

use tokio::task::JoinHandle;

use super::bootstrap::Grants;
use super::cluster::{Cluster, ClusterOptions};
use super::error::Result;

/// A throwaway server that starts while something else is done. To be taken or ended: a start that nobody waits for leaves
/// its folder behind.
#[derive(Debug)]
pub struct EarlyShadow {
    major: Option<u32>,
    grants: Grants,
    starting: JoinHandle<Result<Shadow>>,
}

impl EarlyShadow {
    /// Begins to start one.
    #[must_use]
    pub fn begin(options: ClusterOptions) -> Self {
        let (major, grants) = (options.major, options.grants);
        Self { major, grants, starting: tokio::spawn(async move { Shadow::start(&options).await }) }
    }

    /// The server, if it is one that these options ask for; otherwise it is ended.
    pub async fn take(self, options: &ClusterOptions) -> Result<Option<Shadow>> {
        let is_wanted = (self.major, self.grants) == (options.major, options.grants);
        if is_wanted {
            return self.started().await.map(Some);
        }
        self.end().await;
        Ok(None)
    }

    /// Ends it and waits until it is gone.
    pub async fn end(self) {
        // One that did not start is gone already, and one that does not end at once does when we do.
        if let Ok(shadow) = self.started().await {
            let _ = shadow.end().await;
        }
    }

    async fn started(self) -> Result<Shadow> {
        match self.starting.await {
            Ok(result) => result,
            Err(error) => std::panic::resume_unwind(error.into_panic()),
        }
    }
}

/// A throwaway server of which only the database `postgres` is used. Roles belong to a whole server, so a rehearsal
/// gets one of its own.
#[derive(Debug)]
pub struct Shadow {
    cluster: Cluster,
}

impl Shadow {
    /// Starts one. It is reachable through its socket only.
    pub async fn start(options: &ClusterOptions) -> Result<Self> {
        Ok(Self { cluster: Cluster::throwaway(options).await? })
    }

    /// As `postgres`, who is no superuser: what migrations run as.
    #[must_use]
    pub fn url(&self) -> String {
        self.cluster.postgres_url("postgres")
    }

    /// As the superuser: for what the platform itself would have made.
    #[must_use]
    pub fn admin_url(&self) -> String {
        self.cluster.admin_url("postgres")
    }

    /// The server below.
    #[must_use]
    pub fn cluster(&self) -> &Cluster {
        &self.cluster
    }

    /// Ends it and waits until it is gone. Dropping it does the same without waiting.
    pub async fn end(self) -> Result<()> {
        self.cluster.stop().await
    }
}
