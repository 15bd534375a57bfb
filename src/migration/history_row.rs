//! What a database remembers of the migrations applied to it, as values. Reading them is done elsewhere.

use std::collections::BTreeMap;

use crate::environment::EnvironmentName;
use crate::migration::applied::AppliedVersions;
use crate::migration::directive::without_down;
use crate::migration::file::MigrationFile;
use crate::migration::statement::{split, statements_for_history};
use crate::migration::version::{Checksum, Version, normalised};
use crate::plan::Fingerprint;

/// A row of `supabase_migrations.schema_migrations`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HistoryRow {
    /// The version.
    pub version: Version,
    /// The name, which older tools did not write.
    pub name: Option<String>,
    /// The statements, which older tools did not write.
    pub statements: Option<Vec<String>>,
}

/// How far the run of a file came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RunState {
    /// To its end.
    Complete,
    /// Only a part of a file that runs statement by statement.
    Partial {
        /// How many of its statements are done.
        statements_done: usize,
        /// The checksum of those, see [`MigrationFile::prefix_checksum`].
        prefix: Checksum,
    },
}

/// What crmctl keeps of a migration in a table of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExtraRow {
    /// The checksum of the text that was run.
    pub checksum: Checksum,
    /// How far it came.
    pub state: RunState,
}

/// All that a database remembers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct History {
    /// Whose history it is, so that what is told to type can name it.
    pub environment: Option<EnvironmentName>,
    /// Whether the table that both tools share exists.
    pub recorded: bool,
    /// The rows both tools share.
    pub rows: Vec<HistoryRow>,
    /// crmctl's own facts.
    pub extras: BTreeMap<Version, ExtraRow>,
}

impl History {
    /// The row of a version.
    #[must_use]
    pub fn get(&self, version: &Version) -> Option<&HistoryRow> {
        self.rows.iter().find(|row| row.version == *version)
    }

    /// The newest version applied.
    #[must_use]
    pub fn newest(&self) -> Option<&Version> {
        self.rows.iter().map(|row| &row.version).max()
    }

    /// Which versions are applied, as a query and as the value it yields.
    #[must_use]
    pub fn fingerprint(&self) -> Fingerprint {
        let mut versions: Vec<String> = self.rows.iter().map(|row| row.version.as_str().to_owned()).collect();
        versions.sort_unstable();
        AppliedVersions(self.recorded.then_some(versions)).fingerprint()
    }

    /// Whether an applied file is no longer what was applied. It still is when it has the checksum that crmctl noted,
    /// or when cutting it gives the statements that are stored: such a file was written by `migrate fetch`, or marked
    /// as applied by another tool. Where neither is known the file is trusted.
    #[must_use]
    pub fn was_edited(&self, file: &MigrationFile) -> bool {
        let noted = self.extras.get(&file.version).filter(|extra| extra.state == RunState::Complete);
        let stored = self.get(&file.version).and_then(|row| row.statements.as_deref());
        match (noted, stored) {
            (Some(noted), _) if noted.checksum == file.checksum => false,
            // The data of a `COPY` are not among the stored statements: only the checksum knows them.
            (Some(_), _) if file.statements.iter().any(|statement| statement.copy_data.is_some()) => true,
            (_, Some(stored)) => !is_same(&file.statements_for_history(), stored),
            (noted, None) => noted.is_some(),
        }
    }
}

/// Other tools, and other versions of them, cut a file at other places: what counts is that cutting their pieces
/// again gives the same statements.
fn is_same(ours: &[String], stored: &[String]) -> bool {
    let normal = |statements: &[String]| -> Vec<String> {
        // Other tools store the down half as well: comments like any other.
        let pieces = statements.iter().map(|statement| without_down(statement));
        pieces.filter(|piece| !piece.is_empty()).map(normalised).collect()
    };
    let again = || {
        let cut = |piece: &String| match split("", piece) {
            Ok(statements) => statements_for_history(piece, &statements),
            Err(_) => vec![piece.clone()],
        };
        stored.iter().flat_map(cut).collect::<Vec<String>>()
    };
    let ours = normal(ours);
    ours == normal(stored) || ours == normal(&again())
}

#[cfg(test)]
pub(crate) fn test_history<const N: usize>(rows: [(&str, &str); N]) -> History {
    let row = |(title, text): (&str, &str)| {
        let file = crate::migration::file::test_file(title, text);
        let statements = Some(file.statements_for_history());
        HistoryRow { version: file.version, name: Some(file.name), statements }
    };
    History { recorded: true, rows: rows.map(row).into(), ..History::default() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::migration::file::test_file;

    #[test]
    fn a_file_applied_by_the_other_tool_is_compared_by_its_statements() {
        let history = test_history([("1_a", "-- c\nselect 1;\nselect 2;")]);

        assert!(!history.was_edited(&test_file("1_a", "-- c\r\nselect 1 ;  select 2")));
        assert!(history.was_edited(&test_file("1_a", "-- c\nselect 1; select 3")));
        assert!(history.was_edited(&test_file("1_a", "-- c\nselect 1;")));
    }

    #[test]
    fn a_file_stored_as_one_piece_is_the_same_file() {
        let mut history = test_history([("1_a", "select 1")]);
        history.rows[0].statements = Some(vec!["select 1;\nselect 2;\n".to_owned()]);

        assert!(!history.was_edited(&test_file("1_a", "select 1;\nselect 2;")));
    }

    fn with_checksum_of(mut history: History, file: &MigrationFile) -> History {
        let extra = ExtraRow { checksum: file.checksum.clone(), state: RunState::Complete };
        history.extras.insert(file.version.clone(), extra);
        history
    }

    #[test]
    fn a_file_is_the_applied_one_by_its_checksum_or_by_its_statements() {
        let noted = test_file("1_a", "select 2;");
        let history = with_checksum_of(test_history([("1_a", "select 1;")]), &noted);

        assert!(!history.was_edited(&noted));
        assert!(!history.was_edited(&test_file("1_a", "select 1\n;")), "as `migrate fetch` may write it");
        assert!(history.was_edited(&test_file("1_a", "select 3;")));
    }

    #[test]
    fn other_data_behind_a_copy_are_an_edit_that_only_the_checksum_sees() {
        let applied = "copy public.t from stdin;\n1\n\\.\n";
        let history = with_checksum_of(test_history([("1_a", applied)]), &test_file("1_a", applied));

        assert!(!history.was_edited(&test_file("1_a", applied)));
        assert!(history.was_edited(&test_file("1_a", "copy public.t from stdin;\n2\n\\.\n")));
    }

    #[test]
    fn a_row_without_statements_is_trusted() {
        let mut history = test_history([("1_a", "select 1;")]);
        history.rows[0].statements = None;

        assert!(!history.was_edited(&test_file("1_a", "select 2;")));
    }

    #[test]
    fn the_fingerprint_changes_with_the_versions_only() {
        let one = test_history([("1_a", "select 1;"), ("2_b", "")]);
        let same = test_history([("2_c", ""), ("1_a", "select 2;")]);
        let other = test_history([("1_a", "")]);

        assert_eq!(one.fingerprint(), same.fingerprint());
        assert_ne!(one.fingerprint(), other.fingerprint());
        assert_eq!(
            History { recorded: true, ..History::default() }.fingerprint().value.as_deref(),
            Some("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
            "as the query yields it for an empty table"
        );
    }
}
