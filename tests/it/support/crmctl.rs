//! Running the program as a user would, in an environment that holds nothing but what a test says.

use std::io::{Read, Write};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread::JoinHandle;
use std::time::Duration;

use nix::sys::signal::{Signal, kill, killpg};
use nix::unistd::Pid;

use super::cluster::{CLOUD_PASSWORD, home};
use super::outcome::{Output, assert_no_secret};
use super::project::Project;

/// No command of a test takes this long unless it hangs.
const PATIENCE: Duration = Duration::from_mins(2);

/// A command to run in a project.
pub(crate) fn crmctl(project: &Project) -> Call {
    let mut command = Command::new(env!("CARGO_BIN_EXE_crmctl"));
    command.current_dir(project.path()).env_clear().env("HOME", project.path().join("home"));
    command.env("CRMCTL_HOME", home()).process_group(0);
    // Which PostgreSQL the tests run on is for whoever runs them to say.
    if let Some(folder) = std::env::var_os("CRMCTL_PG_BIN") {
        command.env("CRMCTL_PG_BIN", folder);
    }
    for name in ["PATH", "TMPDIR", "LLVM_PROFILE_FILE"] {
        command.envs(std::env::var_os(name).map(|value| (name, value)));
    }
    Call { command, input: String::new(), secrets: vec![CLOUD_PASSWORD.to_owned()] }
}

/// A command that is being put together.
pub(crate) struct Call {
    command: Command,
    input: String,
    secrets: Vec<String>,
}

impl Call {
    /// Its arguments.
    pub(crate) fn args<const N: usize>(mut self, arguments: [&str; N]) -> Self {
        self.command.args(arguments);
        self
    }

    /// One more argument, if there is one.
    pub(crate) fn arg(mut self, argument: impl AsRef<std::ffi::OsStr>) -> Self {
        self.command.arg(argument);
        self
    }

    /// A variable. What is called a password must not appear in any output.
    pub(crate) fn env(mut self, name: &str, value: &str) -> Self {
        if name.contains("PASSWORD") {
            self.secrets.push(value.to_owned());
        }
        self.command.env(name, value);
        self
    }

    /// What it can read. Nothing otherwise; it is never a terminal.
    pub(crate) fn stdin(mut self, text: &str) -> Self {
        text.clone_into(&mut self.input);
        self
    }

    /// No file that it writes may be longer than half a kilobyte: to the program, the disk is full then.
    pub(crate) fn on_a_full_disk(mut self) -> Self {
        let mut limited = Command::new("sh");
        // A program that has not said otherwise is ended by this signal, which no full disk sends.
        limited.args(["-c", "ulimit -f 1 && trap '' XFSZ && exec \"$0\" \"$@\""]);
        limited.arg(self.command.get_program()).args(self.command.get_args());
        limited.current_dir(self.command.get_current_dir().unwrap()).env_clear().process_group(0);
        limited.envs(self.command.get_envs().filter_map(|(name, value)| Some((name, value?))));
        self.command = limited;
        self
    }

    /// Starts it.
    pub(crate) fn spawn(mut self) -> Running {
        self.command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = self.command.spawn().expect("crmctl starts");
        let mut pipe = child.stdin.take().unwrap();
        // A command that reads nothing may be gone before this is written.
        let _ = pipe.write_all(self.input.as_bytes());
        drop(pipe);
        let stdout = read(child.stdout.take().unwrap());
        let stderr = read(child.stderr.take().unwrap());
        let words: Vec<_> = self.command.get_args().map(|word| word.to_string_lossy().into_owned()).collect();
        Running {
            child,
            command: format!("crmctl {}", words.join(" ")),
            stdout,
            stderr,
            secrets: self.secrets,
        }
    }

    /// Runs it, however it ends.
    pub(crate) fn run(self) -> Output {
        self.spawn().finish()
    }

    /// Runs it: done, or nothing to do.
    #[track_caller]
    pub(crate) fn success(self) -> Output {
        self.run().expect(0)
    }

    /// Runs it: failed, nothing changed.
    #[track_caller]
    pub(crate) fn failed(self) -> Output {
        self.run().expect(1)
    }

    /// Runs it: the command line or the configuration is wrong.
    #[track_caller]
    pub(crate) fn usage(self) -> Output {
        self.run().expect(2)
    }

    /// Runs it: differs, findings, pending.
    #[track_caller]
    pub(crate) fn differs(self) -> Output {
        self.run().expect(3)
    }

    /// Runs it: refused.
    #[track_caller]
    pub(crate) fn refused(self) -> Output {
        self.run().expect(4)
    }

    /// Runs it: somebody else is at work.
    #[track_caller]
    pub(crate) fn busy(self) -> Output {
        self.run().expect(5)
    }

    /// Runs it: failed after something changed.
    #[track_caller]
    pub(crate) fn partial(self) -> Output {
        self.run().expect(10)
    }
}

/// A command that runs.
pub(crate) struct Running {
    child: Child,
    command: String,
    stdout: JoinHandle<Vec<u8>>,
    stderr: JoinHandle<Vec<u8>>,
    secrets: Vec<String>,
}

impl Running {
    /// The number of its process.
    pub(crate) fn pid(&self) -> Pid {
        Pid::from_raw(self.child.id().try_into().unwrap())
    }

    /// Ctrl-C.
    pub(crate) fn interrupt(&self) {
        // It may have ended just now.
        let _ = kill(self.pid(), Signal::SIGINT);
    }

    /// What a service manager or a CI runner sends first.
    pub(crate) fn terminate(&self) {
        // It may have ended just now.
        let _ = kill(self.pid(), Signal::SIGTERM);
    }

    /// The process is gone at once, without a word to anybody.
    pub(crate) fn kill(&self) {
        // It may have ended just now.
        let _ = kill(self.pid(), Signal::SIGKILL);
    }

    /// Whether it has ended.
    pub(crate) fn has_ended(&mut self) -> bool {
        self.child.try_wait().unwrap().is_some()
    }

    /// Waits for its own end: a server that it has started may go on.
    pub(crate) fn finish_without_children(mut self) {
        self.child.wait().unwrap();
    }

    /// Waits for its end, and for that of everything that inherited its output.
    pub(crate) fn finish(mut self) -> Output {
        let group = self.pid();
        let (told, ended) = mpsc::channel::<()>();
        let guard = std::thread::spawn(move || {
            let is_hanging = ended.recv_timeout(PATIENCE) == Err(mpsc::RecvTimeoutError::Timeout);
            if is_hanging {
                // Whoever is left of it.
                let _ = killpg(group, Signal::SIGKILL);
            }
            is_hanging
        });
        let status = self.child.wait().unwrap();
        let text = |thread: JoinHandle<Vec<u8>>| String::from_utf8(thread.join().unwrap()).expect("UTF-8");
        let (stdout, stderr) = (text(self.stdout), text(self.stderr));
        drop(told);
        let is_hanging = guard.join().unwrap();
        let output = Output { command: self.command, code: status.code(), stdout, stderr };
        assert!(!is_hanging, "it was still running after {PATIENCE:?}: {output}");
        assert_no_secret(&output, &self.secrets);
        output
    }
}

fn read(mut pipe: impl Read + Send + 'static) -> JoinHandle<Vec<u8>> {
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        pipe.read_to_end(&mut bytes).unwrap();
        bytes
    })
}
