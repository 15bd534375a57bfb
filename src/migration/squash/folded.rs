//! What was folded, seen from the folder and from a history that still knows the old files. Pure.

use std::borrow::Cow;
use std::sync::Arc;

use crate::environment::EnvironmentName;
use crate::migration::directory::Directory;
use crate::migration::file::MigrationFile;
use crate::migration::history_row::{ExtraRow, History, HistoryRow, RunState};
use crate::migration::version::Version;

/// The files of a folder that were folded, and whose old versions a history still holds in full: what the file makes
/// is there.
pub fn unfolded<'a>(
    directory: &'a Directory,
    history: &'a History,
) -> impl Iterator<Item = &'a Arc<MigrationFile>> {
    directory.files.iter().filter(|file| {
        let old = &file.directives.squashed_from;
        let has_all = old.len() > 1 && old.iter().all(|version| history.get(version).is_some());
        has_all && history.was_edited(file)
    })
}

/// The history as it would be had it been folded together with the files: the rows of the old files, if they are all
/// there, count as the one row of the file that they were folded into.
#[must_use]
pub fn folded<'a>(directory: &Directory, history: &'a History) -> Cow<'a, History> {
    let files: Vec<&Arc<MigrationFile>> = unfolded(directory, history).collect();
    if files.is_empty() {
        return Cow::Borrowed(history);
    }
    let mut folded = history.clone();
    for file in files {
        folded.rows.retain(|row| !stands_for(file, &row.version));
        folded.extras.retain(|version, _| !stands_for(file, version));
        folded.rows.push(HistoryRow {
            version: file.version.clone(),
            name: Some(file.name.clone()),
            statements: Some(file.statements_for_history()),
        });
        let extra = ExtraRow { checksum: file.checksum.clone(), state: RunState::Complete };
        folded.extras.insert(file.version.clone(), extra);
    }
    folded.rows.sort_by(|one, other| one.version.cmp(&other.version));
    Cow::Owned(folded)
}

/// Whether a file was folded from the one of this version.
fn stands_for(file: &MigrationFile, version: &Version) -> bool {
    file.directives.squashed_from.contains(version) || file.directives.squashed_before.contains(version)
}

/// What to do about a history that still holds the old versions. crmctl does without; other tools do not.
#[must_use]
pub fn advice(directory: &Directory, history: &History, environment: &EnvironmentName) -> Vec<String> {
    let line = |file: &Arc<MigrationFile>| {
        format!(
            "the history of `{environment}` holds the files that `{}` was folded from; the Supabase CLI wants it folded as well: \
             `crmctl migrate squash --history-only --env {environment}`",
            file.shown()
        )
    };
    unfolded(directory, history).map(line).collect()
}

/// Takes the files out of a folder's list that another of its files was folded from: a squash that was interrupted
/// leaves them, and they must not run beside it.
pub(crate) fn leave_out(directory: &mut Directory) {
    let folded: Vec<Arc<MigrationFile>> =
        directory.files.iter().filter(|file| !file.directives.squashed_from.is_empty()).cloned().collect();
    for list in [&mut directory.files, &mut directory.downs] {
        let (gone, stays) = std::mem::take(list).into_iter().partition(|file| {
            // A half of the file's own name is the file's own.
            folded.iter().any(|new| stands_for(new, &file.version) && new.title() != file.title())
        });
        *list = stays;
        let gone: Vec<Arc<MigrationFile>> = gone;
        directory.folded.extend(gone.iter().map(|file| file.path.clone()));
    }
    if !directory.folded.is_empty() {
        let names: Vec<String> =
            directory.folded.iter().map(|path| format!("`{}`", path.display())).collect();
        directory.warnings.push(format!(
            "left out, because another file was folded from it: {}; `crmctl migrate squash` moves it away",
            names.join(", ")
        ));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::migration::file::test_file;
    use crate::migration::history_row::test_history;
    use crate::migration::states::{State, states};

    const NEW: (&str, &str) =
        ("3_all", "-- crmctl:squashed-from 2,3\n-- crmctl:squashed-before 1\ncreate table a (x int, y int);");
    const OLD: [(&str, &str); 4] = [
        ("1_a", "select 1"),
        ("2_b", "create table a (x int);"),
        ("3_c", "alter table a add y int;"),
        ("4_d", "select 4"),
    ];

    fn directory(files: &[(&str, &str)]) -> Directory {
        let files = files.iter().map(|(title, text)| Arc::new(test_file(title, text))).collect();
        Directory { files, ..Directory::default() }
    }

    #[test]
    fn a_database_with_all_the_old_versions_has_the_new_file() {
        let directory = directory(&[NEW, OLD[3]]);
        let history = test_history(OLD);

        let states: Vec<State> = states(&directory, &history).iter().map(|entry| entry.state).collect();
        assert_eq!(states, [State::Applied, State::Applied]);
        assert_eq!(unfolded(&directory, &history).count(), 1);
        let help = advice(&directory, &history, &"stage".parse().unwrap());
        assert!(help[0].contains("`crmctl migrate squash --history-only --env stage`"), "{help:?}");
    }

    #[test]
    fn a_database_that_was_folded_once_before_has_it_as_well() {
        let directory = directory(&[NEW]);
        let history = test_history([OLD[1], OLD[2]]);

        assert_eq!(states(&directory, &history)[0].state, State::Applied);
    }

    #[test]
    fn a_part_of_the_old_versions_is_not_the_new_file() {
        let directory = directory(&[NEW]);
        let history = test_history([OLD[0], OLD[1]]);

        assert_eq!(unfolded(&directory, &history).count(), 0);
        assert_eq!(states(&directory, &history)[0].state, State::MissingLocally);
    }

    #[test]
    fn old_files_that_are_still_there_are_left_out() {
        let mut directory = directory(&[OLD[0], OLD[1], OLD[2], NEW, OLD[3]]);
        leave_out(&mut directory);

        let titles: Vec<String> = directory.files.iter().map(|file| file.title()).collect();
        assert_eq!(titles, ["3_all", "4_d"]);
        assert_eq!(directory.folded.len(), 3);
        assert!(directory.warnings[0].contains("migrate squash"), "{:?}", directory.warnings);
    }
}
