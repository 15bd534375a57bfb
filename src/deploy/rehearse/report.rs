//! What a rehearsal showed, as values and in words. Pure.

use std::time::Duration;

use serde::{Serialize, Serializer};

use crate::catalog::{Catalog, Difference};
use crate::deploy::plan::PlanError;
use crate::deploy::rehearse::lock::LockMode;
use crate::migration::Version;
use crate::pg::TableName;
use crate::ui::{duration, plural};

/// What a rehearsal took place on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// What the applied migrations make, which is what the target is.
    Migrations,
    /// A copy of the target's schema.
    Schema,
}

/// What a rehearsal showed.
#[derive(Debug, Clone, Serialize)]
pub struct Rehearsal {
    /// Why it did not take place, if it did not.
    pub skipped: Option<String>,
    /// What it took place on.
    pub stage: Stage,
    /// In what the target differs from what its migrations make, where that was allowed.
    pub drift: Vec<String>,
    /// What a person should know of it.
    pub notes: Vec<String>,
    /// How long the pending files took.
    #[serde(rename = "milliseconds", serialize_with = "milliseconds")]
    pub duration: Duration,
    /// How many rows of the target took part.
    pub rows: Option<u64>,
    /// What each file did.
    pub files: Vec<RehearsedFile>,
    /// The hash that the catalog must have afterwards, where it can be told.
    pub predicted_hash: Option<String>,
    /// What they change in the schema.
    #[serde(skip)]
    pub changes: Vec<Difference>,
    /// The catalog that the target must have afterwards, where it can be told.
    #[serde(skip)]
    pub predicted: Option<Catalog>,
    /// What stops a deploy, where it was asked to be rehearsed all the same.
    #[serde(skip)]
    pub objections: Vec<PlanError>,
}

fn milliseconds<S: Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64((duration.as_secs_f64() * 1_000_000.0).round() / 1000.0)
}

impl Rehearsal {
    /// One that failed, which is told where it is told what stops a deploy.
    #[must_use]
    pub fn failed() -> Self {
        Self::skipped("it failed, see below".to_owned())
    }

    /// One that did not take place.
    pub(crate) fn skipped(reason: String) -> Self {
        Self {
            skipped: Some(reason),
            stage: Stage::Migrations,
            drift: Vec::new(),
            notes: Vec::new(),
            duration: Duration::ZERO,
            rows: None,
            files: Vec::new(),
            predicted_hash: None,
            changes: Vec::new(),
            predicted: None,
            objections: Vec::new(),
        }
    }
}

/// What one file did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RehearsedFile {
    /// Its version.
    pub version: Version,
    /// Version and name.
    pub title: String,
    /// How long it took.
    #[serde(rename = "milliseconds", serialize_with = "milliseconds")]
    pub duration: Duration,
    /// The statement that took longest; unknown where each ran for itself.
    pub slowest: Option<SlowStatement>,
    /// The strongest lock on every table that was there before. `None` where each statement ran for itself.
    pub locks: Option<Vec<TableLock>>,
    /// Tables that were there before and got new storage: rewritten, or emptied.
    pub rewritten: Vec<SizedTable>,
    /// Indexes built on tables that were there before.
    pub indexes: Vec<BuiltIndex>,
    /// Rows written in tables that were there before.
    pub rows: Vec<WrittenRows>,
}

/// The statement of a file that took longest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SlowStatement {
    /// Its line in the file.
    pub line: usize,
    /// Its first words.
    pub command: String,
    /// How long it took.
    #[serde(rename = "milliseconds", serialize_with = "milliseconds")]
    pub duration: Duration,
}

/// A lock that is held until the end of the transaction.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TableLock {
    /// The table.
    #[serde(flatten)]
    pub table: SizedTable,
    /// How strong it is.
    pub mode: LockMode,
}

/// A table with the number of rows that it has on the target.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SizedTable {
    /// The table.
    pub table: TableName,
    /// Its rows on the target, as far as statistics know.
    pub live_rows: Option<u64>,
}

/// An index that was built.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BuiltIndex {
    /// Its name.
    pub index: String,
    /// On which table.
    #[serde(flatten)]
    pub on: SizedTable,
}

/// Rows that were written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WrittenRows {
    /// In which table.
    pub table: TableName,
    /// How many were inserted.
    pub inserted: u64,
    /// How many were updated.
    pub updated: u64,
    /// How many were deleted.
    pub deleted: u64,
}

