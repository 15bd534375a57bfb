//! Restoring: one transaction that either ends with exactly what was backed up or changes nothing.

use std::collections::VecDeque;
use std::time::Instant;

use crate::backup::adjust::{Adjusted, adjust};
use crate::backup::error::BackupError;
use crate::backup::feed::{Item, StopOnDrop, read};
use crate::backup::manifest::{BackupKind, BackupManifest, TableContents};
use crate::backup::report::RestoreReport;
use crate::backup::restore::RestorePlan;
use crate::backup::store::Backup;
use crate::backup::{clear, contents, writers};
use crate::catalog::{Catalog, snapshot};
use crate::error::{Failure, Kind, Result};
use crate::guard::Approved;
use crate::pg::{Answer, Committed, CopySource, PgError, Session, Writer};
use crate::plan::Progress;

/// Statements that may be on their way to the server.
const WINDOW: usize = 256;
/// The same in bytes.
const WINDOW_BYTES: usize = 1024 * 1024;
/// Nobody waits for ever for a lock that somebody else's forgotten transaction holds.
const SETTINGS: &str = "set local lock_timeout = '30s'; set local check_function_bodies = off";

/// A target whose writers wait, in the transaction that restores.
pub struct Held<'session> {
    writer: Writer<'session>,
    started: Instant,
}

/// Checks the files of an approved backup, and keeps writers out of the target from here on: a backup of it that is made
/// now holds exactly what [`restore_held`] replaces.
pub async fn hold<'session>(
    session: &'session mut Session,
    approved: &Approved<RestorePlan>,
    progress: &dyn Progress,
) -> Result<Held<'session>> {
    let started = Instant::now();
    let backup = approved.plan().backup.clone();
    progress.phase("checking the backup", 0);
    let checked = backup.clone();
    tokio::task::spawn_blocking(move || checked.verify())
        .await
        .map_err(|error| anyhow::Error::new(error).context("the thread that reads the backup died"))??;
    progress.finish();
    let (mut writer, begin) = session.unlock_in_transaction(approved)?;
    writer.begin(&begin, SETTINGS)?;
    writer.send(&writers::sql())?;
    match writer.settle().await {
        Ok(()) => Ok(Held { writer, started }),
        Err(error @ (PgError::Lost { .. } | PgError::Protocol(_))) => Err(error.into()),
        Err(error) => {
            writer.roll_back().await?;
            Err(error.into())
        }
    }
}

/// The same as [`hold`] and [`restore_held`], where the target was backed up before, or nobody writes to it.
pub async fn restore(
    session: &mut Session,
    approved: &Approved<RestorePlan>,
    progress: &dyn Progress,
) -> Result<RestoreReport> {
    let held = hold(session, approved, progress).await?;
    restore_held(held, approved, progress).await
}

/// Restores an approved backup.
///
/// A failure anywhere before the last step rolls everything back. A connection that is lost at any moment
/// makes the server roll back by itself.
pub async fn restore_held(
    Held { mut writer, started }: Held<'_>,
    approved: &Approved<RestorePlan>,
    progress: &dyn Progress,
) -> Result<RestoreReport> {
    let plan = approved.plan();
    let backup = &plan.backup;
    let mut flight = Flight::new(&mut writer, &plan.role, progress);
    let result = flight.carry_out(backup).await;
    let warnings = flight.warnings;
    match result {
        Ok(schema_is_equal) => {
            commit(&mut writer).await?.tell(progress);
            progress.finish();
            Ok(RestoreReport::new(backup, plan, &warnings, schema_is_equal, started.elapsed()))
        }
        Err(failure) => {
            // The first failure is the reason; what follows it in the flight only says that the transaction failed.
            let settled = writer.settle().await;
            let lost = matches!(settled, Err(PgError::Lost { .. } | PgError::Protocol(_)));
            if !lost {
                writer.roll_back().await?;
            }
            progress.finish();
            Err(failure)
        }
    }
}

async fn commit(writer: &mut Writer<'_>) -> Result<Committed> {
    match writer.commit().await {
        Ok(committed) => Ok(committed),
        // The answer to COMMIT was lost, so nobody here knows. Both states are whole.
        Err(error @ PgError::Undecided { .. }) => Err(Failure::from(error)
            .context("COMMIT was sent and its answer was lost: the target is wholly old or wholly restored")
            .with_help("run the restore again: it ends in the same state either way")
            .of_kind(Kind::Partial)),
        Err(error) => Err(error.into()),
    }
}

/// What was sent and is not answered.
struct Sent {
    file: String,
    line: u64,
    statement: String,
    bytes: usize,
}

impl Sent {
    fn own(what: &str) -> Self {
        Self { file: String::new(), line: 0, statement: what.to_owned(), bytes: 0 }
    }

    fn of(file: &str, line: u64, sql: &str) -> Self {
        let code = sql.lines().map(str::trim).find(|text| !text.is_empty() && !text.starts_with("--"));
        let statement = code.unwrap_or_default().chars().take(80).collect();
        Self { file: file.to_owned(), line, statement, bytes: sql.len() }
    }

    fn explain(self, error: PgError) -> Failure {
        match error {
            PgError::Server(_) if self.line > 0 => BackupError::Statement {
                file: self.file,
                line: self.line,
                statement: self.statement,
                error: Box::new(error),
            }
            .into(),
            other => other.into(),
        }
    }
}

