//! `crmctl local`: a PostgreSQL server of crmctl's own.

use clap::Subcommand;
use serde::Serialize;

use crate::app::App;
use crate::error::{ExitStatus, Result};
use crate::local::{self, DEFAULT_PORT, Grants, Managed, ServerState, ServerStatus};
use crate::plan::Render;
use crate::ui::Style;

/// The commands below `crmctl local`.
#[derive(Debug, Subcommand)]
pub(crate) enum LocalCommand {
    /// Start it, and make it with Supabase's roles and schemas when there is none
    Start(StartArgs),
    /// Stop it; its data stay
    Stop,
    /// Show whether it runs, and where
    Status,
    /// Stop it and remove its data
    Destroy,
}

/// Options of `local start`.
#[derive(Debug, clap::Args)]
pub(crate) struct StartArgs {
    /// What new objects in `public` are granted by themselves: nothing to the API roles, or everything as before
    #[arg(long, value_name = "WHICH", default_value = "2026")]
    grants: Grants,
}

impl LocalCommand {
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Start(_) => "local start",
            Self::Stop => "local stop",
            Self::Status => "local status",
            Self::Destroy => "local destroy",
        }
    }

    pub(crate) async fn run(self, app: &App) -> Result<ExitStatus> {
        let server = app.local_server();
        let report = match self {
            Self::Start(args) => {
                match local::ensure_running(&server, args.grants, &app.cancel, app.progress()).await? {
                    Managed::Own(_) => LocalReport::own(server.status()?),
                    Managed::SupabaseCli(_) => LocalReport::supabase_cli(server.status()?),
                }
            }
            Self::Stop => LocalReport::own(server.stop().await?),
            Self::Destroy => LocalReport::own(server.destroy().await?),
            Self::Status => {
                let status = server.status()?;
                let foreign =
                    status.state == ServerState::Absent && local::supabase_cli(&app.cancel).await.is_some();
                if foreign { LocalReport::supabase_cli(status) } else { LocalReport::own(status) }
            }
        };
        app.report(ExitStatus::Success, None, &report)
    }
}

/// What serves the local environment.
#[derive(Debug, Serialize)]
struct LocalReport {
    /// `crmctl` or `supabase_cli`.
    served_by: &'static str,
    url: Option<String>,
    #[serde(flatten)]
    status: ServerStatus,
}

impl LocalReport {
    fn own(status: ServerStatus) -> Self {
        // The password of local servers is publicly known, but no output holds one: psql reads it from PGPASSWORD.
        let url = status
            .address()
            .map(|address| format!("postgresql://postgres@{}:{}/postgres", address.host, address.port));
        Self { served_by: "crmctl", url, status }
    }

    fn supabase_cli(status: ServerStatus) -> Self {
        let url = Some(format!("postgresql://postgres@127.0.0.1:{DEFAULT_PORT}/postgres"));
        Self { served_by: "supabase_cli", url, status }
    }
}

impl Render for LocalReport {
    fn render(&self, style: &Style) -> String {
        if self.served_by == "supabase_cli" {
            let url = self.url.as_deref().unwrap_or_default();
            return format!("{} the Supabase CLI's stack serves `local`: {url}", style.good("running"));
        }
        match (self.status.state, &self.url) {
            (ServerState::Running, Some(url)) => {
                format!(
                    "{} {url} (password as with the Supabase CLI)\ndata    {}\nlog     {}",
                    style.good("running"),
                    self.status.folder.display(),
                    self.status.log.display()
                )
            }
            (ServerState::Running | ServerState::Stopped, _) => {
                format!("{} its data are in {}", style.attention("stopped"), self.status.folder.display())
            }
            (ServerState::Absent, _) => format!("{} `crmctl local start` makes one", style.faint("none")),
        }
    }
}
