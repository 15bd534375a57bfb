//! Runs pending files on a throwaway server as they will run on the target, and sees what they do there.

use std::time::{Duration, Instant};

use crate::deploy::asked;
use crate::deploy::rehearse::relations::{Relations, TABLES};
use crate::deploy::rehearse::report::{RehearsedFile, SlowStatement};
use crate::error::{Failure, Location, Result};
use crate::lint::LiveFacts;
use crate::migration::class::Class;
use crate::migration::flight::{explain, rows};
use crate::migration::plan::{Action, Step};
use crate::migration::settings::{CLEAN, NO_TIME_OUT};
use crate::migration::{MigrationFile, MigrationReport, apply as migrate, barrier, history};
use crate::pg::{Answer, PgResult, Writer, literal};
use crate::plan::Silent;

/// Runs the files: all in one transaction where all can, else each as it will run.
pub(crate) async fn measure(
    writer: &mut Writer<'_>,
    steps: &[Step],
    facts: &LiveFacts,
) -> Result<Vec<RehearsedFile>> {
    for step in steps.iter().filter(|step| step.first_statement > 0) {
        half_way(writer, step).await?;
    }
    let mut relations = read_relations(writer, facts).await?;
    let together = steps.iter().all(|step| step.action == Action::Transaction);
    let mut files = Vec::new();
    if together {
        migrate::begin(writer).await?;
    }
    for step in steps {
        let mut file = blank(&step.file);
        let started = Instant::now();
        let result = match (&step.action, together) {
            (Action::Barrier(_), _) => alone(writer, step, &mut relations, &mut file).await,
            (Action::Transaction, true) => in_transaction(writer, step, &mut relations, &mut file).await,
            (Action::Transaction, false) => {
                migrate::begin(writer).await?;
                let result = in_transaction(writer, step, &mut relations, &mut file).await;
                commit_or_not(writer, &mut relations, result).await
            }
        };
        if let Err(failure) = result {
            // The server is gone in a moment; whether it rolled back matters to nobody.
            let _ = writer.roll_back().await;
            return Err(failure);
        }
        file.duration = started.elapsed();
        files.push(file);
    }
    if together {
        writer.commit().await?;
    }
    let run: Vec<&MigrationFile> = steps.iter().map(|step| &*step.file).collect();
    asked::try_all(writer, &run).await?;
    Ok(files)
}

/// What is done of a file stands there as a whole file: the history is told that it is none.
async fn half_way(writer: &mut Writer<'_>, step: &Step) -> PgResult<()> {
    history::send_create(writer)?;
    writer.settle().await?;
    let version = literal(step.file.version.as_str());
    let progress = history::Progress { done: step.first_statement, begun: None, milliseconds: Some(0) };
    let record = history::record_progress(&step.file, &progress);
    let forget = format!("delete from supabase_migrations.schema_migrations where version = {version}");
    writer.run(&format!("{forget}; {record}")).await.map(drop)
}

async fn commit_or_not(writer: &mut Writer<'_>, relations: &mut Relations, result: Result<()>) -> Result<()> {
    result?;
    writer.commit().await?;
    relations.forget_transaction();
    Ok(())
}

fn blank(file: &MigrationFile) -> RehearsedFile {
    RehearsedFile {
        version: file.version.clone(),
        title: file.title(),
        duration: Duration::ZERO,
        slowest: None,
        locks: None,
        rewritten: Vec::new(),
        indexes: Vec::new(),
        rows: Vec::new(),
    }
}

async fn read_relations(writer: &mut Writer<'_>, facts: &LiveFacts) -> PgResult<Relations> {
    let mut relations = Relations::from_rows(&writer.query(TABLES).await?, facts)?;
    let rows = writer.query(&relations.indexes_query()).await?;
    relations.see_indexes(&rows, None)?;
    Ok(relations)
}

/// One file inside a transaction that is open: a message per statement, so that each is timed, in one flight.
async fn in_transaction(
    writer: &mut Writer<'_>,
    step: &Step,
    relations: &mut Relations,
    rehearsed: &mut RehearsedFile,
) -> Result<()> {
    let file = &step.file;
    let statements: Vec<_> =
        file.statements.iter().filter(|statement| statement.class != Class::Empty).collect();
    writer.send(&format!("{CLEAN}; {NO_TIME_OUT}"))?;
    for statement in &statements {
        let text = &file.text[statement.range.clone()];
        match &statement.copy_data {
            Some(data) => writer.send_copy_in(text, rows(file.bytes().slice(data.clone())))?,
            None => writer.send(text)?,
        }
    }
    writer.send_text(history::record(file))?;
    for query in [relations.locks_query(), relations.indexes_query(), relations.written_query()] {
        writer.send(&query)?;
    }

    let mut failure: Option<Failure> = None;
    keep_first(&mut failure, writer.receive().await.and_then(Answer::ok).map(drop).map_err(Into::into));
    let mut slowest: Option<SlowStatement> = None;
    for statement in statements {
        let started = Instant::now();
        let answer = writer.receive().await.and_then(Answer::ok);
        let (duration, start) = (started.elapsed(), statement.range.start);
        keep_first(&mut failure, answer.map(drop).map_err(|error| explain(file, start, 0, error)));
        if slowest.as_ref().is_none_or(|slowest| duration > slowest.duration) {
            let Location { line, .. } = statement.location("", &file.text);
            slowest = Some(SlowStatement { line, command: statement.command.clone(), duration });
        }
    }
    rehearsed.slowest = slowest;
    keep_first(&mut failure, writer.receive().await.and_then(Answer::ok).map(drop).map_err(Into::into));
    let mut answers = Vec::new();
    for _ in 0..3 {
        match writer.receive().await.and_then(Answer::ok) {
            Ok(answer) => answers.push(answer.rows()),
            Err(error) => keep_first(&mut failure, Err(error.into())),
        }
    }
    if let Some(failure) = failure {
        return Err(failure);
    }
    if let [locks, indexes, written] = answers.as_slice() {
        relations.see_locks(locks, rehearsed)?;
        relations.see_indexes(indexes, Some(rehearsed))?;
        relations.see_written(written, rehearsed)?;
    }
    Ok(())
}

/// What follows the first error was refused because of it.
fn keep_first(failure: &mut Option<Failure>, result: Result<()>) {
    if let Err(error) = result {
        failure.get_or_insert(error);
    }
}

/// A file that cannot run in a transaction, exactly as it will run.
async fn alone(
    writer: &mut Writer<'_>,
    step: &Step,
    relations: &mut Relations,
    rehearsed: &mut RehearsedFile,
) -> Result<()> {
    barrier::apply(writer, step, &mut MigrationReport::default(), &Silent).await?;
    writer.send(&relations.storage_query())?;
    writer.send(&relations.indexes_query())?;
    let storage = writer.receive().await?.ok()?.rows();
    relations.see_storage(&storage, rehearsed)?;
    let indexes = writer.receive().await?.ok()?.rows();
    relations.see_indexes(&indexes, Some(rehearsed))?;
    Ok(())
}
