//! The gate: `[deploy] requires`, the environment that must have passed the same files before. Pure.

use serde::Serialize;

use crate::deploy::journal::{DeployId, Journal};
use crate::environment::EnvironmentName;
use crate::error::{Explain, Failure, Kind};
use crate::migration::{Directory, History, State, Step, states};

/// The name by which the gate is allowed to be passed by: `--allow gate`.
pub const ALLOW: &str = "gate";

/// How the gate was passed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Gate {
    /// The environment that was asked for.
    pub environment: EnvironmentName,
    /// False where it was allowed not to be asked.
    pub asked: bool,
}

/// Why a deploy does not pass.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GateError {
    /// A file has not been there.
    #[error("`{file}` {} `{environment}`, which must have passed it first", standing(*.state))]
    NotApplied {
        /// The file.
        file: String,
        /// The environment.
        environment: EnvironmentName,
        /// How the file stands there.
        state: State,
    },
    /// A deploy to it stopped half-way.
    #[error("the deploy {id} to `{environment}`, which must have passed the same files first, is unfinished")]
    Unfinished {
        /// The deploy.
        id: DeployId,
        /// The environment.
        environment: EnvironmentName,
    },
}

fn standing(state: State) -> &'static str {
    match state {
        State::Applied => "is applied to",
        State::Pending | State::OutOfOrder => "is not applied to",
        State::MissingLocally => "is not here, but applied to",
        State::Edited => "was applied with other contents to",
        State::PartlyApplied => "is only partly applied to",
    }
}

impl Explain for GateError {
    fn kind(&self) -> Kind {
        Kind::Refused
    }

    fn help(&self) -> Option<String> {
        Some(match self {
            Self::NotApplied { state: State::Edited, environment, .. } => format!(
                "restore the file as `{environment}` has it from git, and put the change in a new one: `crmctl migrate new <title>`"
            ),
            Self::NotApplied { environment, .. } => {
                format!("`crmctl deploy --env {environment}` first; in an emergency, `--allow {ALLOW}`")
            }
            Self::Unfinished { environment, .. } => {
                format!(
                    "`crmctl deploy resume --env {environment}` or `crmctl deploy rollback --env {environment}`"
                )
            }
        })
    }
}

/// Whether the environment that is asked for has everything that is about to be deployed.
pub fn pass(
    environment: &EnvironmentName,
    steps: &[Step],
    directory: &Directory,
    (history, journal): (&History, &Journal),
) -> Result<Gate, GateError> {
    let entries = states(directory, history);
    for step in steps {
        let entry = entries.iter().find(|entry| entry.version == step.file.version);
        let state = entry.map_or(State::Pending, |entry| entry.state);
        if state != State::Applied {
            let file = step.file.shown();
            return Err(GateError::NotApplied { file, environment: environment.clone(), state });
        }
    }
    if let Some(record) = journal.unfinished() {
        return Err(GateError::Unfinished { id: record.id.clone(), environment: environment.clone() });
    }
    Ok(Gate { environment: environment.clone(), asked: true })
}

/// What keeps the gate closed is not the target's failure, though both are databases.
#[must_use]
pub fn cannot_be_asked(environment: &EnvironmentName, failure: Failure) -> Failure {
    if failure.kind() == Kind::Interrupted {
        return failure;
    }
    let known = failure.help().map(|help| format!("{help}; ")).unwrap_or_default();
    failure
        .context(format!("`{environment}`, which must have passed the same files first, cannot be asked"))
        .with_help(format!("{known}in an emergency, `--allow {ALLOW}`"))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::deploy::journal::{DeployState, test_record};
    use crate::migration::file::test_file;
    use crate::migration::history_row::test_history;
    use crate::migration::{Options, plan};

    fn judged(history: &History, records: Vec<crate::deploy::DeployRecord>) -> Result<Gate, GateError> {
        let directory = Directory {
            files: vec![Arc::new(test_file("1_a", "select 1;")), Arc::new(test_file("2_b", "select 2;"))],
            ..Directory::default()
        };
        let pending = plan(&directory, &test_history([("1_a", "select 1;")]), &Options::default()).unwrap();
        let staging = EnvironmentName::known("staging");
        pass(&staging, &pending.steps, &directory, (history, &Journal { records }))
    }

    #[test]
    fn the_same_files_must_be_applied_there() {
        let passed = test_history([("1_a", "select 1;"), ("2_b", "select 2;")]);
        assert!(judged(&passed, Vec::new()).is_ok());

        let behind = judged(&test_history([("1_a", "select 1;")]), Vec::new()).expect_err("2_b is not there");
        assert!(matches!(behind, GateError::NotApplied { state: State::Pending, .. }), "{behind}");
        let other = judged(&test_history([("1_a", "select 1;"), ("2_b", "select 3;")]), Vec::new());
        assert!(matches!(other, Err(GateError::NotApplied { state: State::Edited, .. })), "{other:?}");
    }

    #[test]
    fn a_deploy_that_is_not_over_there_closes_the_gate() {
        let passed = test_history([("1_a", "select 1;"), ("2_b", "select 2;")]);
        let file = test_file("2_b", "select 2;");

        let unfinished = judged(&passed, vec![test_record(DeployState::Applied, &[&file])]);
        assert!(matches!(unfinished, Err(GateError::Unfinished { .. })));
        // One that failed changed nothing: the history is the proof.
        assert!(judged(&passed, vec![test_record(DeployState::Failed, &[&file])]).is_ok());
        assert!(judged(&passed, vec![test_record(DeployState::Done, &[&file])]).is_ok());
    }
}
