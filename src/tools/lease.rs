//! Servers as children: one that lives as long as its [`Lease`], and one that outlives us.

use std::ffi::OsString;
use std::io::Write;
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Stdio};

use super::invocation::Invocation;
use super::run::{RunError, command};

/// Waits for a line, then runs `"$@"` until the pipe that is its standard input closes. However it went, and also when no
/// line ever came, it removes the folder in the end.
///
/// The kernel closes the pipe however the holder ends, so nothing is left behind after SIGKILL either. The server
/// keeps the shell's standard output open as its descriptor 3, so that its end can be waited for by reading. It is told
/// to stop until it does: while it starts it does not listen yet.
const KEEPER: &str = r#"
folder=$1 log=$2; shift 2
if read -r _; then
  "$@" </dev/null 3>&1 >>"$log" 2>&1 &
  server=$!
  exec >/dev/null
  cat
  (while kill -QUIT "$server"; do sleep 0.1; done) &
  wait "$server"
  kill "$!"
fi
rm -rf "$folder"
"#;

/// A folder, and later the server in it, that vanish when this is dropped, or when this process ends in whatever way.
#[derive(Debug)]
pub struct Lease {
    keeper: Child,
    pipe: Option<ChildStdin>,
    output: Option<ChildStdout>,
}

impl Lease {
    /// Takes over a folder. The account of the server must be able to remove it.
    pub fn claim(folder: &Path, log: &Path, server: &Invocation) -> Result<Self, RunError> {
        let mut keeper = Invocation { program: "/bin/sh".into(), arguments: Vec::new(), ..server.clone() };
        keeper.arguments.extend(["-c", KEEPER, "keeper"].map(OsString::from));
        keeper.arguments.extend([folder.into(), log.into(), server.program.clone().into_os_string()]);
        keeper.arguments.extend_from_slice(&server.arguments);

        let mut command = command(&keeper);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut keeper =
            command.spawn().map_err(|source| RunError::Start { program: server.program_name(), source })?;
        let (pipe, output) = (keeper.stdin.take(), keeper.stdout.take());
        Ok(Self { keeper, pipe, output })
    }

    /// Starts the server. What it gives reaches its end when the server has ended.
    pub fn launch(&mut self) -> std::io::Result<ChildStdout> {
        match (&mut self.pipe, self.output.take()) {
            (Some(pipe), Some(output)) => pipe.write_all(b"go\n").map(|()| output),
            (_, _) => Err(std::io::ErrorKind::BrokenPipe.into()),
        }
    }

    /// Ends the lease and waits until the server and its folder are gone.
    pub fn end(mut self) -> std::io::Result<()> {
        drop(self.pipe.take());
        self.keeper.wait().map(|_| ())
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        drop(self.pipe.take());
        // Without this the keeper stays a zombie until we end. It takes a few milliseconds to finish; a thread
        // waits for it, so that dropping does not.
        if let Ok(None) = self.keeper.try_wait() {
            reap(self.keeper.id());
        }
    }
}

fn reap(id: u32) {
    #[cfg(unix)]
    if let Ok(id) = i32::try_from(id) {
        std::thread::spawn(move || {
            // It has been waited for already when this fails.
            let _ = nix::sys::wait::waitpid(nix::unistd::Pid::from_raw(id), None);
        });
    }
    #[cfg(not(unix))]
    let _ = id;
}

/// Runs `"$@"` where neither Ctrl-C nor the end of the terminal reaches it: in a process group of its own, without
/// anything of the terminal's. The shell ends at once, so the server is adopted by the system.
const DETACH: &str = r#"
log=$1; shift
"$@" </dev/null 3>&1 >>"$log" 2>&1 &
"#;

/// Starts a server that outlives us. What it gives reaches its end when the server has ended.
pub fn detach(server: &Invocation, log: &Path) -> Result<ChildStdout, RunError> {
    let start = |source| RunError::Start { program: server.program_name(), source };
    let mut shell = Invocation { program: "/bin/sh".into(), arguments: Vec::new(), ..server.clone() };
    shell.arguments.extend(["-c", DETACH, "detach"].map(OsString::from));
    shell.arguments.extend([log.into(), server.program.clone().into_os_string()]);
    shell.arguments.extend_from_slice(&server.arguments);

    let mut command = command(&shell);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut shell = command.spawn().map_err(start)?;
    let output = shell.stdout.take();
    let status = shell.wait().map_err(start)?;
    match output {
        Some(output) if status.success() => Ok(output),
        Some(_) | None => {
            Err(RunError::Failed { program: server.program_name(), status, stderr: String::new() })
        }
    }
}
