//! What was looked at, and how it is.

use serde::Serialize;

use crate::error::{Explain, Failure, Location};

/// How something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// As it should be.
    Ok,
    /// Worth knowing; work goes on.
    Warning,
    /// Some command will fail, or a secret is open.
    Problem,
}

impl State {
    /// The word for it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Problem => "problem",
        }
    }
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Check {
    /// What was looked at.
    pub name: String,
    /// How it is.
    pub state: State,
    /// What was found.
    pub what: String,
    /// What to type or to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
}

impl Check {
    fn new(name: impl Into<String>, state: State, what: impl Into<String>) -> Self {
        Self { name: name.into(), state, what: what.into(), help: None }
    }

    /// As it should be.
    #[must_use]
    pub fn ok(name: impl Into<String>, what: impl Into<String>) -> Self {
        Self::new(name, State::Ok, what)
    }

    /// Worth knowing.
    #[must_use]
    pub fn warning(name: impl Into<String>, what: impl Into<String>) -> Self {
        Self::new(name, State::Warning, what)
    }

    /// To be mended.
    #[must_use]
    pub fn problem(name: impl Into<String>, what: impl Into<String>) -> Self {
        Self::new(name, State::Problem, what)
    }

    /// What a failure says, as a problem.
    #[must_use]
    pub fn failed(name: impl Into<String>, failure: &Failure) -> Self {
        Self::told(name, failure, failure.location(), failure.help().map(str::to_owned))
    }

    /// What one of our errors says, as a problem.
    #[must_use]
    pub fn error(name: impl Into<String>, error: &impl Explain) -> Self {
        Self::told(name, error, error.location().as_ref(), error.help())
    }

    fn told(
        name: impl Into<String>,
        what: &impl std::fmt::Display,
        location: Option<&Location>,
        help: Option<String>,
    ) -> Self {
        let place = location.map(|location| format!(" ({location})")).unwrap_or_default();
        Self { help, ..Self::problem(name, format!("{what}{place}")) }
    }

    /// The same as a warning.
    #[must_use]
    pub fn mildly(self) -> Self {
        Self { state: State::Warning, ..self }
    }

    /// The same with something to type or to do.
    #[must_use]
    pub fn with_help(self, help: impl Into<String>) -> Self {
        Self { help: Some(help.into()), ..self }
    }
}

/// Checks that belong together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Group {
    /// What they are about: this machine, the project, an environment.
    pub title: String,
    /// The checks.
    pub checks: Vec<Check>,
}
