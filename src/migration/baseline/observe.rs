//! What there is to be put into a first migration: the schema, and what `pg_dump` of the user's schemas misses.

use std::collections::BTreeSet;

use crate::backup::dump::plain_dump;
use crate::backup::extras::{Published, publication_query};
use crate::cancel::Cancel;
use crate::catalog::Catalog;
use crate::drift;
use crate::error::Result;
use crate::migration::History;
use crate::pg::{PgError, PgResult, Row, Session};
use crate::tools::{self, SearchPath, ToolName};

/// A database as it is.
#[derive(Debug, Clone)]
pub struct Observed {
    /// Its migration history.
    pub history: History,
    /// Its schema.
    pub catalog: Catalog,
    /// The major version of its server.
    pub major: u32,
    /// What only a dump of it needs.
    pub(crate) surroundings: Surroundings,
}

/// What the user's objects stand on and hang on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Surroundings {
    /// Who looks: whose default rights are the user's own.
    pub role: String,
    /// Extensions and their schemas, in the order they were made.
    pub extensions: Vec<(String, String)>,
    /// Roles that rights and policies name.
    pub roles: BTreeSet<String>,
    /// What is published.
    pub published: Vec<Published>,
}

const EXTENSIONS: &str = "select e.extname as name, n.nspname as schema from pg_catalog.pg_extension e \
    join pg_catalog.pg_namespace n on n.oid = e.extnamespace where e.extname <> 'plpgsql' order by e.oid";

const ROLES: &str = "select distinct r.rolname as name, current_user::text as me \
    from pg_catalog.pg_shdepend d join pg_catalog.pg_roles r on r.oid = d.refobjid \
    where d.refclassid = 'pg_catalog.pg_authid'::regclass and d.deptype in ('a', 'r') \
    and d.dbid = (select oid from pg_catalog.pg_database where datname = current_database()) \
    union select current_user::text, current_user::text";

/// Reads the database.
pub async fn observe(session: &mut Session) -> PgResult<Observed> {
    let drift::Observed { history, catalog, major } = drift::observe(session).await?;
    for query in [EXTENSIONS, ROLES, &publication_query()] {
        session.send(query)?;
    }
    let extensions = rows(session).await?;
    let roles = rows(session).await?;
    let published = Published::from_rows(&rows(session).await?)?;
    let surroundings = Surroundings {
        role: roles.first().map_or_else(|| Ok("postgres".to_owned()), |row| row.get("me"))?,
        extensions: extensions
            .iter()
            .map(|row| Ok((row.get("name")?, row.get("schema")?)))
            .collect::<PgResult<_>>()?,
        roles: roles.iter().map(|row| row.get("name")).collect::<PgResult<_>>()?,
        published,
    };
    Ok(Observed { history, catalog, major, surroundings })
}

async fn rows(session: &mut Session) -> PgResult<Vec<Row>> {
    Ok(session.receive().await?.ok()?.rows())
}

/// The schema as `pg_dump` writes it.
pub(crate) async fn dump(
    session: &Session,
    observed: &Observed,
    search: &SearchPath,
    cancel: &Cancel,
) -> Result<String> {
    let tool = tools::find(ToolName::PgDump, observed.major, search).await?;
    let schemas: Vec<&str> = observed.catalog.of_kind("schema").map(|(name, _)| name.name.as_str()).collect();
    let invocation = plain_dump(&tool, &session.target().url, &schemas).args([
        "--schema-only",
        "--no-tablespaces",
        "--no-security-labels",
    ]);
    let output = tokio::select! {
        output = tools::run(&invocation) => output?,
        () = cancel.raised() => return Err(PgError::Interrupted.into()),
    };
    String::from_utf8(output.stdout)
        .map_err(|error| anyhow::Error::new(error).context("`pg_dump` wrote what is not UTF-8").into())
}
