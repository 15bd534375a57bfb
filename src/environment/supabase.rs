//! Which way into a Supabase project an address is. Pure.

use serde::Serialize;

use crate::environment::DatabaseUrl;
use crate::error::{Explain, Kind};

/// Which way into which database an address is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Address {
    /// A server on this machine.
    Local,
    /// The local database of the Supabase CLI, or crmctl's own: port 54322 on this machine.
    SupabaseLocal,
    /// `db.<ref>.supabase.co:5432`; IPv6 unless the project has the IPv4 add-on.
    Direct {
        /// The project's reference.
        project_ref: String,
    },
    /// `*.pooler.supabase.com:5432`; keeps the state of sessions.
    SessionPooler {
        /// The project's reference, from the user name.
        project_ref: Option<String>,
    },
    /// `*.pooler.supabase.com:6543`; loses the state of sessions, so crmctl refuses it.
    TransactionPooler {
        /// The project's reference, from the user name.
        project_ref: Option<String>,
    },
    /// `db.<ref>.supabase.co:6543`; loses the state of sessions as well.
    DedicatedPooler {
        /// The project's reference.
        project_ref: String,
    },
    /// Any other server.
    Other,
}

impl Address {
    /// Tells from host, port and user.
    #[must_use]
    pub fn of(url: &DatabaseUrl) -> Self {
        let host = url.host().to_ascii_lowercase();
        if url.is_local() {
            return if url.port() == 54322 { Self::SupabaseLocal } else { Self::Local };
        }
        if host.ends_with(".pooler.supabase.com") {
            let project_ref = pooler_reference(url);
            return if url.port() == 6543 {
                Self::TransactionPooler { project_ref }
            } else {
                Self::SessionPooler { project_ref }
            };
        }
        let Some(project_ref) = direct_reference(&host) else { return Self::Other };
        if url.port() == 6543 { Self::DedicatedPooler { project_ref } } else { Self::Direct { project_ref } }
    }

    /// The reference of the Supabase project: shown wherever consent is asked.
    #[must_use]
    pub fn project_ref(&self) -> Option<&str> {
        match self {
            Self::Direct { project_ref } | Self::DedicatedPooler { project_ref } => Some(project_ref),
            Self::SessionPooler { project_ref } | Self::TransactionPooler { project_ref } => {
                project_ref.as_deref()
            }
            Self::Local | Self::SupabaseLocal | Self::Other => None,
        }
    }
}

/// Whether a host belongs to hosted Supabase.
#[must_use]
pub fn is_supabase_host(host: &str) -> bool {
    let host = host.to_ascii_lowercase();
    host.ends_with(".supabase.co") || host.ends_with(".supabase.com")
}

fn direct_reference(host: &str) -> Option<String> {
    let reference = host.strip_prefix("db.")?.strip_suffix(".supabase.co")?;
    let is_reference =
        !reference.is_empty() && reference.chars().all(|character| character.is_ascii_alphanumeric());
    is_reference.then(|| reference.to_owned())
}

/// From `postgres.<ref>`, or from `options=reference=<ref>` as older URLs have it.
fn pooler_reference(url: &DatabaseUrl) -> Option<String> {
    let from_user = url.user().rsplit_once('.').map(|(_, reference)| reference);
    let from_options =
        || url.options()?.split_whitespace().find_map(|option| option.strip_prefix("reference="));
    from_user.or_else(from_options).filter(|reference| !reference.is_empty()).map(str::to_owned)
}

/// Why an address of Supabase cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SupabaseError {
    /// A pooler that gives every transaction another session.
    #[error(
        "`{host}:6543` is a transaction pooler: it keeps no session, so locks, settings and snapshots do not hold"
    )]
    TransactionPooler {
        /// The pooler.
        host: String,
        /// The same URL by a way that works, redacted.
        instead: String,
        /// What that way is called.
        way: &'static str,
    },
    /// The pooler tells projects apart by the user name.
    #[error("the user `{user}` does not tell the pooler which project is meant")]
    NoReference {
        /// As in the URL.
        user: String,
    },
}

impl Explain for SupabaseError {
    fn kind(&self) -> Kind {
        Kind::Usage
    }

    fn help(&self) -> Option<String> {
        Some(match self {
            Self::TransactionPooler { instead, way, .. } => {
                format!("use {way}, the same URL with port 5432: `{instead}`")
            }
            Self::NoReference { user } => {
                format!(
                    "write the user as `{user}.<project ref>`; the dashboard shows it under Connect > Session pooler"
                )
            }
        })
    }
}

/// Refuses the ways that cannot carry a session.
pub fn check(url: &DatabaseUrl) -> Result<Address, SupabaseError> {
    let address = Address::of(url);
    let way = match &address {
        Address::TransactionPooler { .. } => "the session pooler",
        Address::DedicatedPooler { .. } => "the direct connection",
        Address::SessionPooler { project_ref: None } => {
            return Err(SupabaseError::NoReference { user: url.user().to_owned() });
        }
        Address::Local
        | Address::SupabaseLocal
        | Address::Direct { .. }
        | Address::SessionPooler { project_ref: Some(_) }
        | Address::Other => return Ok(address),
    };
    let instead = url.with_host_port(url.host(), 5432).to_string();
    Err(SupabaseError::TransactionPooler { host: url.host().to_owned(), instead, way })
}

