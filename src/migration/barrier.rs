//! Files that cannot run in one transaction with their history row: statement by statement, alone.
//!
//! After each statement its number is recorded, so that a file that failed is resumed at that statement
//! instead of being half done for ever. A crash between a statement and its record repeats that one.

use crate::error::{Failure, Result};
use crate::migration::apply::explain;
use crate::migration::class::Class;
use crate::migration::file::MigrationFile;
use crate::migration::history;
use crate::migration::plan::Step;
use crate::pg::{CopySource, PgError, Writer};

/// Runs one such file from its first statement that is not done.
pub(crate) async fn apply(writer: &mut Writer<'_>, step: &Step) -> Result<()> {
    let file = &step.file;
    writer.run("reset role").await?;
    writer.run("reset all").await?;
    let result = run_statements(writer, file, step.first_statement).await;
    if result.is_err() {
        // The author's own transaction may be open; a lost connection has rolled back by itself.
        let _ = writer.roll_back().await;
        return result;
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

async fn run_statements(writer: &mut Writer<'_>, file: &MigrationFile, first: usize) -> Result<()> {
    for (index, statement) in file.statements.iter().enumerate().skip(first) {
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
        writer.run(&history::record_progress(file, index + 1)).await?;
    }
    Ok(())
}
