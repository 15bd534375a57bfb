//! What a project has already. Reads only.

use std::collections::BTreeSet;
use std::io::ErrorKind;
use std::path::{Component, Path, PathBuf};

use super::error::InitError;
use super::{plan, templates};
use crate::environment::Project;

/// What a project has already. Paths are relative to its folder, except for `root`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Observation {
    /// The project's folder.
    pub root: PathBuf,
    /// What the project is called.
    pub name: String,
    /// The folder for migrations.
    pub migrations: PathBuf,
    /// The names of the files in it.
    pub migration_files: BTreeSet<String>,
    /// The folder for seeds.
    pub seeds: PathBuf,
    /// The top of the git repository the project is in; the project's folder where there is none.
    pub repository: PathBuf,
    /// What is there of the files that `init` writes.
    pub existing: BTreeSet<PathBuf>,
    /// `.gitignore`, if there is one.
    pub gitignore: Option<String>,
    /// The files with secrets that environments name.
    pub env_files: Vec<String>,
    /// The folder for backups, when it is inside of the project.
    pub backups: Option<String>,
}

/// Looks at a project's folder.
pub fn observe(project: &Project) -> Result<Observation, InitError> {
    let root = project.root.clone();
    let inside = |path: &Path| path.strip_prefix(&root).map_or_else(|_| path.to_owned(), Path::to_owned);
    let migrations = migrations_folder(project, &inside(&project.migrations));
    let mut observation = Observation {
        name: project.name.clone(),
        migration_files: names_in(&root.join(&migrations))?,
        migrations,
        seeds: inside(&project.seeds),
        repository: repository_of(&root),
        existing: BTreeSet::new(),
        gitignore: read_if_there(&root.join(plan::GITIGNORE))?,
        env_files: project.environments.values().filter_map(|config| config.env_file.clone()).collect(),
        backups: project.backup.dir.strip_prefix(&root).ok().and_then(slashed),
        root,
    };
    let candidates = plan::candidates(&observation);
    observation.existing =
        candidates.into_iter().filter(|path| is_there(&observation.root.join(path))).collect();
    Ok(observation)
}

/// The configured folder; in a project of the Supabase CLI that has no migrations yet, where that tool will look.
fn migrations_folder(project: &Project, configured: &Path) -> PathBuf {
    let is_supabase = project.root.join("supabase").join("config.toml").is_file();
    if project.config_file.is_none() && is_supabase {
        return Path::new("supabase").join("migrations");
    }
    configured.to_owned()
}

/// GitHub reads workflows at the top of a repository only.
fn repository_of(root: &Path) -> PathBuf {
    root.ancestors().find(|folder| folder.join(".git").exists()).unwrap_or(root).to_owned()
}

fn names_in(folder: &Path) -> Result<BTreeSet<String>, InitError> {
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(BTreeSet::new()),
        Err(error) => return Err(InitError::disk("read", folder)(error)),
    };
    entries
        .map(|entry| {
            Ok(entry.map_err(InitError::disk("read", folder))?.file_name().to_string_lossy().into_owned())
        })
        .collect()
}

fn read_if_there(path: &Path) -> Result<Option<String>, InitError> {
    match std::fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(InitError::disk("read", path)(error)),
    }
}

/// A link that leads nowhere is there as well: it must not be replaced.
fn is_there(path: &Path) -> bool {
    path.symlink_metadata().is_ok()
}

/// A relative path as it stands in files that git and GitHub read.
pub(super) fn slashed(path: &Path) -> Option<String> {
    let parts: Option<Vec<&str>> = path
        .components()
        .map(|part| match part {
            Component::Normal(part) => part.to_str(),
            Component::Prefix(_) | Component::RootDir | Component::CurDir | Component::ParentDir => None,
        })
        .collect();
    parts.map(|parts| parts.join("/")).filter(|path| !path.is_empty())
}

/// Whether the CRM schema could be completed in a folder with these files.
pub(super) fn other_migration(files: &BTreeSet<String>) -> Option<&String> {
    let is_ours = |name: &str| templates::crm_migrations().any(|(ours, _)| ours == name);
    files.iter().find(|name| templates::is_sql(name) && !is_ours(name))
}
