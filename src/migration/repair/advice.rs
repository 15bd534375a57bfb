//! What disagrees, and the commands that would mend it. Pure.

use serde::Serialize;

use crate::environment::EnvironmentName;
use crate::error::ExitStatus;
use crate::migration::directory::Directory;
use crate::migration::fetch::{self, Unfetchable};
use crate::migration::file::MigrationFile;
use crate::migration::history_row::{History, RunState};
use crate::migration::states::{Entry, State, states};
use crate::migration::version::{Version, normalised};
use crate::plan::Render;
use crate::ui::{Style, plural, shell_word};

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
    let unfetchable = fetch::plan(directory, history).unfetchable;
    let adviser = Adviser { directory, history, environment, unfetchable };
    let disagreements = entries.iter().filter_map(|entry| adviser.disagreement(entry)).collect();
    Advice { disagreements, pending }
}

impl Advice {
    /// 3 when anything disagrees.
    #[must_use]
    pub fn exit_status(&self) -> ExitStatus {
        if self.disagreements.is_empty() { ExitStatus::Success } else { ExitStatus::Differs }
    }
}

struct Adviser<'a> {
    directory: &'a Directory,
    history: &'a History,
    environment: &'a EnvironmentName,
    unfetchable: Vec<Unfetchable>,
}

impl Adviser<'_> {
    fn disagreement(&self, entry: &Entry) -> Option<Disagreement> {
        let (why, ways) = match (entry.state, &entry.file) {
            (State::Applied | State::Pending, _) => return None,
            (State::Edited, Some(file)) => self.edited(file),
            (State::Edited | State::MissingLocally, _) => self.missing(&entry.version),
            (State::OutOfOrder, _) => self.out_of_order(&entry.version),
            (State::PartlyApplied, Some(file)) => self.partly_applied(file),
            (State::PartlyApplied, None) => {
                let effect = "forgets it, if what was done is undone or shall stay as it is";
                let ways = vec![way(self.repair("reverted", &entry.version), effect)];
                ("it stopped half-way, and its file is gone".to_owned(), ways)
            }
        };
        let Entry { version, name, state, .. } = entry;
        Some(Disagreement { version: version.clone(), name: name.clone(), state: *state, why, ways })
    }

    fn command(&self, words: &str) -> String {
        format!("crmctl migrate {words} --env {}", self.environment)
    }

    fn repair(&self, flag: &str, version: &Version) -> String {
        format!("{} --{flag} {}", self.command("repair"), shell_word(version.as_str()))
    }

    fn edited(&self, file: &MigrationFile) -> (String, Vec<Way>) {
        let restore = format!("git checkout -- {}", shell_word(&file.shown()));
        let ways = vec![
            way(restore, "brings back what was applied, if the edit is not committed"),
            way(self.repair("accept-edited", &file.version), "if the database has by now what the file says"),
        ];
        (first_edit(file, self.history), ways)
    }

    fn missing(&self, version: &Version) -> (String, Vec<Way>) {
        let mut why = "it is applied, and there is no such file".to_owned();
        let first = match self.unfetchable.iter().find(|lost| lost.version == *version) {
            None => way(self.command("fetch"), "writes the file from the history"),
            Some(lost) => {
                why += &format!("; it cannot be fetched: {}", lost.why);
                let files = self.directory.path.join(format!("{version}_*"));
                let log = format!("git log --all --oneline -- {}", shell_word(&files.display().to_string()));
                way(log, "finds the commits that had it")
            }
        };
        let effect = "if the database does not have it any more, and the file shall not come back";
        (why, vec![first, way(self.repair("reverted", version), effect)])
    }

    fn out_of_order(&self, version: &Version) -> (String, Vec<Way>) {
        let newest = self.history.newest().map(ToString::to_string).unwrap_or_default();
        let ways = vec![
            way(format!("{} --out-of-order", self.command("up")), "applies it now"),
            way(self.repair("applied", version), "if the database has already what it makes"),
        ];
        (format!("it is not applied, and older than `{newest}`, which is"), ways)
    }

    fn partly_applied(&self, file: &MigrationFile) -> (String, Vec<Way>) {
        let (why, can_resume) = stop(file, self.history);
        let mut ways = Vec::new();
        if can_resume {
            ways.push(way(self.command("up"), "resumes at that statement"));
        }
        ways.push(way(self.repair("applied", &file.version), "if the rest was done by hand"));
        let effect = "if what was done is undone: it will run from its beginning";
        ways.push(way(self.repair("reverted", &file.version), effect));
        (why, ways)
    }
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
        (None, Some(_) | None) | (Some(_), None) => false,
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
mod tests;
