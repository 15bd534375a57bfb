//! Makes the files. Never overwrites, never leaves half a file.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::error::{Explain, Failure, Result};
use crate::migration::fetch::plan::{FetchPlan, Unfetchable};
use crate::migration::folded::folded;
use crate::plan::Render;
use crate::ui::{Style, plural};

/// What was written.
#[derive(Debug, Clone, Default, Serialize)]
pub struct FetchReport {
    /// The files.
    pub written: Vec<PathBuf>,
    /// Versions whose file could not be made.
    pub unfetchable: Vec<Unfetchable>,
}

/// Why a file was not written.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// There is one already.
    #[error("`{}` exists already", .0.display())]
    Exists(PathBuf),
    /// The operating system refused.
    #[error("`{}` cannot be written", .path.display())]
    Io {
        /// Which.
        path: PathBuf,
        /// What it said.
        source: io::Error,
    },
}

impl Explain for WriteError {
    fn help(&self) -> Option<String> {
        match self {
            Self::Exists(_) => Some("move it away first".to_owned()),
            Self::Io { .. } => None,
        }
    }
}

/// Writes the files of a plan. After a failure those before it are there, and told.
pub fn write(plan: &FetchPlan) -> Result<FetchReport> {
    let mut report = FetchReport { written: Vec::new(), unfetchable: plan.unfetchable.clone() };
    for file in &plan.files {
        match write_new(&file.path, &file.text) {
            Ok(()) => report.written.push(file.path.clone()),
            Err(error) if report.written.is_empty() => return Err(error.into()),
            Err(error) => return Err(Failure::from(error).after_changes(&report)),
        }
    }
    Ok(report)
}

/// Writes a file that must not be there yet, and its folder where there is none.
pub fn write_new(path: &Path, text: &str) -> std::result::Result<(), WriteError> {
    Unborn::write(path, text)?.appear()
}

/// A file that is whole and has no name yet; dropping it removes it.
pub(crate) struct Unborn {
    file: tempfile::NamedTempFile,
    path: PathBuf,
}

impl Unborn {
    /// Writes it beside the place where it is to be: what reads migrations leaves hidden files alone.
    pub(crate) fn write(path: &Path, text: &str) -> std::result::Result<Self, WriteError> {
        let failed = |source| WriteError::Io { path: path.to_owned(), source };
        if path.exists() {
            return Err(WriteError::Exists(path.to_owned()));
        }
        let folder = path.parent().unwrap_or(Path::new("."));
        std::fs::create_dir_all(folder).map_err(failed)?;
        let mut builder = tempfile::Builder::new();
        builder.prefix(".crmctl-").suffix(".partial");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            builder.permissions(std::fs::Permissions::from_mode(0o644));
        }
        let mut file = builder.tempfile_in(folder).map_err(failed)?;
        file.write_all(text.as_bytes()).map_err(failed)?;
        Ok(Self { file, path: path.to_owned() })
    }

    /// Waits until the disk has it: for a file that cannot be made again. For a thousand that can, this would take ten
    /// seconds.
    pub(crate) fn flushed(self) -> std::result::Result<Self, WriteError> {
        match self.file.as_file().sync_all() {
            Ok(()) => Ok(self),
            Err(source) => Err(WriteError::Io { path: self.path.clone(), source }),
        }
    }

    /// Gives it its name, unless something is called so by now.
    pub(crate) fn appear(self) -> std::result::Result<(), WriteError> {
        let Self { file, path } = self;
        file.persist_noclobber(&path).map(drop).map_err(|error| match error.error.kind() {
            io::ErrorKind::AlreadyExists => WriteError::Exists(path),
            _ => WriteError::Io { path, source: error.error },
        })
    }
}

impl Render for FetchReport {
    fn render(&self, style: &Style) -> String {
        let line = |path: &PathBuf| format!("{} {}", style.good("written"), path.display());
        let mut lines = folded(self.written.iter().map(line).collect());
        lines.extend(self.unfetchable.iter().map(|unfetchable| unfetchable.line(*style)));
        lines.push(format!("{} written", plural(self.written.len() as u64, "file")));
        lines.join("\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_written_whole_and_never_over_another() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deep/1_a.sql");

        write_new(&path, "select 1;\n").unwrap();
        let error = write_new(&path, "select 2;\n").expect_err("there is one");
        assert!(matches!(error, WriteError::Exists(_)));
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "select 1;\n");
        assert_eq!(std::fs::read_dir(path.parent().unwrap()).unwrap().count(), 1, "nothing else is left");
    }

    #[test]
    fn a_file_that_appears_meanwhile_is_not_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("1_a.sql");
        let unborn = Unborn::write(&path, "select 1;\n").unwrap();
        std::fs::write(&path, "somebody else's").unwrap();

        assert!(matches!(unborn.appear(), Err(WriteError::Exists(_))));
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "somebody else's");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "nothing else is left");
    }
}
