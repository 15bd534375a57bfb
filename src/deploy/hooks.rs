//! Commands of the project's before and after a deploy: `[deploy] before` and `after` in `crmctl.toml`.

use std::path::PathBuf;
use std::time::Duration;

use serde::Serialize;
use tokio::io::{AsyncBufRead, AsyncBufReadExt, BufReader};

use crate::cancel::Cancel;
use crate::deploy::journal::DeployId;
use crate::environment::{DeployConfig, Environment};
use crate::error::{Explain, Kind, Result};
use crate::plan::Progress;
use crate::tools::{self, Invocation, RunError};

/// When a command runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// After consent and before the backup.
    Before,
    /// After COMMIT.
    After,
}

impl Phase {
    /// The word for it, also in `CRMCTL_PHASE`.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Before => "before",
            Self::After => "after",
        }
    }
}

/// The commands that are still to run.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Hooks {
    /// Those before the files.
    pub before: Vec<String>,
    /// Those after them.
    pub after: Vec<String>,
}

impl Hooks {
    /// All that the project asks for.
    #[must_use]
    pub fn of(config: &DeployConfig) -> Self {
        Self { before: config.before.clone(), after: config.after.clone() }
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.before.is_empty() && self.after.is_empty()
    }
}

/// The commands of `all` without those that are done; one that stands there twice runs twice.
#[must_use]
pub fn remaining(all: &[String], done: &[String]) -> Vec<String> {
    let mut done: Vec<&String> = done.iter().collect();
    let is_left = |command: &&String| match done.iter().position(|one| one == command) {
        Some(place) => {
            done.swap_remove(place);
            false
        }
        None => true,
    };
    all.iter().filter(is_left).cloned().collect()
}

/// Why a command did not come to its end.
#[derive(Debug, thiserror::Error)]
pub enum HookError {
    /// It ended with an error.
    #[error("the command `{command}` {} the deploy failed ({status})", .phase.word())]
    Failed {
        /// The command.
        command: String,
        /// When it ran.
        phase: Phase,
        /// How it ended.
        status: String,
    },
    /// It took longer than it may.
    #[error("the command `{command}` {} the deploy took longer than {}, and was ended with everything it had started", .phase.word(), crate::ui::duration(*.limit))]
    TookTooLong {
        /// The command.
        command: String,
        /// When it ran.
        phase: Phase,
        /// How long it may take.
        limit: Duration,
    },
    /// Somebody asked to stop.
    #[error("interrupted in the command `{command}` {} the deploy; it was ended with everything it had started", .phase.word())]
    Interrupted {
        /// The command.
        command: String,
        /// When it ran.
        phase: Phase,
    },
}

impl Explain for HookError {
    fn kind(&self) -> Kind {
        match self {
            Self::Failed { .. } | Self::TookTooLong { .. } => Kind::Failed,
            Self::Interrupted { .. } => Kind::Interrupted,
        }
    }
}

/// Where commands run, and what none of their lines may show.
#[derive(Debug)]
pub struct Shell<'a> {
    /// The folder of the project.
    pub root: PathBuf,
    /// The environment that is deployed to.
    pub environment: &'a Environment,
    /// The `PG*` variables of the user, which no other program of crmctl's is given.
    pub variables: Vec<(String, String)>,
    /// What is secret beside the password: values of variables that a command inherits and may show.
    pub secrets: Vec<String>,
    /// After how long a command is ended; as long as it takes otherwise.
    pub time_limit: Option<Duration>,
    /// Who may stop it.
    pub cancel: &'a Cancel,
}

/// A line that is longer is shown up to here.
const LONGEST_LINE: usize = 4096;

