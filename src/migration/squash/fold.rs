//! Makes the new file on one throwaway server and proves it on another.

use std::sync::Arc;

use crate::backup::carried::{self, CarriedTable};
use crate::backup::dump::plain_dump;
use crate::backup::extras::{self, EXTENSION_QUERY, Extension, Published};
use crate::cancel::Cancel;
use crate::catalog::Catalog;
use crate::error::{Failure, Kind, Result};
use crate::local::ClusterOptions;
use crate::migration::directory::Directory;
use crate::migration::file::MigrationFile;
use crate::migration::squash::compose::{Parts, compose};
use crate::migration::squash::error::SquashError;
use crate::migration::squash::plan::SquashPlan;
use crate::migration::squash::state::State;
use crate::migration::{self, History, Options};
use crate::pg::{PgError, PgResult, Session, identifier};
use crate::plan::Progress;
use crate::replay::Replay;
use crate::tools::{self, SearchPath, ToolName};
use crate::ui::plural;

/// The new file, proved.
#[derive(Debug, Clone)]
pub struct Folded {
    /// Its text.
    pub text: String,
    /// The file.
    pub file: Arc<MigrationFile>,
}

/// How many differences are told.
const TOLD: usize = 20;

/// Folds the files of a plan. Touches nothing but throwaway servers.
pub async fn fold(
    options: &ClusterOptions,
    search: &SearchPath,
    plan: &SquashPlan,
    (cancel, progress): (&Cancel, &dyn Progress),
) -> Result<Folded> {
    progress.phase("replaying the old files", 0);
    let mut replay = Replay::start(options, cancel).await?;
    let made = make(&mut replay, search, plan).await.map_err(untouched);
    replay.end().await?;
    let (old, text) = made?;

    progress.phase("proving the new file", 0);
    let file =
        MigrationFile::parse(plan.version.clone(), plan.name.clone(), &plan.path, text.clone().into_bytes());
    let file = Arc::new(file.map_err(SquashError::from)?);
    let mut replay = Replay::start(options, cancel).await?;
    let proved = prove(&mut replay, &file).await.map_err(untouched);
    replay.end().await?;
    let mut differences = old.differences(&proved?);
    progress.finish();
    if differences.is_empty() {
        return Ok(Folded { text, file });
    }
    let more = differences.len().saturating_sub(TOLD);
    differences.truncate(TOLD);
    if more > 0 {
        differences.push(format!("and {more} more"));
    }
    Err(SquashError::NotTheSame { differences }.into())
}

/// What was committed on a throwaway server is not what the user shall read of.
fn untouched(failure: Failure) -> Failure {
    let kind = if failure.kind() == Kind::Partial { Kind::Failed } else { failure.kind() };
    failure.context("nothing was touched").of_kind(kind).without_done()
}

async fn apply(replay: &mut Replay, files: Vec<Arc<MigrationFile>>) -> Result<()> {
    let directory = Directory { files, ..Directory::default() };
    let plan = migration::plan(&directory, &History::default(), &Options::default())?;
    replay.apply(plan).await.map(drop)
}

async fn prove(replay: &mut Replay, file: &Arc<MigrationFile>) -> Result<State> {
    apply(replay, vec![Arc::clone(file)]).await?;
    Ok(State::read(replay.session()).await?)
}

/// What is on the platform's side, before and after the old files.
struct Platform {
    extensions: Vec<Extension>,
    published: Vec<Published>,
    catalog: Catalog,
}

impl Platform {
    async fn read(session: &mut Session) -> PgResult<Self> {
        let catalog = crate::catalog::read(session).await?;
        let extensions = Extension::from_rows(&session.query(EXTENSION_QUERY).await?)?;
        let published = Published::from_rows(&session.query(&extras::publication_query()).await?)?;
        Ok(Self { extensions, published, catalog })
    }
}

async fn make(replay: &mut Replay, search: &SearchPath, plan: &SquashPlan) -> Result<(State, String)> {
    let bare = Platform::read(replay.session()).await?;
    apply(replay, plan.files.clone()).await?;
    let full = Platform::read(replay.session()).await?;
    let state = State::read(replay.session()).await?;
    let logins = state.rows_of("auth.users");
    if logins > 0 {
        return Err(SquashError::Logins { logins: plural(logins, "login") }.into());
    }

    let dump = dump(replay.session(), search, &full.catalog).await?;
    let mut new = full.catalog.clone();
    new.objects.retain(|name, facts| bare.catalog.objects.get(name) != Some(facts));
    let published: Vec<Published> =
        full.published.iter().filter(|table| !bare.published.contains(table)).cloned().collect();
    let extensions = full.extensions.iter().filter(|extension| !bare.extensions.contains(extension));
    let mut after: Vec<String> =
        extras::attachments(&new, &published).into_iter().flat_map(|(_, statements)| statements).collect();
    after.extend(buckets(replay.session()).await?);
    let parts = Parts {
        dump: &dump,
        before: extensions.flat_map(Extension::create).collect(),
        after,
        bare: &bare.catalog,
        full: &full.catalog,
    };
    let text = compose(plan, &parts).map_err(SquashError::from)?;
    Ok((state, text))
}

/// Schema and rows of the user's schemas. Rows as INSERTs: the Supabase CLI knows no COPY in a migration.
async fn dump(session: &mut Session, search: &SearchPath, catalog: &Catalog) -> Result<String> {
    let rows = session
        .query("select pg_catalog.current_setting('server_version_num')::int / 10000 as major")
        .await?;
    let first = rows.first().ok_or_else(|| PgError::Protocol("the server has no version".to_owned()))?;
    let tool = tools::find(ToolName::PgDump, first.get("major")?, search).await?;
    let schemas: Vec<&str> = catalog.of_kind("schema").map(|(name, _)| name.name.as_str()).collect();
    let invocation = plain_dump(&tool, &session.target().url, &schemas)
        .args(["--column-inserts", "--rows-per-insert=500"]);
    let output = tools::run(&invocation).await?;
    let text = String::from_utf8(output.stdout);
    Ok(text.map_err(|error| anyhow::Error::new(error).context("`pg_dump` wrote something else than text"))?)
}

/// The storage buckets, which belong to the user though their table does not.
async fn buckets(session: &mut Session) -> PgResult<Vec<String>> {
    let tables = CarriedTable::from_rows(&session.query(carried::QUERY).await?)?;
    let Some(table) = tables.iter().find(|table| table.name.schema == "storage") else {
        return Ok(Vec::new());
    };
    let columns: Vec<String> = table.columns.iter().map(|column| identifier(&column.name)).collect();
    let values: Vec<String> =
        columns.iter().map(|column| format!("pg_catalog.quote_nullable({column}::text)")).collect();
    let query =
        format!("select concat_ws(', ', {}) as row from {} order by 1", values.join(", "), table.name.sql());
    let insert = |row: &crate::pg::Row| {
        let values: String = row.get("row")?;
        Ok(format!("insert into {} ({}) values ({values})", table.name.sql(), columns.join(", ")))
    };
    session.query(&query).await?.iter().map(insert).collect()
}
