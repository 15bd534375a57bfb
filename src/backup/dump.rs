//! Making a full backup: `pg_dump` and crmctl's own reads, all under one exported snapshot.

use chrono::{DateTime, Utc};
use tokio::io::AsyncReadExt;

use crate::backup::carried::{self, CarriedTable, Manner};
use crate::backup::contents;
use crate::backup::extras::{self, Extension, Published};
use crate::backup::manifest::{BackupKind, Origin, Part, TableContents};
use crate::backup::part::{Compression, PartWriter};
use crate::backup::partial::{Description, Partial};
use crate::backup::report::BackupReport;
use crate::backup::store::Store;
use crate::cancel::Cancel;
use crate::catalog::{Catalog, snapshot};
use crate::environment::DatabaseUrl;
use crate::error::Result;
use crate::pg::{PgError, PgResult, Session, channel, identifier};
use crate::plan::Progress;
use crate::tools::{self, Invocation, SearchPath, Tool, ToolName};

/// What a backup is to be, and what it takes to make it.
#[derive(Clone, Copy)]
pub struct Request<'a> {
    /// Where backups are kept.
    pub store: &'a Store,
    /// The reference of the Supabase project, if it is one.
    pub project_ref: Option<&'a str>,
    /// Where programs are looked for.
    pub search: &'a SearchPath,
    /// The present time: it names the backup.
    pub now: DateTime<Utc>,
    /// Who is told.
    pub progress: &'a dyn Progress,
    /// Who may stop it: the same as the session's.
    pub cancel: &'a Cancel,
}

/// Everything read in the first flight of the transaction.
struct Facts {
    snapshot: String,
    server_version: String,
    server_major: u32,
    catalog: Catalog,
    carried: Vec<CarriedTable>,
    published: Vec<Published>,
    extensions: Vec<Extension>,
}

/// Backs up the database of `session`: everything the user made, under one snapshot.
///
/// Changes nothing in the database. After a failure the session may be in the middle of an answer: close it. Until the last step there is only a folder that nobody takes for a backup.
pub async fn create(session: &mut Session, request: &Request<'_>) -> Result<BackupReport> {
    let facts = read_facts(session).await?;
    let result = create_under(session, request, &facts).await;
    if session.in_flight() == 0 {
        session.run("rollback").await?;
    }
    result
}

async fn create_under(session: &mut Session, request: &Request<'_>, facts: &Facts) -> Result<BackupReport> {
    let tool = tools::find(ToolName::PgDump, facts.server_major, request.search).await?;
    let partial = request.store.create(&session.target().environment, request.now)?;
    let url = session.target().url.clone();
    let schemas: Vec<&str> = facts.catalog.of_kind("schema").map(|(name, _)| name.name.as_str()).collect();
    let invocation = pg_dump(&tool, &url, &facts.snapshot, &schemas);
    let dumping = async {
        tokio::select! {
            part = dump(&partial, &invocation, request.progress) => part,
            () = request.cancel.raised() => Err(PgError::Interrupted.into()),
        }
    };
    let reading = read_own(session, &partial, facts);
    let (dumped, own) = tokio::try_join!(dumping, reading)?;
    request.progress.finish();
    let description = Description {
        kind: BackupKind::Full,
        source: Origin::of(&url, request.project_ref),
        server_version: facts.server_version.clone(),
        pg_dump: Some(tool.version.text.clone()),
        history_head: own.history_head,
        catalog_hash: Some(facts.catalog.schema_hash()),
        tables: own.tables,
    };
    let backup = partial.finish(description, vec![own.before, dumped, own.after])?;
    Ok(BackupReport { backup })
}

async fn read_facts(session: &mut Session) -> PgResult<Facts> {
    // Two messages: should the second fail, everything after it meets a failed transaction.
    session.send("begin transaction isolation level repeatable read, read only")?;
    session.send("set local lock_timeout = '30s'")?;
    session.send(
        "select pg_catalog.pg_export_snapshot() as snapshot, pg_catalog.current_setting('server_version') as version, \
         pg_catalog.current_setting('server_version_num')::int / 10000 as major",
    )?;
    let queries = [&snapshot::query(), carried::QUERY, &extras::publication_query(), extras::EXTENSION_QUERY];
    for query in queries {
        session.send(query)?;
    }
    let mut answers = Vec::new();
    for _ in 0..queries.len() + 3 {
        answers.push(session.receive().await?.ok()?.rows());
    }
    let mut answers = answers.into_iter().skip(2);
    let mut next = || answers.next().unwrap_or_default();
    let first = next();
    let first = first.first().ok_or_else(|| PgError::Protocol("no snapshot was exported".to_owned()))?;
    Ok(Facts {
        snapshot: first.get("snapshot")?,
        server_version: first.get("version")?,
        server_major: first.get("major")?,
        catalog: Catalog::from_rows(&next())?,
        carried: CarriedTable::from_rows(&next())?,
        published: Published::from_rows(&next())?,
        extensions: Extension::from_rows(&next())?,
    })
}

