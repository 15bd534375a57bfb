//! A copy of the target's schema on a throwaway server, where its migrations do not say what it is.

use crate::backup::adjust::{Adjusted, adjust};
use crate::backup::clear;
use crate::backup::dump::plain_dump;
use crate::backup::extras::{self, Extension, Published};
use crate::catalog::Catalog;
use crate::environment::DatabaseUrl;
use crate::error::{Failure, Result};
use crate::migration::class::Class;
use crate::migration::{MigrationPlan, split};
use crate::pg::{PgResult, Session, Writer};
use crate::replay::Replay;
use crate::tools::{self, Invocation, SearchPath, Tool, ToolName};

/// The role that everything on a throwaway server belongs to.
const ROLE: &str = "postgres";

/// Copies the schema of `target`, whose catalog is known, to a fresh server. `plan` is what is to be done there.
pub(crate) async fn copy_schema(
    replay: &mut Replay,
    target: &mut Session,
    (catalog, major): (&Catalog, u32),
    (plan, search): (&MigrationPlan, &SearchPath),
) -> Result<()> {
    let (extensions, published) = read(target).await?;
    let tool = tools::find(ToolName::PgDump, major, search).await?;
    let schemas: Vec<&str> = catalog.of_kind("schema").map(|(name, _)| name.name.as_str()).collect();
    let dump = tools::run(&pg_dump(&tool, &target.target().url, &schemas)).await?;
    let dump = String::from_utf8(dump.stdout).map_err(anyhow::Error::new)?;
    replay
        .write_as_superuser(plan.clone(), async |writer| {
            Ok(writer.run(&extras::extensions_sql(&extensions)).await.map(drop)?)
        })
        .await?;
    replay
        .write(plan.clone(), async |writer, _| {
            writer.run(&clear::sql()).await?;
            restore(writer, &dump).await?;
            writer.run(&extras::attachments_sql(catalog, &published)).await?;
            Ok(())
        })
        .await
}

async fn read(target: &mut Session) -> PgResult<(Vec<Extension>, Vec<Published>)> {
    target.send(extras::EXTENSION_QUERY)?;
    target.send(&extras::publication_query())?;
    let extensions = Extension::from_rows(&target.receive().await?.ok()?.rows())?;
    let published = Published::from_rows(&target.receive().await?.ok()?.rows())?;
    Ok((extensions, published))
}

/// How `pg_dump` is called: the user's schemas without rows.
fn pg_dump(tool: &Tool, url: &DatabaseUrl, schemas: &[&str]) -> Invocation {
    plain_dump(tool, url, schemas).arg("--schema-only")
}

/// Runs a dump in one transaction, a window of its statements in flight.
async fn restore(writer: &mut Writer<'_>, dump: &str) -> Result<()> {
    const WINDOW: usize = 256;
    writer.run("begin; set local check_function_bodies = off").await?;
    let mut first: Option<Failure> = None;
    for statement in split("the target's schema", dump)? {
        if statement.class == Class::Empty {
            continue;
        }
        let sql = statement.code_text(dump);
        match adjust(sql, ROLE) {
            Adjusted::Run => writer.send(sql)?,
            Adjusted::Instead(other) => writer.send(&other)?,
            Adjusted::Skip => continue,
        }
        while writer.in_flight() > WINDOW {
            receive(writer, &mut first).await;
        }
    }
    while writer.in_flight() > 0 {
        receive(writer, &mut first).await;
    }
    if let Some(failure) = first {
        writer.roll_back().await?;
        return Err(failure.context("the target's schema cannot be made on a throwaway server"));
    }
    writer.commit().await?;
    Ok(())
}

/// What follows the first error was refused because of it.
async fn receive(writer: &mut Writer<'_>, first: &mut Option<Failure>) {
    if let Err(error) = writer.receive().await.and_then(crate::pg::Answer::ok) {
        first.get_or_insert_with(|| error.into());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tools::ToolVersion;

    #[test]
    fn pg_dump_is_asked_for_no_rows_and_told_no_secret() {
        let version = ToolVersion { major: 17, text: "17.6".into() };
        let tool = Tool { name: ToolName::PgDump, path: "/pg/pg_dump".into(), version };
        let url: DatabaseUrl = "postgresql://postgres:hunter22@db.example.com/crm".parse().unwrap();

        let invocation = pg_dump(&tool, &url, &["a \"b\""]);
        let arguments: Vec<_> = invocation.arguments.iter().map(|word| word.to_str().unwrap()).collect();
        assert!(arguments.contains(&"--schema-only") && arguments.contains(&"--schema=\"a \"\"b\"\"\""));
        assert!(!format!("{invocation:?}").contains("hunter22"));
    }
}
