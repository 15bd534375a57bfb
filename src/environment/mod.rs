//! Which database, and how dangerous it is to change it.

mod config_file;
mod connection_string;
mod database_url;
mod env_file;
mod name;
mod project;
mod resolve;
mod secret;
pub mod supabase;
pub mod vars;

pub use config_file::{
    BackupConfig, ConfigError, DeployConfig, EnvironmentConfig, Keep, Protection, SyncConfig,
};
pub use connection_string::DatabaseUrlError;
pub use database_url::{DatabaseUrl, SslMode, UrlDefaults};
pub use env_file::{EnvFile, EnvFileError};
pub use name::{EnvironmentName, EnvironmentNameError};
pub use project::{CONFIG_FILE, Project, ProjectError};
pub use resolve::{Environment, Origin, ResolveError, Source, env_file_of, look_up, resolve};
pub use secret::Secret;
pub use supabase::Address;
pub use vars::Variables;
