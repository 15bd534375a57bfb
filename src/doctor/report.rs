//! What the doctor found, for people and for programs.

use serde::Serialize;

use crate::doctor::{Check, Group, State};
use crate::error::ExitStatus;
use crate::plan::Render;
use crate::ui::{Style, plural};

/// Everything that was found.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct DoctorReport {
    /// What `--fix` has mended in this run.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub fixed: Vec<String>,
    /// The findings.
    pub groups: Vec<Group>,
}

impl DoctorReport {
    /// How many checks came out so.
    #[must_use]
    pub fn count(&self, state: State) -> u64 {
        let checks = self.groups.iter().flat_map(|group| &group.checks);
        checks.filter(|check| check.state == state).fold(0, |count, _| count + 1)
    }

    /// 3 when something is to be mended; warnings are no reason for it.
    #[must_use]
    pub fn exit_status(&self) -> ExitStatus {
        if self.count(State::Problem) == 0 { ExitStatus::Success } else { ExitStatus::Differs }
    }

    fn summary(&self) -> String {
        let (warnings, problems) = (self.count(State::Warning), self.count(State::Problem));
        let ok = self.count(State::Ok);
        format!("{ok} ok, {}, {}", plural(warnings, "warning"), plural(problems, "problem"))
    }
}

impl Render for DoctorReport {
    fn render(&self, style: &Style) -> String {
        let names =
            self.groups.iter().flat_map(|group| &group.checks).map(|check| check.name.chars().count());
        let width = names.max().unwrap_or(0);
        let mut lines: Vec<String> = self.fixed.iter().map(|fixed| format!("fixed: {fixed}")).collect();
        for group in &self.groups {
            lines.push(style.strong(&group.title));
            lines.extend(group.checks.iter().map(|check| line(check, width, *style)));
        }
        lines.push(self.summary());
        lines.join("\n")
    }
}

/// The words say it; colours only help the eye.
fn line(check: &Check, width: usize, style: Style) -> String {
    let word = format!("{:7}", check.state.word());
    let word = match check.state {
        State::Ok => style.good(&word),
        State::Warning => style.attention(&word),
        State::Problem => style.bad(&word),
    };
    // Whatever a server said stays within its column.
    let indent = " ".repeat(2 + 7 + 2 + width + 2);
    let what = check.what.lines().collect::<Vec<_>>().join(&format!("\n{indent}"));
    let mut text = format!("  {word}  {:width$}  {what}", check.name);
    if let Some(help) = &check.help {
        text += &format!("\n{indent}help: {help}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report() -> DoctorReport {
        let checks = vec![
            Check::ok("pg_dump", "15.18"),
            Check::warning("url", "`DATABASE_URL` is not set").with_help("set `DATABASE_URL`"),
        ];
        DoctorReport { fixed: Vec::new(), groups: vec![Group { title: "this machine".into(), checks }] }
    }

    #[test]
    fn the_words_say_how_things_are() {
        let expected = "\
this machine
  ok       pg_dump  15.18
  warning  url      `DATABASE_URL` is not set
                    help: set `DATABASE_URL`
1 ok, 1 warning, 0 problems";
        assert_eq!(report().render(&Style::PLAIN), expected);
    }

    #[test]
    fn only_problems_change_the_exit_code() {
        let mut report = report();
        assert_eq!(report.exit_status(), ExitStatus::Success);

        report.groups[0].checks.push(Check::problem("server", "none"));
        assert_eq!(report.exit_status(), ExitStatus::Differs);
    }
}
