//! What disagrees, and the commands that would mend it. Pure.

use serde::Serialize;

use crate::environment::EnvironmentName;
use crate::error::ExitStatus;
use crate::migration::directory::Directory;
use crate::migration::file::MigrationFile;
use crate::migration::history_row::{History, RunState};
use crate::migration::states::{Entry, State, states};
use crate::migration::version::{Version, normalised};
use crate::plan::Render;
use crate::ui::{Style, plural};

/// Everything that disagrees.
#[derive(Debug, Clone, Serialize)]
pub struct Advice {
    /// One for each migration, in the order of versions. Empty: files and history agree.
    pub disagreements: Vec<Disagreement>,
    /// How many files are pending, which is no disagreement.
    pub pending: usize,
}

/// One migration on which files and history disagree.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Disagreement {
    /// Its version.
    pub version: Version,
    /// Its name.
    pub name: String,
    /// How it stands.
    pub state: State,
    /// What exactly is wrong.
    pub why: String,
    /// What would mend it; any one of them does.
    pub ways: Vec<Way>,
}

/// One way to mend a disagreement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Way {
    /// What to type.
    pub command: String,
    /// When that is the right way, and what it does.
    pub effect: String,
}

/// Looks for disagreements and says what would mend each.
#[must_use]
pub fn advise(directory: &Directory, history: &History, environment: &EnvironmentName) -> Advice {
    let entries = states(directory, history);
    let pending = entries.iter().filter(|entry| entry.state == State::Pending).count();
    let disagreements =
        entries.iter().filter_map(|entry| disagreement(entry, history, environment)).collect();
    Advice { disagreements, pending }
}

impl Advice {
    /// 3 when anything disagrees.
    #[must_use]
    pub fn exit_status(&self) -> ExitStatus {
        if self.disagreements.is_empty() { ExitStatus::Success } else { ExitStatus::Differs }
    }
}

fn disagreement(entry: &Entry, history: &History, environment: &EnvironmentName) -> Option<Disagreement> {
    let Entry { version, name, state, file } = entry;
    let repair = |flag: &str| format!("crmctl migrate repair --env {environment} --{flag} {version}");
    let (why, ways) = match (state, file) {
        (State::Applied | State::Pending, _) => return None,
        (State::Edited, file) => {
            let path = file.as_ref().map(|file| file.shown()).unwrap_or_default();
            let why = file.as_ref().map(|file| first_edit(file, history)).unwrap_or_default();
            let restore = format!("git checkout -- {path}");
            (
                why,
                vec![
                    way(restore, "brings back what was applied, if the edit is not committed"),
                    way(repair("accept-edited"), "if the database has by now what the file says"),
                ],
            )
        }
        (State::MissingLocally, _) => (
            "it is applied, and there is no such file".to_owned(),
            vec![
                way(format!("crmctl migrate fetch --env {environment}"), "writes the file from the history"),
                way(
                    repair("reverted"),
                    "if the database does not have it any more, and the file shall not come back",
                ),
            ],
        ),
        (State::OutOfOrder, _) => {
            let newest = history.newest().map(Version::as_str).unwrap_or_default();
            (
                format!("it is not applied, and older than `{newest}`, which is"),
                vec![
                    way(format!("crmctl migrate up --env {environment} --out-of-order"), "applies it now"),
                    way(repair("applied"), "if the database has already what it makes"),
                ],
            )
        }
        (State::PartlyApplied, Some(file)) => {
            let mut ways = Vec::new();
            let (why, can_resume) = stop(file, history);
            if can_resume {
                let up = format!("crmctl migrate up --env {environment}");
                ways.push(way(up, "resumes at that statement"));
            }
            ways.push(way(repair("applied"), "if the rest was done by hand"));
            ways.push(way(repair("reverted"), "if what was done is undone: it will run from its beginning"));
            (why, ways)
        }
        (State::PartlyApplied, None) => (
            "it stopped half-way, and its file is gone".to_owned(),
            vec![way(repair("reverted"), "forgets it, if what was done is undone or shall stay as it is")],
        ),
    };
    Some(Disagreement { version: version.clone(), name: name.clone(), state: *state, why, ways })
}

fn way(command: String, effect: &str) -> Way {
    Way { command, effect: effect.to_owned() }
}

/// Where a file is not what was applied.
fn first_edit(file: &MigrationFile, history: &History) -> String {
    let path = file.shown();
    let Some(stored) = history.get(&file.version).and_then(|row| row.statements.as_deref()) else {
        return format!("the checksum of `{path}` is not the one that was noted");
    };
    let ours = file.statements_for_history();
    let is_same = |index: usize| match (ours.get(index), stored.get(index)) {
        (Some(ours), Some(stored)) => normalised(ours) == normalised(stored),
        (None, Some(_)) | (Some(_), None) | (None, None) => false,
    };
    let length = ours.len().max(stored.len());
    match (0..length).find(|index| !is_same(*index)) {
        Some(index) if index >= ours.len() => {
            format!(
                "`{path}` has {}, and {} were applied",
                plural(ours.len() as u64, "statement"),
                stored.len()
            )
        }
        Some(index) => {
            let at = file.statements[index].location(&path, &file.text);
            let number = index + 1;
            if index < stored.len() {
                format!("statement {number} is not the one that was applied ({at})")
            } else {
                format!("statement {number} was not there when it was applied ({at})")
            }
        }
        None => format!("data or spacing of `{path}` are not those that were applied"),
    }
}