impl Shell<'_> {
    /// Runs one command and tells its lines as they come. Stopping takes everything down that it started.
    pub async fn run(
        &self,
        command: &str,
        (id, phase): (&DeployId, Phase),
        progress: &dyn Progress,
    ) -> Result<()> {
        let invocation = self.invocation(command, id, phase);
        let running = async {
            let mut lines = BufReader::new(tools::stream(&invocation)?);
            let mut masks = Vec::new();
            while let Some(line) = next_line(&mut lines).await {
                // No line reaches a workflow as a command, so what one asks it to hide is hidden here.
                if let Some(secret) = line.trim().strip_prefix("::add-mask::") {
                    masks.extend((!secret.is_empty()).then(|| secret.to_owned()));
                    continue;
                }
                let shown = self.without_password(line.trim_end());
                let shown = masks.iter().fold(shown, |line, secret| line.replace(secret, "***"));
                progress.notice(&shortened(&shown));
            }
            lines.into_inner().finish().await
        };
        let ended = tokio::select! {
            ended = running => ended,
            limit = elapsed(self.time_limit) => {
                let command = self.without_password(command);
                return Err(HookError::TookTooLong { command, phase, limit }.into());
            }
            () = self.cancel.raised() => {
                let command = self.without_password(command);
                return Err(HookError::Interrupted { command, phase }.into());
            }
        };
        match ended {
            Ok(_) => Ok(()),
            Err(RunError::Failed { status, .. }) => {
                let command = self.without_password(command);
                Err(HookError::Failed { command, phase, status: status.to_string() }.into())
            }
            Err(error) => Err(error.into()),
        }
    }

    /// One stream for output and errors, so that their lines come in order.
    fn invocation(&self, command: &str, id: &DeployId, phase: Phase) -> Invocation {
        Invocation::new("/bin/sh")
            .args(["-c", "exec 2>&1; eval \"$1\"", "sh", command])
            .directory(&self.root)
            .secrets(self.variables.clone())
            .setting("CRMCTL_ENVIRONMENT", self.environment.name.as_str())
            .setting("CRMCTL_DEPLOY_ID", id.as_str())
            .setting("CRMCTL_PHASE", phase.word())
    }

    /// A text without the password of the environment, as it is and as it stands in its URL, and without other secrets.
    #[must_use]
    pub fn without_password(&self, text: &str) -> String {
        let text = self.secrets.iter().fold(text.to_owned(), |text, secret| text.replace(secret, "***"));
        let Some(url) = self.environment.url() else { return text };
        // `postgres`, the password of local servers, is a name that every message has, and no secret.
        let Some(password) = url.password().filter(|secret| secret.expose() != crate::local::PASSWORD) else {
            return text;
        };
        let exposed = url.expose();
        let in_url = exposed
            .split_once("://")
            .and_then(|(_, rest)| rest.split_once('@'))
            .and_then(|(login, _)| login.split_once(':'))
            .map(|(_, password)| password);
        let secrets = [Some(password.expose()), in_url];
        secrets
            .into_iter()
            .flatten()
            .filter(|secret| !secret.is_empty())
            .fold(text, |text, secret| text.replace(secret, "***"))
    }
}

/// The next line, or as much of one without an end as may be shown, and enough behind it that a secret is found whole.
async fn next_line(lines: &mut (impl AsyncBufRead + Unpin)) -> Option<String> {
    let mut line = Vec::new();
    loop {
        let read = lines.fill_buf().await.ok().filter(|read| !read.is_empty() || !line.is_empty())?;
        let end = read.iter().position(|byte| *byte == b'\n');
        let room = (2 * LONGEST_LINE).saturating_sub(line.len());
        line.extend(read.iter().take(end.unwrap_or(read.len()).min(room)));
        let (used, is_over) = (end.map_or(read.len(), |end| end + 1), end.is_some() || read.is_empty());
        lines.consume(used);
        if is_over {
            return Some(String::from_utf8_lossy(&line).into_owned());
        }
    }
}

fn shortened(line: &str) -> String {
    match line.char_indices().nth(LONGEST_LINE) {
        Some((end, _)) => format!("{} ...", &line[..end]),
        None => line.to_owned(),
    }
}

/// Waits for the end of a time, or for ever where there is none.
async fn elapsed(limit: Option<Duration>) -> Duration {
    match limit {
        Some(limit) => tokio::time::sleep(limit).await,
        None => std::future::pending().await,
    }
    limit.unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn commands(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[tokio::test]
    async fn a_line_without_end_is_cut_and_the_next_one_is_whole() {
        let text = format!("one\n{}\r{}\nlast", "x".repeat(3 * LONGEST_LINE), "y".repeat(100));
        // A buffer that ends in the middle of everything.
        let mut lines = BufReader::with_capacity(7, text.as_bytes());
        let mut told = Vec::new();
        while let Some(line) = next_line(&mut lines).await {
            told.push(shortened(&line));
        }

        assert_eq!(told, ["one".to_owned(), format!("{} ...", "x".repeat(LONGEST_LINE)), "last".to_owned()]);
    }

    #[test]
    fn what_is_done_is_not_done_again() {
        let all = commands(&["one", "two", "one"]);

        assert_eq!(remaining(&all, &commands(&["one"])), ["two", "one"]);
        assert_eq!(remaining(&all, &commands(&["gone from the file"])), ["one", "two", "one"]);
        assert!(remaining(&all, &all).is_empty());
    }
}