/// Statements on their way, and what came back.
struct Flight<'a, 'session> {
    writer: &'a mut Writer<'session>,
    role: &'a str,
    progress: &'a dyn Progress,
    sent: VecDeque<Sent>,
    bytes: usize,
    warnings: Vec<String>,
}

impl<'a, 'session> Flight<'a, 'session> {
    fn new(writer: &'a mut Writer<'session>, role: &'a str, progress: &'a dyn Progress) -> Self {
        Self { writer, role, progress, sent: VecDeque::new(), bytes: 0, warnings: Vec::new() }
    }

    /// Everything but the commit. Says whether the schema is what it was; `data` backups know of none.
    async fn carry_out(&mut self, backup: &Backup) -> Result<Option<bool>> {
        let manifest = &backup.manifest;
        if manifest.kind == BackupKind::Full {
            self.send_own(&clear::sql(), "dropping what there is")?;
        }
        for part in &manifest.parts {
            self.progress.phase(&format!("restoring {}", part.file), 0);
            self.part(backup, &part.file).await?;
        }
        self.send_own("notify pgrst, 'reload schema'", "telling the API")?;
        while !self.sent.is_empty() {
            self.receive().await?;
        }
        self.progress.phase("comparing with the backup", 0);
        self.compare(manifest).await
    }

    async fn compare(&mut self, manifest: &BackupManifest) -> Result<Option<bool>> {
        let catalog = Catalog::from_rows(&self.writer.query(&snapshot::query()).await?)?;
        let wanted = |table: &crate::catalog::Table| {
            manifest.tables.iter().any(|one| one.schema == table.name.schema && one.name == table.name.name)
        };
        let tables: Vec<_> = catalog.tables()?.into_iter().filter(wanted).collect();
        let found = contents::read(self.writer, &tables).await?;
        let differing = differing(&manifest.tables, &found);
        if differing.is_empty() {
            return Ok(manifest.catalog_hash.as_deref().and_then(|hash| catalog.has_schema_hash(hash)));
        }
        Err(BackupError::Differs { tables: differing.join(", ") }.into())
    }

    fn send_own(&mut self, sql: &str, what: &str) -> Result<()> {
        self.writer.send(sql)?;
        self.sent.push_back(Sent::own(what));
        Ok(())
    }

    /// Runs one file of the backup. Answers are fetched while the rest is still being read and sent.
    async fn part(&mut self, backup: &Backup, file: &str) -> Result<()> {
        let (mut items, stop) = read(&backup.path, file);
        // The thread sees it even in the middle of a long COPY, and stops feeding it.
        let _stop = StopOnDrop(stop);
        let mut is_open = true;
        while is_open || !self.sent.is_empty() {
            let has_room = self.sent.len() < WINDOW && self.bytes < WINDOW_BYTES;
            tokio::select! {
                biased;
                item = items.recv(), if is_open && has_room => match item {
                    Some(item) => self.queue(file, item?)?,
                    None => is_open = false,
                },
                answer = self.writer.receive(), if !self.sent.is_empty() => self.take_in(answer)?,
            }
        }
        Ok(())
    }

    fn queue(&mut self, file: &str, item: Item) -> Result<()> {
        match item {
            Item::Statement { sql, line } => {
                let sql = match adjust(&sql, self.role) {
                    Adjusted::Run => sql,
                    Adjusted::Instead(other) => other,
                    Adjusted::Skip => return Ok(()),
                };
                self.writer.send(&sql)?;
                self.track(Sent::of(file, line, &sql));
            }
            Item::Copy { sql, line, rows } => {
                self.writer.send_copy_in(&sql, CopySource::Channel(rows))?;
                self.track(Sent::of(file, line, &sql));
                self.progress.advance(1, "tables");
            }
        }
        Ok(())
    }

    fn track(&mut self, sent: Sent) {
        self.bytes += sent.bytes;
        self.sent.push_back(sent);
    }

    async fn receive(&mut self) -> Result<()> {
        let answer = self.writer.receive().await;
        self.take_in(answer)
    }

    fn take_in(&mut self, answer: std::result::Result<Answer, PgError>) -> Result<()> {
        let sent = self.sent.pop_front().unwrap_or_else(|| Sent::own(""));
        self.bytes -= sent.bytes.min(self.bytes);
        match answer.and_then(Answer::ok) {
            Ok(answer) => {
                let warnings = answer.notices.into_iter().filter(|notice| notice.severity == "WARNING");
                self.warnings.extend(warnings.map(|notice| notice.message));
                Ok(())
            }
            Err(error) => Err(sent.explain(error)),
        }
    }
}

/// The tables that do not hold what they held, with the reason.
fn differing(wanted: &[TableContents], found: &[TableContents]) -> Vec<String> {
    wanted
        .iter()
        .filter_map(|table| {
            let name = crate::pg::TableName::new(&table.schema, &table.name);
            match found.iter().find(|one| one.schema == table.schema && one.name == table.name) {
                None => Some(format!("`{name}` (missing)")),
                Some(one) if one.rows != table.rows => {
                    Some(format!("`{name}` ({} rows instead of {})", one.rows, table.rows))
                }
                Some(one) if one.digest != table.digest => Some(format!("`{name}` (other values)")),
                Some(_) => None,
            }
        })
        .collect()
}
