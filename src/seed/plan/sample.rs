//! The first rows of a table, for who wants to see them before they are made.

use serde::Serialize;

use crate::seed::plan::{TableAction, TableStep};
use crate::seed::source::Source;
use crate::ui::Style;

/// The first rows of a table.
#[derive(Debug, Clone, Serialize)]
pub struct Sample {
    /// Which table.
    pub table: String,
    /// Its columns.
    pub columns: Vec<String>,
    /// Their values, row by row.
    pub rows: Vec<Vec<Option<String>>>,
}

impl Sample {
    /// Rows that are shown.
    const ROWS: usize = 3;

    pub(super) fn render(&self, style: Style) -> String {
        let row = |row: &Vec<Option<String>>| {
            let values = self.columns.iter().zip(row);
            let values: Vec<String> = values
                .map(|(column, value)| format!("{column}: {}", value.as_deref().unwrap_or("NULL")))
                .collect();
            format!("  {}", values.join(", "))
        };
        let rows: Vec<String> = self.rows.iter().map(row).collect();
        style.faint(&format!("first rows of {}:\n{}", self.table, rows.join("\n")))
    }

    pub(super) fn of(step: &TableStep) -> Option<Self> {
        let is_shown = matches!(step.source, Source::Own(..)) && step.action != TableAction::Keep;
        is_shown.then(|| Self {
            table: step.table.clone(),
            columns: step.source.shape().columns,
            rows: step.source.samples(Self::ROWS),
        })
    }
}
