//! What undoes one migration: the half that somebody wrote, or the inverse. Pure.

use std::path::Path;
use std::sync::Arc;

use serde::Serialize;

use crate::migration::directory::Directory;
use crate::migration::down::error::DownError;
use crate::migration::down::inverse::{NotInvertible, inverse, secures};
use crate::migration::down::loss::{Loss, losses};
use crate::migration::file::MigrationFile;
use crate::migration::version::Version;
use crate::migration::words::Words;

/// Where the statements come from that undo a migration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// A `.down.sql` file beside it.
    Written,
    /// The section behind `-- crmctl:down` in it.
    Section,
    /// Made by crmctl: the inverse of each statement.
    Inverse,
}

impl Source {
    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::Written => "by its down file",
            Self::Section => "by its down section",
            Self::Inverse => "by the inverse of each statement",
        }
    }
}

/// One migration to undo.
#[derive(Debug, Clone, Serialize)]
pub struct DownStep {
    /// Its version.
    pub version: Version,
    /// Its name.
    pub name: String,
    /// Where the statements come from.
    pub source: Source,
    /// What is lost.
    pub losses: Vec<Loss>,
    /// The statements that run.
    pub sql: Vec<String>,
    /// The migration.
    #[serde(skip)]
    pub file: Arc<MigrationFile>,
    /// What runs, as a file of its own.
    #[serde(skip)]
    pub half: Arc<MigrationFile>,
}

/// What undoes one migration.
pub(crate) fn step(directory: &Directory, file: &Arc<MigrationFile>) -> Result<DownStep, DownError> {
    let (source, half) = match (directory.down(&file.version), file.down_section()) {
        (Some(half), Some(_)) => return Err(DownError::TwoHalves { path: half.shown() }),
        (Some(half), None) => (Source::Written, Arc::clone(half)),
        (None, Some(section)) => {
            let half = parse(file, &file.path, section.sql()).map_err(|error| match error {
                DownError::Script(mut error) => {
                    error.at = section.in_file(error.at);
                    DownError::Script(error)
                }
                other => other,
            })?;
            (Source::Section, Arc::new(half))
        }
        (None, None) => (Source::Inverse, Arc::new(invert(directory, file)?)),
    };
    if source != Source::Inverse && half.statements.is_empty() {
        return Err(DownError::EmptyHalf { title: file.title() });
    }
    let sql = half.statements.iter().filter(|statement| statement.code.is_some());
    Ok(DownStep {
        version: file.version.clone(),
        name: file.name.clone(),
        source,
        losses: losses(&half),
        sql: sql.map(|statement| statement.code_text(&half.text).to_owned()).collect(),
        file: Arc::clone(file),
        half,
    })
}

fn parse(file: &MigrationFile, path: &Path, sql: String) -> Result<MigrationFile, DownError> {
    Ok(MigrationFile::parse(file.version.clone(), file.name.clone(), path, sql.into_bytes())?)
}

fn invert(directory: &Directory, file: &MigrationFile) -> Result<MigrationFile, DownError> {
    let down = file.path.with_extension("down.sql").display().to_string();
    let refuse = |statement| DownError::NotInvertible { statement: Box::new(statement), down: down.clone() };
    let sql = inverse(file).map_err(refuse)?;
    if let Some(statement) = secured_before(directory, file) {
        return Err(refuse(statement));
    }
    let path = file.path.with_extension("inverse");
    parse(file, &path, sql)
}

/// Row level security that an older file switched on already must not be switched off.
fn secured_before(directory: &Directory, file: &MigrationFile) -> Option<NotInvertible> {
    file.statements.iter().find_map(|statement| {
        let mut words = Words::of(&file.text, statement);
        if !words.take(&["alter", "table"]) || !words.has(&["enable", "row"]) {
            return None;
        }
        words.take(&["only"]);
        let table = words.name()?.relation();
        let mut older = directory.files.iter().filter(|older| older.version < file.version);
        older.any(|older| secures(older, &table)).then(|| NotInvertible {
            command: statement.command.clone(),
            reason: "an older migration switches row level security on as well",
            at: statement.location(&file.shown(), &file.text),
        })
    })
}
