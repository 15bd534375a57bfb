//! Which database, and how dangerous it is to change it.

mod byte_size;
mod config_error;
mod config_file;
mod connection_string;
mod database_url;
mod database_url_error;
mod env_file;
mod name;
mod percent;
mod placeholder;
mod project;
mod project_file;
mod resolve;
mod secret;
mod ssl_mode;
pub mod supabase;
mod time_limit;
mod twin;
pub mod vars;

pub use byte_size::ByteSize;
pub use config_error::ConfigError;
pub use config_file::{BackupConfig, DeployConfig, EnvironmentConfig, Keep, Protection, SyncConfig};
pub use database_url::{DatabaseUrl, UrlDefaults};
pub use database_url_error::DatabaseUrlError;
pub use env_file::{EnvFile, EnvFileError};
pub use name::{EnvironmentName, EnvironmentNameError};
pub use project::{CONFIG_FILE, Project, ProjectError};
pub use project_file::ProjectFileError;
pub(crate) use project_file::read_project_file;
pub use resolve::{Environment, Origin, ResolveError, Source, env_file_of, look_up, resolve};
pub use secret::Secret;
pub use ssl_mode::SslMode;
pub use supabase::Address;
pub use time_limit::TimeLimit;
pub use vars::Variables;
