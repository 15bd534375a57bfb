//! Which migrations a database has: all that sync, restore and the fingerprint of a plan need of its history.

use sha2::{Digest, Sha256};

use crate::migration::version::hexadecimal;
use crate::pg::{PgResult, Session};
use crate::plan::Fingerprint;

/// The versions in the shared history table, sorted as text; `None` where that table does not exist.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AppliedVersions(pub Option<Vec<String>>);

/// Yields what [`AppliedVersions::fingerprint`] computes where the table exists.
const DIGEST: &str = "select encode(sha256(convert_to(coalesce(string_agg(version::text, ',' order by version::text collate \"C\"), ''), 'UTF8')), 'hex') \
    from supabase_migrations.schema_migrations";

/// Yields NULL where the table does not exist, which must not be named then.
const ABSENCE: &str = "select to_regclass('supabase_migrations.schema_migrations')";

impl AppliedVersions {
    /// Queues the query whose answer [`Self::receive`] takes. Outside of a transaction: where there is no table,
    /// the message fails, and only that.
    pub fn send(session: &mut Session) -> PgResult<()> {
        session
            .send("select version from supabase_migrations.schema_migrations order by version collate \"C\"")
    }

    /// The versions, from the answer to what [`Self::send`] queued.
    pub async fn receive(session: &mut Session) -> PgResult<Self> {
        let answer = session.receive().await?;
        match &answer.error {
            Some(error) if error.code == "42P01" => Ok(Self(None)),
            _ => {
                let rows = answer.ok()?.rows();
                Ok(Self(Some(rows.iter().map(|row| row.get("version")).collect::<PgResult<_>>()?)))
            }
        }
    }

    /// The versions; none where there is no table.
    #[must_use]
    pub fn versions(&self) -> &[String] {
        self.0.as_deref().unwrap_or_default()
    }

    /// The newest version.
    #[must_use]
    pub fn head(&self) -> Option<&str> {
        self.versions().last().map(String::as_str)
    }

    /// The same as a query and the value it yields.
    #[must_use]
    pub fn fingerprint(&self) -> Fingerprint {
        match &self.0 {
            None => Fingerprint { query: ABSENCE.to_owned(), value: None },
            Some(versions) => {
                let value = hexadecimal(&Sha256::digest(versions.join(",")));
                Fingerprint { query: DIGEST.to_owned(), value: Some(value) }
            }
        }
    }
}
