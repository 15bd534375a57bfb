//! The last deploys of an environment, and what to type about one that is unfinished.

use serde::Serialize;

use crate::deploy::journal::{DeployRecord, Journal, Standing};
use crate::deploy::plan::files;
use crate::deploy::resume::in_words;
use crate::environment::EnvironmentName;
use crate::migration::History;
use crate::plan::Render;
use crate::ui::{Style, Table};

/// The deploys there were.
#[derive(Debug, Clone, Serialize)]
pub struct DeployStatus {
    /// Newest first.
    pub deploys: Vec<DeployRecord>,
    /// The one that did not come to its end.
    pub unfinished: Option<Unfinished>,
}

/// A deploy that did not come to its end.
#[derive(Debug, Clone, Serialize)]
pub struct Unfinished {
    /// Which.
    #[serde(flatten)]
    pub record: DeployRecord,
    /// What of its files is in the database, by its history.
    pub standing: Standing,
    /// Who is at work just now.
    pub at_work: Option<String>,
    /// What to type.
    pub next: Vec<String>,
}

impl DeployStatus {
    /// What the journal and the history say. Pure.
    #[must_use]
    pub fn of(
        journal: Journal,
        history: &History,
        at_work: Option<&str>,
        environment: &EnvironmentName,
    ) -> Self {
        let unfinished = journal.unfinished().map(|record| {
            let standing = record.standing(history);
            let forward = match standing {
                Standing::Untouched => format!("crmctl deploy --env {environment}"),
                Standing::Partly | Standing::Complete => format!("crmctl deploy resume --env {environment}"),
            };
            // The way back is there for one that changed nothing, too: its files may be gone.
            let back = format!("crmctl deploy rollback --env {environment}");
            let next = if at_work.is_some() { Vec::new() } else { vec![forward, back] };
            Unfinished { record: record.clone(), standing, at_work: at_work.map(str::to_owned), next }
        });
        Self { deploys: journal.records, unfinished }
    }
}

impl Render for DeployStatus {
    fn render(&self, style: &Style) -> String {
        if self.deploys.is_empty() {
            return "there was no deploy yet".to_owned();
        }
        let mut table = Table::new(["deploy", "state", "files", "by", "backup"]);
        for record in &self.deploys {
            let state = record.state.words();
            let state = if record.state.is_end() { style.good(state) } else { style.attention(state) };
            let backup = record.backup.clone().unwrap_or_default();
            let by = record.deployed_by.clone();
            table.row([record.id.to_string(), state, files(record.files.len()), by, backup]);
        }
        let mut text = table.render(style);
        if let Some(error) = self.deploys.first().and_then(|record| record.error.as_ref()) {
            text += &format!("\n{} {error}", style.attention("the last one stopped:"));
        }
        if let Some(unfinished) = &self.unfinished {
            text += &unfinished.text(*style);
        }
        text
    }
}

impl Unfinished {
    fn text(&self, style: Style) -> String {
        let id = &self.record.id;
        if let Some(holder) = &self.at_work {
            return format!("\n{} {id} is at work: {holder}", style.attention("unfinished:"));
        }
        let mut text = format!("\n{} {id}: {}", style.attention("unfinished:"), in_words(self.standing));
        for command in &self.next {
            text += &format!("\n  {command}");
        }
        text
    }
}