/// What to do about a connection that failed, judged by the driver's or the server's text.
#[must_use]
pub fn connection_help(url: &DatabaseUrl, message: &str) -> Option<String> {
    let address = Address::of(url);
    let message = message.to_ascii_lowercase();
    let says = |parts: &[&str]| parts.iter().any(|part| message.contains(part));
    if says(&["tenant or user not found", "tenant/user"]) {
        return Some(tenant_help(url, &address));
    }
    if says(&["password authentication failed"]) && is_supabase_host(url.host()) {
        return Some(
            "check the password, or set a new one in the dashboard under Database > Settings; Supabase bans an address \
             after repeated failures, so do not just try again"
                .to_owned(),
        );
    }
    let unreachable = [
        "network is unreachable",
        "no route to host",
        "lookup address",
        "cannot assign requested address",
        "name or service not known",
        "timed out",
    ];
    match address {
        Address::Direct { project_ref } if says(&unreachable) => Some(direct_host_help(&project_ref)),
        _ => None,
    }
}

/// The direct host has no IPv4 address, and most networks and CI runners have no IPv6.
fn direct_host_help(project_ref: &str) -> String {
    format!(
        "`db.{project_ref}.supabase.co` is reachable by IPv6 only and this machine has no route there; use the session \
         pooler: `postgresql://postgres.{project_ref}:PASSWORD@<pooler host>:5432/postgres`, which the dashboard shows \
         under Connect > Session pooler"
    )
}

fn tenant_help(url: &DatabaseUrl, address: &Address) -> String {
    let reference = address.project_ref().unwrap_or("<project ref>");
    format!(
        "`{}` does not know the project `{reference}`: the pooler's host (its number and region) or the reference in the \
         user name is wrong; copy both from the dashboard under Connect > Session pooler",
        url.host()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const REFERENCE: &str = "abcdefghijklmnopqrst";

    fn address(text: &str) -> Address {
        Address::of(&text.parse().unwrap())
    }

    #[test]
    fn the_ways_into_a_project_are_told_apart() {
        let project_ref = REFERENCE.to_owned();
        let some = Some(project_ref.clone());

        assert_eq!(address("postgresql://u:p@localhost/x"), Address::Local);
        assert_eq!(address("postgresql://u:p@127.0.0.1:54322/x"), Address::SupabaseLocal);
        assert_eq!(address("postgresql://u:p@example.com/x"), Address::Other);
        let direct = format!("postgresql://postgres:p@db.{REFERENCE}.supabase.co");
        assert_eq!(
            address(&format!("{direct}:5432/x")),
            Address::Direct { project_ref: project_ref.clone() }
        );
        assert_eq!(address(&format!("{direct}:6543/x")), Address::DedicatedPooler { project_ref });
        let pooler = format!("postgresql://postgres.{REFERENCE}:p@aws-0-eu-west-1.pooler.supabase.com");
        assert_eq!(
            address(&format!("{pooler}:5432/x")),
            Address::SessionPooler { project_ref: some.clone() }
        );
        assert_eq!(address(&format!("{pooler}:6543/x")), Address::TransactionPooler { project_ref: some });
    }

    #[test]
    fn an_older_pooler_url_names_its_project_in_the_options() {
        let url = "postgresql://postgres:p@aws-0-eu-west-1.pooler.supabase.com/x?options=reference%3Dabc";

        assert_eq!(address(url).project_ref(), Some("abc"));
    }

    #[test]
    fn a_transaction_pooler_is_refused_with_the_url_that_works_and_without_the_password() {
        let pooler =
            format!("postgresql://postgres.{REFERENCE}:hunter2@aws-0-eu.pooler.supabase.com:6543/postgres");
        let dedicated = format!("postgresql://postgres:hunter2@db.{REFERENCE}.supabase.co:6543/postgres");
        for (url, way) in [(pooler, "the session pooler"), (dedicated, "the direct connection")] {
            let error = check(&url.parse().unwrap()).expect_err("it keeps no session");
            let help = error.help().unwrap();

            assert!(
                help.contains(way) && help.contains(":***@") && help.contains(":5432/postgres"),
                "{help}"
            );
            assert!(!format!("{error} {error:?} {help}").contains("hunter2"));
        }
    }

    #[test]
    fn a_pooler_user_without_reference_is_refused() {
        let url = "postgresql://postgres:p@aws-0-eu.pooler.supabase.com:5432/postgres".parse().unwrap();

        assert!(matches!(check(&url), Err(SupabaseError::NoReference { .. })));
    }

    #[test]
    fn help_for_a_failed_connection_fits_the_way_it_was_tried() {
        let direct = format!("postgresql://postgres:p@db.{REFERENCE}.supabase.co/x").parse().unwrap();
        let other = "postgresql://postgres:p@example.com/x".parse().unwrap();
        let pooler =
            format!("postgresql://postgres.{REFERENCE}:p@aws-0-eu.pooler.supabase.com/x").parse().unwrap();

        assert!(
            connection_help(&direct, "Network is unreachable")
                .unwrap()
                .contains(&format!("postgres.{REFERENCE}:"))
        );
        assert_eq!(connection_help(&other, "Network is unreachable"), None);
        assert!(connection_help(&pooler, "FATAL: Tenant or user not found").unwrap().contains(REFERENCE));
    }
}
