//! What GitHub Actions reads: annotations on stdout, a summary of the step in a file.

use std::borrow::Cow;
use std::path::PathBuf;

use crate::environment::{Variables, vars};
use crate::error::Location;
use crate::ui::visible::visible;

/// How grave an annotation is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// Red.
    Error,
    /// Yellow.
    Warning,
    /// Grey.
    Notice,
}

/// A remark on a line of a file, shown in the pull request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Annotation {
    /// How grave it is.
    pub level: Level,
    /// The rule, or what sort of thing it is.
    pub title: String,
    /// What is the matter.
    pub message: String,
    /// Where; nowhere if it is about everything.
    pub location: Option<Location>,
}

impl Annotation {
    /// The workflow command.
    #[must_use]
    pub fn command(&self) -> String {
        let level = match self.level {
            Level::Error => "error",
            Level::Warning => "warning",
            Level::Notice => "notice",
        };
        let mut properties = Vec::new();
        if let Some(Location { file, line, column, .. }) = &self.location {
            properties.extend([format!("file={}", property(file)), format!("line={line},col={column}")]);
        }
        if !self.title.is_empty() {
            properties.push(format!("title={}", property(&self.title)));
        }
        let space = if properties.is_empty() { "" } else { " " };
        format!("::{level}{space}{}::{}", properties.join(","), data(&self.message))
    }
}

fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

/// GitHub Actions, if that is where this runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct GitHub {
    /// The file for the summary of the step.
    pub(crate) summary: Option<PathBuf>,
}

impl GitHub {
    pub(crate) fn of(variables: &Variables) -> Option<Self> {
        let summary = variables.get(vars::GITHUB_STEP_SUMMARY).map(PathBuf::from);
        variables.says_yes(vars::GITHUB_ACTIONS).then_some(Self { summary })
    }
}

/// What of a text may reach a terminal or the log of a workflow.
pub(crate) fn shown<'a>(github: Option<&GitHub>, text: &'a str) -> Cow<'a, str> {
    let text = visible(text);
    if github.is_some() { harmless(&text).into() } else { text }
}

/// Text in which nothing is a command to the workflow. Names, notices and errors come from databases and files that
/// anybody may have written; the runner obeys every line of a log that begins with `::`, and `##[` wherever it stands.
fn harmless(text: &str) -> String {
    let line = |line: &str| {
        let mark = if line.trim_start().starts_with("::") { "\u{fffd}" } else { "" };
        format!("{mark}{}", line.replace("##[", "##\u{fffd}["))
    };
    text.split('\n').map(line).collect::<Vec<_>>().join("\n")
}

/// The same for JSON, which stays the same value.
pub(crate) fn harmless_json(text: &str) -> String {
    text.replace("##[", "\\u0023#[")
}

/// Text in a block that no line of it can end.
pub(crate) fn code_block(text: &str) -> String {
    let plain = console::strip_ansi_codes(text);
    let mut fence = "```".to_owned();
    while plain.contains(&fence) {
        fence.push('`');
    }
    format!("{fence}text\n{plain}\n{fence}\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_annotation_is_escaped_so_that_text_cannot_become_a_command() {
        let annotation = Annotation {
            level: Level::Error,
            title: "L01: locks, all".to_owned(),
            message: "100%\n::set-env name=x::y".to_owned(),
            location: Some(Location::of_offset("migrations/0001,a.sql", "x", 0)),
        };

        let expected = "::error file=migrations/0001%2Ca.sql,line=1,col=1,title=L01%3A locks%2C all\
                        ::100%25%0A::set-env name=x::y";
        assert_eq!(annotation.command(), expected);
    }

    #[test]
    fn no_line_of_a_log_is_a_command_of_the_workflow() {
        let text = "notice: ::error::no\n  ::set-env name=x::y\n::add-mask::e\na ##[warning]b";

        let expected = "notice: ::error::no\n\u{fffd}  ::set-env name=x::y\n\u{fffd}::add-mask::e\na ##\u{fffd}[warning]b";
        assert_eq!(harmless(text), expected);
        let json = harmless_json(r###"{"a": "##[error]"}"###);
        assert!(!json.contains("##["));
        assert_eq!(serde_json::from_str::<serde_json::Value>(&json).unwrap()["a"], "##[error]");
    }

    #[test]
    fn an_annotation_about_everything_has_no_properties() {
        let message = "broken".to_owned();
        let annotation = Annotation { level: Level::Warning, title: String::new(), message, location: None };

        assert_eq!(annotation.command(), "::warning::broken");
    }
}
