//! Carrying an [`Invocation`] out, to its end or as a stream, and taking its whole process group down when nobody
//! waits for it any more.

#![expect(
    clippy::disallowed_methods,
    reason = "this module spawns, and passes the environment on without PG*"
)]

use std::pin::Pin;
use std::process::{ExitStatus, Stdio};
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt, ReadBuf};
use tokio::process::{Child, ChildStdout};
use tokio::task::JoinHandle;

use super::invocation::Invocation;
use crate::error::Explain;

/// More of a child's errors than this nobody reads; the end is what tells.
const STDERR_LIMIT: usize = 64 * 1024;
/// More output than this is not kept in memory: such a child is to be streamed.
const STDOUT_LIMIT: usize = 256 * 1024 * 1024;
/// How many lines of a child's errors become part of ours.
const TAIL_LINES: usize = 12;

/// What a child that succeeded has written.
#[derive(Debug)]
pub struct Output {
    /// Its standard output.
    pub stdout: Vec<u8>,
    /// The end of its standard error, without secrets.
    pub stderr: String,
}

/// Why a child did not do its work.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// It could not be started.
    #[error("`{program}` could not be started")]
    Start {
        /// The program.
        program: String,
        /// Why.
        source: std::io::Error,
    },
    /// Its pipes broke.
    #[error("lost the connection to `{program}`")]
    Pipe {
        /// The program.
        program: String,
        /// Why.
        source: std::io::Error,
    },
    /// It wrote more than can be kept.
    #[error("`{program}` wrote more than {STDOUT_LIMIT} bytes")]
    TooMuch {
        /// The program.
        program: String,
    },
    /// It ended with an error of its own.
    #[error("`{program}` failed ({status}){}", stderr_suffix(.stderr))]
    Failed {
        /// The program.
        program: String,
        /// How it ended.
        status: ExitStatus,
        /// The last lines of what it said, without secrets.
        stderr: String,
    },
}

impl Explain for RunError {}

fn stderr_suffix(stderr: &str) -> String {
    if stderr.is_empty() { String::new() } else { format!(": {stderr}") }
}

/// Runs to the end and keeps what was written. An exit code other than 0 is an error.
///
/// Dropping the future kills the child and all of its children.
pub async fn run(invocation: &Invocation) -> Result<Output, RunError> {
    let mut streaming = stream(invocation)?;
    let mut stdout = Vec::new();
    let limit = u64::try_from(STDOUT_LIMIT).unwrap_or(u64::MAX);
    (&mut streaming)
        .take(limit + 1)
        .read_to_end(&mut stdout)
        .await
        .map_err(|source| RunError::Pipe { program: invocation.program_name(), source })?;
    if stdout.len() > STDOUT_LIMIT {
        return Err(RunError::TooMuch { program: invocation.program_name() });
    }
    let stderr = streaming.finish().await?;
    Ok(Output { stdout, stderr })
}

/// Starts a child whose standard output is read while it runs. [`Streaming::finish`] says whether it succeeded.
pub fn stream(invocation: &Invocation) -> Result<Streaming, RunError> {
    let start = |source| RunError::Start { program: invocation.program_name(), source };
    let mut command = tokio::process::Command::from(command(invocation));
    command.stdin(if invocation.input.is_some() { Stdio::piped() } else { Stdio::null() });
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    let mut child = command.spawn().map_err(start)?;
    let group = Group::of(&child);

    if let (Some(mut stdin), Some(input)) = (child.stdin.take(), invocation.input.clone()) {
        // A child that stops reading says why by its exit code; the broken pipe would only hide that.
        tokio::spawn(async move { stdin.write_all(&input).await });
    }
    let stdout = child.stdout.take();
    let stderr = child.stderr.take().map(|stderr| tokio::spawn(tail(stderr)));
    Ok(Streaming { invocation: invocation.clone(), child, group, stdout, stderr })
}

/// A running child whose standard output is read through [`AsyncRead`]. Dropping it kills the child.
#[derive(Debug)]
pub struct Streaming {
    invocation: Invocation,
    child: Child,
    group: Group,
    stdout: Option<ChildStdout>,
    stderr: Option<JoinHandle<Vec<u8>>>,
}

impl Streaming {
    /// Waits for the end. Gives what the child wrote to its standard error.
    pub async fn finish(mut self) -> Result<String, RunError> {
        drop(self.stdout.take());
        let status = self
            .child
            .wait()
            .await
            .map_err(|source| RunError::Pipe { program: self.invocation.program_name(), source })?;
        self.group.forget();
        let stderr = match self.stderr.take() {
            Some(reader) => reader.await.unwrap_or_default(),
            None => Vec::new(),
        };
        let stderr = self.invocation.redact(&String::from_utf8_lossy(&stderr));
        if status.success() {
            return Ok(stderr);
        }
        let program = self.invocation.program_name();
        Err(RunError::Failed { program, status, stderr: last_lines(&stderr) })
    }
}

