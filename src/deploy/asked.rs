//! What authors ask of the database once their files have run: `-- crmctl:verify <query>`.

use crate::error::{Failure, Result};
use crate::migration::directive::verify_queries;
use crate::migration::settings::{CLEAN, NO_TIME_OUT};
use crate::migration::{MigrationFile, apply as migrate};
use crate::pg::{PgError, Writer};

/// A query that must yield only true.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Asked<'a> {
    file: String,
    line: usize,
    /// The query.
    pub(crate) query: &'a str,
}

impl Asked<'_> {
    /// File and line.
    pub(crate) fn place(&self) -> String {
        format!("{}:{}", self.file, self.line)
    }
}

/// What is asked in these files, in order.
pub(crate) fn asked<'a>(files: &[&'a MigrationFile]) -> Vec<Asked<'a>> {
    let of = |file: &&'a MigrationFile| {
        let (text, shown): (&'a str, String) = (&file.text, file.shown());
        verify_queries(text)
            .map(move |asked| Asked { file: shown.clone(), line: asked.line, query: asked.query })
            .collect::<Vec<_>>()
    };
    files.iter().flat_map(of).collect()
}

/// Tries every query where there need be no rows: one that cannot run is a mistake, and what the others say means
/// nothing. Leaves nothing behind.
pub(crate) async fn try_all(writer: &mut Writer<'_>, files: &[&MigrationFile]) -> Result<()> {
    let queries = asked(files);
    if queries.is_empty() {
        return Ok(());
    }
    migrate::begin(writer).await?;
    writer.send(&format!("{CLEAN}; {NO_TIME_OUT}"))?; // what authors ask meets the path that clients have
    for asked in &queries {
        writer.send("savepoint asked")?;
        writer.send(asked.query)?;
        writer.send("rollback to savepoint asked")?;
    }
    writer.receive().await?.ok()?;
    let mut first: Option<Failure> = None;
    for asked in &queries {
        writer.receive().await?.ok()?;
        if let Err(error) = writer.receive().await?.ok().map(drop)
            && is_mistake(&error)
        {
            let place = format!("the check in {} cannot run", asked.place());
            first.get_or_insert_with(|| Failure::from(error).context(place));
        }
        writer.receive().await?.ok()?;
    }
    writer.roll_back().await?;
    first.map_or(Ok(()), Err)
}

/// Whether a query fails whatever the rows are: an unknown name, a wrong word, a constant that is none of its type. A
/// division by the number of rows, where there are none, is no mistake.
fn is_mistake(error: &PgError) -> bool {
    error.code().is_some_and(|code| code.starts_with("42") || code == "22P02")
}
