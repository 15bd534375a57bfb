//! A project: its folder, what `crmctl.toml` says, and what holds where it says nothing.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::environment::config_file::{
    BackupConfig, ConfigFile, DeployConfig, EnvironmentConfig, Protection, SyncConfig,
};
use crate::environment::{ConfigError, EnvironmentName, vars};
use crate::error::{Explain, Kind, Location};
use crate::mask::Rule;
use crate::sync::Filter;

/// The name of the file.
pub const CONFIG_FILE: &str = "crmctl.toml";

/// A project. All paths are absolute, or as good as the folder it was found from.
#[derive(Debug, Clone)]
pub struct Project {
    /// The folder.
    pub root: PathBuf,
    /// What it is called; the folder's name unless `crmctl.toml` says otherwise.
    pub name: String,
    /// `crmctl.toml`, if there is one.
    pub config_file: Option<PathBuf>,
    /// The folder with the migrations; it need not exist.
    pub migrations: PathBuf,
    /// The folder with the seeds; it need not exist.
    pub seeds: PathBuf,
    /// What is known of each environment. `local` and `cloud` are always there.
    pub environments: BTreeMap<EnvironmentName, EnvironmentConfig>,
    /// Whether `crmctl.toml` defines `cloud`; where it does not, `DATABASE_URL` is looked at as well.
    pub defines_cloud: bool,
    /// What `sync` goes by.
    pub sync: SyncConfig,
    /// How columns are masked.
    pub masks: Vec<Rule>,
    /// Which rows go along.
    pub filters: Vec<Filter>,
    /// What `backup` goes by.
    pub backup: BackupConfig,
    /// What `deploy` goes by.
    pub deploy: DeployConfig,
}

/// Why there is no project.
#[derive(Debug, thiserror::Error)]
pub enum ProjectError {
    /// `--project` names no folder.
    #[error("there is no folder `{0}`")]
    NoFolder(String),
    /// The file cannot be read.
    #[error("cannot read `{name}`")]
    Read {
        /// The file.
        name: String,
        /// Why.
        source: std::io::Error,
    },
    /// The file is no good.
    #[error(transparent)]
    Config(#[from] ConfigError),
}

impl Explain for ProjectError {
    fn kind(&self) -> Kind {
        Kind::Usage
    }

    fn help(&self) -> Option<String> {
        match self {
            Self::NoFolder(_) => Some("name an existing folder with `--project`".to_owned()),
            Self::Read { .. } => None,
            Self::Config(error) => error.help(),
        }
    }

    fn location(&self) -> Option<Location> {
        match self {
            Self::NoFolder(_) | Self::Read { .. } => None,
            Self::Config(error) => error.location(),
        }
    }
}

impl Project {
    /// The same project with paths as somebody in `folder` would write them: relative where they are below it.
    #[must_use]
    pub fn seen_from(mut self, folder: &Path) -> Self {
        for path in [&mut self.migrations, &mut self.seeds] {
            if let Ok(relative) = path.strip_prefix(folder) {
                *path = relative.to_owned();
            }
        }
        self
    }

    /// The project in `folder`, or else the one that `cwd` is in; where there is none, `cwd` with the defaults.
    pub fn find(folder: Option<&Path>, cwd: &Path) -> Result<Self, ProjectError> {
        let root = match folder {
            Some(folder) => {
                let root = cwd.join(folder);
                if !root.is_dir() {
                    return Err(ProjectError::NoFolder(folder.display().to_string()));
                }
                root
            }
            None => root_of(cwd).to_owned(),
        };
        let path = root.join(CONFIG_FILE);
        let name = path.strip_prefix(cwd).unwrap_or(&path).display().to_string();
        match std::fs::read_to_string(&path) {
            Ok(text) => {
                let file = ConfigFile::parse(&name, &text)?;
                Ok(Self { config_file: Some(path), ..Self::of_file(root, file) })
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                Ok(Self::of_file(root, ConfigFile::default()))
            }
            Err(source) => Err(ProjectError::Read { name, source }),
        }
    }

