//! Undoing a deploy: which one, by which way, and the proof that the schema is the one from before.

use serde::Serialize;

use crate::backup::{RestorePlan, RestoreReport};
use crate::catalog;
use crate::deploy::journal::{DeployId, DeployRecord, DeployState, Journal, Standing};
use crate::deploy::ledger;
use crate::environment::EnvironmentName;
use crate::error::{Explain, Kind, Result};
use crate::guard::Approved;
use crate::migration::History;
use crate::pg::{Session, Writer, text_array};
use crate::plan::{Fingerprint, Hazard, Plan, Progress, Render};
use crate::ui::Style;

/// Why a deploy cannot be rolled back.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RollbackError {
    /// There is none of that name.
    #[error("there is no deploy `{0}`")]
    Unknown(String),
    /// It changed nothing, or is undone.
    #[error("the deploy {id} {}", if *.state == DeployState::RolledBack { "is rolled back already" } else { "failed and changed nothing" })]
    NothingToUndo {
        /// Which.
        id: DeployId,
        /// How it ended.
        state: DeployState,
    },
    /// Others came after it.
    #[error("after the deploy {id}, {} applied: undoing it would undo them as well", listed(.later))]
    NotTheLast {
        /// Which.
        id: DeployId,
        /// The versions that came later.
        later: Vec<String>,
        /// Where.
        environment: EnvironmentName,
        /// Its backup.
        backup: Option<String>,
    },
    /// Nothing leads back.
    #[error("the deploy {id} has no backup, so nothing leads back")]
    NoBackup {
        /// Which.
        id: DeployId,
    },
}

fn listed(versions: &[String]) -> String {
    let list: Vec<String> = versions.iter().map(|version| format!("`{version}`")).collect();
    format!("{} {}", list.join(", "), if versions.len() == 1 { "was" } else { "were" })
}

impl Explain for RollbackError {
    fn kind(&self) -> Kind {
        Kind::Refused
    }

    fn help(&self) -> Option<String> {
        match self {
            Self::Unknown(_) | Self::NothingToUndo { .. } => {
                Some("`crmctl deploy status` lists the deploys".to_owned())
            }
            Self::NotTheLast { environment, backup: Some(backup), .. } => Some(format!(
                "put everything back to before it with `{}`",
                crate::backup::restore::command(backup, environment)
            )),
            Self::NotTheLast { backup: None, .. } | Self::NoBackup { .. } => None,
        }
    }
}

/// The deploy that is meant: of this name, or else the unfinished one, or else the last that changed anything.
pub fn choose<'a>(journal: &'a Journal, id: Option<&str>) -> Result<Option<&'a DeployRecord>, RollbackError> {
    let has_ended_without = |state| matches!(state, DeployState::Failed | DeployState::RolledBack);
    let Some(id) = id else {
        let last = || journal.records.iter().find(|record| !has_ended_without(record.state));
        return Ok(journal.unfinished().or_else(last));
    };
    let mut found = journal.records.iter().filter(|record| record.id.as_str().starts_with(id));
    match (found.next(), found.next()) {
        (Some(record), None) if has_ended_without(record.state) => {
            Err(RollbackError::NothingToUndo { id: record.id.clone(), state: record.state })
        }
        (Some(record), None) => Ok(Some(record)),
        (None, _) | (Some(_), Some(_)) => Err(RollbackError::Unknown(id.to_owned())),
    }
}

/// Refuses when something was applied after the deploy.
pub fn check_last(record: &DeployRecord, journal: &Journal, history: &History) -> Result<(), RollbackError> {
    let newest = record.files.iter().map(|file| file.version.as_str()).max().unwrap_or_default();
    let mut later: Vec<String> = history.rows.iter().map(|row| row.version.to_string()).collect();
    later.retain(|version| version.as_str() > newest);
    let since = journal.records.iter().filter(|other| {
        other.started_at > record.started_at
            && !matches!(other.state, DeployState::Failed | DeployState::RolledBack)
    });
    for other in since {
        later.extend(other.applied(history).iter().map(|file| file.version.clone()));
    }
    later.sort();
    later.dedup();
    if later.is_empty() {
        return Ok(());
    }
    let (environment, backup) = (record.environment.clone(), record.backup.clone());
    Err(RollbackError::NotTheLast { id: record.id.clone(), later, environment, backup })
}

/// How a deploy is undone.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "snake_case", tag = "way")]
pub enum Way {
    /// None of its files is there: only the journal is told.
    Close,
    /// Its backup is restored, and what was written since is lost.
    Restore(Box<RestorePlan>),
}

/// What undoing a deploy does.
#[derive(Debug, Clone, Serialize)]
pub struct RollbackPlan {
    /// Which deploy.
    pub record: DeployRecord,
    /// What of it is there.
    pub standing: Standing,
    /// How it is undone.
    #[serde(flatten)]
    pub way: Way,
    #[serde(skip)]
    pub(crate) fingerprint: Fingerprint,
}

