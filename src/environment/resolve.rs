//! Which database an environment's name means, how dangerous it is, and where each value came from. Pure.

use std::fmt;

use serde::Serialize;

use crate::environment::DatabaseUrlError;
use crate::environment::config_file::{EnvironmentConfig, Protection};
use crate::environment::supabase::{self, SupabaseError};
use crate::environment::{
    Address, DatabaseUrl, EnvFile, EnvironmentName, Project, Secret, UrlDefaults, Variables, vars,
};
use crate::error::{Explain, Kind};

/// Where a value came from: for messages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "source")]
pub enum Source {
    /// A flag of this run.
    Flag {
        /// With its dashes.
        name: &'static str,
    },
    /// A variable of the process.
    Variable {
        /// Its name.
        name: String,
    },
    /// A variable in an env file.
    EnvFile {
        /// Its name.
        name: String,
        /// The file.
        file: String,
    },
    /// `crmctl.toml`.
    ConfigFile,
    /// What holds where nothing is said.
    Default,
}

impl fmt::Display for Source {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag { name } => write!(formatter, "`{name}`"),
            Self::Variable { name } => write!(formatter, "`{name}`"),
            Self::EnvFile { name, file } => write!(formatter, "`{name}` in `{file}`"),
            Self::ConfigFile => formatter.write_str("`crmctl.toml`"),
            Self::Default => formatter.write_str("the defaults"),
        }
    }
}

/// Where an environment's database is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "origin")]
pub enum Origin {
    /// A server that crmctl runs; its URL is known once it runs.
    Managed,
    /// Somewhere else.
    Url {
        /// Where.
        url: Box<DatabaseUrl>,
        /// Which way that is.
        address: Address,
        /// Who said so.
        #[serde(rename = "from")]
        source: Source,
    },
}

/// An environment: which database, and how dangerous.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Environment {
    /// What it is called.
    pub name: EnvironmentName,
    /// How carefully it is treated.
    pub protection: Protection,
    /// Where it is.
    #[serde(flatten)]
    pub origin: Origin,
    /// The environment that is the same database and better protected, which decides what consent it takes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub same_as: Option<EnvironmentName>,
    /// What a person should know about how it was found.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
}

impl Environment {
    /// The URL; none for a managed one.
    #[must_use]
    pub fn url(&self) -> Option<&DatabaseUrl> {
        match &self.origin {
            Origin::Managed => None,
            Origin::Url { url, .. } => Some(url),
        }
    }

    /// What is typed to change it where it is protected: its own name, or that of the environment it is the same as.
    #[must_use]
    pub fn consent_name(&self) -> &EnvironmentName {
        self.same_as.as_ref().unwrap_or(&self.name)
    }

    /// The reference of the Supabase project, if it is one.
    #[must_use]
    pub fn project_ref(&self) -> Option<&str> {
        match &self.origin {
            Origin::Managed => None,
            Origin::Url { address, .. } => address.project_ref(),
        }
    }
}

/// Why an environment cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ResolveError {
    /// There is none of that name.
    #[error("there is no environment `{name}`")]
    Unknown {
        /// What was asked for.
        name: EnvironmentName,
        /// What there is.
        known: Vec<EnvironmentName>,
    },
    /// Nothing says where it is.
    #[error("`{variable}`, the URL of environment `{name}`, is not set")]
    Missing {
        /// The environment.
        name: EnvironmentName,
        /// The variable.
        variable: String,
        /// The file it may stand in.
        file: Option<String>,
    },
    /// Its URL is no good.
    #[error("environment `{name}`, URL from {from}: {error}")]
    Url {
        /// The environment.
        name: EnvironmentName,
        /// Where the URL came from.
        from: Source,
        /// What is wrong.
        error: Box<DatabaseUrlError>,
    },
    /// Its URL is a way that does not work for crmctl.
    #[error("environment `{name}`, URL from {from}: {error}")]
    Supabase {
        /// The environment.
        name: EnvironmentName,
        /// Where the URL came from.
        from: Source,
        /// What is wrong.
        error: Box<SupabaseError>,
    },
}

impl Explain for ResolveError {
    fn kind(&self) -> Kind {
        Kind::Usage
    }

    fn help(&self) -> Option<String> {
        match self {
            Self::Unknown { name, known } => {
                let known: Vec<String> = known.iter().map(|name| format!("`{name}`")).collect();
                let known = known.join(", ");
                Some(format!("use one of {known}, or add `[environments.{name}]` to crmctl.toml"))
            }
            Self::Missing { variable, file, .. } => {
                let place = file.as_ref().map(|file| format!(", or write it into `{file}`"));
                Some(format!("set `{variable}`{}", place.unwrap_or_default()))
            }
            Self::Url { error, .. } => error.help(),
            Self::Supabase { error, .. } => error.help(),
        }
    }
}

