//! What an unfinished deploy means for the next command. Pure: facts decide, not the journal alone.

use std::sync::Arc;

use crate::deploy::hooks::{Hooks, remaining};
use crate::deploy::journal::{DeployId, DeployRecord, DeployState, Journal, JournalledFile, Standing};
use crate::environment::{DeployConfig, EnvironmentName};
use crate::error::{Explain, Kind, Result};
use crate::migration::{self, Directory, History, MigrationFile, MigrationPlan, Options, Version};
use crate::pg::PgError;

/// Why a deploy does not go on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UnfinishedError {
    /// An earlier one is unfinished and changed something.
    #[error("the deploy {id} to `{environment}` is unfinished: {what}")]
    Unfinished {
        /// The deploy.
        id: DeployId,
        /// Where to.
        environment: EnvironmentName,
        /// How far it came.
        what: &'static str,
    },
    /// Its files are not what they were.
    #[error("{} not what the deploy {id} began with", named(.files))]
    Edited {
        /// The deploy.
        id: DeployId,
        /// Where to.
        environment: EnvironmentName,
        /// The files.
        files: Vec<String>,
    },
}

fn named(files: &[String]) -> String {
    let list: Vec<String> = files.iter().map(|file| format!("`{file}`")).collect();
    format!("{} {}", list.join(", "), if files.len() == 1 { "is" } else { "are" })
}

impl Explain for UnfinishedError {
    fn kind(&self) -> Kind {
        Kind::Refused
    }

    fn help(&self) -> Option<String> {
        Some(match self {
            Self::Unfinished { environment, .. } => format!(
                "`crmctl deploy resume --env {environment}` goes on, `crmctl deploy rollback --env {environment}` undoes it"
            ),
            Self::Edited { environment, .. } => format!(
                "get them back from git, or undo what was done with `crmctl deploy rollback --env {environment}` and deploy the new ones"
            ),
        })
    }
}

/// What of a deploy is in the database, in words.
#[must_use]
pub fn in_words(standing: Standing) -> &'static str {
    match standing {
        Standing::Untouched => "it stopped before anything was changed",
        Standing::Partly => "a part of its files is applied",
        Standing::Complete => "its files are applied, but it did not come to its end",
    }
}

/// The unfinished deploy that the next one closes, because it changed nothing. One that changed something, or is at work
/// just now, is refused.
pub fn to_close(journal: &Journal, history: &History, lock_holder: Option<&str>) -> Result<Option<DeployId>> {
    let Some(record) = journal.unfinished() else { return Ok(None) };
    if let Some(holder) = lock_holder {
        return Err(PgError::Busy { holder: format!(": {holder}") }.into());
    }
    match record.standing(history) {
        Standing::Untouched => Ok(Some(record.id.clone())),
        standing => Err(UnfinishedError::Unfinished {
            id: record.id.clone(),
            environment: record.environment.clone(),
            what: in_words(standing),
        }
        .into()),
    }
}

/// Refuses unless every file of the deploy is here and has the text it began with.
pub fn check_files(record: &DeployRecord, directory: &Directory) -> Result<(), UnfinishedError> {
    let is_same = |file: &&JournalledFile| {
        directory
            .get(&Version::stored(&file.version))
            .is_some_and(|here| here.checksum.as_str() == file.checksum && here.name == file.name)
    };
    let other = record.files.iter().filter(|file| !is_same(file));
    let files: Vec<String> = other.map(|file| format!("{}.sql", file.title())).collect();
    if files.is_empty() {
        return Ok(());
    }
    Err(UnfinishedError::Edited { id: record.id.clone(), environment: record.environment.clone(), files })
}

/// All files of the deploy, applied or not, in order.
#[must_use]
pub fn files(record: &DeployRecord, directory: &Directory) -> Vec<Arc<MigrationFile>> {
    let here = |version: &Version| directory.files.iter().find(|file| file.version == *version).cloned();
    record.files.iter().filter_map(|file| here(&Version::stored(&file.version))).collect()
}

/// What of the deploy's files is still to be applied, and nothing else.
pub fn remaining_files(
    record: &DeployRecord,
    directory: &Directory,
    history: &History,
) -> Result<MigrationPlan, migration::PlanError> {
    let options = Options { out_of_order: true, ..Options::default() };
    let mut plan = migration::plan(directory, history, &options)?;
    plan.steps.retain(|step| record.files.iter().any(|file| file.version == step.file.version.as_str()));
    Ok(plan)
}

/// The commands that are still to run. Those before the files are over once a file is applied.
#[must_use]
pub fn remaining_hooks(record: &DeployRecord, standing: Standing, config: &DeployConfig) -> Hooks {
    let before = match standing {
        Standing::Untouched => remaining(&config.before, &record.hooks.before),
        Standing::Partly | Standing::Complete => Vec::new(),
    };
    Hooks { before, after: remaining(&config.after, &record.hooks.after) }
}

/// The entry that a deploy goes on with. One that changed nothing starts anew, but for the commands that are done.
#[must_use]
pub fn continued(record: DeployRecord, standing: Standing) -> DeployRecord {
    match standing {
        Standing::Untouched => DeployRecord { state: DeployState::Planned, ..record },
        Standing::Partly => DeployRecord { state: DeployState::Applying, ..record },
        Standing::Complete => record,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::deploy::journal::test_record;
    use crate::migration::file::test_file;
    use crate::migration::history_row::test_history;

    fn directory(texts: &[(&str, &str)]) -> Directory {
        let files = texts.iter().map(|(title, text)| Arc::new(test_file(title, text))).collect();
        Directory { files, ..Directory::default() }
    }

    #[test]
    fn a_deploy_that_changed_nothing_gives_way_and_another_does_not() {
        let file = test_file("1_a", "select 1;");
        let journal = Journal { records: vec![test_record(DeployState::Applying, &[&file])] };
        let (before, after) = (test_history([]), test_history([("1_a", "select 1;")]));

        assert_eq!(to_close(&Journal::default(), &before, None).unwrap(), None);
        assert!(to_close(&journal, &before, None).unwrap().is_some());
        let error = to_close(&journal, &after, None).expect_err("its files are there");
        assert_eq!(error.kind(), Kind::Refused);
        assert_eq!(to_close(&journal, &before, Some("pid 1")).expect_err("at work").kind(), Kind::Busy);
    }

    #[test]
    fn a_deploy_goes_on_with_the_files_it_began_with_only() {
        let (one, two) = (test_file("1_a", "select 1;"), test_file("3_c", "select 3;"));
        let record = test_record(DeployState::Applying, &[&one, &two]);
        let edited = directory(&[("1_a", "select 1;"), ("3_c", "select 4;")]);

        let error = check_files(&record, &edited).expect_err("3_c is another file now");
        assert_eq!(error.to_string(), "`3_c.sql` is not what the deploy 20260101T000000Z-0000 began with");
        assert!(check_files(&record, &directory(&[("1_a", "select 1;")])).is_err(), "a file is gone");
        let same = directory(&[("1_a", "select 1;"), ("2_b", "select 2;"), ("3_c", "select 3;")]);
        assert_eq!(check_files(&record, &same), Ok(()));
        let rest = remaining_files(&record, &same, &test_history([("1_a", "select 1;")])).unwrap();
        assert_eq!(rest.steps.iter().map(|step| step.file.title()).collect::<Vec<_>>(), ["3_c"]);
    }
}
