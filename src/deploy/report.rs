//! What came of a deploy: one shape, whatever came of it.

use serde::Serialize;

use crate::deploy::journal::{DeployId, DeployRecord};
use crate::deploy::plan::files;
use crate::deploy::procedure::Procedure;
use crate::deploy::rollback::RollbackReport;
use crate::deploy::stops::Stop;
use crate::error::{Done, Failure};
use crate::plan::Render;
use crate::ui::{Style, plural};

/// What came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum DeployResult {
    /// There is nothing to apply.
    Nothing,
    /// It was only planned.
    Planned,
    /// It was carried out to its end.
    Deployed,
    /// It was refused, or failed: the error says why.
    Stopped,
}

/// What came of a deploy. Every key is there whatever came of it: what is unknown is null or empty.
#[derive(Debug, Clone, Serialize)]
pub struct DeployReport {
    /// What came of it.
    pub result: DeployResult,
    /// Its name in the journal, once it is to have one.
    pub id: Option<DeployId>,
    /// The versions that it applied and that are committed.
    pub applied: Vec<String>,
    /// What changed in the schema.
    pub changes: Vec<String>,
    /// Whether all of it is one transaction.
    pub atomic: Option<bool>,
    /// Whether it was rehearsed.
    pub rehearsed: bool,
    /// The backup made just before.
    pub backup: Option<String>,
    /// How many commands ran before and after it.
    pub hooks: usize,
    /// The hash of the schema before.
    pub catalog_before: Option<String>,
    /// The hash of the schema after.
    pub catalog_after: Option<String>,
    /// What leads back.
    pub undo: Option<String>,
    /// What stops it, as far as it is known: a plan goes on looking after the first.
    pub stops: Vec<Stop>,
    /// What was planned.
    pub plan: Option<Box<Procedure>>,
    /// How it was undone, where that was asked for.
    pub rollback: Option<RollbackReport>,
}

impl DeployReport {
    /// Nothing came of it but this.
    #[must_use]
    pub fn without_plan(result: DeployResult) -> Self {
        Self {
            result,
            id: None,
            applied: Vec::new(),
            changes: Vec::new(),
            atomic: None,
            rehearsed: false,
            backup: None,
            hooks: 0,
            catalog_before: None,
            catalog_after: None,
            undo: None,
            stops: Vec::new(),
            plan: None,
            rollback: None,
        }
    }

    /// Of a plan that nobody has carried out.
    #[must_use]
    pub fn planned(plan: Procedure, stops: Vec<Stop>) -> Self {
        Self {
            id: Some(plan.record.id.clone()),
            atomic: Some(plan.is_atomic()),
            rehearsed: plan.files.rehearsal.skipped.is_none(),
            catalog_before: Some(plan.record.catalog_before.clone()),
            stops,
            plan: Some(Box::new(plan)),
            ..Self::without_plan(DeployResult::Planned)
        }
    }

    /// Of one that was begun.
    pub(crate) fn new(
        result: DeployResult,
        plan: &Procedure,
        record: &DeployRecord,
        changes: Vec<String>,
    ) -> Self {
        let steps = plan.files.migrations.steps.iter();
        Self {
            result,
            applied: steps.map(|step| step.file.version.to_string()).collect(),
            changes,
            backup: record.backup.clone(),
            hooks: record.hooks.before.len() + record.hooks.after.len(),
            catalog_after: record.catalog_after.clone(),
            undo: Some(format!("crmctl deploy rollback --env {}", record.environment)),
            ..Self::planned(plan.clone(), Vec::new())
        }
    }

    /// The same where only these are there.
    pub(crate) fn with_applied(self, applied: Vec<String>) -> Self {
        Self { applied, ..self }
    }

    /// What a plan answers although a deploy would end with this: both are shown.
    #[must_use]
    pub fn before(self, stop: Failure) -> Failure {
        let text = self.render(&Style::PLAIN);
        stop.with_done(Done { text, json: serde_json::to_value(self).unwrap_or_default() })
    }

    /// A failure with what it had come to, after all of it was undone.
    #[must_use]
    pub fn with_rollback(failure: Failure, rollback: &RollbackReport) -> Failure {
        let mut json = failure.done().map(|done| done.json.clone()).unwrap_or_default();
        json["rollback"] = serde_json::to_value(rollback).unwrap_or_default();
        failure.with_done(Done { text: rollback.render(&Style::PLAIN), json })
    }

    /// The failure with this as its report, told to programs only: a person reads the error.
    #[must_use]
    pub fn behind(self, failure: Failure) -> Failure {
        let text = failure.done().map(|done| done.text.clone()).unwrap_or_default();
        let stopped = Self { result: DeployResult::Stopped, ..self };
        failure.with_done(Done { text, json: serde_json::to_value(stopped).unwrap_or_default() })
    }
}

impl Render for DeployReport {
    fn render(&self, style: &Style) -> String {
        match self.result {
            DeployResult::Nothing => "nothing to apply: every migration is applied".to_owned(),
            DeployResult::Planned => self.as_plan(*style),
            DeployResult::Deployed | DeployResult::Stopped => self.as_done(*style),
        }
    }
}

impl DeployReport {
    fn as_plan(&self, style: Style) -> String {
        let plan = self.plan.as_ref().map(|plan| plan.render(&style));
        plan.into_iter().chain(self.stops.iter().map(|stop| stop.line(style))).collect::<Vec<_>>().join("\n")
    }

    fn as_done(&self, style: Style) -> String {
        let how = if self.atomic == Some(true) {
            " in one transaction, checked before it was committed"
        } else {
            ", file by file"
        };
        let id = self.id.as_ref().map(ToString::to_string).unwrap_or_default();
        let mut text = if self.applied.is_empty() {
            format!("{} deploy {id}, whose migrations were there already", style.good("ended"))
        } else {
            format!("{} {}{how}", style.good("deployed"), files(self.applied.len()))
        };
        for change in &self.changes {
            text += &format!("\n  {change}");
        }
        if self.hooks > 0 {
            text += &format!("\n{} {} run", style.strong("hooks"), plural(self.hooks as u64, "command"));
        }
        if let Some(backup) = &self.backup {
            text += &format!("\n{} {backup}", style.strong("backup"));
        }
        if let Some(undo) = &self.undo {
            text += &format!("\n{} {undo}", style.strong("undo with:"));
        }
        text
    }
}
