//! `migrate status` as a value.

use serde::Serialize;

use crate::error::ExitStatus;
use crate::migration::directory::Directory;
use crate::migration::history_row::History;
use crate::migration::states::{State, states};
use crate::migration::version::Version;
use crate::plan::Render;
use crate::ui::Style;

/// How every migration of a project stands on one database.
#[derive(Debug, Clone, Serialize)]
pub struct StatusReport {
    /// One line for each migration, in the order of versions.
    pub migrations: Vec<Line>,
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
    /// The states of files and history.
    #[must_use]
    pub fn new(directory: &Directory, history: &History) -> Self {
        let line = |entry: crate::migration::states::Entry| Line {
            version: entry.version,
            name: entry.name,
            state: entry.state,
        };
        Self { migrations: states(directory, history).into_iter().map(line).collect() }
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
}

impl Render for StatusReport {
    fn render(&self, style: &Style) -> String {
        if self.migrations.is_empty() {
            return "no migrations".to_owned();
        }
        let width = |of: fn(&Line) -> usize, title: &str| {
            self.migrations.iter().map(of).max().unwrap_or(0).max(title.len())
        };
        let version = width(|line| line.version.as_str().len(), "version");
        let name = width(|line| line.name.chars().count(), "name");
        let head = style.strong(&format!("{:version$}  {:name$}  state", "version", "name"));
        let row = |line: &Line| {
            let words = line.state.words();
            let state = match line.state {
                State::Applied => style.good(words),
                State::Pending => style.attention(words),
                State::OutOfOrder | State::MissingLocally | State::Edited | State::PartlyApplied => {
                    style.bad(words)
                }
            };
            format!("{:version$}  {:name$}  {state}", line.version, line.name)
        };
        let rows = self.migrations.iter().map(row);
        std::iter::once(head).chain(rows).collect::<Vec<_>>().join("\n")
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::migration::file::test_file;
    use crate::migration::history_row::test_history;

    #[test]
    fn every_state_has_its_line() {
        let files = [("1_a", "select 1"), ("2_b", "select 1"), ("3_late", ""), ("5_new", "")];
        let files = files.map(|(title, text)| Arc::new(test_file(title, text))).to_vec();
        let directory = Directory { files, ..Directory::default() };
        let history = test_history([("1_a", "select 1"), ("2_b", "select 2"), ("4_gone", "")]);
        let report = StatusReport::new(&directory, &history);

        assert_eq!(
            report.render(&Style::PLAIN),
            "version  name  state\n\
             1        a     applied\n\
             2        b     edited\n\
             3        late  out of order\n\
             4        gone  missing locally\n\
             5        new   pending"
        );
        assert_eq!(report.exit_status(), ExitStatus::Differs);
    }

    #[test]
    fn a_project_without_migrations_is_up_to_date() {
        let report = StatusReport::new(&Directory::default(), &History::default());

        assert_eq!(report.render(&Style::PLAIN), "no migrations");
        assert_eq!(report.exit_status(), ExitStatus::Success);
    }
}
