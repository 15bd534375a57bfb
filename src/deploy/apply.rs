//! Carries a deploy out, and writes down each step when it is true.
//!
//! Files that share one transaction share it with their checks and with the journal's `applied`: a crash before COMMIT
//! leaves the target as it was, and a journal that says so; after it, everything is there. There is no in-between.

use crate::backup::BackupId;
use crate::catalog::{self, Difference, diff};
use crate::deploy::check::{CheckError, Checked, check, check_afterwards};
use crate::deploy::fate;
use crate::deploy::hooks::{Phase, Shell};
use crate::deploy::journal::{DeployRecord, DeployState};
use crate::deploy::ledger;
use crate::deploy::procedure::Procedure;
use crate::deploy::report::{DeployReport, DeployResult};
use crate::environment::EnvironmentName;
use crate::error::{Failure, Kind, Result};
use crate::guard::Approved;
use crate::migration::settings::NO_TIME_OUT;
use crate::migration::{self, apply as migrate};
use crate::pg::{PgError, PgResult, Session, Writer};
use crate::plan::Progress;

/// A deploy that is being carried out. Holds crmctl's lock on the target.
pub struct Deployment<'a> {
    writer: Writer<'a>,
    approved: &'a Approved<Procedure>,
    record: DeployRecord,
    changes: Vec<String>,
    /// Files were committed, though what comes after them may not be noted yet.
    has_changed: bool,
    progress: &'a dyn Progress,
}

impl<'a> Deployment<'a> {
    /// Takes the lock and makes the first entry. Until this line nothing was written anywhere.
    pub async fn begin(
        session: &'a mut Session,
        approved: &'a Approved<Procedure>,
        progress: &'a dyn Progress,
    ) -> Result<Self> {
        let plan = approved.plan();
        let record = plan.record.clone();
        let mut writer = session.unlock(approved, progress).await?;
        writer.run(&ledger::open(&record, plan.closes.as_ref())).await.map_err(begun_meanwhile)?;
        Ok(Self { writer, approved, record, changes: Vec::new(), has_changed: false, progress })
    }

    /// Whether a backup is to be made now.
    #[must_use]
    pub fn wants_backup(&self) -> bool {
        self.approved.plan().backs_up()
    }

    /// Runs the commands of one phase that are not done, in order, and notes each one's end.
    pub async fn run_hooks(&mut self, phase: Phase, shell: &Shell<'_>) -> Result<()> {
        let hooks = &self.approved.plan().hooks;
        let commands = match phase {
            Phase::Before => &hooks.before,
            Phase::After => &hooks.after,
        };
        for (index, command) in commands.iter().enumerate() {
            let word = phase.word();
            let shown = shell.without_password(command);
            self.progress.notice(&format!("{word} {} of {}: {shown}", index + 1, commands.len()));
            shell.run(command, (&self.record.id, phase), self.progress).await?;
            match phase {
                Phase::Before => self.record.hooks.before.push(command.clone()),
                Phase::After => self.record.hooks.after.push(command.clone()),
            }
            if phase == Phase::After && index + 1 == commands.len() {
                (self.record.state, self.record.error) = (DeployState::Done, None);
            }
            self.save().await?;
        }
        Ok(())
    }

    /// Notes the backup, which is whole on the disk. Sent along with what comes next.
    pub fn backed_up(&mut self, backup: &BackupId) -> PgResult<()> {
        self.record.backup = Some(backup.to_string());
        self.record.state = DeployState::BackedUp;
        self.writer.send(&ledger::save(&self.record))
    }

    /// Applies the files that are not, and checks them.
    pub async fn apply_files(&mut self) -> Result<()> {
        let plan = self.approved.plan();
        if self.record.state == DeployState::Applied && self.record.was_checked() {
            self.record.state = self.state_once_applied();
            self.record.error = None;
            return Ok(self.save().await?);
        }
        self.record.state = DeployState::Applying;
        self.writer.send(&ledger::save(&self.record))?;
        if !plan.is_atomic() {
            return self.apply_file_by_file().await;
        }
        self.progress.phase("deploying", plan.files.migrations.steps.len() as u64);
        let result = self.apply_together().await;
        self.progress.finish();
        match result {
            Ok(()) => self.commit().await,
            Err(failure) => {
                self.record.state = DeployState::Applying;
                // A connection that is lost has rolled back by itself.
                let _ = self.writer.roll_back().await;
                Err(failure)
            }
        }
    }

    async fn apply_together(&mut self) -> Result<()> {
        let plan = self.approved.plan();
        let state = self.state_once_applied();
        let writer = &mut self.writer;
        writer.settle().await?;
        migrate::begin(writer).await?;
        migrate::run_in_transaction(writer, &plan.files.migrations.steps, self.progress).await?;
        let checked = check(writer, &plan.files).await?;
        (self.changes, self.record.catalog_after) = (checked.changes, Some(checked.catalog_hash));
        self.record.state = state;
        self.record.error = None;
        // What is deferred to the COMMIT meets the path that clients have, and not the one the schema was read with.
        // The journal's word becomes true with the COMMIT that makes the files true. The API reads the schema anew when
        // it is told to.
        let entry = ledger::save(&self.record);
        writer.run(&format!("{entry}; reset all; {NO_TIME_OUT}; notify pgrst, 'reload schema'")).await?;
        Ok(())
    }

    fn state_once_applied(&self) -> DeployState {
        if self.approved.plan().hooks.after.is_empty() { DeployState::Done } else { DeployState::Applied }
    }

