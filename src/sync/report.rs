//! What a sync did.

use std::path::PathBuf;

use serde::Serialize;

use crate::environment::EnvironmentName;
use crate::error::{Explain, Kind};
use crate::pg::TableName;
use crate::plan::Render;
use crate::sync::route::Route;
use crate::sync::selected::Selected;
use crate::ui::{Style, Table, plural};

/// One table that was replaced.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SyncedTable {
    /// Which.
    pub table: TableName,
    /// Rows it held before.
    pub rows_before: u64,
    /// Rows it holds now.
    pub rows: u64,
}

/// What a sync did; it was committed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SyncReport {
    /// Where the rows came from.
    pub from: EnvironmentName,
    /// What was overwritten.
    pub to: EnvironmentName,
    /// The way the rows were carried over.
    pub route: Route,
    /// The tables, in load order.
    pub tables: Vec<SyncedTable>,
    /// Tables whose rows an earlier run had staged, which were not carried over again.
    pub reused: Vec<TableName>,
    /// Sequences that were set.
    pub sequences: u64,
    /// Auth users that went along.
    pub auth_users: u64,
    /// What went along otherwise than it is in the source.
    pub selected: Selected,
    /// The backup of what was there before.
    pub backup: String,
    /// Its file.
    pub backup_file: PathBuf,
    /// Commands of which each puts the old rows back.
    pub undo: Vec<String>,
}

impl SyncReport {
    /// What puts the old rows back where there is no crmctl. `psql` is the program with what it needs.
    #[must_use]
    pub fn undo_with(&self, psql: &str) -> String {
        let file = self.backup_file.display();
        if self.backup_file.extension().is_some_and(|extension| extension == "zst") {
            format!("zstd -dc {file} | {psql}")
        } else {
            format!("{psql} -f {file}")
        }
    }
}

/// Why a sync was not committed.
#[derive(Debug, thiserror::Error)]
pub enum ApplyError {
    /// The two sides do not hold the same.
    #[error("`{table}` would not hold the same rows on both sides, so nothing was committed")]
    ContentsDiffer {
        /// The first such table.
        table: String,
    },
    /// An index or a key that was taken down does not stand again as it stood.
    #[error("{object} would not be what it was, so nothing was committed")]
    NotRebuilt {
        /// The first such object.
        object: String,
    },
    /// The backup is not whole.
    #[error("the backup of the target is not complete, so nothing was committed")]
    BackupIncomplete,
}

impl Explain for ApplyError {
    fn kind(&self) -> Kind {
        Kind::Failed
    }

    fn help(&self) -> Option<String> {
        match self {
            Self::ContentsDiffer { .. } => {
                Some("does a trigger of the target change rows while they are written, or SQL of `--where` or `[mask]` give something else each time? see to it, or exclude the table".to_owned())
            }
            Self::NotRebuilt { .. } => Some("did somebody change it meanwhile? run the sync again".to_owned()),
            Self::BackupIncomplete => None,
        }
    }
}

impl Render for SyncReport {
    fn render(&self, style: &Style) -> String {
        let mut table = Table::new(["table", "rows before", "rows now"]);
        for synced in &self.tables {
            table.row([synced.table.to_string(), synced.rows_before.to_string(), synced.rows.to_string()]);
        }
        let rows: u64 = self.tables.iter().map(|table| table.rows).sum();
        let mut text = format!(
            "{}\n{} `{}` holds the {} of `{}`, compared before commit; {} and {} went along\n{} {}",
            table.render(style),
            style.good("synced"),
            self.to,
            plural(rows, "row"),
            self.from,
            plural(self.auth_users, "auth user"),
            plural(self.sequences, "sequence"),
            style.strong("backup"),
            self.backup_file.display(),
        );
        for line in self.selected.lines() {
            text += &format!("\n  {line}");
        }
        if !self.selected.is_everything() {
            text += &format!(
                "\n`crmctl verify` would find these differences; what arrived is what the source gave, compared before commit. \
                 To compare again: `crmctl sync --from {} --to {} --mode delta --dry-run`, filtered as now",
                self.from, self.to
            );
        }
        for undo in &self.undo {
            text += &format!("\n{} {undo}", style.strong("undo  "));
        }
        text
    }
}