impl RollbackPlan {
    /// Puts together what is known.
    #[must_use]
    pub fn new(record: DeployRecord, history: &History, way: Way) -> Self {
        let standing = record.standing(history);
        Self { record, standing, way, fingerprint: history.fingerprint() }
    }
}

impl Plan for RollbackPlan {
    fn hazards(&self) -> Vec<Hazard> {
        match &self.way {
            Way::Close => Vec::new(),
            Way::Restore(restore) => {
                let since = self.record.started_at.format("%Y-%m-%d %H:%M:%S UTC");
                let lost = Hazard::DropsData(format!("every row written since {since}, in all tables"));
                std::iter::once(lost).chain(restore.hazards()).collect()
            }
        }
    }

    fn fingerprint(&self) -> &Fingerprint {
        &self.fingerprint
    }
}

impl Render for RollbackPlan {
    fn render(&self, style: &Style) -> String {
        let id = style.strong(self.record.id.as_str());
        match &self.way {
            Way::Close => format!("deploy {id} changed nothing; the journal is told that it is over"),
            Way::Restore(restore) => {
                let command =
                    crate::backup::restore::command(&restore.backup.manifest.id, &self.record.environment);
                let lost = self.hazards().first().map(|hazard| style.attention(&format!("  {hazard}")));
                format!(
                    "roll back deploy {id} by restoring its backup: what `{command}` does\n{}\n{}",
                    restore.render(style),
                    lost.unwrap_or_default()
                )
            }
        }
    }
}

/// What undoing a deploy did.
#[derive(Debug, Clone, Serialize)]
pub struct RollbackReport {
    /// Which deploy.
    pub id: DeployId,
    /// Whether its files had changed anything.
    pub standing: Standing,
    /// The hash of the schema before the deploy.
    pub catalog_before: String,
    /// The hash of the schema now.
    pub catalog_now: String,
    /// What was restored, where that was the way.
    pub restored: Option<RestoreReport>,
}

impl RollbackReport {
    /// Whether the schema is the one from before the deploy.
    #[must_use]
    pub fn is_equal(&self) -> bool {
        self.catalog_before == self.catalog_now
    }
}

impl Render for RollbackReport {
    fn render(&self, style: &Style) -> String {
        let mut text = format!("{} deploy {}", style.good("rolled back"), self.id);
        if self.standing == Standing::Untouched {
            text += ", which had changed nothing";
        }
        text += &if self.is_equal() {
            format!("\n{} the schema is the one from before it: {}", style.good("equal"), &self.catalog_now)
        } else {
            format!(
                "\n{} the schema is not the one from before it: {} instead of {}",
                style.bad("differs"),
                self.catalog_now,
                self.catalog_before
            )
        };
        if let Some(restored) = &self.restored {
            text += &format!("\n{}", restored.render(style));
        }
        text
    }
}

/// Carries an approved rollback out. Each way is one transaction: after a crash the deploy is as it was, or undone.
pub async fn roll_back(
    session: &mut Session,
    approved: &Approved<RollbackPlan>,
    progress: &dyn Progress,
) -> Result<RollbackReport> {
    let plan = approved.plan();
    let mut writer = session.unlock(approved, progress).await?;
    let restored = match &plan.way {
        Way::Close => None,
        Way::Restore(restore) => {
            let restore = approved.part(|_| (**restore).clone());
            Some(crate::backup::restore(&mut writer, &restore, progress).await?)
        }
    };
    let now = catalog::read(&mut writer).await?.hash();
    note(&mut writer, &plan.record).await?;
    Ok(RollbackReport {
        id: plan.record.id.clone(),
        standing: plan.standing,
        catalog_before: plan.record.catalog_before.clone(),
        catalog_now: now,
        restored,
    })
}

/// The journal, and the history: a backup of a database without a history brings none back.
async fn note(writer: &mut Writer<'_>, record: &DeployRecord) -> Result<()> {
    let mut record = record.clone();
    record.state = DeployState::RolledBack;
    writer.run(&format!("{}; {}", forget(&record), ledger::save(&record))).await?;
    Ok(())
}

/// Statements that take a deploy's files out of both tables of the history, where those exist.
fn forget(record: &DeployRecord) -> String {
    let versions: Vec<&str> = record.files.iter().map(|file| file.version.as_str()).collect();
    let versions = text_array(&versions);
    ["schema_migrations", "crmctl_migrations"]
        .map(|table| {
            format!(
                "do $crmctl$ begin if pg_catalog.to_regclass('supabase_migrations.{table}') is not null then \
                 delete from supabase_migrations.{table} where version = any ({versions}); end if; end $crmctl$"
            )
        })
        .join("; ")
}

#[cfg(test)]
mod tests;
