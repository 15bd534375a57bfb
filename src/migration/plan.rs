//! Decides which migrations to apply, and how. Reads nothing, changes nothing.

use std::sync::Arc;

use serde::{Serialize, Serializer};

use crate::migration::directory::Directory;
use crate::migration::file::{Barrier, BarrierReason, MigrationFile};
use crate::migration::history_row::{History, RunState};
use crate::migration::refusal::PlanError;
use crate::migration::states::{Entry, State, states};
use crate::migration::version::Version;
use crate::plan::{Fingerprint, Hazard, Plan, Render};
use crate::ui::{Style, plural};

/// What the user asked for beside applying what is pending.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Nothing newer than this version.
    pub to: Option<Version>,
    /// Apply files that are older than something applied, too.
    pub out_of_order: bool,
    /// All files in one transaction, or none.
    pub single_transaction: bool,
}

/// How the file of a step runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// As a whole, in one transaction with its history row.
    Transaction,
    /// Alone and statement by statement, for this reason.
    Barrier(BarrierReason),
}

/// One file to apply.
#[derive(Debug, Clone, Serialize)]
pub struct Step {
    /// The file.
    #[serde(serialize_with = "serialize_file", flatten)]
    pub file: Arc<MigrationFile>,
    /// How it runs.
    pub action: Action,
    /// The first statement to run: not 0 when an earlier run stopped half-way.
    pub first_statement: usize,
}

#[derive(Serialize)]
struct FileFacts<'a> {
    version: &'a Version,
    name: &'a str,
    path: String,
    statements: usize,
}

fn serialize_file<S: Serializer>(file: &Arc<MigrationFile>, serializer: S) -> Result<S::Ok, S::Error> {
    let path = file.shown();
    FileFacts { version: &file.version, name: &file.name, path, statements: file.statements.len() }
        .serialize(serializer)
}

/// The files to apply, in order.
#[derive(Debug, Clone, Serialize)]
pub struct MigrationPlan {
    /// One for each file.
    pub steps: Vec<Step>,
    /// Whether all of them share one transaction.
    pub single_transaction: bool,
    /// What lint found dangerous in them; nothing until somebody asks it.
    pub dangers: Vec<Hazard>,
    /// Which versions were applied when this was planned.
    #[serde(rename = "basis")]
    fingerprint: Fingerprint,
}

impl MigrationPlan {
    /// Whether there is nothing to apply.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// The same steps for another database, one with this history.
    #[must_use]
    pub(crate) fn on(&self, history: &History) -> Self {
        Self { fingerprint: history.fingerprint(), ..self.clone() }
    }

    /// The same plan with what lint found dangerous.
    #[must_use]
    pub fn with_dangers(mut self, dangers: Vec<Hazard>) -> Self {
        self.dangers = dangers;
        self
    }
}

/// Decides which files to apply to a database with this history.
pub fn plan(directory: &Directory, history: &History, options: &Options) -> Result<MigrationPlan, PlanError> {
    let entries = states(directory, history);
    if let Some(to) = &options.to
        && directory.get(to).is_none()
    {
        return Err(PlanError::UnknownVersion { version: to.clone() });
    }
    refuse_disagreement(&entries, history, options)?;
    let mut steps = Vec::new();
    for entry in entries {
        let Some(file) = entry.file else { continue };
        match entry.state {
            State::Pending | State::OutOfOrder | State::PartlyApplied
                if is_wanted(options, &entry.version) =>
            {
                steps.push(step(file, history)?);
            }
            State::Pending
            | State::OutOfOrder
            | State::PartlyApplied
            | State::Applied
            | State::Edited
            | State::MissingLocally => {}
        }
    }
    if options.single_transaction {
        refuse_barriers(&steps)?;
    }
    let (single_transaction, fingerprint) = (options.single_transaction, history.fingerprint());
    Ok(MigrationPlan { steps, single_transaction, dangers: Vec::new(), fingerprint })
}

fn is_wanted(options: &Options, version: &Version) -> bool {
    options.to.as_ref().is_none_or(|to| version <= to)
}

