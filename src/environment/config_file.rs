//! `crmctl.toml`: what may stand in it. Unknown keys are errors that name file and line.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};

use crate::environment::{ByteSize, ConfigError, EnvironmentName, TimeLimit};
use crate::mask::{self, Rule};
use crate::sync::{self, Filter};

/// The file, as written.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct ConfigFile {
    pub(crate) project: ProjectSection,
    pub(crate) environments: BTreeMap<EnvironmentName, EnvironmentConfig>,
    pub(crate) sync: SyncConfig,
    pub(crate) backup: BackupConfig,
    pub(crate) deploy: DeployConfig,
    mask: IgnoredAny,
    #[serde(skip)]
    pub(crate) masks: Vec<Rule>,
    #[serde(skip)]
    pub(crate) filters: Vec<Filter>,
}

/// `[project]`
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct ProjectSection {
    pub(crate) name: Option<String>,
    pub(crate) migrations: Option<PathBuf>,
    pub(crate) seeds: Option<PathBuf>,
}

/// How carefully an environment is treated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Protection {
    /// Changed without asking.
    Open,
    /// Asked with yes or no.
    Guarded,
    /// Its name must be typed.
    Protected,
}

impl Protection {
    /// The word used in `crmctl.toml` and in output.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Guarded => "guarded",
            Self::Protected => "protected",
        }
    }
}

/// `[environments.NAME]`
#[derive(Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct EnvironmentConfig {
    /// crmctl runs the server itself.
    pub managed: bool,
    /// The URL itself: for local databases, since the file is committed.
    pub url: Option<String>,
    /// The variable that holds the URL.
    pub url_env: Option<String>,
    /// The file in which variables are looked up after the process.
    pub env_file: Option<String>,
    /// Overrules what crmctl would assume.
    pub protection: Option<Protection>,
}

/// The URL is left out: it may hold a password.
impl std::fmt::Debug for EnvironmentConfig {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("EnvironmentConfig")
            .field("managed", &self.managed)
            .field("url", &self.url.as_ref().map(|_| "***"))
            .field("url_env", &self.url_env)
            .field("env_file", &self.env_file)
            .field("protection", &self.protection)
            .finish()
    }
}

/// `[sync]`
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SyncConfig {
    /// Where data comes from unless `--from` says otherwise.
    pub from: EnvironmentName,
    /// Where data goes unless `--to` says otherwise.
    pub to: EnvironmentName,
    /// Tables that are left alone, `schema.table`; `*` stands for any characters.
    pub exclude: Vec<String>,
    /// Which users of `auth.users` go with the data: a pattern for LIKE on the email. None: no users.
    pub auth_users: Option<String>,
    /// Which rows of a table go along: SQL conditions by table. They are read with their places by [`crate::sync`].
    #[serde(rename = "where")]
    pub conditions: BTreeMap<String, String>,
    /// From which size on rows are staged in the target, which stays in use meanwhile.
    pub staging_from: ByteSize,
}

impl Default for SyncConfig {
    fn default() -> Self {
        Self {
            from: EnvironmentName::known("local"),
            to: EnvironmentName::known("cloud"),
            exclude: Vec::new(),
            auth_users: Some("%@test.local".to_owned()),
            conditions: BTreeMap::new(),
            staging_from: ByteSize(64_000_000),
        }
    }
}

/// `[backup]`
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct BackupConfig {
    /// The folder for backups; relative to the project until [`crate::environment::Project`] makes it absolute.
    pub dir: PathBuf,
    /// How many are kept.
    pub keep: Keep,
    /// Public keys the backups are encrypted for. None: not encrypted.
    pub recipients: Vec<String>,
    /// Where copies go.
    pub offsite: Option<String>,
}

impl Default for BackupConfig {
    fn default() -> Self {
        Self { dir: PathBuf::from("backups"), keep: Keep::default(), recipients: Vec::new(), offsite: None }
    }
}

/// `keep = { last = 7, daily = 30 }`: what is not named is not kept for that reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Keep {
    /// The newest ones.
    #[serde(default)]
    pub last: u32,
    /// One a day, for so many days.
    #[serde(default)]
    pub daily: u32,
    /// One a week, for so many weeks.
    #[serde(default)]
    pub weekly: u32,
    /// One a month, for so many months.
    #[serde(default)]
    pub monthly: u32,
    /// One a year, for so many years.
    #[serde(default)]
    pub yearly: u32,
}

impl Default for Keep {
    fn default() -> Self {
        Self { last: 7, daily: 30, weekly: 0, monthly: 0, yearly: 0 }
    }
}

/// `[deploy]`
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DeployConfig {
    /// The environment that must have passed the same files before.
    pub requires: Option<EnvironmentName>,
    /// Commands to run before.
    pub before: Vec<String>,
    /// Commands to run after.
    pub after: Vec<String>,
    /// After how long one of them is ended; as long as it takes otherwise.
    pub time_limit: Option<TimeLimit>,
}

impl ConfigFile {
    /// Reads the text of the file that a person would call `name`.
    pub(crate) fn parse(name: &str, text: &str) -> Result<Self, ConfigError> {
        let mut file: Self =
            toml::from_str(text).map_err(|error| ConfigError::of_toml(name, text, &error))?;
        refuse_unfinished(name, text)?;
        file.masks = mask::rules(name, text)?;
        file.filters = sync::filters(name, text)?;
        for (environment, config) in &file.environments {
            let origins = [config.managed, config.url.is_some(), config.url_env.is_some()];
            if origins.iter().filter(|is_given| **is_given).count() > 1 {
                let header = format!("[environments.{environment}]");
                let problem = format!("`{environment}` has more than one of `managed`, `url` and `url_env`");
                let offset = text.find(&header).unwrap_or(0);
                let help = "keep the one that says where the database is";
                return Err(ConfigError::new(name, text, offset, &problem).with_help(help));
            }
        }
        Ok(file)
    }
}

/// Keys that have a meaning and are not acted upon by this version. To pass over `recipients` would leave backups
/// readable that somebody believes to be encrypted.
#[derive(Deserialize)]
struct Unfinished {
    #[serde(default)]
    backup: BTreeMap<String, toml::Spanned<toml::Value>>,
}

fn refuse_unfinished(name: &str, text: &str) -> Result<(), ConfigError> {
    let Ok(file) = toml::from_str::<Unfinished>(text) else { return Ok(()) };
    let mut found: Vec<_> = file.backup.iter().filter(|(key, _)| *key != "dir").collect();
    found.sort_by_key(|(_, value)| value.span().start);
    let Some((key, value)) = found.first() else { return Ok(()) };
    let problem = format!("`{key}` in `[backup]` does nothing in this version of crmctl");
    Err(ConfigError::new(name, text, value.span().start, &problem)
        .with_help("remove it, so that nobody relies on it"))
}

#[cfg(test)]
mod tests;
