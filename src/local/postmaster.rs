//! What a running server says about itself in `postmaster.pid`, and waiting for it.

use std::path::Path;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::time::{Instant, sleep};

use super::error::{LocalError, Result};

/// After this a server that is neither ready nor gone is given up. Recovery after a crash takes its time.
const PATIENCE: Duration = Duration::from_mins(1);
/// How often `postmaster.pid` is looked at.
const GLANCE: Duration = Duration::from_millis(3);

/// The lines of `postmaster.pid` that matter here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Postmaster {
    /// Its process.
    pub pid: i32,
    /// Whether it lets clients in.
    pub is_ready: bool,
}

impl Postmaster {
    /// What is written in a data folder. It may be left over from a server that crashed.
    pub(super) fn read(data: &Path) -> Option<Self> {
        Self::parse(&std::fs::read_to_string(data.join("postmaster.pid")).ok()?)
    }

    fn parse(text: &str) -> Option<Self> {
        let mut lines = text.lines();
        let pid = lines.next()?.trim().parse().ok()?;
        Some(Self { pid, is_ready: lines.nth(6).is_some_and(|status| status.trim() == "ready") })
    }

    /// Whether that process exists and works in this data folder. After a restart of the machine its number may be
    /// somebody else's.
    pub(super) fn is_alive(&self, data: &Path) -> bool {
        match std::fs::read_link(format!("/proc/{}/cwd", self.pid)) {
            Ok(cwd) => Some(cwd) == data.canonicalize().ok(),
            // Not Linux, or not ours to look at: the socket decides.
            Err(_) => exists(self.pid) && !Path::new("/proc/self/cwd").exists(),
        }
    }
}

fn exists(pid: i32) -> bool {
    #[cfg(unix)]
    return nix::sys::signal::kill(nix::unistd::Pid::from_raw(pid), None).is_ok();
    #[cfg(not(unix))]
    {
        let _ = pid;
        false
    }
}

/// Asks a server to stop: clients are disconnected, data is written.
pub(super) fn ask_to_stop(pid: i32) -> Result<()> {
    #[cfg(unix)]
    {
        use nix::sys::signal::{Signal, kill};
        match kill(nix::unistd::Pid::from_raw(pid), Signal::SIGINT) {
            // It has ended meanwhile.
            Ok(()) | Err(nix::errno::Errno::ESRCH) => Ok(()),
            Err(_) => Err(LocalError::NotStopped { pid }),
        }
    }
    #[cfg(not(unix))]
    Err(LocalError::NotStopped { pid })
}

/// Waits until a server lets clients in. `ended` reaches its end when the server has.
pub(super) async fn wait_until_ready(
    data: &Path,
    log: &Path,
    mut ended: impl AsyncRead + Unpin,
) -> Result<()> {
    let deadline = Instant::now() + PATIENCE;
    let mut byte = [0];
    let mut ended = std::pin::pin!(ended.read(&mut byte));
    while Instant::now() < deadline {
        if Postmaster::read(data).is_some_and(|postmaster| postmaster.is_ready) {
            return Ok(());
        }
        tokio::select! {
            _ = &mut ended => break,
            () = sleep(GLANCE) => {}
        }
    }
    Err(not_started(log))
}

/// Waits for a server that is neither ready nor gone: whoever started it, or asked it to stop, did not live to see it.
pub(super) async fn settle(data: &Path) -> Result<()> {
    let deadline = Instant::now() + PATIENCE;
    let is_on_its_way = |postmaster: &Postmaster| !postmaster.is_ready && postmaster.is_alive(data);
    while let Some(postmaster) = Postmaster::read(data).filter(is_on_its_way) {
        if Instant::now() > deadline {
            return Err(LocalError::NotStopped { pid: postmaster.pid });
        }
        sleep(GLANCE).await;
    }
    Ok(())
}

/// Waits until a server has removed its `postmaster.pid`, the last thing it does.
pub(super) async fn wait_until_gone(data: &Path, pid: i32) -> Result<()> {
    let deadline = Instant::now() + PATIENCE;
    while Instant::now() < deadline {
        match Postmaster::read(data) {
            Some(postmaster) if postmaster.pid == pid && postmaster.is_alive(data) => sleep(GLANCE).await,
            Some(_) | None => return Ok(()),
        }
    }
    Err(LocalError::NotStopped { pid })
}

/// The failure to start, with what the log says about it.
fn not_started(log: &Path) -> LocalError {
    let text = std::fs::read_to_string(log).unwrap_or_default();
    let telling: Vec<&str> =
        text.lines().filter(|line| line.contains("FATAL") || line.contains("LOG:  could not")).collect();
    let last = telling[telling.len().saturating_sub(3)..].join("; ");
    let said = if last.is_empty() { String::new() } else { format!(": {last}") };
    LocalError::NotStarted { said, log: Some(log.to_owned()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_number_and_readiness() {
        let text = "4711\n/data\n1700000000\n5432\n/tmp\n\n  123 456\nready   \n";

        assert_eq!(Postmaster::parse(text), Some(Postmaster { pid: 4711, is_ready: true }));
        let starting = text.replace("ready   ", "starting");
        assert_eq!(Postmaster::parse(&starting), Some(Postmaster { pid: 4711, is_ready: false }));
        assert_eq!(Postmaster::parse(""), None);
    }
}
