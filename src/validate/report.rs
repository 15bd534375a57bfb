//! What a validation found, and whether to go on.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Serialize;

use crate::error::ExitStatus;
use crate::plan::Render;
use crate::ui::{Style, duration, plural};
use crate::validate::Phase;
use crate::validate::check::{Check, Rule, Verdict};
use crate::validate::config::Weight;

/// What to do next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Recommendation {
    /// Nothing speaks against it.
    SafeToProceed,
    /// Look at the warnings before.
    ProceedWithCaution,
    /// Something is wrong.
    DoNotProceed,
}

impl Recommendation {
    /// As it is shown.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::SafeToProceed => "SAFE TO PROCEED",
            Self::ProceedWithCaution => "PROCEED WITH CAUTION",
            Self::DoNotProceed => "DO NOT PROCEED",
        }
    }
}

/// How many checks came out how.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// As they should.
    pub ok: u64,
    /// With a warning.
    pub warnings: u64,
    /// With an error.
    pub errors: u64,
}

impl Counts {
    fn add(&mut self, verdict: Verdict) {
        match verdict {
            Verdict::Ok => self.ok += 1,
            Verdict::Warning => self.warnings += 1,
            Verdict::Error => self.errors += 1,
        }
    }
}

/// The answer of `validate`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ValidationReport {
    /// Before or after the migrations.
    pub phase: Phase,
    /// What to do next.
    pub recommendation: Recommendation,
    /// How many checks came out how.
    pub counts: Counts,
    /// How long all of it took.
    pub duration_ms: u64,
    /// Every check, in the order of the rules.
    pub checks: Vec<Check>,
}

impl ValidationReport {
    pub(super) fn new(
        phase: Phase,
        mut checks: Vec<Check>,
        severity: &BTreeMap<Rule, Weight>,
        took: Duration,
    ) -> Self {
        checks.retain(|check| severity.get(&check.rule) != Some(&Weight::Off));
        for check in checks.iter_mut().filter(|check| check.verdict != Verdict::Ok) {
            if let Some(Weight::As(verdict)) = severity.get(&check.rule) {
                check.verdict = *verdict;
            }
        }
        checks.sort_by_key(|check| check.rule);
        let mut counts = Counts::default();
        for check in &checks {
            counts.add(check.verdict);
        }
        let recommendation = match (counts.errors, counts.warnings) {
            (0, 0) => Recommendation::SafeToProceed,
            (0, _) => Recommendation::ProceedWithCaution,
            (_, _) => Recommendation::DoNotProceed,
        };
        let duration_ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
        Self { phase, recommendation, counts, duration_ms, checks }
    }

    /// 3 when something is wrong; with `strict`, when there is a warning as well.
    #[must_use]
    pub fn exit_status(&self, strict: bool) -> ExitStatus {
        match self.recommendation {
            Recommendation::DoNotProceed => ExitStatus::Differs,
            Recommendation::ProceedWithCaution if strict => ExitStatus::Differs,
            Recommendation::ProceedWithCaution | Recommendation::SafeToProceed => ExitStatus::Success,
        }
    }

    /// The checks that did not come out well.
    pub fn findings(&self) -> impl Iterator<Item = &Check> {
        self.checks.iter().filter(|check| check.verdict != Verdict::Ok)
    }
}

impl Render for ValidationReport {
    fn render(&self, style: &Style) -> String {
        let mut groups: Vec<(&str, Counts)> = Vec::new();
        for check in &self.checks {
            let group = check.rule.group();
            if groups.last().is_none_or(|(last, _)| *last != group) {
                groups.push((group, Counts::default()));
            }
            if let Some((_, counts)) = groups.last_mut() {
                counts.add(check.verdict);
            }
        }
        let width = groups.iter().map(|(group, _)| group.len()).max().unwrap_or(0);
        let mut lines: Vec<String> =
            groups.iter().map(|(group, counts)| format!("{group:width$}  {}", in_words(*counts))).collect();
        lines.push(String::new());
        for check in self.findings() {
            lines.push(block(check, *style));
        }
        let words = match self.recommendation {
            Recommendation::SafeToProceed => style.good(self.recommendation.words()),
            Recommendation::ProceedWithCaution => style.attention(self.recommendation.words()),
            Recommendation::DoNotProceed => style.bad(self.recommendation.words()),
        };
        let took = duration(Duration::from_millis(self.duration_ms));
        lines.push(format!("{words}: {} in {took}", in_words(self.counts)));
        lines.join("\n")
    }
}

fn in_words(counts: Counts) -> String {
    let mut parts = vec![format!("{} ok", counts.ok)];
    parts.extend((counts.warnings > 0).then(|| plural(counts.warnings, "warning")));
    parts.extend((counts.errors > 0).then(|| plural(counts.errors, "error")));
    parts.join(", ")
}

fn block(check: &Check, style: Style) -> String {
    let id = check.rule.id();
    let head = match check.verdict {
        Verdict::Error => style.bad(&format!("error[{id}]")),
        Verdict::Warning => style.attention(&format!("warning[{id}]")),
        Verdict::Ok => style.good(id),
    };
    let mut text = format!("{head}: {}\n", check.message);
    if let Some(location) = &check.location {
        text += &format!("  --> {location}\n");
    }
    if !check.examples.is_empty() {
        text += &format!("   | {}\n", check.examples.join("\n   | "));
    }
    if let Some(help) = &check.help {
        text += &format!("   = {help}\n");
    }
    text
}