impl std::fmt::Display for SizedTable {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "`{}.{}`", self.table.schema, self.table.name)?;
        match self.live_rows {
            None => formatter.write_str(" (size unknown)"),
            Some(0) => formatter.write_str(" (empty)"),
            Some(rows) => write!(formatter, " ({})", plural(rows, "row")),
        }
    }
}

impl RehearsedFile {
    /// What it did, a sentence each: what makes others wait first.
    #[must_use]
    pub fn in_words(&self) -> Vec<String> {
        let mut words = Vec::new();
        for TableLock { table, mode } in self.locks.iter().flatten() {
            if let Some((name, who)) = mode.who_waits() {
                words.push(format!("takes {name} on {table}: {who}"));
            }
        }
        words.extend(self.rewritten.iter().map(|table| format!("rewrites {table}")));
        words.extend(
            self.indexes.iter().map(|built| format!("builds index `{}` on {}", built.index, built.on)),
        );
        words.extend(self.rows.iter().map(WrittenRows::in_words));
        if self.locks.is_none() {
            words.push("runs statement by statement, so that what failed half-way is resumed".to_owned());
        }
        words
    }

    /// How long it took, and what took longest.
    #[must_use]
    pub fn time_in_words(&self) -> String {
        let all = duration(self.duration);
        match &self.slowest {
            Some(slow) if slow.duration * 2 > self.duration && self.duration > Duration::from_millis(20) => {
                format!("{all}, most of it for `{}` in line {}", slow.command, slow.line)
            }
            Some(_) | None => all,
        }
    }
}

impl WrittenRows {
    fn in_words(&self) -> String {
        let parts = [(self.inserted, "inserts"), (self.updated, "updates"), (self.deleted, "deletes")];
        let parts = parts.iter().filter(|(count, _)| *count > 0);
        let parts: Vec<String> =
            parts.map(|(count, verb)| format!("{verb} {}", plural(*count, "row"))).collect();
        format!("{} in `{}.{}`", parts.join(", "), self.table.schema, self.table.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sized(name: &str, live_rows: Option<u64>) -> SizedTable {
        SizedTable { table: TableName::new("public", name), live_rows }
    }

    fn file(locks: Option<Vec<TableLock>>) -> RehearsedFile {
        RehearsedFile {
            version: Version::stored("1"),
            title: "1_a".into(),
            duration: Duration::from_millis(900),
            slowest: None,
            locks,
            rewritten: Vec::new(),
            indexes: Vec::new(),
            rows: Vec::new(),
        }
    }

    #[test]
    fn a_lock_is_told_with_its_table_its_rows_and_who_waits() {
        let lock = |name, rows, mode| TableLock { table: sized(name, rows), mode };
        let file = file(Some(vec![
            lock("contacts", Some(120_000), LockMode::AccessExclusive),
            lock("tags", Some(0), LockMode::ShareRowExclusive),
            lock("sales", Some(3), LockMode::AccessShare),
        ]));

        assert_eq!(
            file.in_words(),
            [
                "takes ACCESS EXCLUSIVE on `public.contacts` (120,000 rows): readers and writers wait",
                "takes SHARE ROW EXCLUSIVE on `public.tags` (empty): writers wait",
            ]
        );
    }

    #[test]
    fn rewrites_indexes_and_rows_are_told() {
        let mut file = file(Some(Vec::new()));
        file.rewritten = vec![sized("contacts", Some(1))];
        file.indexes = vec![BuiltIndex { index: "i".into(), on: sized("tags", None) }];
        let table = TableName::new("public", "tags");
        file.rows = vec![WrittenRows { table, inserted: 0, updated: 2, deleted: 1 }];

        assert_eq!(
            file.in_words(),
            [
                "rewrites `public.contacts` (1 row)",
                "builds index `i` on `public.tags` (size unknown)",
                "updates 2 rows, deletes 1 row in `public.tags`",
            ]
        );
    }

    #[test]
    fn the_statement_that_took_most_of_the_time_is_named() {
        let mut file = file(None);
        let duration = Duration::from_millis(800);
        file.slowest = Some(SlowStatement { line: 7, command: "create index".into(), duration });

        assert_eq!(file.time_in_words(), "900 ms, most of it for `create index` in line 7");
    }
}
