//! `migrate verify` as a value: whether history, files and database are of one mind. Pure.

use serde::Serialize;

use crate::drift::DriftReport;
use crate::environment::EnvironmentName;
use crate::error::{ExitStatus, Failure, Kind};
use crate::migration::directory::Directory;
use crate::migration::history_row::History;
use crate::migration::repair::{Disagreement, advise};
use crate::migration::states::{State, states};
use crate::migration::status::{Count, counts, summary_line};
use crate::plan::Render;
use crate::ui::{Style, plural};

/// The answer of `migrate verify`.
#[derive(Debug, Clone, Serialize)]
pub struct VerifyReport {
    /// How many migrations there are in each state.
    pub summary: Vec<Count>,
    /// Applied migrations whose files are edited, gone, or applied in part, and what would mend that.
    pub findings: Vec<Disagreement>,
    /// Whether the database is what its applied migrations make.
    pub schema: Schema,
}

/// What is known of the schema.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "snake_case", tag = "checked")]
pub enum Schema {
    /// Nobody asked.
    No,
    /// It was compared.
    Yes(DriftReport),
    /// It could not be compared.
    Failed {
        /// Why.
        why: String,
    },
}

impl VerifyReport {
    /// What files and history say of each other. A file that is not applied, however old, is no finding.
    #[must_use]
    pub fn new(directory: &Directory, history: &History, environment: &EnvironmentName) -> Self {
        let mut findings = advise(directory, history, environment).disagreements;
        findings.retain(|finding| finding.state != State::OutOfOrder);
        Self { summary: counts(&states(directory, history)), findings, schema: Schema::No }
    }

    /// The same with what became of comparing the schema. A comparison that failed is the failure of the whole where
    /// there is nothing else to tell.
    pub fn with_schema(self, drift: Result<DriftReport, Failure>) -> Result<Self, Failure> {
        let schema = match drift {
            Ok(drift) => Schema::Yes(drift),
            Err(failure) if self.findings.is_empty() || failure.kind() == Kind::Interrupted => {
                return Err(failure);
            }
            Err(failure) => Schema::Failed { why: failure.to_string() },
        };
        Ok(Self { schema, ..self })
    }

    /// 3 when anything is not as it should be.
    #[must_use]
    pub fn exit_status(&self) -> ExitStatus {
        let schema = match &self.schema {
            Schema::No => ExitStatus::Success,
            Schema::Yes(drift) => drift.exit_status(),
            Schema::Failed { .. } => ExitStatus::Differs,
        };
        if self.findings.is_empty() { schema } else { ExitStatus::Differs }
    }
}

impl Render for VerifyReport {
    fn render(&self, style: &Style) -> String {
        let mut text = if self.summary.is_empty() {
            "no migrations".to_owned()
        } else {
            summary_line(&self.summary, *style)
        };
        if self.findings.is_empty() {
            text += &format!("\n{}: every applied migration has its file", style.good("history"));
        } else {
            let count = plural(self.findings.len() as u64, "migration");
            text += &format!("\n{}: {count} not as applied", style.bad("history"));
        }
        for Disagreement { version, name, why, ways, .. } in &self.findings {
            let commands: Vec<&str> = ways.iter().map(|way| way.command.as_str()).collect();
            text += &format!("\n  {version}_{name}: {why}\n    {}", commands.join("\n    or "));
        }
        match &self.schema {
            Schema::No => {}
            Schema::Yes(drift) => text += &format!("\n{}", drift.render(style)),
            Schema::Failed { why } => text += &format!("\n{}: {why}", style.bad("schema not compared")),
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::migration::file::test_file;
    use crate::migration::history_row::test_history;

    fn report<const N: usize>(files: [(&str, &str); N], history: &History) -> VerifyReport {
        let files = files.map(|(title, text)| Arc::new(test_file(title, text))).to_vec();
        let directory = Directory { files, ..Directory::default() };
        VerifyReport::new(&directory, history, &EnvironmentName::known("cloud"))
    }

    #[test]
    fn pending_and_late_files_are_no_findings() {
        let report =
            report([("1_a", ""), ("2_b", "select 1"), ("3_c", "")], &test_history([("2_b", "select 1")]));

        assert_eq!(
            report.render(&Style::PLAIN),
            "1 applied, 1 pending, 1 out of order\nhistory: every applied migration has its file"
        );
        assert_eq!(report.exit_status(), ExitStatus::Success);
    }

    #[test]
    fn an_edited_and_a_missing_file_are_findings_with_commands() {
        let report = report([("1_a", "select 2")], &test_history([("1_a", "select 1"), ("2_b", "")]));

        let text = report.render(&Style::PLAIN);
        assert!(text.contains("history: 2 migrations not as applied"), "{text}");
        assert!(text.contains("crmctl migrate fetch --env cloud"), "{text}");
        assert_eq!(report.exit_status(), ExitStatus::Differs);
    }

    #[test]
    fn a_schema_that_cannot_be_compared_never_passes() {
        let failure = || Err(Failure::from(anyhow::anyhow!("no server")));
        let clean = report([("1_a", "select 1")], &test_history([("1_a", "select 1")]));
        assert!(clean.with_schema(failure()).is_err());

        let edited = report([("1_a", "select 2")], &test_history([("1_a", "select 1")]));
        let report = edited.with_schema(failure()).unwrap();
        assert!(report.render(&Style::PLAIN).ends_with("schema not compared: no server"));
        assert_eq!(report.exit_status(), ExitStatus::Differs);
    }
}
