//! A statement that runs for itself, and what a crash or a failure in it leaves behind.

use crate::error::{Failure, Kind, Result};
use crate::migration::barrier::Run;
use crate::migration::index_build::{Found, IndexBuild};
use crate::pg::{PgError, literal};

/// What `discard all` does, but for letting go of crmctl's lock: another crmctl could slip in.
pub(crate) const DISCARD_ALL_BUT_LOCKS: &str = "close all; set session authorization default; reset all; \
    deallocate all; unlisten *; discard plans; discard temp; discard sequences";

/// Runs the statement. It may be done already, when an earlier run was cut off in it.
pub(crate) async fn run(run: &mut Run<'_, '_>, index: usize) -> Result<()> {
    let file = run.file;
    let statement = &file.statements[index];
    let is_in_doubt = run.doubt.take() == Some(index);
    let build = IndexBuild::of(&file.text, statement);
    if is_in_doubt {
        let at = statement.location(&file.shown(), &file.text);
        run.progress.notice(&format!("{at}: an earlier run was cut off while this statement ran"));
        if let Some(build) = &build {
            match build.find(run.writer).await? {
                Found::Valid => {
                    run.progress.notice(&format!("{at}: the index is there, exactly as it is written"));
                    return Ok(());
                }
                Found::Leftover(name) => drop_leftover(run, &name).await?,
                Found::Nothing => {}
            }
        }
        if commits_by_itself(run, index) {
            return Err(only_the_author_knows(run, index));
        }
    }
    match run.statement(index).await {
        Ok(_) => match &build {
            Some(build) if !build.is_usable(run.writer).await? => Err(unusable(run, index, build)),
            Some(_) | None => Ok(()),
        },
        Err(failure) if is_in_doubt && is_gone(&failure) && statement.command.starts_with("drop") => {
            run.progress.notice("what it drops is gone already");
            Ok(())
        }
        Err(failure) if commits_by_itself(run, index) && failure.kind() == Kind::Failed => {
            Err(failure.context("what it had committed by then stays").of_kind(Kind::Partial))
        }
        Err(failure) => Err(clear_up(run, build.as_ref(), is_in_doubt, failure).await),
    }
}

/// A block or a procedure that runs alone does so because it ends transactions.
fn commits_by_itself(run: &Run<'_, '_>, index: usize) -> bool {
    let command = &run.file.statements[index].command;
    command == "do" || command.starts_with("call")
}

/// Running it again may do a part of it twice, and not running it may leave a part undone. Asked for again, it runs.
fn only_the_author_knows(run: &Run<'_, '_>, index: usize) -> Failure {
    let statement = &run.file.statements[index];
    Failure::from(anyhow::anyhow!("an earlier run was cut off in this statement, which commits by itself"))
        .at(statement.location(&run.file.shown(), &run.file.text))
        .with_help(
            "look how far it came; run the command again and it runs once more from its beginning, or take it out of the \
             file first if it is done",
        )
}

/// A failed build leaves an index that costs every write and serves nobody. One that was there before is not ours.
async fn clear_up(
    run: &mut Run<'_, '_>,
    build: Option<&IndexBuild<'_>>,
    is_in_doubt: bool,
    failure: Failure,
) -> Failure {
    let failure = if is_in_doubt {
        failure.context("this statement may have been done by an earlier run that was cut off in it")
    } else {
        failure
    };
    let Some(build) = build else { return failure };
    if failure.kind() == Kind::Interrupted {
        return failure.with_help("run it again: it drops what is left of the index and goes on from there");
    }
    if code_of(&failure) == Some("42P07") {
        return failure;
    }
    let Ok(Found::Leftover(name)) = build.find(run.writer).await else { return failure };
    match drop_leftover(run, &name).await {
        Ok(()) => failure,
        Err(_) => failure.with_help(format!("`drop index concurrently {name}` removes what is left of it")),
    }
}

async fn drop_leftover(run: &mut Run<'_, '_>, name: &str) -> Result<()> {
    run.writer.run(&format!("drop index concurrently {name}")).await?;
    run.progress.notice(&format!("dropped the invalid index {name} that was left behind"));
    Ok(())
}

fn unusable(run: &Run<'_, '_>, index: usize, build: &IndexBuild<'_>) -> Failure {
    let statement = &run.file.statements[index];
    let name = build.name().unwrap_or_default();
    let error =
        anyhow::anyhow!("the index {name} was there already, and is invalid: the server does not use it");
    Failure::from(error)
        .at(statement.location(&run.file.shown(), &run.file.text))
        .with_help(format!("`drop index concurrently {name}`, then run the command again"))
}

pub(crate) fn code_of(failure: &Failure) -> Option<&str> {
    failure.error().downcast_ref::<PgError>().and_then(PgError::code)
}

/// Whether the server knows nothing of that name.
fn is_gone(failure: &Failure) -> bool {
    matches!(code_of(failure), Some("42704" | "42P01" | "3D000"))
}

impl IndexBuild<'_> {
    /// Whether the server uses the index of that name: `if not exists` is content with one that was left half built.
    async fn is_usable(&self, session: &mut crate::pg::Session) -> crate::pg::PgResult<bool> {
        let Some(name) = self.name() else { return Ok(true) };
        let rows = session
            .query(&format!(
                "select from pg_catalog.pg_index i join pg_catalog.pg_class c on c.oid operator(pg_catalog.=) i.indexrelid \
                 where not i.indisvalid and c.relname operator(pg_catalog.=) (pg_catalog.parse_ident({}))[1] \
                 and i.indrelid operator(pg_catalog.=) {}::pg_catalog.regclass",
                literal(name),
                literal(self.table())
            ))
            .await?;
        Ok(rows.is_empty())
    }
}
