//! Files with secrets: whether others may read them, and closing them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::doctor::Check;
use crate::environment::{EnvFile, Project};

/// A file with variables that an environment names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecretFile {
    /// As a person would name it.
    pub name: String,
    /// Where it is.
    pub path: PathBuf,
}

impl SecretFile {
    /// The files that exist: the one named on the command line, or else those that the project names.
    #[must_use]
    pub fn of(project: &Project, named: Option<&Path>) -> Vec<Self> {
        let configured = project.environments.values().filter_map(|config| config.env_file.clone());
        let mut files: BTreeMap<String, PathBuf> =
            configured.map(|name| (name.clone(), project.root.join(name))).collect();
        if let Some(path) = named {
            files = [(path.display().to_string(), path.to_owned())].into();
        }
        let files = files.into_iter().filter(|(_, path)| path.exists());
        files.map(|(name, path)| Self { name, path }).collect()
    }

    /// Whether others than its owner may read or change it.
    #[must_use]
    pub fn is_open(&self) -> bool {
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            self.path.metadata().is_ok_and(|metadata| metadata.permissions().mode() & 0o066 != 0)
        }
        #[cfg(not(unix))]
        false
    }

    /// Whether it is closed to others and can be understood.
    #[must_use]
    pub fn check(&self) -> Check {
        let name = self.name.clone();
        if self.is_open() {
            return Check::problem(name, "others than its owner may read or change it")
                .with_help(format!("`chmod 600 {}`, or `crmctl doctor --fix`", self.path.display()));
        }
        match EnvFile::read(&self.path, &self.name) {
            Ok(_) => Check::ok(name, "for its owner only"),
            Err(error) => Check::error(name, &error),
        }
    }
}

/// Makes a file its owner's only.
pub fn close(file: &SecretFile) -> std::io::Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        std::fs::set_permissions(&file.path, std::fs::Permissions::from_mode(0o600))?;
    }
    #[cfg(not(unix))]
    let _ = file;
    Ok(())
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;
    use crate::doctor::State;

    #[test]
    fn a_file_that_others_may_read_is_a_problem_until_it_is_closed() {
        let folder = tempfile::tempdir().unwrap();
        let file = SecretFile { name: ".env".into(), path: folder.path().join(".env") };
        std::fs::write(&file.path, "A=b\n").unwrap();
        std::fs::set_permissions(&file.path, std::fs::Permissions::from_mode(0o640)).unwrap();
        assert_eq!(file.check().state, State::Problem);

        close(&file).unwrap();
        assert_eq!(file.check().state, State::Ok);
        assert_eq!(file.path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn a_line_that_is_none_is_a_problem_and_not_shown() {
        let folder = tempfile::tempdir().unwrap();
        let file = SecretFile { name: ".env".into(), path: folder.path().join(".env") };
        std::fs::write(&file.path, "hunter2\n").unwrap();
        close(&file).unwrap();

        let check = file.check();
        assert_eq!(check.state, State::Problem);
        assert!(check.what.contains(".env") && !check.what.contains("hunter2"), "{}", check.what);
    }
}
