//! Which files made a database, as they were when they were applied. Pure.

use std::path::Path;
use std::sync::Arc;

use crate::drift::error::DriftError;
use crate::migration::{Directory, History, HistoryRow, MigrationFile, RunState, Version};

/// The files that were applied to a database with this history, and nothing else.
///
/// A file that is edited or gone is made again of the statements that the history keeps. Of a file that stopped
/// half-way only what was done counts.
pub fn applied_files(directory: &Directory, history: &History) -> Result<Directory, DriftError> {
    let mut files = Vec::new();
    for row in &history.rows {
        files.push(match directory.get(&row.version) {
            Some(file) if !history.was_edited(file) => Arc::clone(file),
            Some(_) => Arc::new(stored(row, "its file was edited and the history keeps no statements")?),
            None => Arc::new(stored(row, "its file is gone and the history keeps no statements")?),
        });
    }
    for version in partly_applied(history) {
        files.extend(prefix(directory, history, version)?.map(Arc::new));
    }
    files.sort_by(|one, other| one.version.cmp(&other.version));
    Ok(Directory { path: directory.path.clone(), files, ..Directory::default() })
}

/// The versions that stopped half-way.
fn partly_applied(history: &History) -> impl Iterator<Item = &Version> {
    let partly = history.extras.iter().filter(|(_, extra)| matches!(extra.state, RunState::Partial { .. }));
    partly.map(|(version, _)| version).filter(|version| history.get(version).is_none())
}

/// A file made of the statements in the history.
fn stored(row: &HistoryRow, reason: &'static str) -> Result<MigrationFile, DriftError> {
    let version = row.version.clone();
    let Some(statements) = &row.statements else { return Err(DriftError::Forgotten { version, reason }) };
    // The line break before a semicolon ends a comment that a statement may end with.
    let text = statements.iter().fold(String::new(), |text, statement| text + statement + "\n;\n");
    let name = row.name.clone().unwrap_or_default();
    let shown = format!("{version}_{name}.sql, as the history keeps it");
    MigrationFile::parse(version.clone(), name, Path::new(&shown), text.into_bytes())
        .map_err(|error| DriftError::Unreadable { version, error: Box::new(error) })
}

/// The statements of a file that are done, as a file.
fn prefix(
    directory: &Directory,
    history: &History,
    version: &Version,
) -> Result<Option<MigrationFile>, DriftError> {
    let Some(RunState::Partial { statements_done, prefix }) =
        history.extras.get(version).map(|extra| &extra.state)
    else {
        return Ok(None);
    };
    let (done, reason) = (*statements_done, "it stopped half-way, and its file was edited or is gone");
    let file = directory.get(version).filter(|file| file.prefix_checksum(done) == *prefix);
    let Some(file) = file else { return Err(DriftError::Forgotten { version: version.clone(), reason }) };
    let end = file.statements.iter().take(done).next_back().map_or(0, |last| last.span.end);
    let text = file.text.as_bytes()[..end].to_vec();
    MigrationFile::parse(version.clone(), file.name.clone(), &file.path, text)
        .map(Some)
        .map_err(|error| DriftError::Unreadable { version: version.clone(), error: Box::new(error) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::migration::file::test_file;
    use crate::migration::history_row::test_history;
    use crate::migration::{Checksum, ExtraRow};

    fn directory<const N: usize>(files: [(&str, &str); N]) -> Directory {
        let files = files.map(|(title, text)| Arc::new(test_file(title, text)));
        Directory { files: files.into(), ..Directory::default() }
    }

    fn texts(directory: &Directory) -> Vec<&str> {
        directory.files.iter().map(|file| file.text.as_str()).collect()
    }

    #[test]
    fn what_is_pending_made_nothing() {
        let files = directory([("1_a", "select 1;"), ("2_b", "select 2;")]);

        let applied = applied_files(&files, &test_history([("1_a", "select 1;")])).expect("all is known");
        assert_eq!(texts(&applied), ["select 1;"]);
    }

    #[test]
    fn an_edited_and_a_missing_file_count_as_they_were_applied() {
        let files = directory([("1_a", "select 'edited';")]);
        let history = test_history([("1_a", "select 1; -- end\nselect 2"), ("2_gone", "select 3;")]);

        let applied = applied_files(&files, &history).expect("the history keeps the statements");
        assert_eq!(texts(&applied), ["select 1\n;\n-- end\nselect 2\n;\n", "select 3\n;\n"]);
    }

    #[test]
    fn what_nobody_kept_is_not_guessed() {
        let mut history = test_history([("1_a", "select 1;")]);
        history.rows[0].statements = None;

        let error = applied_files(&directory([]), &history).expect_err("nobody knows");
        assert!(matches!(error, DriftError::Forgotten { .. }));
    }

    #[test]
    fn of_a_file_that_stopped_half_way_only_its_beginning_counts() {
        let files = directory([("1_a", "select 1; create index concurrently i on t (a);")]);
        let prefix = files.files[0].prefix_checksum(1);
        let mut history = test_history([]);
        let state = RunState::Partial { statements_done: 1, prefix };
        let extra = ExtraRow { checksum: Checksum::of(""), state };
        history.extras.insert(files.files[0].version.clone(), extra);

        assert_eq!(texts(&applied_files(&files, &history).expect("it is known")), ["select 1;"]);
    }
}
