//! What was written.

use std::path::PathBuf;

use serde::Serialize;

use super::plan::GITIGNORE;
use crate::error::Done;
use crate::plan::Render;
use crate::ui::{Style, plural};

/// What was written.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct InitReport {
    /// The project's folder.
    pub root: PathBuf,
    /// Lines that `.gitignore` got.
    pub ignored: Vec<String>,
    /// Files that were made.
    pub created: Vec<PathBuf>,
    /// Files that were there and are as they were.
    pub kept: Vec<PathBuf>,
    /// What to do next.
    pub next: Vec<String>,
}

impl InitReport {
    /// The report as something that had been done before a failure; none when nothing had.
    pub(super) fn done(&self) -> Option<Done> {
        let nothing = self.ignored.is_empty() && self.created.is_empty();
        (!nothing).then(|| Done {
            text: self.render(&Style::PLAIN),
            json: serde_json::to_value(self).unwrap_or_default(),
        })
    }
}

impl Render for InitReport {
    fn render(&self, style: &Style) -> String {
        let mut lines = Vec::new();
        if !self.ignored.is_empty() {
            lines.push(format!("{} {GITIGNORE}: {}", style.good("added to"), self.ignored.join(" ")));
        }
        lines
            .extend(self.created.iter().map(|path| format!("{}  {}", style.good("created"), path.display())));
        lines.extend(self.kept.iter().map(|path| format!("{}     {}", style.faint("kept"), path.display())));
        if lines.len() == self.kept.len() {
            lines.push("nothing to write: the project has everything".to_owned());
        } else {
            lines.push(format!(
                "{} created in {}",
                plural(self.created.len() as u64, "file"),
                self.root.display()
            ));
        }
        if !self.next.is_empty() {
            lines.push(format!("\n{}", style.strong("next")));
            lines.extend(self.next.iter().map(|step| format!("  {step}")));
        }
        lines.join("\n")
    }
}
