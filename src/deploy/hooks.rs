//! Commands of the project's before and after a deploy: `[deploy] before` and `after` in `crmctl.toml`.

use std::path::PathBuf;

use serde::Serialize;
use tokio::io::{AsyncBufRead, AsyncBufReadExt, AsyncReadExt, BufReader};

use crate::cancel::Cancel;
use crate::deploy::journal::DeployId;
use crate::environment::{DeployConfig, Environment};
use crate::error::{Explain, Kind, Result};
use crate::plan::Progress;
use crate::tools::{self, Invocation, RunError};

/// Characters of a line of a command's output that are shown.
const LONGEST_LINE: usize = 8 * 1024;

/// Bytes of it that are held.
const PIECE: u64 = 64 * 1024;

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
            Self::Failed { .. } => Kind::Failed,
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
    /// Who may stop it.
    pub cancel: &'a Cancel,
}

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
            self.tell(&mut lines, progress).await;
            lines.into_inner().finish().await
        };
        let ended = tokio::select! {
            ended = running => ended,
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

    /// Tells the lines of a command's output. Of one that does not end, only the beginning.
    async fn tell(&self, lines: &mut (impl AsyncBufRead + Unpin), progress: &dyn Progress) {
        let mut piece = Vec::new();
        let mut is_rest = false;
        while (&mut *lines).take(PIECE).read_until(b'\n', &mut piece).await.unwrap_or(0) > 0 {
            if !is_rest {
                let text = self.without_password(String::from_utf8_lossy(&piece).trim_end());
                // Far from the cut of the piece, which may go through a password.
                let start: String = text.chars().take(LONGEST_LINE).collect();
                progress.notice(&if start.len() < text.len() { format!("{start}...") } else { start });
            }
            is_rest = piece.last() != Some(&b'\n');
            piece.clear();
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

    /// A text without the password of the environment, as it is and as it stands in its URL.
    #[must_use]
    pub fn without_password(&self, text: &str) -> String {
        let Some(url) = self.environment.url() else { return text.to_owned() };
        // `postgres`, the password of local servers, is a name that every message has, and no secret.
        let Some(password) = url.password().filter(|secret| secret.expose() != crate::local::PASSWORD) else {
            return text.to_owned();
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
            .fold(text.to_owned(), |text, secret| text.replace(secret, "***"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn commands(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn what_is_done_is_not_done_again() {
        let all = commands(&["one", "two", "one"]);

        assert_eq!(remaining(&all, &commands(&["one"])), ["two", "one"]);
        assert_eq!(remaining(&all, &commands(&["gone from the file"])), ["one", "two", "one"]);
        assert!(remaining(&all, &all).is_empty());
    }
}