    async fn commit(&mut self) -> Result<()> {
        let applied = std::mem::replace(&mut self.record.state, DeployState::Applying);
        fate::commit(&mut self.writer, &self.record.id, applied, self.progress).await?;
        self.record.state = applied;
        Ok(())
    }

    /// With a file among them that cannot run in a transaction, or when a part of them is there already: one by one.
    async fn apply_file_by_file(&mut self) -> Result<()> {
        let plan = self.approved.plan();
        self.writer.settle().await?;
        if !plan.files.migrations.is_empty() {
            let migrations = self.approved.part(|plan| plan.files.migrations.clone());
            migration::apply(&mut self.writer, &migrations, self.progress).await?;
            self.has_changed = true;
        }
        self.see_what_came_of_it().await
    }

    /// The files are there whatever this finds, so that the journal says so first: what is left to be decided is whether
    /// to go on or back. Until it is known, the journal has no hash of the schema after: whoever goes on looks again.
    async fn see_what_came_of_it(&mut self) -> Result<()> {
        let plan = self.approved.plan();
        let after = catalog::read(&mut self.writer).await?;
        self.changes = diff(&plan.files.before, &after).iter().map(Difference::as_change).collect();
        self.record.catalog_after = None;
        self.record.state = DeployState::Applied;
        self.record.error = None;
        self.has_changed = true;
        let entry = ledger::save(&self.record);
        self.writer.run(&format!("{entry}; notify pgrst, 'reload schema'")).await?;
        let checked = check_afterwards(&mut self.writer, &plan.files).await;
        if !checked.as_ref().is_err_and(|failure| failure.kind() == Kind::Interrupted) {
            self.record.catalog_after = Some(after.hash());
        }
        let checked = checked.and_then(|checked| self.as_predicted(checked));
        self.changes = checked.map_err(|failure| it_stays(failure, &self.record.environment))?.changes;
        self.record.state = self.state_once_applied();
        Ok(self.save().await?)
    }

    /// Where nothing was left to rehearse, the prediction is the one that the journal has kept.
    fn as_predicted(&self, checked: Checked) -> Result<Checked> {
        let is_other = |predicted: &String| *predicted != checked.catalog_hash;
        if self.approved.plan().files.migrations.is_empty()
            && self.record.catalog_predicted.as_ref().is_some_and(is_other)
        {
            let first = vec!["its hash is another than the predicted one".to_owned()];
            return Err(CheckError::NotAsRehearsed { first, others: 0 }.into());
        }
        Ok(checked)
    }

    async fn save(&mut self) -> PgResult<()> {
        self.writer.send(&ledger::save(&self.record))?;
        self.writer.settle().await
    }

    /// Ends it: with the report, or with what its failure means for the target and for the journal.
    pub async fn end(mut self, result: Result<()>, shell: &Shell<'_>) -> Result<DeployReport> {
        let failure = match result {
            Ok(()) => return Ok(self.report(DeployResult::Deployed)),
            Err(failure) => failure,
        };
        self.progress.finish();
        self.record.error = Some(shell.without_password(&failure.to_string()).chars().take(500).collect());
        let is_applied = matches!(self.record.state, DeployState::Applied | DeployState::Done);
        let has_changed = self.has_changed || failure.kind() == Kind::Partial || failure.done().is_some();
        if !is_applied && !has_changed && self.wants_backup() {
            self.record.state = DeployState::Failed;
        }
        // Somebody who asked to stop still wants this to be noted. Where it cannot be written any more, the next deploy finds
        // out by the history and closes it.
        self.writer.heed_no_stop();
        // A request to stop that comes late meets this statement instead of the one it was meant for.
        for _ in 0..3 {
            if self.save().await.is_ok() {
                break;
            }
            let _ = self.writer.roll_back().await;
        }
        let report = self.report(DeployResult::Stopped);
        if self.record.state == DeployState::Failed {
            return Err(report.with_applied(Vec::new()).behind(failure));
        }
        let environment = &self.record.environment;
        let known = failure.help().map(|help| format!("{help}; then ")).unwrap_or_default();
        let help = format!(
            "{known}`crmctl deploy resume --env {environment}` goes on, `crmctl deploy rollback --env {environment}` undoes it"
        );
        let failure = failure.with_help(help);
        if is_applied || self.has_changed {
            return Err(failure.after_changes(&report));
        }
        let applied = failure.done().map(|done| versions_in(&done.json)).unwrap_or_default();
        Err(report.with_applied(applied).behind(failure))
    }

    fn report(&self, result: DeployResult) -> DeployReport {
        DeployReport::new(result, self.approved.plan(), &self.record, self.changes.clone())
    }
}

/// The versions in the report of a run of files that stopped half-way.
fn versions_in(report: &serde_json::Value) -> Vec<String> {
    let applied = report["applied"].as_array().into_iter().flatten();
    applied.filter_map(|file| file["version"].as_str().map(str::to_owned)).collect()
}

/// What a check says of files that are committed.
fn it_stays(failure: Failure, environment: &EnvironmentName) -> Failure {
    if failure.kind() == Kind::Interrupted {
        return failure;
    }
    failure
        .context("the files are applied, one by one, but not everything is as it must be")
        .with_help(format!("look at it with `crmctl migrate drift --env {environment}`"))
}

/// Two deploys were planned at once, and the other one was first.
fn begun_meanwhile(error: PgError) -> Failure {
    let is_other = error.code() == Some("23505");
    let failure = Failure::from(error);
    if is_other {
        failure
            .context("another deploy began meanwhile")
            .of_kind(Kind::Refused)
            .with_help("see it with `crmctl deploy status`")
    } else {
        failure
    }
}
