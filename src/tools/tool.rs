//! Finding `pg_dump`, `pg_restore` and `psql` of a version that fits the server.

use std::fmt;
use std::path::{Path, PathBuf};

use super::installations::{SearchPath, program_directories};
use super::invocation::Invocation;
use super::run::run;
use crate::error::Explain;

/// A program of PostgreSQL's that crmctl calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ToolName {
    /// `pg_dump`.
    PgDump,
    /// `pg_restore`.
    PgRestore,
    /// `psql`.
    Psql,
}

impl ToolName {
    /// The name of its file.
    #[must_use]
    pub fn file(self) -> &'static str {
        match self {
            Self::PgDump => "pg_dump",
            Self::PgRestore => "pg_restore",
            Self::Psql => "psql",
        }
    }
}

impl fmt::Display for ToolName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.file())
    }
}

/// What a program answers to `--version`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToolVersion {
    /// The major version: 15, 17.
    pub major: u32,
    /// The version as it is written: `15.18`.
    pub text: String,
}

impl ToolVersion {
    /// Reads `pg_dump (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)` or `psql (PostgreSQL) 18beta1`.
    #[must_use]
    pub fn parse(answer: &str) -> Option<Self> {
        let (_, rest) = answer.split_once("(PostgreSQL) ")?;
        let text = rest.split_whitespace().next()?;
        let digits = text.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(text.len());
        Some(Self { major: text[..digits].parse().ok()?, text: text.to_owned() })
    }
}

/// A program that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tool {
    /// Which.
    pub name: ToolName,
    /// Where.
    pub path: PathBuf,
    /// Of which version.
    pub version: ToolVersion,
}

impl Tool {
    /// A call of it without arguments.
    #[must_use]
    pub fn invocation(&self) -> Invocation {
        Invocation::new(&self.path)
    }
}

/// Why there is no program to call.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ToolError {
    /// None at all.
    #[error("`{name}` {minimum} or newer is needed, and there is none on this machine")]
    Missing {
        /// Which.
        name: ToolName,
        /// The oldest that would do.
        minimum: u32,
    },
    /// Only older ones.
    #[error("`{name}` {minimum} or newer is needed for a server of that version; found only {found}")]
    TooOld {
        /// Which.
        name: ToolName,
        /// The oldest that would do.
        minimum: u32,
        /// Versions and places of what there is.
        found: String,
    },
}

impl Explain for ToolError {
    fn help(&self) -> Option<String> {
        Some("`crmctl doctor --fix` installs it; if it is somewhere unusual, set `CRMCTL_PG_BIN` to its folder".into())
    }
}

/// Finds the program whose version is the smallest that is at least `minimum`: `pg_dump` refuses servers newer
/// than itself, and what a much newer one writes an older server may not understand.
pub async fn find(name: ToolName, minimum: u32, search: &SearchPath) -> Result<Tool, ToolError> {
    let mut tools = Vec::new();
    for directory in program_directories(search) {
        let Some(tool) = tool_in(&directory, name).await else { continue };
        // None can fit better, and those further down are often wrappers that take their time to answer.
        if tool.version.major == minimum {
            return Ok(tool);
        }
        tools.push(tool);
    }
    choose(name, minimum, tools)
}

/// All versions of a program on this machine.
pub async fn installed(name: ToolName, search: &SearchPath) -> Vec<Tool> {
    let mut tools = Vec::new();
    for directory in program_directories(search) {
        tools.extend(tool_in(&directory, name).await);
    }
    tools
}

async fn tool_in(directory: &Path, name: ToolName) -> Option<Tool> {
    let path = directory.join(name.file());
    let version = version_of(&path).await?;
    Some(Tool { name, path, version })
}

/// Asks a program for its version. Nothing when it is not there or does not work.
pub(crate) async fn version_of(path: &Path) -> Option<ToolVersion> {
    if !path.is_file() {
        return None;
    }
    let output = run(&Invocation::new(path).arg("--version")).await.ok()?;
    ToolVersion::parse(&String::from_utf8_lossy(&output.stdout))
}

fn choose(name: ToolName, minimum: u32, tools: Vec<Tool>) -> Result<Tool, ToolError> {
    if tools.is_empty() {
        return Err(ToolError::Missing { name, minimum });
    }
    let describe = |tool: &Tool| format!("{} (`{}`)", tool.version.text, tool.path.display());
    let found = tools.iter().map(describe).collect::<Vec<_>>().join(", ");
    let good = tools.into_iter().filter(|tool| tool.version.major >= minimum);
    good.min_by_key(|tool| tool.version.major).ok_or(ToolError::TooOld { name, minimum, found })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tool(major: u32) -> Tool {
        let version = ToolVersion { major, text: format!("{major}.2") };
        Tool {
            name: ToolName::PgDump,
            path: format!("/usr/lib/postgresql/{major}/bin/pg_dump").into(),
            version,
        }
    }

    #[test]
    fn reads_the_version_of_every_kind_of_package() {
        let major = |answer| ToolVersion::parse(answer).map(|version| version.major);

        assert_eq!(major("pg_dump (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)\n"), Some(15));
        assert_eq!(major("postgres (PostgreSQL) 18beta1"), Some(18));
        assert_eq!(major("psql (EnterpriseDB) x"), None);
    }

    #[test]
    fn chooses_the_oldest_that_is_new_enough() {
        let tools = vec![tool(18), tool(17), tool(15)];

        assert_eq!(choose(ToolName::PgDump, 16, tools), Ok(tool(17)));
    }

    #[test]
    fn says_what_was_found_when_all_are_too_old() {
        let error = choose(ToolName::PgDump, 17, vec![tool(15)]).unwrap_err();

        let expected = "`pg_dump` 17 or newer is needed for a server of that version; \
                        found only 15.2 (`/usr/lib/postgresql/15/bin/pg_dump`)";
        assert_eq!(error.to_string(), expected);
        assert!(error.help().unwrap().contains("crmctl doctor --fix"));
    }
}
