//! What must hold after the files have run and before COMMIT is sent. Whatever does not hold rolls everything back.
//!
//! All of it is asked in one flight: what the authors ask for, the whole catalog, what became of rows.

use std::collections::BTreeSet;

use crate::catalog::{Catalog, Change, Difference, ObjectName, diff, snapshot};
use crate::deploy::asked::asked;
use crate::deploy::losses;
use crate::deploy::plan::DeployPlan;
use crate::error::{Explain, Failure, Location, Result};
use crate::migration::MigrationFile;
use crate::migration::apply as migrate;
use crate::migration::settings::{CLEAN, NO_TIME_OUT, clean_then};
use crate::pg::{Answer, PgResult, Row, TableName, Writer};
use crate::ui::plural;

/// What does not hold after the files of a deploy have run. What that came to says whoever looked.
#[derive(Debug, thiserror::Error)]
pub enum CheckError {
    /// The schema is not the predicted one.
    #[error("the schema did not become what it became in the rehearsal: {}{}", .first.join("; "), more(*.others))]
    NotAsRehearsed {
        /// The first differences, in words.
        first: Vec<String>,
        /// How many more there are.
        others: usize,
    },
    /// An index that does not work.
    #[error("{object} is not valid")]
    Invalid {
        /// The index.
        object: String,
    },
    /// A check of the migration's author.
    #[error("the check in {place} does not hold")]
    SaysNo {
        /// File and line.
        place: String,
    },
    /// Somebody could do what `access.toml` rules out.
    #[error("access would not be as `access.toml` has it: {words}")]
    Access {
        /// What, in words.
        words: String,
        /// The line that is not kept.
        location: Location,
    },
    /// Rows of a table that no file names.
    #[error("{} would vanish from `{table}`, which no migration names", plural(*.rows, "row"))]
    RowsVanished {
        /// The table.
        table: TableName,
        /// How many.
        rows: u64,
    },
    /// More than half of the rows of a table.
    #[error("{} of {of} in `{table}` would be deleted", plural(*.rows, "row"))]
    MostRowsDeleted {
        /// The table.
        table: TableName,
        /// How many.
        rows: u64,
        /// Of how many.
        of: u64,
    },
}

fn more(others: usize) -> String {
    if others == 0 { String::new() } else { format!(" (and {others} more)") }
}

impl Explain for CheckError {
    fn help(&self) -> Option<String> {
        match self {
            Self::NotAsRehearsed { .. } => Some(
                "somebody changed the target while it was deployed to; `crmctl migrate drift` shows what, then deploy again"
                    .to_owned(),
            ),
            Self::RowsVanished { table, .. } => Some(format!(
                "a cascade, a trigger or a function deletes them; if it is meant, name `{table}` in a comment of the \
                 migration, or say `--allow rows`"
            )),
            Self::MostRowsDeleted { .. } => Some(
                "if it is meant, put `-- crmctl:allow RULE because ...` above the statement that deletes them, or say `--allow rows`"
                    .to_owned(),
            ),
            Self::Invalid { .. } | Self::SaysNo { .. } | Self::Access { .. } => None,
        }
    }

    fn location(&self) -> Option<Location> {
        match self {
            Self::Access { location, .. } => Some(location.clone()),
            Self::NotAsRehearsed { .. }
            | Self::Invalid { .. }
            | Self::SaysNo { .. }
            | Self::RowsVanished { .. }
            | Self::MostRowsDeleted { .. } => None,
        }
    }
}

/// A target on which everything holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Checked {
    /// What changed in the schema, in words.
    pub(crate) changes: Vec<String>,
    /// The hash of the schema as it is now.
    pub(crate) catalog_hash: String,
}

/// Looks at everything that must hold before COMMIT.
pub(crate) async fn check(writer: &mut Writer<'_>, plan: &DeployPlan) -> Result<Checked> {
    look(writer, plan, When::BeforeCommit)
        .await
        .map_err(|failure| failure.context("everything was rolled back"))
}

/// Looks at what must hold where files ran one by one: everything but rows, which nobody counts beyond a transaction.
/// Changes nothing.
pub(crate) async fn check_afterwards(writer: &mut Writer<'_>, plan: &DeployPlan) -> Result<Checked> {
    migrate::begin(writer).await?;
    let result = look(writer, plan, When::Afterwards).await;
    // A connection that is lost has rolled back by itself.
    let _ = writer.roll_back().await;
    result
}

/// When the target is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum When {
    /// Inside the transaction of all files.
    BeforeCommit,
    /// The files are committed.
    Afterwards,
}

