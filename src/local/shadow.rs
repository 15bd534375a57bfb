//! A database that is like a new Supabase project and gone in a minute: for rehearsals, drills and drift.

use super::cluster::{Cluster, ClusterOptions};
use super::error::Result;

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