/// Looks a variable up in the process, then in the env file.
#[must_use]
pub fn look_up<'a>(
    name: &str,
    variables: &'a Variables,
    file: Option<&'a EnvFile>,
) -> Option<(&'a str, Source)> {
    let of_process = variables.get(name).map(|value| (value, Source::Variable { name: name.to_owned() }));
    of_process.or_else(|| {
        let file = file?;
        let source = Source::EnvFile { name: name.to_owned(), file: file.name.clone() };
        Some((file.variables.get(name)?, source))
    })
}

/// Finds out what an environment's name means. `file` is the content of [`env_file_of`], or of `--env-file`.
pub fn resolve(
    project: &Project,
    name: &EnvironmentName,
    variables: &Variables,
    file: Option<&EnvFile>,
) -> Result<Environment, ResolveError> {
    let config = project.environments.get(name).ok_or_else(|| ResolveError::Unknown {
        name: name.clone(),
        known: project.environments.keys().cloned().collect(),
    })?;
    if config.managed {
        let protection = config.protection.unwrap_or(Protection::Open);
        return Ok(Environment {
            name: name.clone(),
            protection,
            origin: Origin::Managed,
            same_as: None,
            warnings: Vec::new(),
        });
    }
    let (text, source) = find_url(project, name, variables, file)?;
    let defaults = url_defaults(name, variables, file);
    let url = DatabaseUrl::parse(text, &defaults).map_err(|error| ResolveError::Url {
        name: name.clone(),
        from: source.clone(),
        error: Box::new(error),
    })?;
    let address = supabase::check(&url).map_err(|error| ResolveError::Supabase {
        name: name.clone(),
        from: source.clone(),
        error: Box::new(error),
    })?;
    // `cloud` may be at the end of a tunnel that begins on this machine.
    let is_harmless = url.is_local() && name.as_str() != "cloud";
    let assumed = if is_harmless { Protection::Open } else { Protection::Protected };
    Ok(Environment {
        name: name.clone(),
        protection: config.protection.unwrap_or(assumed),
        warnings: warnings(&url, &source, file),
        origin: Origin::Url { url: Box::new(url), address, source },
        same_as: None,
    })
}

/// The env file an environment names, to be read before [`resolve`].
#[must_use]
pub fn env_file_of<'a>(project: &'a Project, name: &EnvironmentName) -> Option<&'a str> {
    project.environments.get(name)?.env_file.as_deref()
}

fn find_url<'a>(
    project: &'a Project,
    name: &EnvironmentName,
    variables: &'a Variables,
    file: Option<&'a EnvFile>,
) -> Result<(&'a str, Source), ResolveError> {
    let config = &project.environments[name];
    if let Some(url) = &config.url {
        return Ok((url, Source::ConfigFile));
    }
    let variable = url_variable(name, config);
    let fallback = (name.as_str() == "cloud" && !project.defines_cloud).then_some(vars::DATABASE_URL);
    look_up(&variable, variables, file)
        .or_else(|| look_up(fallback?, variables, file))
        .ok_or_else(|| ResolveError::Missing { name: name.clone(), variable, file: config.env_file.clone() })
}

/// The variable with the URL: as configured, else `DATABASE_URL_PRODUCTION` for `cloud` and `DATABASE_URL_<NAME>`.
fn url_variable(name: &EnvironmentName, config: &EnvironmentConfig) -> String {
    match (&config.url_env, name.as_str()) {
        (Some(variable), _) => variable.clone(),
        (None, "cloud") => vars::DATABASE_URL_PRODUCTION.to_owned(),
        (None, name) => format!("DATABASE_URL_{}", name.to_ascii_uppercase().replace('-', "_")),
    }
}

fn url_defaults(name: &EnvironmentName, variables: &Variables, file: Option<&EnvFile>) -> UrlDefaults {
    let value = |name| look_up(name, variables, file).map(|(value, _)| value.to_owned());
    let of_supabase = (name.as_str() == "cloud").then(|| value(vars::SUPABASE_DB_PASSWORD)).flatten();
    UrlDefaults {
        password: of_supabase.or_else(|| value(vars::PGPASSWORD)).map(Secret::new),
        ssl_mode: value(vars::PGSSLMODE),
        ssl_root_certificate: value(vars::PGSSLROOTCERT),
    }
}

fn warnings(url: &DatabaseUrl, source: &Source, file: Option<&EnvFile>) -> Vec<String> {
    let mut warnings = Vec::new();
    if let Some(file) = file.filter(|file| file.readable_by_others) {
        warnings.push(format!("`{0}` can be read by other users: `chmod 600 {0}`", file.name));
    }
    if *source == Source::ConfigFile && url.password().is_some() && !url.is_local() {
        warnings.push(
            "`crmctl.toml` holds a password: move the URL to an env file and name it with `url_env`"
                .to_owned(),
        );
    }
    warnings
}

#[cfg(test)]
mod tests;