/// Where a file stopped, and whether it can go on there.
fn stop(file: &MigrationFile, history: &History) -> (String, bool) {
    let Some(RunState::Partial { statements_done, prefix }) =
        history.extras.get(&file.version).map(|extra| &extra.state)
    else {
        return (String::new(), false);
    };
    let total = file.statements.len();
    let mut why = format!("it stopped behind statement {statements_done} of {total}");
    if let Some(next) = file.statements.get(*statements_done) {
        why += &format!("; the next is `{}` ({})", next.command, next.location(&file.shown(), &file.text));
    }
    let can_resume = file.prefix_checksum(*statements_done) == *prefix;
    if !can_resume {
        why += "; one of those done was edited since, so it cannot be resumed before that is restored";
    }
    (why, can_resume)
}

impl Render for Advice {
    fn render(&self, style: &Style) -> String {
        let pending = || format!("{} pending", plural(self.pending as u64, "migration"));
        if self.disagreements.is_empty() {
            let rest = if self.pending > 0 { format!("; {}", pending()) } else { String::new() };
            return format!("nothing to repair: files and history agree{rest}");
        }
        let count = self.disagreements.len() as u64;
        let mut text = format!("{} to repair; nothing was changed", plural(count, "disagreement"));
        for Disagreement { version, name, state, why, ways } in &self.disagreements {
            let title = if name.is_empty() { version.to_string() } else { format!("{version}_{name}") };
            text += &format!("\n\n{}  {}\n  {why}", style.strong(&title), state.shown(style));
            for (index, Way { command, effect }) in ways.iter().enumerate() {
                let word = if index == 0 { "  " } else { "or" };
                text += &format!("\n  {word} {}\n       {}", style.strong(command), style.faint(effect));
            }
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::migration::file::test_file;
    use crate::migration::history_row::{ExtraRow, test_history};

    fn directory<const N: usize>(files: [(&str, &str); N]) -> Directory {
        let files = files.map(|(title, text)| Arc::new(test_file(title, text))).to_vec();
        Directory { files, ..Directory::default() }
    }

    fn advice(directory: &Directory, history: &History) -> Advice {
        advise(directory, history, &EnvironmentName::known("cloud"))
    }

    fn commands(advice: &Advice) -> Vec<&str> {
        advice.disagreements.iter().flat_map(|found| &found.ways).map(|way| way.command.as_str()).collect()
    }

    #[test]
    fn files_and_history_that_agree_need_no_repair() {
        let advice =
            advice(&directory([("1_a", "select 1"), ("2_b", "")]), &test_history([("1_a", "select 1")]));

        assert_eq!(
            advice.render(&Style::PLAIN),
            "nothing to repair: files and history agree; 1 migration pending"
        );
        assert_eq!(advice.exit_status(), ExitStatus::Success);
    }

    #[test]
    fn an_edit_is_shown_with_its_place_and_both_ways_out() {
        let files = directory([("1_a", "select 1;\nselect 3;")]);
        let advice = advice(&files, &test_history([("1_a", "select 1; select 2;")]));

        assert_eq!(
            advice.disagreements[0].why,
            "statement 2 is not the one that was applied (migrations/1_a.sql:2:1)"
        );
        let expected =
            ["git checkout -- migrations/1_a.sql", "crmctl migrate repair --env cloud --accept-edited 1"];
        assert_eq!(commands(&advice), expected);
        assert_eq!(advice.exit_status(), ExitStatus::Differs);
    }

    #[test]
    fn statements_more_or_less_are_told_apart() {
        let why = |text: &str| {
            let advice = advice(&directory([("1_a", text)]), &test_history([("1_a", "select 1; select 2;")]));
            advice.disagreements[0].why.clone()
        };

        assert_eq!(why("select 1;"), "`migrations/1_a.sql` has 1 statement, and 2 were applied");
        assert_eq!(
            why("select 1; select 2; select 3;"),
            "statement 3 was not there when it was applied (migrations/1_a.sql:1:21)"
        );
    }

    #[test]
    fn a_missing_and_a_late_file_have_two_ways_out_each() {
        let advice = advice(&directory([("1_a", "select 1")]), &test_history([("2_b", "")]));

        let expected = [
            "crmctl migrate up --env cloud --out-of-order",
            "crmctl migrate repair --env cloud --applied 1",
            "crmctl migrate fetch --env cloud",
            "crmctl migrate repair --env cloud --reverted 2",
        ];
        assert_eq!(commands(&advice), expected);
        let text = advice.render(&Style::PLAIN);
        assert!(
            text.starts_with("2 disagreements to repair; nothing was changed\n\n1_a  out of order\n"),
            "{text}"
        );
    }

    fn stopped(file: &MigrationFile) -> History {
        let state = RunState::Partial { statements_done: 1, prefix: file.prefix_checksum(1) };
        let extra = ExtraRow { checksum: file.checksum.clone(), state };
        History { extras: [(file.version.clone(), extra)].into(), ..History::default() }
    }

    #[test]
    fn a_file_that_stopped_is_shown_with_the_next_statement() {
        let history = stopped(&test_file("1_a", "vacuum a;\nvacuum b;"));
        let found = advice(&directory([("1_a", "vacuum a;\nvacuum b;")]), &history);

        assert_eq!(
            found.disagreements[0].why,
            "it stopped behind statement 1 of 2; the next is `vacuum` (migrations/1_a.sql:2:1)"
        );
        assert_eq!(commands(&found)[0], "crmctl migrate up --env cloud");

        let edited = advice(&directory([("1_a", "vacuum z;\nvacuum b;")]), &history);
        assert!(!commands(&edited).contains(&"crmctl migrate up --env cloud"));
        let gone = advice(&directory([]), &history);
        assert_eq!(commands(&gone), ["crmctl migrate repair --env cloud --reverted 1"]);
    }
}
