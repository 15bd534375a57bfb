//! What lint has to say about one place of a file.

use serde::Serialize;

use crate::error::{ExitStatus, Location};
use crate::plan::{Hazard, Render};
use crate::ui::Style;

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Worth a second look.
    Warning,
    /// Rows are lost, users are locked out, or everybody can read a table.
    Error,
}

/// One finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The id of the rule, such as `D01`.
    pub rule: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// What was found.
    pub message: String,
    /// Where.
    pub location: Location,
    /// What to write instead.
    pub help: String,
}

/// All findings of a run, as the answer of `migrate lint`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct LintReport {
    /// How many files were looked at.
    pub files: usize,
    /// In the order of the files and their lines.
    pub findings: Vec<Finding>,
}

impl LintReport {
    fn count(&self, severity: Severity) -> usize {
        self.findings.iter().filter(|finding| finding.severity == severity).count()
    }

    /// [`ExitStatus::Differs`] when there is an error among the findings; warnings do not stop anybody.
    #[must_use]
    pub fn exit_status(&self) -> ExitStatus {
        if self.count(Severity::Error) > 0 { ExitStatus::Differs } else { ExitStatus::Success }
    }
}

/// What the findings mean for a plan. Only errors are hazards that have to be consented to.
#[must_use]
pub fn hazards(findings: &[Finding]) -> Vec<Hazard> {
    let hazard = |finding: &Finding| {
        let what = format!("{} ({})", finding.message, finding.location);
        match finding.rule {
            "D05" => None,
            "L04" | "D06" => Some(Hazard::RewritesTable(what)),
            "D07" => Some(Hazard::OverwritesRows(what)),
            rule if rule.starts_with('D') => Some(Hazard::DropsData(what)),
            rule if rule.starts_with('L') => Some(Hazard::BlocksWrites(what)),
            _ => None,
        }
    };
    findings.iter().filter(|finding| finding.severity == Severity::Error).filter_map(hazard).collect()
}

impl Render for LintReport {
    fn render(&self, style: &Style) -> String {
        let block = |finding: &Finding| {
            let head = match finding.severity {
                Severity::Error => style.bad(&format!("error[{}]", finding.rule)),
                Severity::Warning => style.attention(&format!("warning[{}]", finding.rule)),
            };
            let Finding { message, location, help, .. } = finding;
            let excerpt = location.excerpt.trim_end();
            format!("{head}: {message}\n  --> {location}\n   | {excerpt}\n   = {help}\n\n")
        };
        let text: String = self.findings.iter().map(block).collect();
        let [errors, warnings] = [Severity::Error, Severity::Warning].map(|severity| self.count(severity));
        let plural =
            |count: usize, noun: &str| format!("{count} {noun}{}", if count == 1 { "" } else { "s" });
        let files = plural(self.files, "file");
        if errors + warnings == 0 {
            return text + &style.good(&format!("nothing to complain about in {files}"));
        }
        text + &format!("{} and {} in {files}", plural(errors, "error"), plural(warnings, "warning"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report() -> LintReport {
        let location = Location::of_offset("a.sql", "drop table t;", 0);
        let (message, help) = ("table `public.t` and its rows are dropped".to_owned(), "keep it".to_owned());
        let finding = Finding { rule: "D01", severity: Severity::Error, message, location, help };
        LintReport { files: 1, findings: vec![finding] }
    }

    #[test]
    fn a_finding_shows_its_line() {
        assert_eq!(
            report().render(&Style::PLAIN),
            "error[D01]: table `public.t` and its rows are dropped\n  --> a.sql:1:1\n   | drop table t;\n   = keep it\n\n\
             1 error and 0 warnings in 1 file"
        );
        assert_eq!(report().exit_status(), ExitStatus::Differs);
    }

    #[test]
    fn a_dropped_table_is_a_hazard() {
        let what = "table `public.t` and its rows are dropped (a.sql:1:1)".to_owned();
        assert_eq!(hazards(&report().findings), [Hazard::DropsData(what)]);
    }
}
