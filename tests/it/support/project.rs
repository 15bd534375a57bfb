//! Projects as users have them: a folder with `crmctl.toml`, an env file, migrations.

use std::fmt::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use super::database::Database;

/// A folder that is gone with the test.
pub(crate) struct Project {
    folder: tempfile::TempDir,
    environments: String,
    settings: String,
    variables: String,
}

impl Project {
    /// A folder with an empty `crmctl.toml`.
    pub(crate) fn new() -> Self {
        let folder = tempfile::Builder::new().prefix("crmctl-project").tempdir().unwrap();
        std::fs::create_dir(folder.path().join("home")).unwrap();
        std::fs::create_dir(folder.path().join("migrations")).unwrap();
        let none = String::new;
        Self { folder, environments: none(), settings: none(), variables: none() }.written()
    }

    /// The environment `local`: open, its URL in `crmctl.toml`.
    pub(crate) fn local(mut self, database: &Database) -> Self {
        // Writing into a string does not fail.
        let _ = writeln!(self.environments, "[environments.local]\nurl = \"{}\"", database.url());
        self.written()
    }

    /// The environment `cloud`: protected, its URL in `.env.production`.
    pub(crate) fn cloud(self, database: &Database) -> Self {
        self.cloud_at(&database.url())
    }

    /// The same at some URL, and there only.
    pub(crate) fn cloud_at(mut self, url: &str) -> Self {
        const CLOUD: &str = "[environments.cloud]\nurl_env = \"DATABASE_URL_PRODUCTION\"\n\
                             env_file = \".env.production\"\nprotection = \"protected\"\n";
        if !self.environments.contains(CLOUD) {
            self.environments.push_str(CLOUD);
        }
        self.variables = format!("DATABASE_URL_PRODUCTION={url}\n");
        self.written()
    }

    /// More lines of `crmctl.toml`.
    pub(crate) fn setting(mut self, lines: &str) -> Self {
        self.settings.push_str(lines);
        self.settings.push('\n');
        self.written()
    }

    /// A migration: `20260102000000_title`.
    pub(crate) fn migration(self, name: &str, sql: &str) -> Self {
        self.file(&format!("migrations/{name}.sql"), sql)
    }

    /// The CRM's own migrations.
    pub(crate) fn with_crm_migrations(self) -> Self {
        copy_folder(&repository().join("migrations"), &self.path().join("migrations"));
        self
    }

    /// The CRM's own seeds.
    pub(crate) fn with_crm_seeds(self) -> Self {
        copy_folder(&repository().join("seeds"), &self.path().join("seeds"));
        self
    }

    /// A file.
    pub(crate) fn file(self, path: &str, text: &str) -> Self {
        self.write(path, text);
        self
    }

    /// Writes a file, also over one that is there.
    pub(crate) fn write(&self, path: &str, text: &str) {
        let path = self.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    /// The folder.
    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// All files below a folder of the project, sorted.
    pub(crate) fn files(&self, folder: &str) -> Vec<PathBuf> {
        let mut found = Vec::new();
        let mut folders = vec![self.path().join(folder)];
        while let Some(folder) = folders.pop() {
            let Ok(entries) = folder.read_dir() else { continue };
            for path in entries.map(|entry| entry.unwrap().path()) {
                if path.is_dir() { folders.push(path) } else { found.push(path) }
            }
        }
        found.sort();
        found
    }

    fn written(self) -> Self {
        let text = format!("[project]\nname = \"crm\"\n{}{}", self.environments, self.settings);
        self.write("crmctl.toml", &text);
        if !self.variables.is_empty() {
            self.write(".env.production", &self.variables);
            let private = std::fs::Permissions::from_mode(0o600);
            std::fs::set_permissions(self.path().join(".env.production"), private).unwrap();
        }
        self
    }
}

/// The folder of this crate.
pub(crate) fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn copy_folder(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in from.read_dir().unwrap().map(Result::unwrap) {
        std::fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
}