    fn of_file(root: PathBuf, file: ConfigFile) -> Self {
        let mut environments = file.environments;
        let cloud = EnvironmentName::known("cloud");
        let defines_cloud = environments.contains_key(&cloud);
        environments
            .entry(EnvironmentName::known("local"))
            .or_insert_with(|| EnvironmentConfig { managed: true, ..EnvironmentConfig::default() });
        environments.entry(cloud).or_insert_with(|| EnvironmentConfig {
            url_env: Some(vars::DATABASE_URL_PRODUCTION.to_owned()),
            env_file: Some(".env.production".to_owned()),
            protection: Some(Protection::Protected),
            ..EnvironmentConfig::default()
        });
        let name = file.project.name.or_else(|| Some(root.file_name()?.to_string_lossy().into_owned()));
        let migrations = file.project.migrations.unwrap_or_else(|| {
            let supabase = Path::new("supabase").join("migrations");
            if root.join(&supabase).is_dir() { supabase } else { PathBuf::from("migrations") }
        });
        Self {
            name: name.unwrap_or_else(|| "project".to_owned()),
            config_file: None,
            migrations: root.join(migrations),
            seeds: root.join(file.project.seeds.unwrap_or_else(|| PathBuf::from("seeds"))),
            environments,
            defines_cloud,
            sync: file.sync,
            masks: file.masks,
            filters: file.filters,
            backup: BackupConfig { dir: root.join(&file.backup.dir), ..file.backup },
            deploy: file.deploy,
            root,
        }
    }
}

/// The nearest folder upwards with `crmctl.toml`; else, within the same git work tree, with `supabase/`; else with
/// `migrations/`; else the folder itself.
fn root_of(cwd: &Path) -> &Path {
    if let Some(root) = cwd.ancestors().find(|folder| folder.join(CONFIG_FILE).is_file()) {
        return root;
    }
    let has_supabase = |folder: &Path| {
        let supabase = folder.join("supabase");
        supabase.join("config.toml").is_file() || supabase.join("migrations").is_dir()
    };
    let has_migrations = |folder: &Path| folder.join("migrations").is_dir();
    let work_tree = cwd.ancestors().find(|folder| folder.join(".git").exists()).unwrap_or(cwd);
    let within = || cwd.ancestors().take_while(|folder| folder.starts_with(work_tree));
    within()
        .find(|folder| has_supabase(folder))
        .or_else(|| within().find(|folder| has_migrations(folder)))
        .unwrap_or(cwd)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        folder
    }

    #[test]
    fn a_folder_without_anything_is_a_project_with_defaults() {
        let folder = folder(&[]);

        let project = Project::find(None, folder.path()).unwrap();
        assert_eq!(project.root, folder.path());
        assert_eq!(project.migrations, folder.path().join("migrations"));
        assert!(project.environments[&EnvironmentName::known("local")].managed);
        let cloud = &project.environments[&EnvironmentName::known("cloud")];
        assert_eq!(cloud.protection, Some(Protection::Protected));
        assert!(!project.defines_cloud && project.config_file.is_none());
    }

    #[test]
    fn the_folder_of_a_supabase_project_is_found_from_within_its_migrations() {
        let folder = folder(&[(".git/HEAD", ""), ("supabase/migrations/1_a.sql", "")]);

        let project = Project::find(None, &folder.path().join("supabase/migrations")).unwrap();
        assert_eq!(project.root, folder.path());
        assert_eq!(project.migrations, folder.path().join("supabase/migrations"));
    }

    #[test]
    fn a_config_file_wins_over_a_nearer_folder_with_migrations() {
        let folder =
            folder(&[("crmctl.toml", "[project]\nname = 'crm'\n"), ("packages/x/migrations/1_a.sql", "")]);

        let project = Project::find(None, &folder.path().join("packages/x")).unwrap();
        assert_eq!((project.root.as_path(), project.name.as_str()), (folder.path(), "crm"));
    }

    #[test]
    fn a_named_folder_is_taken_as_it_is() {
        let folder = folder(&[("crmctl.toml", ""), ("inner/readme", "")]);

        let project = Project::find(Some(Path::new("inner")), folder.path()).unwrap();
        assert_eq!(project.root, folder.path().join("inner"));
        assert!(matches!(
            Project::find(Some(Path::new("no")), folder.path()),
            Err(ProjectError::NoFolder(_))
        ));
    }

    #[test]
    fn an_error_in_the_config_file_names_it_as_the_user_would() {
        let folder = folder(&[("crmctl.toml", "[projects]\n")]);

        let error = Project::find(None, folder.path()).expect_err("typo");
        assert_eq!(error.location().unwrap().to_string(), "crmctl.toml:1:2");
    }
}
