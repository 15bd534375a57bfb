//! The answer of `access`: the table, and what is not as expected.

use serde::Serialize;

use crate::access::{AccessTable, Expectations, Unproved, Violation};
use crate::error::ExitStatus;
use crate::plan::Render;
use crate::ui::{Style, plural};

/// The access table beside the expectations.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AccessReport {
    /// Who may do what.
    #[serde(flatten)]
    pub table: AccessTable,
    /// Whether there is an `access.toml`.
    pub has_expectations: bool,
    /// What is not as it says.
    pub violations: Vec<Violation>,
    /// What could not be told.
    pub unproved: Vec<Unproved>,
}

impl AccessReport {
    /// A table held against what is expected.
    #[must_use]
    pub fn new(table: AccessTable, expectations: Option<&Expectations>) -> Self {
        let violations = expectations.map(|expected| expected.violations(&table)).unwrap_or_default();
        let unproved = expectations.map(|expected| expected.unproved(&table)).unwrap_or_default();
        Self { table, has_expectations: expectations.is_some(), violations, unproved }
    }

    /// 3 when something is not as expected.
    #[must_use]
    pub fn exit_status(&self) -> ExitStatus {
        if self.violations.is_empty() { ExitStatus::Success } else { ExitStatus::Differs }
    }
}

impl Render for AccessReport {
    fn render(&self, style: &Style) -> String {
        let mut lines = vec![self.table.render(style)];
        for Unproved { words, location } in &self.unproved {
            lines.push(format!("{} not proved: {words}\n  --> {location}", style.attention("warning:")));
        }
        for Violation { words, location, .. } in &self.violations {
            lines.push(format!("{} {words}\n  --> {location}", style.bad("error:")));
        }
        let broken = plural(self.violations.len() as u64, "expectation");
        lines.push(match (self.has_expectations, self.violations.is_empty()) {
            (false, _) => style.faint("no access.toml: nothing was expected"),
            (true, true) => style.good("as access.toml expects"),
            (true, false) => style.bad(&format!("{broken} of access.toml not kept")),
        });
        lines.join("\n")
    }
}
