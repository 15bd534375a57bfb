//! Where a plan is carried out, for a person to see before it is.

use serde::Serialize;

use crate::environment::EnvironmentName;
use crate::pg::Target;

/// An environment and the address of its database, without secrets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Place {
    /// The environment.
    pub environment: EnvironmentName,
    /// The host, or the folder of the socket.
    pub host: String,
    /// The port.
    pub port: u16,
    /// The database.
    pub database: String,
}

impl Place {
    /// Where a session is, or would be.
    #[must_use]
    pub fn of(target: &Target) -> Self {
        let url = &target.url;
        Self {
            environment: target.environment.clone(),
            host: url.host().to_owned(),
            port: url.port(),
            database: url.database().to_owned(),
        }
    }
}

impl std::fmt::Display for Place {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { environment, host, port, database } = self;
        write!(formatter, "`{environment}` (host {host}:{port}, database {database})")
    }
}
