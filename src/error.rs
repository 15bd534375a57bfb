//! What went wrong, of which kind, and what to do next.
//!
//! Every error of crmctl's own implements [`Explain`] beside its text, so kind and help are written where
//! the error is. `?` turns it into a [`Failure`] and keeps both. Foreign errors (io, drivers) travel as
//! `anyhow` errors with `.context(..)` and are of kind [`Kind::Failed`].

mod location;

use std::fmt;

use serde::Serialize;

pub use self::location::Location;

/// The result of everything that can fail in a way the user is told about.
pub type Result<T, E = Failure> = std::result::Result<T, E>;

/// What sort of failure it is. Decides the exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// It failed and nothing was changed.
    Failed,
    /// The command line or the configuration is wrong.
    Usage,
    /// Consent is missing, or a protection forbids it.
    Refused,
    /// Somebody else holds the lock.
    Busy,
    /// It failed after something had been changed.
    Partial,
    /// The user, or the system, asked to stop.
    Interrupted,
}

/// The documented exit codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExitStatus {
    /// 0: done, or nothing to do.
    Success,
    /// 1: failed, nothing changed.
    Failed,
    /// 2: usage or configuration.
    Usage,
    /// 3: differs, findings, pending.
    Differs,
    /// 4: refused: no consent, protected, not a terminal.
    Refused,
    /// 5: busy: somebody holds the lock.
    Busy,
    /// 10: failed after something changed.
    Partial,
    /// 130: interrupted.
    Interrupted,
}

impl ExitStatus {
    /// The number the process ends with.
    #[must_use]
    pub fn code(self) -> u8 {
        match self {
            Self::Success => 0,
            Self::Failed => 1,
            Self::Usage => 2,
            Self::Differs => 3,
            Self::Refused => 4,
            Self::Busy => 5,
            Self::Partial => 10,
            Self::Interrupted => 130,
        }
    }

    /// The word used for it in JSON documents.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Failed => "failed",
            Self::Usage => "usage",
            Self::Differs => "differs",
            Self::Refused => "refused",
            Self::Busy => "busy",
            Self::Partial => "partial",
            Self::Interrupted => "interrupted",
        }
    }
}

impl From<Kind> for ExitStatus {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Failed => Self::Failed,
            Kind::Usage => Self::Usage,
            Kind::Refused => Self::Refused,
            Kind::Busy => Self::Busy,
            Kind::Partial => Self::Partial,
            Kind::Interrupted => Self::Interrupted,
        }
    }
}

/// What one of our own errors knows beside its text.
pub trait Explain: std::error::Error {
    /// Which kind of failure it is.
    fn kind(&self) -> Kind {
        Kind::Failed
    }

    /// Something to type or to do next. Nothing when there is nothing.
    fn help(&self) -> Option<String> {
        None
    }

    /// Where in a file it is.
    fn location(&self) -> Option<Location> {
        None
    }

    /// The SQLSTATE, if it is what a server said (PostgreSQL documentation, appendix A).
    fn sqlstate(&self) -> Option<&str> {
        None
    }
}

/// What had been done before a failure: shown before the error.
#[derive(Debug)]
pub struct Done {
    /// The report as a person reads it.
    pub text: String,
    /// The report as a program reads it.
    pub json: serde_json::Value,
}

/// An error on its way to the user. Rendered in one place, [`crate::run`].
#[derive(Debug)]
pub struct Failure(Box<Parts>);

#[derive(Debug)]
struct Parts {
    kind: Kind,
    help: Option<String>,
    location: Option<Location>,
    sqlstate: Option<String>,
    done: Option<Done>,
    error: anyhow::Error,
}

impl Failure {
    /// Which kind of failure it is.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.0.kind
    }

    /// What to type or to do next.
    #[must_use]
    pub fn help(&self) -> Option<&str> {
        self.0.help.as_deref()
    }

    /// Where in a file it is.
    #[must_use]
    pub fn location(&self) -> Option<&Location> {
        self.0.location.as_ref()
    }

    /// The SQLSTATE, if it is what a server said.
    #[must_use]
    pub fn sqlstate(&self) -> Option<&str> {
        self.0.sqlstate.as_deref()
    }

    /// What had been done before it.
    #[must_use]
    pub fn done(&self) -> Option<&Done> {
        self.0.done.as_ref()
    }

    /// The underlying error, for those who must tell one case from another.
    #[must_use]
    pub fn error(&self) -> &anyhow::Error {
        &self.0.error
    }

    /// The same failure with another kind.
    #[must_use]
    pub fn of_kind(mut self, kind: Kind) -> Self {
        self.0.kind = kind;
        self
    }

    /// The same failure with a help text.
    #[must_use]
    pub fn with_help(mut self, help: impl Into<String>) -> Self {
        self.0.help = Some(help.into());
        self
    }

    /// The same failure with the place it points at.
    #[must_use]
    pub fn at(mut self, location: Location) -> Self {
        self.0.location = Some(location);
        self
    }

    /// The same failure with a sentence before its text.
    #[must_use]
    pub fn context(mut self, sentence: impl fmt::Display + Send + Sync + 'static) -> Self {
        self.0.error = self.0.error.context(sentence);
        self
    }

    /// The same failure, after something had been done that stays: what, is shown before it.
    #[must_use]
    pub fn after_changes(self, report: &(impl Serialize + crate::plan::Render)) -> Self {
        let text = report.render(&crate::ui::Style::PLAIN);
        let json = serde_json::to_value(report).unwrap_or_default();
        let kind = if self.kind() == Kind::Interrupted { Kind::Interrupted } else { Kind::Partial };
        self.of_kind(kind).with_done(Done { text, json })
    }

    /// The same failure without the report of what was done: it was done where nobody needs to know.
    #[must_use]
    pub fn without_done(mut self) -> Self {
        self.0.done = None;
        self
    }

    /// The same failure with the report of what was done before it.
    #[must_use]
    pub fn with_done(mut self, done: Done) -> Self {
        self.0.done = Some(done);
        self
    }
}

/// The message: the whole chain of causes in one line.
impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:#}", self.0.error)
    }
}

impl<E: Explain + Send + Sync + 'static> From<E> for Failure {
    fn from(error: E) -> Self {
        Self(Box::new(Parts {
            kind: error.kind(),
            help: error.help(),
            location: error.location(),
            sqlstate: error.sqlstate().map(str::to_owned),
            done: None,
            error: anyhow::Error::new(error),
        }))
    }
}

impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Self {
        let kind = Kind::Failed;
        Self(Box::new(Parts { kind, help: None, location: None, sqlstate: None, done: None, error }))
    }
}

#[cfg(test)]
mod tests;
