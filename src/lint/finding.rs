//! What lint has to say about one place of a file.

use serde::Serialize;

use crate::error::Location;
use crate::plan::Hazard;
use crate::ui::{Annotation, Level};

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// A matter of style or of what clients expect. Never shown to who applies files.
    Note,
    /// Worth a second look.
    Warning,
    /// Rows are lost, users are locked out, or everybody can read a table.
    Error,
}

impl Severity {
    /// As it is called in front of the rule.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }

    pub(crate) fn level(self) -> Level {
        match self {
            Self::Note => Level::Notice,
            Self::Warning => Level::Warning,
            Self::Error => Level::Error,
        }
    }
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

impl Finding {
    /// As GitHub Actions shows it on its line.
    #[must_use]
    pub fn annotation(&self) -> Annotation {
        Annotation {
            level: self.severity.level(),
            title: self.rule.to_owned(),
            message: format!("{}\n{}", self.message, self.help),
            location: Some(self.location.clone()),
        }
    }
}

/// What the findings mean for a plan. Only errors are hazards that have to be consented to.
#[must_use]
pub fn hazards(findings: &[Finding]) -> Vec<Hazard> {
    let hazard = |finding: &Finding| {
        let what = format!("{} ({})", finding.message, finding.location);
        match finding.rule {
            // Names and rights can be given back; a value that is used too early stops the file by itself.
            "D05" | "D08" | "L11" => None,
            "L04" | "L08" | "D06" => Some(Hazard::RewritesTable(what)),
            "D07" => Some(Hazard::OverwritesRows(what)),
            rule if rule.starts_with('D') => Some(Hazard::DropsData(what)),
            rule if rule.starts_with('L') => Some(Hazard::BlocksWrites(what)),
            _ => None,
        }
    };
    findings.iter().filter(|finding| finding.severity == Severity::Error).filter_map(hazard).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dropped_table_is_a_hazard() {
        let location = Location::of_offset("a.sql", "drop table t;", 0);
        let (message, help) = ("table `public.t` and its rows are dropped".to_owned(), "keep it".to_owned());
        let finding = Finding { rule: "D01", severity: Severity::Error, message, location, help };

        let what = "table `public.t` and its rows are dropped (a.sql:1:1)".to_owned();
        assert_eq!(hazards(&[finding]), [Hazard::DropsData(what)]);
    }
}
