//! What a squash did.

use std::path::PathBuf;

use serde::Serialize;

use crate::environment::EnvironmentName;
use crate::plan::Render;
use crate::ui::{Style, plural};

/// What a squash did.
#[derive(Debug, Clone, Default, Serialize)]
pub struct SquashReport {
    /// The new file, if one was made.
    pub file: Option<PathBuf>,
    /// How many files were folded into it.
    pub folded: usize,
    /// Where the old files are.
    pub archive: Option<PathBuf>,
    /// Old files of an interrupted squash that were moved away.
    pub moved: Vec<PathBuf>,
    /// Environments whose history was folded.
    pub histories: Vec<EnvironmentName>,
    /// Environments whose history was folded already, or never had the old files.
    pub unchanged: Vec<EnvironmentName>,
}

impl Render for SquashReport {
    fn render(&self, style: &Style) -> String {
        let mut lines: Vec<String> = Vec::new();
        for path in &self.moved {
            lines.push(format!("{}  {}", style.good("moved"), path.display()));
        }
        if let Some(file) = &self.file {
            let count = plural(self.folded as u64, "migration");
            lines.push(format!("{} {count} into {}", style.good("folded"), file.display()));
        }
        if let Some(archive) = &self.archive {
            lines.push(format!("{}  {}", style.strong("kept in"), archive.display()));
        }
        for environment in &self.histories {
            lines.push(format!("{} the history of `{environment}`", style.good("folded")));
        }
        for environment in &self.unchanged {
            lines.push(format!("the history of `{environment}` has nothing to fold"));
        }
        if self.file.is_some() && self.histories.is_empty() {
            lines.push(format!(
                "{} databases that have the old files: `crmctl migrate squash --history-only --env NAME`",
                style.strong("next")
            ));
        }
        if lines.is_empty() {
            lines.push("nothing to fold: there are not two migrations".to_owned());
        }
        lines.join("\n")
    }
}
