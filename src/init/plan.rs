//! Which files a project gets. Pure.

use std::path::{Path, PathBuf};

use serde::Serialize;

use super::error::InitError;
use super::observe::{Observation, other_migration, slashed};
use super::{gitignore, templates};
use crate::environment::CONFIG_FILE;
use crate::plan::Render;
use crate::ui::Style;
use crate::validate::VALIDATE_FILE;

pub(super) const GITIGNORE: &str = ".gitignore";
const ENV_PRODUCTION: &str = ".env.production";

/// Which migrations a project begins with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Schema {
    /// None: it has its own, or will have.
    #[default]
    Own,
    /// Those of the CRM.
    Crm,
}

/// Who may read a new file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Visibility {
    /// As the user's umask says.
    Normal,
    /// Its owner: it is going to hold secrets.
    Owner,
}

/// A file that is not there yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NewFile {
    /// Relative to the project's folder.
    pub path: PathBuf,
    /// Who may read it.
    pub visibility: Visibility,
    /// What it says.
    #[serde(skip)]
    pub text: String,
}

/// Lines for a `.gitignore`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct IgnoredLines {
    /// What is added.
    pub lines: Vec<String>,
    /// The whole file as it was.
    #[serde(skip)]
    pub before: Option<String>,
    /// The whole file as it will be.
    #[serde(skip)]
    pub after: String,
}

/// What `init` would write.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct InitPlan {
    /// The project's folder.
    pub root: PathBuf,
    /// Lines for `.gitignore`; none when it has them.
    pub gitignore: Option<IgnoredLines>,
    /// Files that are made, in order.
    pub new: Vec<NewFile>,
    /// Files that are there and stay as they are.
    pub kept: Vec<PathBuf>,
}

impl InitPlan {
    /// Whether the project has everything.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.gitignore.is_none() && self.new.is_empty()
    }
}

/// Decides which files to write. Never one that is there.
pub fn files(project: &Observation, schema: Schema) -> Result<InitPlan, InitError> {
    let mut wanted = vec![
        NewFile::normal(CONFIG_FILE, templates::config(&project.name)),
        NewFile {
            path: ENV_PRODUCTION.into(),
            visibility: Visibility::Owner,
            text: templates::ENV_PRODUCTION.to_owned(),
        },
    ];
    wanted.push(NewFile::normal(VALIDATE_FILE, templates::VALIDATE));
    wanted.extend(migrations(project, schema)?);
    wanted.extend(templates::seeds().map(|(name, text)| NewFile::normal(project.seeds.join(name), text)));
    wanted.extend(workflows(project));
    let (kept, new) = wanted.into_iter().partition::<Vec<_>, _>(|file| project.existing.contains(&file.path));
    let lines = gitignore::wanted(&project.env_files, project.backups.as_deref());
    let gitignore = gitignore::completed(project.gitignore.as_deref(), &lines)
        .map(|(after, lines)| IgnoredLines { lines, before: project.gitignore.clone(), after });
    Ok(InitPlan {
        root: project.root.clone(),
        gitignore,
        new,
        kept: kept.into_iter().map(|file| file.path).collect(),
    })
}

/// Every path that some plan for this project may write.
pub(super) fn candidates(project: &Observation) -> Vec<PathBuf> {
    let names = templates::crm_migrations().map(|(name, _)| project.migrations.join(name));
    let seeds = templates::seeds().map(|(name, _)| project.seeds.join(name));
    let fixed = [CONFIG_FILE, ENV_PRODUCTION, VALIDATE_FILE].map(PathBuf::from);
    let workflows = workflows(project).into_iter().map(|file| file.path);
    fixed.into_iter().chain(names).chain(seeds).chain(workflows).collect()
}

/// The CRM's migrations, or something that makes git keep an empty folder.
fn migrations(project: &Observation, schema: Schema) -> Result<Vec<NewFile>, InitError> {
    let folder = &project.migrations;
    match schema {
        Schema::Own if project.migration_files.is_empty() => {
            Ok(vec![NewFile::normal(folder.join(".gitkeep"), "")])
        }
        Schema::Own => Ok(Vec::new()),
        Schema::Crm => {
            let is_missing = |(name, _): (&str, &str)| !project.migration_files.contains(name);
            let other = other_migration(&project.migration_files);
            if let Some(example) = other.filter(|_| templates::crm_migrations().any(is_missing)) {
                let folder = folder.display().to_string();
                return Err(InitError::OtherMigrations { folder, example: example.clone() });
            }
            Ok(templates::crm_migrations()
                .map(|(name, text)| NewFile::normal(folder.join(name), text))
                .collect())
        }
    }
}

/// At the top of the repository, where GitHub looks, working in the project's folder.
fn workflows(project: &Observation) -> Vec<NewFile> {
    let below = project.root.strip_prefix(&project.repository).unwrap_or(Path::new(""));
    let up: PathBuf = below.components().map(|_| "..").collect();
    let directory = slashed(below).unwrap_or_default();
    let folder = up.join(".github").join("workflows");
    templates::WORKFLOWS
        .into_iter()
        .map(|(name, template)| NewFile::normal(folder.join(name), templates::workflow(template, &directory)))
        .collect()
}

impl NewFile {
    fn normal(path: impl Into<PathBuf>, text: impl Into<String>) -> Self {
        Self { path: path.into(), visibility: Visibility::Normal, text: text.into() }
    }
}

impl Render for InitPlan {
    fn render(&self, style: &Style) -> String {
        let mut lines = Vec::new();
        if let Some(gitignore) = &self.gitignore {
            lines.push(format!("{} {GITIGNORE}: {}", style.good("add to "), gitignore.lines.join(" ")));
        }
        lines
            .extend(self.new.iter().map(|file| format!("{} {}", style.good("create "), file.path.display())));
        lines.extend(self.kept.iter().map(|path| format!("{} {}", style.faint("keep   "), path.display())));
        if self.is_empty() {
            lines.push("nothing to write: the project has everything".to_owned());
        }
        lines.join("\n")
    }
}

#[cfg(test)]
mod tests;
