//! Answers to stdout, everything else to stderr.
#![expect(clippy::disallowed_methods, reason = "this is where crmctl prints")]

use std::io::{self, IsTerminal as _, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Context as _;
use indicatif::{MultiProgress, ProgressDrawTarget};
use serde::Serialize;
use serde_json::json;

use crate::environment::Variables;
use crate::error::{ExitStatus, Failure, Result};
use crate::plan::Render;
use crate::ui::failure::{failure_document, failure_text};
use crate::ui::github::{self, Annotation, GitHub, Level};
use crate::ui::visible::visible;
use crate::ui::{Bars, ColourChoice, Style};

/// The version of the documents that `--json` prints.
pub const SCHEMA_VERSION: u32 = 1;

/// What stdout holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Output {
    /// Text for people.
    #[default]
    Text,
    /// One JSON document.
    Json,
}

/// How much is said on stderr.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Volume {
    /// Warnings and errors.
    Quiet,
    /// Plans, progress and notices as well.
    #[default]
    Normal,
    /// Details as well.
    Verbose,
}

/// How to print: from the flags of the command line.
#[derive(Debug, Clone, Copy, Default)]
pub struct PrinterOptions {
    /// What stdout holds.
    pub output: Output,
    /// How much is said on stderr.
    pub volume: Volume,
    /// Whether text is coloured.
    pub colour: ColourChoice,
}

/// Prints. Cheap to clone; all clones share the same streams and bars.
#[derive(Clone)]
pub struct Printer(Arc<Inner>);

struct Inner {
    options: PrinterOptions,
    stdout: Mutex<Box<dyn Write + Send>>,
    stderr: Mutex<Box<dyn Write + Send>>,
    stdout_style: Style,
    stderr_style: Style,
    github: Option<GitHub>,
    bars: MultiProgress,
    shows_bars: bool,
    /// Whether the one document of this run was printed.
    has_answered: AtomicBool,
    /// Which environment the run is about, as far as it has come.
    environment: Mutex<Option<String>>,
}

