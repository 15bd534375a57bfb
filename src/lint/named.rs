//! The files that somebody names on the command line.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::error::{Explain, Kind, Location};
use crate::migration::{DirectoryError, MigrationFile, ScriptError, Version};

/// Why a named file cannot be looked at.
#[derive(Debug, thiserror::Error)]
pub enum NamedError {
    /// There is no such file.
    #[error("there is no file `{}`", .path.display())]
    Missing {
        /// As it was named.
        path: PathBuf,
    },
    /// A folder cannot be used.
    #[error(transparent)]
    Directory(#[from] DirectoryError),
    /// It is no script.
    #[error(transparent)]
    Script(#[from] ScriptError),
    /// The operating system refused.
    #[error("`{}` cannot be read", .path.display())]
    Io {
        /// Of what.
        path: PathBuf,
        /// What it said.
        source: io::Error,
    },
}

impl Explain for NamedError {
    fn kind(&self) -> Kind {
        match self {
            Self::Missing { .. } => Kind::Usage,
            Self::Directory(error) => error.kind(),
            Self::Script(error) => error.kind(),
            Self::Io { .. } => Kind::Failed,
        }
    }

    fn help(&self) -> Option<String> {
        match self {
            Self::Missing { .. } => {
                Some("leave it out to look at all migrations: `crmctl migrate lint`".to_owned())
            }
            Self::Directory(error) => error.help(),
            Self::Script(error) => error.help(),
            Self::Io { .. } => None,
        }
    }

    fn location(&self) -> Option<Location> {
        match self {
            Self::Directory(error) => error.location(),
            Self::Script(error) => error.location(),
            Self::Missing { .. } | Self::Io { .. } => None,
        }
    }
}

/// Reads named files and folders, wherever they are; a bare name is looked for among the migrations as well.
/// Nothing when nothing is named.
pub fn read_named(
    paths: &[PathBuf],
    migrations: &Path,
) -> Result<Option<Vec<Arc<MigrationFile>>>, NamedError> {
    let mut files = Vec::new();
    for path in paths {
        let beside = migrations.join(path);
        let found = [path, &beside].into_iter().find(|path| path.exists());
        let found = found.ok_or_else(|| NamedError::Missing { path: path.clone() })?;
        if found.is_dir() {
            files.extend(MigrationFile::read_dir(found)?.files);
        } else {
            files.push(Arc::new(read(found)?));
        }
    }
    Ok((!paths.is_empty()).then_some(files))
}

fn read(path: &Path) -> Result<MigrationFile, NamedError> {
    let bytes = fs::read(path).map_err(|source| NamedError::Io { path: path.to_owned(), source })?;
    let stem = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    let (version, name) = stem.split_once('_').unwrap_or((&stem, ""));
    Ok(MigrationFile::parse(Version::stored(version), name.to_owned(), path, bytes)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_found_by_path_and_among_the_migrations() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("1_a.sql"), "select 1").unwrap();

        let files = read_named(&[PathBuf::from("1_a.sql")], folder.path()).unwrap().unwrap();
        assert_eq!((files.len(), files[0].name.as_str()), (1, "a"));
        assert!(read_named(&[], folder.path()).unwrap().is_none());
        let error = read_named(&[PathBuf::from("2_b.sql")], folder.path()).unwrap_err();
        assert_eq!(error.kind(), Kind::Usage);
    }
}
