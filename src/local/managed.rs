//! The database of a managed environment: crmctl's own server, or the Supabase CLI's when that one runs.

use crate::cancel::Cancel;
use crate::environment::{DatabaseUrl, EnvironmentName};
use crate::error::Result;
use crate::local::{DEFAULT_PORT, Grants, LocalServer, PASSWORD, ServerState, answers_postgres};
use crate::pg::{Session, Target};
use crate::plan::Progress;

/// Who serves a managed environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Managed {
    /// crmctl's own server.
    Own(DatabaseUrl),
    /// The local stack of the Supabase CLI, found on its port.
    SupabaseCli(DatabaseUrl),
}

impl Managed {
    /// Where it is.
    #[must_use]
    pub fn url(self) -> DatabaseUrl {
        match self {
            Self::Own(url) | Self::SupabaseCli(url) => url,
        }
    }
}

/// The server of a managed environment. It is started when it does not run, unless a stack of the Supabase CLI
/// serves on the usual port and this project has no server of crmctl's own yet.
pub async fn ensure_running(
    server: &LocalServer,
    grants: Grants,
    cancel: &Cancel,
    progress: &dyn Progress,
) -> Result<Managed> {
    let status = server.status()?;
    if status.state == ServerState::Absent
        && let Some(url) = supabase_cli(cancel).await
    {
        progress.notice(&format!("using the Supabase stack that runs on port {DEFAULT_PORT}"));
        return Ok(Managed::SupabaseCli(url));
    }
    if status.state != ServerState::Running {
        progress.notice("starting the local server");
    }
    let status = server.start(grants).await?;
    let address =
        status.address().ok_or_else(|| anyhow::anyhow!("the local server ended right after its start"))?;
    Ok(Managed::Own(own_url(&address.postgres_url("postgres"))?))
}

/// A URL that crmctl made itself.
pub fn own_url(text: &str) -> Result<DatabaseUrl> {
    Ok(text.parse::<DatabaseUrl>()?)
}

/// A running stack of the Supabase CLI: on its port, with its password, and with Supabase's superuser in it. A
/// server of crmctl's own, of another project, is none.
pub async fn supabase_cli(cancel: &Cancel) -> Option<DatabaseUrl> {
    if !answers_postgres(DEFAULT_PORT).await {
        return None;
    }
    let url: DatabaseUrl =
        format!("postgresql://postgres:{PASSWORD}@127.0.0.1:{DEFAULT_PORT}/postgres").parse().ok()?;
    let environment: EnvironmentName = "local".parse().ok()?;
    let target = Target { environment, url: url.clone(), application_name: "crmctl".to_owned() };
    let mut session = Session::open(&target, cancel).await.ok()?;
    let found = session
        .query(
            "select current_setting('cluster_name') <> 'crmctl' \
             and exists (select from pg_catalog.pg_roles where rolname = 'supabase_admin') as found",
        )
        .await
        .ok()?;
    session.close().await;
    found.first().is_some_and(|row| row.flag("found")).then_some(url)
}
