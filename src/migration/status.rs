//! `migrate status` as a value.

use serde::Serialize;

use crate::environment::EnvironmentName;
use crate::error::ExitStatus;
use crate::migration::directory::Directory;
use crate::migration::history_row::History;
use crate::migration::states::{Entry, State, states};
use crate::migration::version::Version;
use crate::plan::Render;
use crate::ui::{Style, thousands};

/// So many of the newest applied migrations are shown when there are more of them than a screen holds.
const SHOWN_APPLIED: usize = 5;
/// So many applied migrations are shown one by one.
const MOST_APPLIED: usize = 25;

/// How every migration of a project stands on one database.
#[derive(Debug, Clone, Serialize)]
pub struct StatusReport {
    /// How many there are in each state; states without any are left out.
    pub summary: Vec<Count>,
    /// One line for each migration, in the order of versions.
    pub migrations: Vec<Line>,
    /// What to type next; nothing when every migration is applied.
    pub next: Option<String>,
    /// What a person should know though it stops nothing.
    pub warnings: Vec<String>,
    /// Whether the text shows every migration, however many are applied.
    #[serde(skip)]
    pub is_whole: bool,
}

/// How many migrations are in a state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Count {
    /// The state.
    pub state: State,
    /// How many.
    pub count: usize,
}

/// How one migration stands.
#[derive(Debug, Clone, Serialize)]
pub struct Line {
    /// Its version.
    pub version: Version,
    /// Its name.
    pub name: String,
    /// How it stands.
    pub state: State,
}

impl StatusReport {
    /// The states of files and history of one environment.
    #[must_use]
    pub fn new(directory: &Directory, history: &History, environment: &EnvironmentName) -> Self {
        let entries = states(directory, history);
        let summary = counts(&entries);
        let next = next(&summary, environment);
        let line = |entry: Entry| Line { version: entry.version, name: entry.name, state: entry.state };
        let migrations = entries.into_iter().map(line).collect();
        let warnings = directory.warnings.iter().cloned().chain(downs_warning(directory)).collect();
        Self { summary, migrations, next, warnings, is_whole: false }
    }

    /// The same with every migration in its text.
    #[must_use]
    pub fn whole(self, is_whole: bool) -> Self {
        Self { is_whole, ..self }
    }

    /// Whether files and database say the same.
    #[must_use]
    pub fn is_up_to_date(&self) -> bool {
        self.migrations.iter().all(|line| line.state == State::Applied)
    }

    /// The exit code when the user asked for one that tells (`--exit-code`).
    #[must_use]
    pub fn exit_status(&self) -> ExitStatus {
        if self.is_up_to_date() { ExitStatus::Success } else { ExitStatus::Differs }
    }

    /// How many of the first applied migrations the text leaves out.
    fn hidden(&self) -> usize {
        let applied = self.migrations.iter().filter(|line| line.state == State::Applied).count();
        if self.is_whole || applied <= MOST_APPLIED { 0 } else { applied - SHOWN_APPLIED }
    }
}

/// How many entries are in each state that any is in.
pub(crate) fn counts(entries: &[Entry]) -> Vec<Count> {
    let count = |state| entries.iter().filter(|entry| entry.state == state).count();
    State::ALL
        .map(|state| Count { state, count: count(state) })
        .into_iter()
        .filter(|count| count.count > 0)
        .collect()
}

/// The counts in one line.
pub(crate) fn summary_line(summary: &[Count], style: Style) -> String {
    let shown = |count: &Count| format!("{} {}", thousands(count.count as u64), count.state.shown(&style));
    summary.iter().map(shown).collect::<Vec<_>>().join(", ")
}

fn next(summary: &[Count], environment: &EnvironmentName) -> Option<String> {
    let has = |wanted: State| summary.iter().any(|count| count.state == wanted);
    let disagreements = [State::OutOfOrder, State::MissingLocally, State::Edited, State::PartlyApplied];
    if disagreements.into_iter().any(has) {
        Some(format!("crmctl migrate repair --env {environment}"))
    } else {
        has(State::Pending).then(|| format!("crmctl migrate up --env {environment}"))
    }
}

/// The Supabase CLI does not know down files: to it they are migrations.
fn downs_warning(directory: &Directory) -> Option<String> {
    let is_shared = directory.path.ends_with("supabase/migrations");
    let first = directory.downs.first().filter(|_| is_shared)?;
    Some(format!(
        "the Supabase CLI takes `{}` for a migration of its own with a version that exists already: \
         `supabase db push` would run it, or fail",
        first.path.file_name().unwrap_or_default().to_string_lossy()
    ))
}