impl Printer {
    /// A printer for this process.
    #[must_use]
    pub fn new(options: PrinterOptions, variables: &Variables) -> Self {
        let is_terminal = io::stderr().is_terminal();
        let shows_bars = is_terminal
            && options.output == Output::Text
            && options.volume != Volume::Quiet
            && variables.get(crate::environment::vars::TERM) != Some("dumb");
        let target = if shows_bars { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        Self(Arc::new(Inner {
            options,
            stdout: Mutex::new(Box::new(io::stdout())),
            stderr: Mutex::new(Box::new(io::stderr())),
            stdout_style: options.colour.style(io::stdout().is_terminal(), variables),
            stderr_style: options.colour.style(is_terminal, variables),
            github: GitHub::of(variables),
            bars: MultiProgress::with_draw_target(target),
            shows_bars,
            has_answered: AtomicBool::new(false),
            environment: Mutex::new(None),
        }))
    }

    /// A printer into two buffers, without colours: for tests.
    #[cfg(test)]
    pub(crate) fn to_buffers(
        options: PrinterOptions,
        variables: &Variables,
        stdout: Box<dyn Write + Send>,
        stderr: Box<dyn Write + Send>,
    ) -> Self {
        Self(Arc::new(Inner {
            options,
            stdout: Mutex::new(stdout),
            stderr: Mutex::new(stderr),
            stdout_style: Style::PLAIN,
            stderr_style: Style::PLAIN,
            github: GitHub::of(variables),
            bars: MultiProgress::with_draw_target(ProgressDrawTarget::hidden()),
            shows_bars: false,
            has_answered: AtomicBool::new(false),
            environment: Mutex::new(None),
        }))
    }

    /// Whether stdout holds one JSON document.
    #[must_use]
    pub fn is_json(&self) -> bool {
        self.0.options.output == Output::Json
    }

    /// Whether details are asked for.
    #[must_use]
    pub fn is_verbose(&self) -> bool {
        self.0.options.volume == Volume::Verbose
    }

    /// The style of what goes to stderr: for questions.
    #[must_use]
    pub fn style(&self) -> Style {
        self.0.stderr_style
    }

    /// The answer of a command. Said once in a run.
    pub fn report<R: Serialize + Render>(
        &self,
        command: &str,
        environment: Option<&str>,
        outcome: ExitStatus,
        report: &R,
    ) -> Result<()> {
        if self.is_json() {
            self.document(&json!({
                "schema_version": SCHEMA_VERSION,
                "command": command,
                "environment": environment,
                "outcome": outcome.word(),
                "report": serde_json::to_value(report).context("a report is not JSON")?,
            }))?;
        } else {
            self.answer(&report.render(&self.0.stdout_style))?;
        }
        let place = environment.map(|name| format!(" ({name})")).unwrap_or_default();
        let title = format!("crmctl {command}{place}: {}", outcome.word());
        let markdown = report.markdown().unwrap_or_else(|| github::code_block(&report.render(&Style::PLAIN)));
        self.summary(&title, &markdown)
    }

    /// Text as the whole answer, whatever `--json` says: completions, Prometheus metrics.
    pub fn answer(&self, text: &str) -> Result<()> {
        if text.is_empty() { Ok(()) } else { self.to_stdout(text) }
    }

    /// What a command is about to do, before it is approved.
    pub fn plan(&self, plan: &(impl Render + ?Sized)) -> Result<()> {
        if !self.is_json() && self.0.options.volume != Volume::Quiet {
            self.to_stderr(&plan.render(&self.0.stderr_style));
        }
        Ok(())
    }

    /// Something a person should know.
    pub fn notice(&self, text: &str) {
        if self.0.options.volume != Volume::Quiet {
            self.to_stderr(text);
        }
    }

    /// Something only the curious want to know: with `--verbose`.
    pub fn detail(&self, text: &str) {
        if self.0.options.volume == Volume::Verbose {
            self.to_stderr(&self.0.stderr_style.faint(text));
        }
    }

    /// Something a person should look at.
    pub fn warning(&self, text: &str) {
        self.to_stderr(&format!("{} {text}", self.0.stderr_style.attention("warning:")));
    }

    /// Which environment the run is about: a failure says it.
    pub fn about(&self, environment: &str) {
        *self.0.environment.lock().unwrap_or_else(PoisonError::into_inner) = Some(environment.to_owned());
    }

    /// Why the run failed, and what had been done before. The last thing a run says.
    pub fn failure(&self, command: &str, failure: &Failure) -> Result<()> {
        let outcome = ExitStatus::from(failure.kind());
        let environment = self.0.environment.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let environment = environment.as_deref();
        if self.is_json() && !self.0.has_answered.load(Ordering::Relaxed) {
            self.document(&failure_document(command, environment, failure))?;
        } else if self.is_json() {
            // A second document would make the first unreadable.
            self.to_stderr(&failure_text(failure, self.0.stderr_style));
        } else {
            if let Some(done) = failure.done() {
                self.answer(&done.text)?;
            }
            self.to_stderr(&failure_text(failure, self.0.stderr_style));
        }
        self.annotate(&[Annotation {
            level: Level::Error,
            title: format!("crmctl {command}"),
            message: failure.to_string(),
            location: failure.location().cloned(),
        }])?;
        let mut text = failure_text(failure, Style::PLAIN);
        if let Some(done) = failure.done().filter(|done| !done.text.is_empty()) {
            text = format!("{}\n\n{text}", done.text);
        }
        self.summary(&format!("crmctl {command}: {}", outcome.word()), &github::code_block(&text))
    }

    /// Remarks on lines of files: in GitHub Actions, and not where stdout is a JSON document.
    pub fn annotate(&self, annotations: &[Annotation]) -> Result<()> {
        if self.0.github.is_none() || self.is_json() {
            return Ok(());
        }
        annotations.iter().try_for_each(|annotation| self.write_out(&visible(&annotation.command())))
    }

    /// Adds Markdown to the summary of the step, in GitHub Actions.
    pub fn summary(&self, title: &str, markdown: &str) -> Result<()> {
        let Some(path) = self.0.github.as_ref().and_then(|github| github.summary.as_ref()) else {
            return Ok(());
        };
        let file = std::fs::OpenOptions::new().create(true).append(true).open(path);
        let written = file.and_then(|mut file| writeln!(file, "### {title}\n\n{markdown}"));
        if let Err(error) = written {
            // The summary is a courtesy: the work it tells of is done, or has failed, without it.
            self.warning(&format!("cannot write the summary of the step: {error}"));
        }
        Ok(())
    }

    /// Bars for work that takes a while.
    #[must_use]
    pub fn progress(&self) -> Bars {
        Bars::new(self.clone())
    }

    pub(crate) fn shows_bars(&self) -> bool {
        self.0.shows_bars
    }

    pub(crate) fn bars(&self) -> &MultiProgress {
        &self.0.bars
    }

    fn document(&self, document: &serde_json::Value) -> Result<()> {
        self.0.has_answered.store(true, Ordering::Relaxed);
        // Programs get every character: JSON has its own way with those that command a terminal.
        let text = serde_json::to_string_pretty(document).context("a report is not JSON")?;
        self.write_out(&github::harmless_json(&text))
    }

    fn to_stdout(&self, text: &str) -> Result<()> {
        self.write_out(&github::shown(self.0.github.as_ref(), text))
    }

    /// A reader that went away (`| head`) is content; a full disk is an error, for the answer is lost.
    fn write_out(&self, text: &str) -> Result<()> {
        let mut stdout = self.0.stdout.lock().unwrap_or_else(PoisonError::into_inner);
        let written = self.0.bars.suspend(|| writeln!(stdout, "{text}").and_then(|()| stdout.flush()));
        match written {
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
                Err(Failure::from(anyhow::Error::new(error).context("cannot write to stdout")))
            }
            _ => Ok(()),
        }
    }

    fn to_stderr(&self, text: &str) {
        let mut stderr = self.0.stderr.lock().unwrap_or_else(PoisonError::into_inner);
        // Where stderr is gone there is nobody left to be told.
        let text = github::shown(self.0.github.as_ref(), text);
        let _ = self.0.bars.suspend(|| writeln!(stderr, "{text}").and_then(|()| stderr.flush()));
    }
}

#[cfg(test)]
mod tests;