async fn look(writer: &mut Writer<'_>, plan: &DeployPlan, when: When) -> Result<Checked> {
    let files: Vec<&MigrationFile> = plan.migrations.steps.iter().map(|step| &*step.file).collect();
    let authors: Vec<&MigrationFile> = plan.asked.iter().map(|file| &**file).collect();
    let queries = asked(&authors);
    // What files have set is not to change what is seen; what authors ask meets the path that clients have.
    writer.send(&format!("{CLEAN}; {NO_TIME_OUT}"))?;
    for asked in &queries {
        writer.send(asked.query)?;
    }
    writer.send(&clean_then("set local search_path = ''"))?;
    writer.send(&snapshot::query())?;
    writer.send(losses::QUERY)?;

    let mut answers = Answers { first: None };
    answers.next(writer, |failure| failure).await;
    let mut said = Vec::new();
    for asked in &queries {
        let place = format!("the check in {} failed", asked.place());
        said.push(answers.next(writer, |failure| failure.context(place)).await);
    }
    answers.next(writer, |failure| failure).await;
    let after = answers.next(writer, |failure| failure).await;
    let written = answers.next(writer, |failure| failure).await;
    answers.ok()?;

    let after = Catalog::from_rows(&after)?;
    let mut changes = catalog(plan, &after)?;
    for (asked, rows) in queries.iter().zip(said) {
        if !says_yes(&rows) {
            return Err(CheckError::SaysNo { place: asked.place() }.into());
        }
    }
    if when == When::BeforeCommit {
        losses::check(writer, &written, &plan.tables, (&files, &plan.allowed)).await?;
    }
    if let Some(doors) = &plan.doors {
        changes.extend(doors.check(writer).await?);
    }
    Ok(Checked { changes, catalog_hash: after.hash() })
}

/// The answers of a flight, of which the first error is the cause of those behind it.
struct Answers {
    first: Option<Failure>,
}

impl Answers {
    async fn next(&mut self, writer: &mut Writer<'_>, explain: impl FnOnce(Failure) -> Failure) -> Vec<Row> {
        let answer: PgResult<Answer> = writer.receive().await.and_then(Answer::ok);
        match answer {
            Ok(answer) => answer.rows(),
            Err(error) => {
                self.first.get_or_insert_with(|| explain(error.into()));
                Vec::new()
            }
        }
    }

    fn ok(self) -> Result<()> {
        self.first.map_or(Ok(()), Err)
    }
}

/// Whether the schema has become what it became in the rehearsal, with nothing left invalid. Returns the changes in
/// words. Pure.
pub(crate) fn catalog(plan: &DeployPlan, after: &Catalog) -> Result<Vec<String>, CheckError> {
    let changes = diff(&plan.before, after);
    let surprises = match (&plan.rehearsal.predicted, &plan.rehearsal.skipped) {
        (Some(predicted), _) if predicted.hash() == after.hash() => Vec::new(),
        (Some(predicted), _) => diff(predicted, after).iter().map(surprise).collect(),
        (None, None) => unlike(&plan.rehearsal.changes, &changes),
        (None, Some(_)) => Vec::new(),
    };
    if !surprises.is_empty() {
        let others = surprises.len().saturating_sub(SHOWN);
        return Err(CheckError::NotAsRehearsed {
            first: surprises.into_iter().take(SHOWN).collect(),
            others,
        });
    }
    for (name, facts) in after.of_kind("index") {
        let is_new = !plan.before.objects.contains_key(name);
        if is_new && facts.get("valid") == Some(&serde_json::Value::Bool(false)) {
            return Err(CheckError::Invalid { object: name.to_string() });
        }
    }
    let mut words: Vec<String> = changes.iter().map(Difference::as_change).collect();
    words.extend(not_validated(&plan.before, after));
    Ok(words)
}

/// As many differences as one sentence can hold.
const SHOWN: usize = 3;

/// Left is the rehearsal, right is the target.
fn surprise(difference: &Difference) -> String {
    let object = &difference.object;
    match &difference.change {
        Change::OnlyRight => format!("{object} is there"),
        Change::OnlyLeft => format!("{object} is not there"),
        Change::Differs { .. } => difference.in_words("the rehearsal", "the target"),
    }
}

/// Where only the changes were predicted: objects that only one side changed.
fn unlike(expected: &[Difference], found: &[Difference]) -> Vec<String> {
    let names = |differences: &[Difference]| -> BTreeSet<ObjectName> {
        differences.iter().map(|difference| difference.object.clone()).collect()
    };
    let (expected, found) = (names(expected), names(found));
    let missing = expected.difference(&found).map(|object| format!("{object} did not change"));
    missing.chain(found.difference(&expected).map(|object| format!("{object} changed"))).collect()
}

/// Constraints that hold for new rows only: often meant, and worth saying.
fn not_validated(before: &Catalog, after: &Catalog) -> Vec<String> {
    let is_open = |catalog: &Catalog, name: &ObjectName| {
        let facts = catalog.objects.get(name);
        facts.is_some_and(|facts| facts.get("validated") == Some(&serde_json::Value::Bool(false)))
    };
    let open = after.of_kind("constraint").filter(|(name, _)| is_open(after, name) && !is_open(before, name));
    open.map(|(name, _)| format!("leaves {name} to be validated: it holds for new rows only")).collect()
}

fn says_yes(rows: &[Row]) -> bool {
    let is_true = |value: &Option<String>| value.as_deref() == Some("t");
    !rows.is_empty() && rows.iter().all(|row| !row.values().is_empty() && row.values().iter().all(is_true))
}

#[cfg(test)]
mod tests;
