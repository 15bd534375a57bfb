//! Which files can be made from the history, each proved to be what was applied. Pure.

use std::path::PathBuf;

use serde::Serialize;

use crate::error::ExitStatus;
use crate::migration::directory::Directory;
use crate::migration::fetch::file_name::file_name;
use crate::migration::file::MigrationFile;
use crate::migration::folded::folded;
use crate::migration::history_row::{History, HistoryRow};
use crate::migration::script::Problem;
use crate::migration::statement::split;
use crate::migration::states::{State, states};
use crate::migration::version::Version;
use crate::plan::Render;
use crate::ui::{Style, plural};

/// What is to be written, and what cannot be.
#[derive(Debug, Clone, Serialize)]
pub struct FetchPlan {
    /// One for each version that has no file.
    pub files: Vec<FetchedFile>,
    /// Versions whose file cannot be made.
    pub unfetchable: Vec<Unfetchable>,
}

/// A file to be written.
#[derive(Debug, Clone, Serialize)]
pub struct FetchedFile {
    /// Its version.
    pub version: Version,
    /// Where it goes.
    pub path: PathBuf,
    /// How many statements it has.
    pub statements: usize,
    /// Its text.
    #[serde(skip)]
    pub text: String,
}

/// A version whose file cannot be made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Unfetchable {
    /// The version.
    pub version: Version,
    /// Why.
    pub why: String,
}

/// Makes a file for each version that is missing locally.
#[must_use]
pub fn plan(directory: &Directory, history: &History) -> FetchPlan {
    let mut plan = FetchPlan { files: Vec::new(), unfetchable: Vec::new() };
    let missing = states(directory, history).into_iter().filter(|entry| entry.state == State::MissingLocally);
    for row in missing.filter_map(|entry| history.get(&entry.version)) {
        match fetched(row, directory, history) {
            Ok(file) => plan.files.push(file),
            Err(why) => {
                plan.unfetchable.push(Unfetchable { version: row.version.clone(), why: why.to_owned() });
            }
        }
    }
    plan
}

fn fetched(row: &HistoryRow, directory: &Directory, history: &History) -> Result<FetchedFile, &'static str> {
    let name = row.name.as_deref().unwrap_or_default();
    let Some(file_name) = file_name(&row.version, name) else {
        return Err("its version is not made of digits, so no file can be named by it");
    };
    let path = directory.path.join(file_name);
    let Some(statements) = row.statements.as_deref() else {
        return Err("the history holds no statements of it");
    };
    if statements.iter().any(|statement| is_copy(statement)) {
        return Err("stored statements leave out COPY data");
    }
    let text = text_of(statements);
    let parsed = MigrationFile::parse(row.version.clone(), name.to_owned(), &path, text.clone().into_bytes());
    let Ok(file) = parsed else { return Err("its stored statements are not whole SQL") };
    // The proof: with this file in its place, the version would be applied and not edited.
    let count = file.statements.len();
    if history.was_edited(&file) {
        return Err("a file of its stored statements would not be the one that was applied");
    }
    Ok(FetchedFile { version: row.version.clone(), path, statements: count, text })
}

/// As the Supabase CLI joins them, but for a statement that ends in a comment: its `;` would be a part of that.
fn text_of(statements: &[String]) -> String {
    let mut text = String::new();
    for statement in statements {
        text += statement;
        text += if swallows_semicolon(statement) { "\n;\n" } else { ";\n" };
    }
    text
}

fn swallows_semicolon(statement: &str) -> bool {
    let ends_with_it = |text: &str| {
        split("", text)
            .is_ok_and(|statements| statements.last().is_some_and(|last| last.range.end == text.len()))
    };
    ends_with_it(&format!("{statement};"))
}

fn is_copy(statement: &str) -> bool {
    let ended = format!("{statement}\n;\n");
    matches!(split("", &ended), Err(error) if error.problem == Problem::UnterminatedCopy)
}

impl FetchPlan {
    /// 3 when a file cannot be made.
    #[must_use]
    pub fn exit_status(&self) -> ExitStatus {
        if self.unfetchable.is_empty() { ExitStatus::Success } else { ExitStatus::Differs }
    }
}