fn refuse_disagreement(entries: &[Entry], history: &History, options: &Options) -> Result<(), PlanError> {
    let of = |state: State| entries.iter().filter(move |entry| entry.state == state);
    let path = |entry: &Entry| entry.file.as_ref().map(|file| file.shown()).unwrap_or_default();
    // A file that is gone half-way through cannot be resumed, so it is as missing as one that was applied.
    let lost = of(State::PartlyApplied).filter(|entry| entry.file.is_none());
    let versions: Vec<Version> =
        of(State::MissingLocally).chain(lost).map(|entry| entry.version.clone()).collect();
    let environment = history.environment.clone();
    if !versions.is_empty() {
        return Err(PlanError::MissingLocally { versions, environment });
    }
    let paths: Vec<String> = of(State::Edited).map(path).collect();
    if !paths.is_empty() {
        return Err(PlanError::Edited { paths, environment });
    }
    let late = of(State::OutOfOrder).filter(|entry| is_wanted(options, &entry.version));
    let paths: Vec<String> = late.map(path).collect();
    match history.newest() {
        Some(newest) if !paths.is_empty() && !options.out_of_order => {
            Err(PlanError::OutOfOrder { paths, newest: newest.clone(), environment })
        }
        Some(_) | None => Ok(()),
    }
}

fn step(file: Arc<MigrationFile>, history: &History) -> Result<Step, PlanError> {
    let first_statement = match history.extras.get(&file.version).map(|extra| &extra.state) {
        Some(RunState::Partial { statements_done, prefix }) => {
            if file.prefix_checksum(*statements_done) != *prefix {
                let (path, statements_done) = (file.shown(), *statements_done);
                return Err(PlanError::EditedBeforeResume { path, statements_done });
            }
            *statements_done
        }
        // A row of ours without one of the shared table: the history was repaired by hand, so it runs again.
        Some(RunState::Complete) | None => 0,
    };
    let action = match file.barrier() {
        Some(barrier) => Action::Barrier(barrier.reason),
        // A part of it is committed already, so that the rest cannot be one with it.
        None if first_statement > 0 => Action::Barrier(BarrierReason::Directive),
        None => Action::Transaction,
    };
    Ok(Step { file, action, first_statement })
}

fn refuse_barriers(steps: &[Step]) -> Result<(), PlanError> {
    for step in steps {
        let Action::Barrier(reason) = &step.action else { continue };
        let statement = step.file.barrier().and_then(|Barrier { statement, .. }| statement);
        let statement = statement.and_then(|index| step.file.statements.get(index));
        let command = statement.map(|statement| statement.command.clone()).unwrap_or_default();
        let reason = match reason {
            BarrierReason::TransactionControl => {
                format!("it controls its transactions itself with `{command}`")
            }
            BarrierReason::NonTransactional => format!("the server refuses `{command}` inside one"),
            BarrierReason::Directive => "it is marked to run without one".to_owned(),
        };
        let path = step.file.shown();
        let at = statement.map(|statement| statement.location(&path, &step.file.text));
        return Err(PlanError::NotInOneTransaction { path, reason, at });
    }
    Ok(())
}

impl Plan for MigrationPlan {
    fn hazards(&self) -> Vec<Hazard> {
        if self.is_empty() {
            return Vec::new();
        }
        let mut hazards = vec![Hazard::ChangesSchema(plural(self.steps.len() as u64, "migration"))];
        hazards.extend(self.dangers.iter().cloned());
        if self.steps.iter().any(|step| step.action != Action::Transaction) {
            let what = "a migration outside of a transaction keeps what it did when it fails half-way";
            hazards.push(Hazard::LeavesNoUndo(what.to_owned()));
        }
        hazards
    }

    fn fingerprint(&self) -> &Fingerprint {
        &self.fingerprint
    }
}

impl Render for MigrationPlan {
    fn render(&self, style: &Style) -> String {
        if self.is_empty() {
            return "nothing to apply: every migration is applied".to_owned();
        }
        let together = if self.single_transaction { ", in one transaction" } else { "" };
        let mut text = format!("{} to apply{together}:", plural(self.steps.len() as u64, "migration"));
        for step in &self.steps {
            let statements = plural((step.file.statements.len() - step.first_statement) as u64, "statement");
            text.extend(["\n  ", &style.strong(&step.file.title()), "  ", &style.faint(&statements)]);
            if step.first_statement > 0 {
                text += &style.attention(&format!(", resumes at statement {}", step.first_statement + 1));
            } else if step.action != Action::Transaction {
                text += &style.attention(", statement by statement without a transaction");
            }
        }
        text
    }
}

#[cfg(test)]
mod tests;