impl AsyncRead for Streaming {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        match &mut self.stdout {
            Some(stdout) => Pin::new(stdout).poll_read(context, buffer),
            None => Poll::Ready(Ok(())),
        }
    }
}

/// The command of an invocation, with the environment of ours but for `PG*`: those would change what is asked.
pub(super) fn command(invocation: &Invocation) -> std::process::Command {
    let mut command = std::process::Command::new(&invocation.program);
    command.args(&invocation.arguments);
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("PG") {
            command.env_remove(name);
        }
    }
    let variables = invocation.settings.iter().chain(&invocation.environment);
    command.envs(variables.map(|(name, value)| (name, value)));
    if let Some(directory) = &invocation.directory {
        command.current_dir(directory);
    }
    #[cfg(unix)]
    {
        use std::os::unix::process::CommandExt;
        // A group of its own: Ctrl-C reaches us only, and we take the whole group down.
        command.process_group(0);
        if let Some(account) = &invocation.as_user {
            command.uid(account.uid).gid(account.gid);
        }
    }
    command
}

/// The process group of a child, killed on drop.
#[derive(Debug)]
struct Group(Option<u32>);

impl Group {
    fn of(child: &Child) -> Self {
        Self(child.id())
    }

    /// The child has ended: its number may soon be somebody else's.
    fn forget(&mut self) {
        self.0 = None;
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        #[cfg(unix)]
        if let Some(id) = self.0.and_then(|id| i32::try_from(id).ok()) {
            use nix::sys::signal::{Signal, killpg};
            // It may have ended by itself meanwhile: there is nobody to tell.
            let _ = killpg(nix::unistd::Pid::from_raw(id), Signal::SIGKILL);
        }
    }
}

/// Reads to the end and keeps the last bytes, so that a talkative child neither blocks nor fills the memory.
async fn tail(mut stream: impl AsyncRead + Unpin) -> Vec<u8> {
    let mut kept = Vec::new();
    let mut buffer = [0; 8192];
    while let Ok(count @ 1..) = stream.read(&mut buffer).await {
        kept.extend_from_slice(&buffer[..count]);
        if kept.len() > 2 * STDERR_LIMIT {
            kept.drain(..kept.len() - STDERR_LIMIT);
        }
    }
    kept
}

fn last_lines(text: &str) -> String {
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    lines[lines.len().saturating_sub(TAIL_LINES)..].join("\n")
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Invocation {
        Invocation::new("/bin/sh").args(["-c", script])
    }

    #[tokio::test]
    async fn input_goes_in_and_output_comes_out() {
        let output = run(&Invocation::new("/bin/cat").input("ünïcode")).await.unwrap();

        assert_eq!(output.stdout, "ünïcode".as_bytes());
    }

    #[tokio::test]
    async fn a_failure_carries_what_the_tool_said_but_not_the_password() {
        let invocation = shell("echo noise; echo \"no entry for $PGPASSWORD\" >&2; exit 3")
            .secrets([("PGPASSWORD".to_owned(), "hunter22".to_owned())]);

        let error = run(&invocation).await.unwrap_err();
        assert_eq!(error.to_string(), "`sh` failed (exit status: 3): no entry for ***");
    }

    #[tokio::test]
    async fn a_child_that_does_not_read_its_input_is_judged_by_its_exit_code() {
        assert!(run(&shell("exit 0").input(vec![b'x'; 1 << 20])).await.is_ok());
    }

    #[tokio::test]
    async fn dropping_a_run_kills_the_children_of_the_child_too() {
        let folder = tempfile::tempdir().unwrap();
        let invocation = shell("sleep 60 & echo $! > pid; wait").directory(folder.path());

        let streaming = stream(&invocation).unwrap();
        let pid = folder.path().join("pid");
        while std::fs::read_to_string(&pid).unwrap_or_default().is_empty() {
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
        drop(streaming);
        let pid: i32 = std::fs::read_to_string(&pid).unwrap().trim().parse().unwrap();
        while is_running(pid) {
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
    }

    /// A process that ended but that nobody has waited for is not running.
    fn is_running(pid: i32) -> bool {
        match std::fs::read_to_string(format!("/proc/{pid}/stat")) {
            Ok(stat) => !stat.contains(") Z "),
            Err(_) if std::path::Path::new("/proc/self").exists() => false,
            Err(_) => nix::sys::signal::kill(nix::unistd::Pid::from_raw(pid), None).is_ok(),
        }
    }
}
