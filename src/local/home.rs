//! Where crmctl keeps its clusters and templates.

use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::environment::vars::{self, Variables};
use crate::local::user::is_root;

/// The folder for everything crmctl keeps outside of projects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Home(PathBuf);

impl Home {
    /// A given folder.
    #[must_use]
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self(folder.into())
    }

    /// Chooses the folder from the variables `CRMCTL_HOME`, `XDG_DATA_HOME` and `HOME`. Root gets one outside of its
    /// own folder, which the account that the server runs as may not enter.
    #[must_use]
    pub fn of(variables: &Variables) -> Self {
        let [crmctl_home, data, home] =
            [vars::CRMCTL_HOME, vars::XDG_DATA_HOME, vars::HOME].map(|name| variables.get(name));
        Self::choose(crmctl_home, data, home, is_root())
    }

    fn choose(
        crmctl_home: Option<&str>,
        xdg_data_home: Option<&str>,
        home: Option<&str>,
        is_root: bool,
    ) -> Self {
        let data = xdg_data_home.map(PathBuf::from).filter(|folder| folder.is_absolute());
        let data = data.or_else(|| home.map(|home| Path::new(home).join(".local/share")));
        Self(match (crmctl_home, is_root, data) {
            (Some(folder), ..) => std::path::absolute(folder).unwrap_or_else(|_| folder.into()),
            (None, true, _) | (None, false, None) => "/var/lib/crmctl".into(),
            (None, false, Some(data)) => data.join("crmctl"),
        })
    }

    /// The folder itself.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.0
    }

    /// Where initialised data folders are kept for copying.
    pub(super) fn templates(&self) -> PathBuf {
        self.0.join("cache").join("clusters")
    }

    /// Where copies of installed servers are kept that have more extensions.
    pub(super) fn servers(&self) -> PathBuf {
        self.0.join("cache").join("servers")
    }

    /// The folder of a project's server. Two ways to write the same folder give the same one.
    pub(super) fn cluster_of(&self, project: &Path) -> PathBuf {
        let project = project.canonicalize().unwrap_or_else(|_| project.to_owned());
        self.0.join("clusters").join(short_hash(project.as_os_str().as_encoded_bytes()))
    }
}

/// Enough of a hash to tell a machine's projects, or versions of the baseline, from one another; and short, as the
/// path of a socket must be.
pub(super) fn short_hash(bytes: &[u8]) -> String {
    use std::fmt::Write;
    Sha256::digest(bytes).iter().take(8).fold(String::new(), |mut text, byte| {
        // Writing into a string does not fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(crmctl_home: Option<&str>, xdg: Option<&str>, home: Option<&str>, is_root: bool) -> PathBuf {
        Home::choose(crmctl_home, xdg, home, is_root).0
    }

    #[test]
    fn an_own_variable_wins_over_everything() {
        assert_eq!(chosen(Some("/x"), Some("/y"), Some("/root"), true), Path::new("/x"));
    }

    #[test]
    fn root_keeps_out_of_its_own_folder_and_others_keep_in() {
        assert_eq!(chosen(None, Some("/y"), Some("/root"), true), Path::new("/var/lib/crmctl"));
        assert_eq!(chosen(None, Some("/y"), Some("/home/a"), false), Path::new("/y/crmctl"));
        assert_eq!(
            chosen(None, Some("relative"), Some("/home/a"), false),
            Path::new("/home/a/.local/share/crmctl")
        );
    }
}
