//! The folder of migrations: which files count, in which order, and how a new one is made.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use chrono::{DateTime, Datelike, NaiveDateTime, TimeDelta, Utc};

use crate::error::{Explain, Kind, Location};
use crate::migration::file::MigrationFile;
use crate::migration::git;
use crate::migration::left_out;
use crate::migration::read_file::read_file;
use crate::migration::script::ScriptError;
use crate::migration::squash::folded;
use crate::migration::version::Version;

/// The first file is left out when it is an `_init.sql` older than this: the Supabase CLI once wrote such files.
const LEGACY_INIT_BEFORE: &str = "20211209000000";

/// What a folder of migrations holds.
#[derive(Debug, Clone, Default)]
pub struct Directory {
    /// Where it is, as the user would name it.
    pub path: PathBuf,
    /// The migrations, in the order of their versions, each version once.
    pub files: Vec<Arc<MigrationFile>>,
    /// The `.down.sql` halves, which crmctl alone knows, in the same order.
    pub downs: Vec<Arc<MigrationFile>>,
    /// Files left out, and why.
    pub skipped: Vec<(String, String)>,
    /// Files left out because another one was folded from them.
    pub folded: Vec<PathBuf>,
    /// What a person should know though it stops nothing.
    pub warnings: Vec<String>,
}

/// Why a folder of migrations cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum DirectoryError {
    /// There is no such folder.
    #[error("there is no folder of migrations at `{}`", .path.display())]
    Missing {
        /// Where it was looked for.
        path: PathBuf,
    },
    /// Two files claim the same version.
    #[error("`{}` and `{}` have the same version `{version}`", .first.display(), .second.display())]
    Duplicate {
        /// The version.
        version: Version,
        /// One file.
        first: PathBuf,
        /// The other.
        second: PathBuf,
    },
    /// A file cannot be run.
    #[error(transparent)]
    Script(#[from] ScriptError),
    /// A title of which nothing is left for a file name.
    #[error("`{title}` has no letter or digit to name a file with")]
    EmptyTitle {
        /// The title.
        title: String,
    },
    /// A file that nobody should have put there.
    #[error("`{}` cannot be a migration: {reason}", .path.display().to_string().replace(char::is_control, "?"))]
    Unfit {
        /// Which.
        path: PathBuf,
        /// Why.
        reason: &'static str,
    },
    /// The operating system refused.
    #[error("`{}` cannot be used", .path.display())]
    Io {
        /// Of what.
        path: PathBuf,
        /// What it said.
        source: io::Error,
    },
}

impl Explain for DirectoryError {
    fn kind(&self) -> Kind {
        match self {
            Self::Missing { .. } | Self::EmptyTitle { .. } => Kind::Usage,
            Self::Duplicate { .. } | Self::Unfit { .. } => Kind::Refused,
            Self::Script(error) => error.kind(),
            Self::Io { .. } => Kind::Failed,
        }
    }

    fn help(&self) -> Option<String> {
        match self {
            Self::Missing { .. } => Some(
                "`crmctl init` makes a project, `crmctl migrate new <title>` a first migration".to_owned(),
            ),
            Self::Duplicate { .. } => {
                Some("rename the one that was not applied yet to a newer version".to_owned())
            }
            Self::Script(error) => error.help(),
            Self::EmptyTitle { .. } => {
                Some("for example `crmctl migrate new add_phone_to_contacts`".to_owned())
            }
            Self::Unfit { .. } => Some("rename it or take it out of the folder".to_owned()),
            Self::Io { .. } => None,
        }
    }

    fn location(&self) -> Option<Location> {
        match self {
            Self::Script(error) => error.location(),
            Self::Missing { .. }
            | Self::Duplicate { .. }
            | Self::Unfit { .. }
            | Self::EmptyTitle { .. }
            | Self::Io { .. } => None,
        }
    }
}

impl MigrationFile {
    /// Reads the folder of migrations. Its subfolders are not looked into.
    pub fn read_dir(path: &Path) -> Result<Directory, DirectoryError> {
        let mut directory = Directory { path: path.to_owned(), ..Directory::default() };
        let git_commit = git::head(path);
        for (position, file_name) in file_names(path)?.iter().enumerate() {
            let Some((version, name)) = parts(file_name) else {
                directory.skip(file_name, "the file name does not match `<version>_<name>.sql`");
                continue;
            };
            if position == 0 && name == "init" && version.len() == 14 && version < LEGACY_INIT_BEFORE {
                directory.skip(file_name, "an old baseline of the Supabase CLI, which leaves it out as well");
                continue;
            }
            let path = path.join(file_name);
            let bytes = read_file(&path)?;
            let (list, name) = match name.strip_suffix(".down") {
                Some(name) => (&mut directory.downs, name),
                None => (&mut directory.files, name),
            };
            let version = Version::stored(version);
            let mut file = MigrationFile::parse(version, name.to_owned(), &path, bytes)?;
            file.git_commit.clone_from(&git_commit);
            list.push(Arc::new(file));
        }
        folded::leave_out(&mut directory);
        directory.put_in_order()?;
        let left_out = left_out::warnings(path, &directory.skipped, !directory.files.is_empty());
        directory.warnings.extend(left_out);
        Ok(directory)
    }
}

