//! What every way to sync ends with: the comparison before COMMIT, COMMIT itself, and what is said of it.

use std::collections::BTreeMap;

use crate::backup::{Backup, BackupKind, Compression, Description, Origin, TableContents, restore};
use crate::error::{Failure, Kind, Result};
use crate::parity::TableDigest;
use crate::pg::{Committed, PgError, TableName, Writer};
use crate::sync::plan::SyncPlan;
use crate::sync::report::{ApplyError, SyncReport, SyncedTable};

/// The one file of the backup.
const BACKUP_FILE: &str = "data.sql";
/// The same where it would be large.
const COMPRESSED_BACKUP_FILE: &str = "data.sql.zst";
/// Old rows of more bytes than this are compressed: what is smaller is sooner looked into by a person.
const WORTH_COMPRESSING: u64 = 8_000_000;

/// What one side held, as far as the sync is concerned.
#[derive(Debug, Default)]
pub(crate) struct Content {
    /// The target's rows before, all columns.
    pub(crate) before: BTreeMap<TableName, TableDigest>,
    /// The rows that go along: in the source, or as they arrived.
    pub(crate) after: BTreeMap<TableName, TableDigest>,
    /// The auth users that go along: table, rows and digest.
    pub(crate) users: Vec<Vec<Option<String>>>,
}

/// The one file of a backup of so many bytes of old rows, and how it is written.
pub(crate) fn backup_file(old_bytes: u64) -> (&'static str, Compression) {
    if old_bytes > WORTH_COMPRESSING {
        (COMPRESSED_BACKUP_FILE, Compression::Zstd)
    } else {
        (BACKUP_FILE, Compression::None)
    }
}

/// A fault of the target before COMMIT: nothing was changed, and which row it was, where the server says so. Rows are
/// counted as they come, from 1; what is in them stays on the server.
pub(crate) fn unchanged(error: PgError) -> Failure {
    let place = match &error {
        PgError::Server(error) => error
            .context
            .as_deref()
            .and_then(place_of_copy)
            .map(|(table, row)| format!("row {row} of `{table}`")),
        _ => None,
    };
    let failure = Failure::from(error);
    let failure = match place {
        Some(place) => failure.context(place),
        None => failure,
    };
    failure.context("nothing was changed in the target")
}

/// `COPY contacts, line 12, column age: "x"`.
fn place_of_copy(context: &str) -> Option<(&str, u64)> {
    let (table, rest) = context.strip_prefix("COPY ")?.split_once(", line ")?;
    let digits = rest.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(rest.len());
    Some((table, rest[..digits].parse().ok()?))
}

/// Before COMMIT: the target holds what the source holds, or nothing is committed.
pub(crate) fn check(plan: &SyncPlan, left: &Content, right: &Content) -> Result<()> {
    for table in &plan.tables {
        let (there, here) = (left.after.get(table), right.after.get(table));
        if there.is_none() || there != here {
            return Err(ApplyError::ContentsDiffer { table: table.to_string() }.into());
        }
    }
    if left.users != right.users {
        return Err(ApplyError::ContentsDiffer { table: "auth.users".to_owned() }.into());
    }
    Ok(())
}

pub(crate) async fn commit(writer: &mut Writer<'_>, plan: &SyncPlan, backup: &str) -> Result<Committed> {
    match writer.commit_and_end().await {
        Ok(committed) => Ok(committed),
        // The answer to COMMIT was lost and nobody can be asked. Both states are whole; verify tells which it is.
        Err(error @ PgError::Undecided { .. }) => Err(Failure::from(error)
            .context("COMMIT was sent and its answer was lost: the target is wholly old or wholly new")
            .with_help(format!(
                "see which with `crmctl verify --from {} --to {}`; `{}` puts the old rows back",
                plan.from,
                plan.to,
                restore::command(backup, &plan.to)
            ))
            .of_kind(Kind::Partial)),
        Err(error) => Err(error.into()),
    }
}

pub(crate) fn description(
    plan: &SyncPlan,
    source: Origin,
    before: &BTreeMap<TableName, TableDigest>,
) -> Description {
    let tables = before.iter().map(|(table, digest)| TableContents {
        schema: table.schema.clone(),
        name: table.name.clone(),
        rows: digest.rows,
        digest: digest.digest.clone(),
    });
    Description {
        kind: BackupKind::Data,
        source,
        server_version: plan.details.server_version.clone(),
        pg_dump: None,
        history_head: plan.details.history_head.clone(),
        catalog_hash: Some(plan.details.catalog_hash.clone()),
        tables: tables.collect(),
    }
}

pub(crate) fn report(plan: &SyncPlan, content: &Content, backup: &Backup) -> SyncReport {
    let rows = |digests: &BTreeMap<TableName, TableDigest>, table| {
        digests.get(table).map_or(0, |digest| digest.rows)
    };
    let tables = plan.tables.iter().map(|table| SyncedTable {
        table: table.clone(),
        rows_before: rows(&content.before, table),
        rows: rows(&content.after, table),
    });
    let users = content.users.iter().find(|row| row.first().and_then(Option::as_deref) == Some("users"));
    SyncReport {
        from: plan.from.clone(),
        to: plan.to.clone(),
        route: plan.route,
        tables: tables.collect(),
        sequences: plan.sequences.len() as u64,
        auth_users: users.and_then(|row| row.get(1)?.as_deref()?.parse().ok()).unwrap_or(0),
        selected: plan.selected.clone(),
        backup: backup.manifest.id.to_string(),
        backup_file: backup.path.join(backup.manifest.parts.first().map_or(BACKUP_FILE, |part| &part.file)),
        undo: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_row_at_fault_is_told_without_what_is_in_it() {
        assert_eq!(place_of_copy("COPY contacts, line 12, column age: \"secret\""), Some(("contacts", 12)));
        assert_eq!(place_of_copy("COPY a, line 1: \"secret\""), Some(("a", 1)));
        assert_eq!(place_of_copy("PL/pgSQL function f() line 3 at RAISE"), None);
    }
}
