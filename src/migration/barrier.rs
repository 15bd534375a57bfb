//! Files that cannot run in one transaction with their history row: statement by statement, alone.
//!
//! After each statement its number is recorded, so that a file that failed is resumed at that statement
//! instead of being half done for ever. A crash between a statement and its record repeats that one.

use crate::error::{Failure, Result};
use crate::migration::class::Class;
use crate::migration::file::MigrationFile;
use crate::migration::flight::explain;
use crate::migration::history;
use crate::migration::plan::Step;
use crate::migration::report::{MigrationReport, PartlyApplied};
use crate::pg::{CopySource, PgError, Writer};

/// Runs one such file from its first statement that is not done.
/// When it fails, the report says how far it came.
pub(crate) async fn apply(writer: &mut Writer<'_>, step: &Step, report: &mut MigrationReport) -> Result<()> {
    let file = &step.file;
    // The role's own time-outs are for clients that wait; an index on a big table takes its time.
    writer
        .run("reset role; reset all; set statement_timeout = 0; set idle_in_transaction_session_timeout = 0")
        .await?;
    let mut done = step.first_statement;
    if let Err(failure) = run_statements(writer, file, &mut done).await {
        // The author's own transaction may be open; a lost connection has rolled back by itself.
        let _ = writer.roll_back().await;
        let done = recorded(writer, file).await.unwrap_or(done);
        report.partly = (done > step.first_statement).then(|| PartlyApplied {
            version: file.version.clone(),
            name: file.name.clone(),
            statements_done: done,
            statements: file.statements.len(),
        });
        return Err(failure);
    }
    let answer = writer.run(&history::record(file)).await?;
    if answer.status != b'I' {
        writer.roll_back().await?;
        let open =
            anyhow::anyhow!("`{}` leaves a transaction open, so its end was rolled back", file.shown());
        return Err(Failure::from(open).with_help("end it with `commit;`"));
    }
    Ok(())
}

/// How many statements are done for good: a transaction of the author's takes those in it along when it fails.
/// None when the server cannot be asked any more.
async fn recorded(writer: &mut Writer<'_>, file: &MigrationFile) -> Option<usize> {
    let rows = writer.query(&history::progress_query(file)).await.ok()?;
    Some(rows.first().and_then(|row| row.get("statements_done").ok()).unwrap_or(0))
}

async fn run_statements(writer: &mut Writer<'_>, file: &MigrationFile, done: &mut usize) -> Result<()> {
    for (index, statement) in file.statements.iter().enumerate().skip(*done) {
        if statement.class == Class::Empty {
            continue;
        }
        if writer.is_cancelled() {
            return Err(PgError::Interrupted.into());
        }
        let text = &file.text[statement.range.clone()];
        match &statement.copy_data {
            Some(data) => {
                let data = file.text[data.clone()].replace("\r\n", "\n");
                writer.send_copy_in(text, CopySource::Memory(data.into()))?;
            }
            None => writer.send(text)?,
        }
        let answer = writer.receive().await?;
        answer.ok().map_err(|error| explain(file, statement.range.start, 0, error))?;
        if statement.command.starts_with("discard") {
            writer.lock_again().await?;
        }
        writer.run(&history::record_progress(file, index + 1)).await?;
        *done = index + 1;
    }
    Ok(())
}
