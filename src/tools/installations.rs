//! Where PostgreSQL's programs are: several versions live side by side, most of them outside of `PATH`.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use crate::environment::vars::{self, Variables};

/// Folders with one subfolder per installed version: prefix and suffix of the subfolder's name, then the way to `bin`.
const FAMILIES: &[(&str, &str, &str)] = &[
    ("/usr/lib/postgresql", "", "bin"),          // Debian, Ubuntu
    ("/usr", "pgsql-", "bin"),                   // packages of the PostgreSQL project for RHEL and Fedora
    ("/usr/libexec", "postgresql", ""),          // Alpine
    ("/usr/lib", "postgresql", "bin"),           // openSUSE
    ("/opt/homebrew/opt", "postgresql@", "bin"), // Homebrew on Apple silicon
    ("/usr/local/opt", "postgresql@", "bin"),    // Homebrew on Intel
    ("/home/linuxbrew/.linuxbrew/opt", "postgresql@", "bin"),
    ("/Applications/Postgres.app/Contents/Versions", "", "bin"),
    ("/opt/homebrew/opt", "libpq", "bin"),
    ("/usr/local/opt", "libpq", "bin"),
    ("/usr/local", "pgsql", "bin"), // built from source
];

/// What decides where programs are looked for: two variables, read by the caller.
#[derive(Debug, Clone, Default)]
pub struct SearchPath {
    /// `PATH`.
    pub path: Option<OsString>,
    /// `CRMCTL_PG_BIN`: when it is given, nothing else is looked at.
    pub pg_bin: Option<PathBuf>,
}

impl SearchPath {
    /// What the variables of this process say.
    #[must_use]
    pub fn of(variables: &Variables) -> Self {
        Self {
            path: variables.get(vars::PATH).map(OsString::from),
            pg_bin: variables.get(vars::CRMCTL_PG_BIN).map(PathBuf::from),
        }
    }
}

/// The folders in which PostgreSQL's programs may be, best first.
#[must_use]
pub fn program_directories(search: &SearchPath) -> Vec<PathBuf> {
    directories(search, |folder| {
        let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
        entries.flatten().filter_map(|entry| entry.file_name().into_string().ok()).collect()
    })
}

/// The same, for any way to list the names in a folder.
///
/// Folders of one version come before those of `PATH`: what is in `PATH` may be Debian's wrapper, which
/// chooses a version by itself.
fn directories(search: &SearchPath, list: impl Fn(&Path) -> Vec<String>) -> Vec<PathBuf> {
    if let Some(directory) = &search.pg_bin {
        return vec![directory.clone()];
    }
    let mut found: Vec<PathBuf> = Vec::new();
    for &(folder, prefix, bin) in FAMILIES {
        let folder = Path::new(folder);
        let mut versions: Vec<(u32, String)> = list(folder)
            .into_iter()
            .filter_map(|name| Some((version_in(name.strip_prefix(prefix)?)?, name)))
            .collect();
        versions.sort_by(|one, other| other.cmp(one));
        found.extend(versions.into_iter().map(|(_, name)| folder.join(name).join(bin)));
    }
    let path = search.path.iter().flat_map(std::env::split_paths);
    for directory in path.filter(|directory| directory.is_absolute()) {
        if !found.contains(&directory) {
            found.push(directory);
        }
    }
    found
}

/// The major version a folder's name ends with; 0 where the name ends with none, such as `libpq` or `latest`.
fn version_in(rest: &str) -> Option<u32> {
    if rest.is_empty() || rest == "latest" {
        return Some(0);
    }
    rest.split('.').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listing(folder: &Path) -> Vec<String> {
        let names: &[&str] = match folder.to_str() {
            Some("/usr/lib/postgresql") => &["9.6", "15", "17", "share"],
            Some("/opt/homebrew/opt") => &["postgresql@16", "libpq", "openssl@3"],
            _ => &[],
        };
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn newest_version_comes_first_and_path_last() {
        let search =
            SearchPath { path: Some("/usr/bin:relative:/usr/lib/postgresql/17/bin".into()), pg_bin: None };

        let expected = [
            "/usr/lib/postgresql/17/bin",
            "/usr/lib/postgresql/15/bin",
            "/usr/lib/postgresql/9.6/bin",
            "/opt/homebrew/opt/postgresql@16/bin",
            "/opt/homebrew/opt/libpq/bin",
            "/usr/bin",
        ];
        assert_eq!(directories(&search, listing), expected.map(PathBuf::from));
    }

    #[test]
    fn a_given_folder_is_the_only_one() {
        let search = SearchPath { path: Some("/usr/bin".into()), pg_bin: Some("/opt/pg/bin".into()) };

        assert_eq!(directories(&search, listing), [PathBuf::from("/opt/pg/bin")]);
    }
}
