//! Which of the PostgreSQL servers on this machine is used.

use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

use super::error::{LocalError, Result};
use crate::tools::{SearchPath, ToolVersion, program_directories, version_of};

/// The versions that behave as the baseline expects.
pub const SUPPORTED_MAJORS: RangeInclusive<u32> = 15..=18;

/// The folder with the programs of one installed server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Binaries {
    /// The folder.
    pub bin: PathBuf,
    /// The program that is the server: `postgres` of that folder, or a copy that has more extensions.
    pub server: PathBuf,
    /// Its major version.
    pub major: u32,
    /// Its version as written: `15.18`.
    pub version: String,
}

impl Binaries {
    /// The newest server that is supported.
    pub async fn find(search: &SearchPath) -> Result<Self> {
        choose(Self::installed(search).await, None)
    }

    /// The server of one major version: the one that made the data.
    pub async fn find_major(major: u32, search: &SearchPath) -> Result<Self> {
        choose(Self::installed(search).await, Some(major))
    }

    /// Every server on this machine, supported or not.
    pub async fn installed(search: &SearchPath) -> Vec<Self> {
        let mut servers = Vec::new();
        for bin in program_directories(search).into_iter().filter(|bin| is_complete(bin)) {
            if let Some(ToolVersion { major, text }) = version_of(&bin.join("postgres")).await {
                servers.push(Self { server: bin.join("postgres"), bin, major, version: text });
            }
        }
        servers
    }

    /// The path of one of the programs.
    #[must_use]
    pub fn program(&self, name: &str) -> PathBuf {
        self.bin.join(name)
    }
}

/// A folder with clients only, such as Debian's `/usr/bin`, is none of a server.
fn is_complete(bin: &Path) -> bool {
    ["initdb", "postgres"].iter().all(|program| bin.join(program).is_file())
}

fn choose(servers: Vec<Binaries>, major: Option<u32>) -> Result<Binaries> {
    let found = servers.iter().map(|server| server.version.as_str()).collect::<Vec<_>>().join(", ");
    let newest = servers.iter().map(|server| server.major).max();
    let fits = |server: &Binaries| match major {
        Some(major) => server.major == major,
        None => SUPPORTED_MAJORS.contains(&server.major),
    };
    // `max_by_key` gives the last of equals; the first in the order of search is wanted.
    let best = servers.into_iter().rev().filter(fits).max_by_key(|server| server.major);
    best.ok_or_else(|| match (major, newest) {
        (Some(made_by), Some(found)) => LocalError::MajorGone { made_by, found },
        (_, None) => LocalError::NoBinaries { found: String::new() },
        (None, Some(_)) => LocalError::NoBinaries { found: format!("; found {found}") },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server(major: u32, bin: &str) -> Binaries {
        Binaries {
            bin: bin.into(),
            server: Path::new(bin).join("postgres"),
            major,
            version: format!("{major}.1"),
        }
    }

    #[test]
    fn the_newest_supported_version_is_chosen_and_the_first_of_equals() {
        let servers = vec![server(17, "/a"), server(19, "/b"), server(17, "/c"), server(15, "/d")];

        assert_eq!(choose(servers, None).unwrap(), server(17, "/a"));
    }

    #[test]
    fn data_is_run_by_the_version_that_made_it() {
        assert_eq!(choose(vec![server(17, "/a"), server(15, "/d")], Some(15)).unwrap(), server(15, "/d"));

        let error = choose(vec![server(17, "/a")], Some(15)).unwrap_err();
        assert!(matches!(error, LocalError::MajorGone { made_by: 15, found: 17 }));
    }

    #[test]
    fn says_what_there_is_when_nothing_fits() {
        let error = choose(vec![server(14, "/a")], None).unwrap_err();

        let expected = "no PostgreSQL server of version 15 to 18 on this machine; found 14.1";
        assert_eq!(error.to_string(), expected);
    }
}
