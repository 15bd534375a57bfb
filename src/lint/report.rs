//! The answer of `migrate lint`.

use serde::Serialize;

use crate::error::ExitStatus;
use crate::lint::catalog::CatalogFinding;
use crate::lint::finding::{Finding, Severity};
use crate::plan::Render;
use crate::ui::{Annotation, Style, plural};

/// All findings of a run.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct LintReport {
    /// How many files were looked at.
    pub files: usize,
    /// In the order of the files and their lines.
    pub findings: Vec<Finding>,
    /// What the schema shows that the files make; empty when no schema was looked at.
    pub catalog: Vec<CatalogFinding>,
    /// Whether text shows notes one by one.
    #[serde(skip)]
    pub shows_notes: bool,
}

impl LintReport {
    fn severities(&self) -> impl Iterator<Item = Severity> {
        let of_files = self.findings.iter().map(|finding| finding.severity);
        of_files.chain(self.catalog.iter().map(|finding| finding.severity))
    }

    fn count(&self, severity: Severity) -> u64 {
        self.severities().filter(|other| *other == severity).count() as u64
    }

    /// Everything as GitHub Actions shows it, one command a line.
    #[must_use]
    pub fn annotations(&self) -> String {
        let of_schema = self.catalog.iter().map(|finding| Annotation {
            level: finding.severity.level(),
            title: finding.rule.to_owned(),
            message: format!("{}\n{}", finding.message, finding.help),
            location: None,
        });
        let all = self.findings.iter().map(Finding::annotation).chain(of_schema);
        all.map(|annotation| annotation.command()).collect::<Vec<String>>().join("\n")
    }

    /// [`ExitStatus::Differs`] when something is as bad as `denied` or worse.
    #[must_use]
    pub fn exit_status(&self, denied: Severity) -> ExitStatus {
        let is_denied = self.severities().any(|severity| severity >= denied);
        if is_denied { ExitStatus::Differs } else { ExitStatus::Success }
    }
}

impl Severity {
    fn head(self, rule: &str, style: Style) -> String {
        let text = format!("{}[{rule}]", self.word());
        match self {
            Self::Error => style.bad(&text),
            Self::Warning => style.attention(&text),
            Self::Note => style.strong(&text),
        }
    }
}

fn of_file(finding: &Finding, style: Style) -> String {
    let Finding { rule, severity, message, location, help } = finding;
    let head = severity.head(rule, style);
    let excerpt = location.excerpt.trim_end();
    format!("{head}: {message}\n  --> {location}\n   | {excerpt}\n   = {help}\n\n")
}

fn of_schema(finding: &CatalogFinding, style: Style) -> String {
    let CatalogFinding { rule, severity, message, object, help } = finding;
    let head = severity.head(rule, style);
    format!("{head}: {message}\n  --> the schema: {object}\n   = {help}\n\n")
}

impl Render for LintReport {
    fn render(&self, style: &Style) -> String {
        let is_shown = |severity: Severity| self.shows_notes || severity > Severity::Note;
        let findings = self.findings.iter().filter(|finding| is_shown(finding.severity));
        let catalog = self.catalog.iter().filter(|finding| is_shown(finding.severity));
        let text: String = findings
            .map(|finding| of_file(finding, *style))
            .chain(catalog.map(|finding| of_schema(finding, *style)))
            .collect();
        let [errors, warnings, notes] = [Severity::Error, Severity::Warning, Severity::Note]
            .map(|severity| plural(self.count(severity), severity.word()));
        let files = plural(self.files as u64, "file");
        let hint = if self.shows_notes { "" } else { " (`--verbose` shows them)" };
        let notes = if self.count(Severity::Note) == 0 { String::new() } else { format!(", {notes}{hint}") };
        if !self.severities().any(is_shown) {
            return text + &style.good(&format!("nothing to complain about in {files}")) + &notes;
        }
        text + &format!("{errors} and {warnings} in {files}{notes}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Location;

    fn report(severity: Severity) -> LintReport {
        let location = Location::of_offset("a.sql", "drop table t;", 0);
        let (message, help) = ("table `public.t` and its rows are dropped".to_owned(), "keep it".to_owned());
        let finding = Finding { rule: "D01", severity, message, location, help };
        LintReport { files: 1, findings: vec![finding], ..LintReport::default() }
    }

    #[test]
    fn a_finding_shows_its_line() {
        assert_eq!(
            report(Severity::Error).render(&Style::PLAIN),
            "error[D01]: table `public.t` and its rows are dropped\n  --> a.sql:1:1\n   | drop table t;\n   = keep it\n\n\
             1 error and 0 warnings in 1 file"
        );
    }

    #[test]
    fn notes_are_counted_and_shown_to_who_asks() {
        let mut report = report(Severity::Note);

        let text = report.render(&Style::PLAIN);
        assert_eq!(text, "nothing to complain about in 1 file, 1 note (`--verbose` shows them)");
        report.shows_notes = true;
        assert!(report.render(&Style::PLAIN).starts_with("note[D01]"));
    }

    #[test]
    fn what_is_denied_decides_the_exit_code() {
        assert_eq!(report(Severity::Warning).exit_status(Severity::Error), ExitStatus::Success);
        assert_eq!(report(Severity::Warning).exit_status(Severity::Warning), ExitStatus::Differs);
        assert_eq!(report(Severity::Note).exit_status(Severity::Warning), ExitStatus::Success);
    }
}