impl Directory {
    /// The same where the folder need not be there: for what makes files itself.
    pub fn read_or_empty(path: &Path) -> Result<Self, DirectoryError> {
        match MigrationFile::read_dir(path) {
            Err(DirectoryError::Missing { path }) => Ok(Self { path, ..Self::default() }),
            result => result,
        }
    }

    fn skip(&mut self, file_name: &str, reason: &str) {
        self.skipped.push((file_name.to_owned(), reason.to_owned()));
    }

    fn put_in_order(&mut self) -> Result<(), DirectoryError> {
        for list in [&mut self.files, &mut self.downs] {
            list.sort_by(|one, other| one.version.cmp(&other.version));
            if let Some(pair) = list.windows(2).find(|pair| pair[0].version == pair[1].version) {
                let [first, second] = [&pair[0].path, &pair[1].path].map(PathBuf::clone);
                return Err(DirectoryError::Duplicate { version: pair[0].version.clone(), first, second });
            }
        }
        let mut lengths = self.files.iter().map(|file| file.version.as_str().len());
        if let Some(first) = lengths.next()
            && lengths.any(|length| length != first)
        {
            self.warnings.push(
                "versions differ in length; they are ordered as text, so that `3` comes after `20260101000000`".to_owned(),
            );
        }
        for down in &self.downs {
            if self.get(&down.version).is_none() {
                self.warnings.push(format!("`{}` undoes a migration that does not exist", down.shown()));
            }
        }
        Ok(())
    }

    /// The migration of a version.
    #[must_use]
    pub fn get(&self, version: &Version) -> Option<&Arc<MigrationFile>> {
        self.files.iter().find(|file| file.version == *version)
    }

    /// The down half of a migration.
    #[must_use]
    pub fn down(&self, version: &Version) -> Option<&Arc<MigrationFile>> {
        self.downs.iter().find(|file| file.version == *version)
    }
}

/// Version and name of a file called `<digits>_<name>.sql`.
fn parts(file_name: &str) -> Option<(&str, &str)> {
    let (version, name) = file_name.strip_suffix(".sql")?.split_once('_')?;
    let is_version = !version.is_empty() && version.bytes().all(|byte| byte.is_ascii_digit());
    is_version.then_some((version, name))
}

/// The names of the files in a folder, sorted by their bytes. Hidden files and folders are nobody's concern; a
/// link counts as what it points to.
fn file_names(path: &Path) -> Result<Vec<String>, DirectoryError> {
    let failed = |source: io::Error| DirectoryError::Io { path: path.to_owned(), source };
    let entries = fs::read_dir(path).map_err(|source| match source.kind() {
        io::ErrorKind::NotFound => DirectoryError::Missing { path: path.to_owned() },
        _ => failed(source),
    })?;
    let mut names = Vec::new();
    for entry in entries {
        let entry = entry.map_err(failed)?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let is_folder = fs::metadata(entry.path()).is_ok_and(|metadata| metadata.is_dir());
        if !is_folder && !name.starts_with('.') {
            names.push(name);
        }
    }
    names.sort();
    Ok(names)
}

/// How a version is made of a time.
pub(crate) const VERSION_FORMAT: &str = "%Y%m%d%H%M%S";

/// Makes a new migration with a version of `now`, in UTC, and returns its path. Makes the folder when there is
/// none. Never overwrites, and comes after all that are there, also when this machine's clock was set back or is behind
/// that of a colleague: it takes the next free second.
pub fn new_file(
    folder: &Path,
    title: &str,
    content: &str,
    now: DateTime<Utc>,
) -> Result<PathBuf, DirectoryError> {
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |source| DirectoryError::Io { path, source }
    };
    let slug = slug(title);
    if slug.is_empty() {
        return Err(DirectoryError::EmptyTitle { title: title.to_owned() });
    }
    fs::create_dir_all(folder).map_err(failed(folder))?;
    let names = file_names(folder)?;
    let times =
        names.iter().filter_map(|name| NaiveDateTime::parse_from_str(parts(name)?.0, VERSION_FORMAT).ok());
    // A number beyond every time is a name like any other.
    let mut time = match times.filter(|time| time.year() < 9999).max() {
        Some(newest) if newest >= now.naive_utc() - TimeDelta::seconds(1) => newest + TimeDelta::seconds(1),
        Some(_) | None => now.naive_utc(),
    };
    loop {
        let path = folder.join(format!("{}_{slug}.sql", time.format(VERSION_FORMAT)));
        match fs::File::create_new(&path) {
            Ok(mut file) => {
                io::Write::write_all(&mut file, content.as_bytes()).map_err(failed(&path))?;
                return Ok(path);
            }
            // Somebody else was quicker; the next second is free.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => time += TimeDelta::seconds(1),
            Err(error) => return Err(failed(&path)(error)),
        }
    }
}

/// A title as part of a file name: lower case words joined by `_`.
pub(crate) fn slug(title: &str) -> String {
    let lower = title.to_lowercase();
    let words: Vec<&str> =
        lower.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    words.join("_").chars().take(80).collect::<String>().trim_end_matches('_').to_owned()
}

#[cfg(test)]
mod tests;