impl Unfetchable {
    pub(crate) fn line(&self, style: Style) -> String {
        format!("{} {}: {}", style.bad("cannot be fetched:"), self.version, self.why)
    }
}

impl Render for FetchPlan {
    fn render(&self, style: &Style) -> String {
        if self.files.is_empty() && self.unfetchable.is_empty() {
            return "nothing to fetch: every applied migration has its file".to_owned();
        }
        let mut lines: Vec<String> = Vec::new();
        if !self.files.is_empty() {
            lines.push(format!("{} to write:", plural(self.files.len() as u64, "file")));
        }
        let line = |file: &FetchedFile| {
            let statements = plural(file.statements as u64, "statement");
            format!("  {}  {}", file.path.display(), style.faint(&statements))
        };
        lines.extend(folded(self.files.iter().map(line).collect()));
        lines.extend(self.unfetchable.iter().map(|unfetchable| unfetchable.line(*style)));
        lines.join("\n")
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::migration::history_row::{ExtraRow, RunState, test_history};
    use crate::migration::version::Checksum;

    fn texts(plan: &FetchPlan) -> Vec<&str> {
        plan.files.iter().map(|file| file.text.as_str()).collect()
    }

    #[test]
    fn statements_are_joined_as_the_supabase_cli_does() {
        let history = test_history([("1_a", "-- why\nselect 1;select 2"), ("2_b", "")]);
        let plan = plan(&Directory { path: "migrations".into(), ..Directory::default() }, &history);

        assert_eq!(texts(&plan), ["-- why\nselect 1;\nselect 2;\n", ""]);
        assert_eq!(plan.files[0].path, PathBuf::from("migrations/1_a.sql"));
        assert_eq!(plan.exit_status(), ExitStatus::Success);
    }

    #[test]
    fn a_comment_at_the_end_of_a_statement_does_not_swallow_the_semicolon() {
        let history = test_history([("1_a", "select 1 -- one\n; select 2 /* two */; -- the end")]);
        let plan = plan(&Directory::default(), &history);

        assert_eq!(texts(&plan), ["select 1 -- one\n;\nselect 2 /* two */;\n-- the end\n;\n"]);
    }

    #[test]
    fn a_file_that_crmctl_applied_with_other_spacing_is_still_the_applied_one() {
        let mut history = test_history([("1_a", "select 1;\n\n\nselect 2;")]);
        let extra =
            ExtraRow { checksum: Checksum::of("select 1;\n\n\nselect 2;"), state: RunState::Complete };
        history.extras.insert(Version::stored("1"), extra);

        assert_eq!(texts(&plan(&Directory::default(), &history)), ["select 1;\nselect 2;\n"]);
    }

    #[test]
    fn what_cannot_be_made_whole_is_refused_with_its_reason() {
        let mut history =
            test_history([("1_a", "copy public.t from stdin;\n1\n\\.\n"), ("2_b", ""), ("3_c", "")]);
        history.rows[1].statements = None;
        history.rows[2].statements = Some(vec!["select 'no end".to_owned()]);
        history.rows.push(HistoryRow { version: Version::stored("../x"), ..history.rows[0].clone() });
        let plan = plan(&Directory::default(), &history);

        assert!(plan.files.is_empty());
        let reasons: Vec<_> =
            plan.unfetchable.iter().map(|row| (row.version.as_str(), row.why.as_str())).collect();
        let expected = [
            ("../x", "its version is not made of digits, so no file can be named by it"),
            ("1", "stored statements leave out COPY data"),
            ("2", "the history holds no statements of it"),
            ("3", "its stored statements are not whole SQL"),
        ];
        assert_eq!(reasons, expected);
        assert_eq!(plan.exit_status(), ExitStatus::Differs);
    }

    #[test]
    fn a_version_with_a_file_is_not_fetched() {
        let file = crate::migration::file::test_file("1_a", "select 2");
        let directory = Directory { files: vec![Arc::new(file)], ..Directory::default() };
        let plan = plan(&directory, &test_history([("1_a", "select 1")]));

        assert_eq!(plan.render(&Style::PLAIN), "nothing to fetch: every applied migration has its file");
    }
}