impl Render for StatusReport {
    fn render(&self, style: &Style) -> String {
        if self.migrations.is_empty() {
            return "no migrations".to_owned();
        }
        let mut hidden = self.hidden();
        let mut lines: Vec<&Line> = Vec::new();
        for line in &self.migrations {
            if line.state == State::Applied && hidden > 0 {
                hidden -= 1;
            } else {
                lines.push(line);
            }
        }
        let mut text = format!("{}\n\n{}", summary_line(&self.summary, *style), table(&lines, *style));
        if self.hidden() > 0 {
            let hidden = format!(
                "{} older applied migrations are not shown; `--all` shows them",
                thousands(self.hidden() as u64)
            );
            text += &format!("\n{}", style.faint(&hidden));
        }
        if let Some(next) = &self.next {
            text += &format!("\n\nnext: {}", style.strong(next));
        }
        text
    }
}

/// Versions are names: they stand to the left, though they are made of digits.
fn table(lines: &[&Line], style: Style) -> String {
    let width = |of: fn(&Line) -> usize, title: &str| {
        lines.iter().map(|line| of(line)).max().unwrap_or(0).max(title.len())
    };
    let version = width(|line| line.version.as_str().len(), "version");
    let name = width(|line| console::measure_text_width(&line.name), "name");
    let head = style.strong(&format!("{:version$}  {:name$}  state", "version", "name"));
    let row = |line: &&Line| {
        let space = " ".repeat(name - console::measure_text_width(&line.name));
        format!("{:version$}  {}{space}  {}", line.version, line.name, line.state.shown(&style))
    };
    std::iter::once(head).chain(lines.iter().map(row)).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::migration::file::test_file;
    use crate::migration::history_row::test_history;

    fn directory<const N: usize>(files: [(&str, &str); N]) -> Directory {
        let files = files.map(|(title, text)| Arc::new(test_file(title, text))).to_vec();
        Directory { files, ..Directory::default() }
    }

    fn report(directory: &Directory, history: &History) -> StatusReport {
        StatusReport::new(directory, history, &EnvironmentName::known("cloud"))
    }

    #[test]
    fn every_state_has_its_line() {
        let files = directory([("1_a", "select 1"), ("2_b", "select 1"), ("3_late", ""), ("5_new", "")]);
        let history = test_history([("1_a", "select 1"), ("2_b", "select 2"), ("4_gone", "")]);
        let report = report(&files, &history);

        assert_eq!(
            report.render(&Style::PLAIN),
            "1 applied, 1 pending, 1 out of order, 1 missing locally, 1 edited\n\
             \n\
             version  name  state\n\
             1        a     applied\n\
             2        b     edited\n\
             3        late  out of order\n\
             4        gone  missing locally\n\
             5        new   pending\n\
             \n\
             next: crmctl migrate repair --env cloud"
        );
        assert_eq!(report.exit_status(), ExitStatus::Differs);
    }

    #[test]
    fn a_thousand_applied_files_are_counted_and_the_last_are_shown() {
        let files: Vec<_> = (0..1000).map(|number| test_file(&format!("{}_a", 1000 + number), "")).collect();
        let mut history = test_history([]);
        history.rows = files[..998]
            .iter()
            .map(|file| crate::migration::HistoryRow {
                version: file.version.clone(),
                name: None,
                statements: None,
            })
            .collect();
        let directory =
            Directory { files: files.into_iter().map(Arc::new).collect(), ..Directory::default() };
        let report = report(&directory, &history);

        let text = report.render(&Style::PLAIN);
        assert!(text.starts_with("998 applied, 2 pending\n"), "{text}");
        assert!(text.contains("\n993 older applied migrations are not shown"), "{text}");
        assert!(text.ends_with("next: crmctl migrate up --env cloud"), "{text}");
        assert_eq!(text.matches(" applied\n").count(), SHOWN_APPLIED);
        assert_eq!(report.whole(true).render(&Style::PLAIN).matches("a     applied\n").count(), 998);
    }

    #[test]
    fn down_files_are_told_of_where_the_supabase_cli_sees_them() {
        let mut files = directory([("1_a", "select 1")]);
        files.downs = vec![Arc::new(test_file("1_a.down", "select 1"))];
        let history = test_history([("1_a", "select 1")]);
        assert!(report(&files, &history).warnings.is_empty());

        files.path = "supabase/migrations".into();
        let report = report(&files, &history);
        assert!(report.warnings[0].starts_with("the Supabase CLI takes `1_a.down.sql`"));
        assert_eq!(report.next, None);
    }

    #[test]
    fn a_project_without_migrations_is_up_to_date() {
        let report = report(&Directory::default(), &History::default());

        assert_eq!(report.render(&Style::PLAIN), "no migrations");
        assert_eq!(report.exit_status(), ExitStatus::Success);
    }
}