/// How `pg_dump` is called for a backup: schema and rows, under `snapshot`.
fn pg_dump(tool: &Tool, url: &DatabaseUrl, snapshot: &str, schemas: &[&str]) -> Invocation {
    plain_dump(tool, url, schemas).arg(format!("--snapshot={snapshot}"))
}

/// How `pg_dump` is called: the user's schemas as plain SQL.
///
/// No owners (a hosted project gives everything to `postgres` anyway), but all rights; publications belong to the
/// platform and are carried by crmctl.
pub(crate) fn plain_dump(tool: &Tool, url: &DatabaseUrl, schemas: &[&str]) -> Invocation {
    let schemas = schemas.iter().map(|schema| format!("--schema={}", identifier(schema)));
    tool.invocation()
        .args([
            "--format=plain",
            "--encoding=UTF8",
            "--no-password",
            "--no-owner",
            "--no-publications",
            "--no-subscriptions",
            "--lock-wait-timeout=30s",
        ])
        .args(schemas)
        .secrets(url.libpq_environment())
}

async fn dump(partial: &Partial, invocation: &Invocation, progress: &dyn Progress) -> Result<Part> {
    let mut part = partial.part("dump.sql.zst", Compression::Zstd)?;
    progress.phase("dumping", 0);
    let mut output = tools::stream(invocation)?;
    let mut buffer = vec![0; 128 * 1024];
    loop {
        let count = output
            .read(&mut buffer)
            .await
            .map_err(|error| anyhow::Error::new(error).context("cannot read from `pg_dump`"))?;
        if count == 0 {
            break;
        }
        part.write(&buffer[..count]).await?;
        progress.advance(count as u64, "bytes");
    }
    // Only now is it known whether pg_dump succeeded: what it wrote before a failure looks like a dump.
    output.finish().await?;
    part.finish().await
}

struct Own {
    before: Part,
    after: Part,
    tables: Vec<TableContents>,
    history_head: Option<String>,
}

async fn read_own(session: &mut Session, partial: &Partial, facts: &Facts) -> Result<Own> {
    let is_auth = |table: &&CarriedTable| table.name.schema == "auth";
    let mut before = partial.part("auth.sql.zst", Compression::Zstd)?;
    before.write(extras::extensions_sql(&facts.extensions).as_bytes()).await?;
    for table in facts.carried.iter().filter(is_auth) {
        carry(session, &mut before, table, Manner::Upsert).await?;
    }
    let before = before.finish().await?;

    let mut after = partial.part("extras.sql.zst", Compression::Zstd)?;
    for table in facts.carried.iter().filter(|table| !is_auth(table)) {
        let manner =
            if table.name.schema == "supabase_migrations" { Manner::Replace } else { Manner::Upsert };
        carry(session, &mut after, table, manner).await?;
    }
    after.write(extras::attachments_sql(&facts.catalog, &facts.published).as_bytes()).await?;
    let after = after.finish().await?;

    let tables = contents::read(session, &facts.catalog.tables()?).await?;
    let history_head = history_head(session, &facts.carried).await?;
    Ok(Own { before, after, tables, history_head })
}

async fn carry(
    session: &mut Session,
    part: &mut PartWriter,
    table: &CarriedTable,
    manner: Manner,
) -> Result<()> {
    let (before, after) = table.frame(manner);
    part.write(before.as_bytes()).await?;
    let (sink, rows) = channel();
    session.send_copy_out(&table.copy_out(), sink)?;
    let copying = async { Ok(session.receive().await?.ok()?) };
    tokio::try_join!(copying, part.copy(rows))?;
    part.write(after.as_bytes()).await
}

async fn history_head(session: &mut Session, carried: &[CarriedTable]) -> PgResult<Option<String>> {
    let has_history = carried
        .iter()
        .any(|table| table.name.schema == "supabase_migrations" && table.name.name == "schema_migrations");
    if !has_history {
        return Ok(None);
    }
    let query = "select max(version collate \"C\") as head from supabase_migrations.schema_migrations";
    let rows = session.query(query).await?;
    Ok(rows.first().and_then(|row| row.text("head")).map(str::to_owned))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tools::ToolVersion;

    #[test]
    fn pg_dump_is_called_with_the_snapshot_and_without_secrets_in_its_arguments() {
        let version = ToolVersion { major: 17, text: "17.6".into() };
        let tool = Tool { name: ToolName::PgDump, path: "/pg/pg_dump".into(), version };
        let url: DatabaseUrl = "postgresql://postgres:hunter22@db.example.com/crm".parse().unwrap();

        let invocation = pg_dump(&tool, &url, "0003-1", &["public", "a \"b\""]);
        let arguments: Vec<_> =
            invocation.arguments.iter().map(|argument| argument.to_str().unwrap()).collect();
        let expected = [
            "--format=plain",
            "--encoding=UTF8",
            "--no-password",
            "--no-owner",
            "--no-publications",
            "--no-subscriptions",
            "--lock-wait-timeout=30s",
            "--schema=\"public\"",
            "--schema=\"a \"\"b\"\"\"",
            "--snapshot=0003-1",
        ];
        assert_eq!(arguments, expected);
        assert!(!format!("{invocation:?}").contains("hunter22"));
    }
}
