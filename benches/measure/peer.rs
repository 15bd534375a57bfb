//! The programs we are compared with.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::support::Which;

/// The version the figures in the documentation were measured with.
const DBMATE: &str = "dbmate@2.36.0";
/// The same for the Supabase CLI.
const SUPABASE: &str = "supabase@3.1.0";

/// A call of somebody else's program.
pub(crate) struct Peer(Command);

impl Peer {
    /// A client program of PostgreSQL itself, not the script that Debian puts in front of it.
    pub(crate) fn postgres(program: &str) -> Self {
        Self::new(&Which::Local.cluster().binaries().program(program))
    }

    /// A program.
    pub(crate) fn new(program: &Path) -> Self {
        let mut command = Command::new(program);
        command.env_clear().stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        for name in ["PATH", "TMPDIR"] {
            command.envs(std::env::var_os(name).map(|value| (name, value)));
        }
        Self(command)
    }

    /// Its arguments.
    pub(crate) fn args<const N: usize>(mut self, arguments: [&str; N]) -> Self {
        self.0.args(arguments);
        self
    }

    /// One argument that may be a path.
    pub(crate) fn arg(mut self, argument: impl AsRef<OsStr>) -> Self {
        self.0.arg(argument);
        self
    }

    /// A variable.
    pub(crate) fn env(mut self, name: &str, value: &Path) -> Self {
        self.0.env(name, value);
        self
    }

    /// A file it reads.
    pub(crate) fn stdin(mut self, path: &Path) -> Self {
        self.0.stdin(std::fs::File::open(path).unwrap());
        self
    }

    /// Runs it; a peer that fails measures nothing.
    pub(crate) fn run(mut self) {
        let output = self.0.output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(
            output.status.success(),
            "{} ended with {}: {said}",
            self.0.get_program().display(),
            output.status
        );
    }

    /// Runs both, with what `source` writes as what this one reads.
    pub(crate) fn fed_by(mut self, mut source: Self) {
        let mut source = source.0.stdout(Stdio::piped()).stderr(Stdio::inherit()).spawn().unwrap();
        self.0.stdin(source.stdout.take().unwrap());
        self.run();
        assert!(source.wait().unwrap().success());
    }

    /// Starts it and gives what to wait with.
    pub(crate) fn start(mut self) -> impl FnOnce() {
        let mut child = self.0.stderr(Stdio::inherit()).spawn().unwrap();
        move || assert!(child.wait().unwrap().success())
    }
}

/// The program dbmate. Why not, if that is not possible.
pub(crate) fn dbmate() -> Result<PathBuf, String> {
    peer(DBMATE, "node_modules/@dbmate", "bin/dbmate")
}

/// The Supabase CLI. Why not, if that is not possible.
pub(crate) fn supabase() -> Result<PathBuf, String> {
    peer(SUPABASE, "node_modules/@supabase", "bin/supabase")
}

/// A program that npm installs on first use. The package of this platform, below `scope`, holds the program itself.
fn peer(package: &str, scope: &str, program: &str) -> Result<PathBuf, String> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("peers");
    let installed = || {
        let packages = folder.join(scope).read_dir().ok()?;
        packages.map(|package| package.unwrap().path().join(program)).find(|program| program.is_file())
    };
    if let Some(found) = installed() {
        return Ok(found);
    }
    std::fs::create_dir_all(&folder).map_err(|error| error.to_string())?;
    let output = Command::new("npm")
        .args(["install", "--no-audit", "--no-fund", "--fetch-retries=0", "--prefix"])
        .arg(&folder)
        .arg(package)
        .output()
        .map_err(|error| format!("npm cannot be started: {error}"))?;
    installed().ok_or_else(|| format!("npm could not install {package}: {}", output.status))
}
