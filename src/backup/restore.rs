//! What restoring a backup would do, as a plan.

use std::fmt::Display;

use serde::Serialize;

use crate::backup::error::BackupError;
use crate::backup::manifest::BackupKind;
use crate::backup::report::size;
use crate::backup::store::Backup;
use crate::catalog::{Catalog, snapshot};
use crate::environment::EnvironmentName;
use crate::error::Result;
use crate::migration::AppliedVersions;
use crate::pg::{PgResult, Row, Session};
use crate::plan::{Fingerprint, Hazard, Plan, Render};
use crate::ui::Style;

/// What to type to put an environment back to a backup.
#[must_use]
pub fn command(backup: impl Display, environment: &EnvironmentName) -> String {
    format!("crmctl restore {backup} --env {environment} --force")
}

/// What the target has now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// How many tables of the user's.
    pub tables: usize,
    /// Rows in them, as far as the server's statistics know.
    pub estimated_rows: u64,
    /// Major version of the server.
    pub server_major: u32,
    /// Which role would do it.
    pub role: String,
    applied: AppliedVersions,
}

impl Target {
    /// Looks at the target. Changes nothing.
    pub async fn read(session: &mut Session) -> PgResult<Self> {
        AppliedVersions::send(session)?;
        session.send(
            "select current_user as role, pg_catalog.current_setting('server_version_num')::int / 10000 as major",
        )?;
        session.send(&snapshot::query())?;
        session.send(
            "select coalesce(sum(greatest(n_live_tup, 0)), 0)::bigint as rows from pg_catalog.pg_stat_user_tables \
             where schemaname not in ('auth', 'storage', 'realtime', 'supabase_migrations')",
        )?;
        let applied = AppliedVersions::receive(session).await?;
        let first = session.receive().await?.ok()?.rows();
        let catalog = Catalog::from_rows(&session.receive().await?.ok()?.rows())?;
        let rows = session.receive().await?.ok()?.rows();
        let first = first.first();
        let text = |column| first.and_then(|row: &Row| row.text(column));
        Ok(Self {
            tables: catalog.of_kind("table").count(),
            estimated_rows: rows.first().map_or(Ok(0), |row| row.get("rows"))?,
            server_major: text("major").and_then(|major| major.parse().ok()).unwrap_or(0),
            role: text("role").unwrap_or("postgres").to_owned(),
            applied,
        })
    }
}

/// What restoring would do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RestorePlan {
    /// What is restored.
    #[serde(flatten)]
    pub backup: Backup,
    /// Where to.
    pub target: String,
    /// As which role.
    pub role: String,
    /// How many tables the target has.
    pub target_tables: usize,
    /// How many rows those have, by the server's estimate.
    pub target_rows: u64,
    /// Whether the backup is of another environment.
    pub of_another_environment: bool,
    fingerprint: Fingerprint,
}

/// Decides how `backup` is restored into `environment`. Reads nothing, changes nothing.
pub fn plan(backup: Backup, environment: &str, target: &Target) -> Result<RestorePlan> {
    let major = backup.manifest.server_major();
    if major > target.server_major {
        return Err(BackupError::OlderServer { backup: major, target: target.server_major }.into());
    }
    Ok(RestorePlan {
        of_another_environment: backup.manifest.environment.as_str() != environment,
        backup,
        target: environment.to_owned(),
        role: target.role.clone(),
        target_tables: target.tables,
        target_rows: target.estimated_rows,
        fingerprint: target.applied.fingerprint(),
    })
}

impl Plan for RestorePlan {
    fn hazards(&self) -> Vec<Hazard> {
        let which = match self.backup.manifest.kind {
            BackupKind::Full | BackupKind::Data => "the rows of",
            BackupKind::Changes => "the rows that a sync changed in",
        };
        let rows = format!("{which} {} tables on `{}`", self.backup.manifest.tables.len(), self.target);
        let mut hazards = vec![Hazard::OverwritesRows(rows)];
        if self.backup.manifest.kind == BackupKind::Full {
            hazards.push(Hazard::DropsData(format!(
                "all {} tables and every other object of the user on `{}`, about {} rows",
                self.target_tables, self.target, self.target_rows
            )));
        }
        hazards
    }

    fn fingerprint(&self) -> &Fingerprint {
        &self.fingerprint
    }
}

impl Render for RestorePlan {
    fn render(&self, style: &Style) -> String {
        let manifest = &self.backup.manifest;
        let mut lines = vec![
            format!(
                "Restore {} backup {} into {}",
                manifest.kind,
                style.strong(manifest.id.as_str()),
                style.strong(&self.target)
            ),
            format!(
                "  taken {} of `{}` ({}, PostgreSQL {})",
                manifest.taken_at.format("%Y-%m-%d %H:%M:%S UTC"),
                manifest.environment,
                manifest.source.host,
                manifest.server_version
            ),
            format!(
                "  {} tables, {} rows, {}",
                manifest.tables.len(),
                manifest.rows(),
                size(manifest.bytes())
            ),
            format!("  migrations up to {}", manifest.history_head.as_deref().unwrap_or("none")),
        ];
        if self.of_another_environment {
            lines.push(style.attention("  it is a backup of another environment"));
        }
        for hazard in self.hazards() {
            lines.push(style.attention(&format!("  {hazard}")));
        }
        lines.join("\n")
    }
}
