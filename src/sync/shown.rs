//! A plan as a person reads it.

use crate::plan::Render;
use crate::sync::plan::{Method, SyncPlan};
use crate::ui::Style;

/// Tables that are named; of more, their number is told.
const TOLD: usize = 30;

impl Render for SyncPlan {
    fn render(&self, style: &Style) -> String {
        if let Some(changes) = &self.changes {
            return changes.render(self, *style);
        }
        let mut names: Vec<String> = self.tables.iter().take(TOLD).map(ToString::to_string).collect();
        if self.tables.len() > TOLD {
            names.push(format!("and {} more", self.tables.len() - TOLD));
        }
        let mut sets = format!("set {}", crate::ui::plural(self.sequences.len() as u64, "sequence"));
        if !self.refreshed.is_empty() {
            let views = crate::ui::plural(self.refreshed.len() as u64, "materialized view");
            sets += &format!(", refresh {views}");
        }
        let notes: Vec<String> = self.notes.iter().map(|note| format!("\n  note: {note}")).collect();
        let notes = notes.concat();
        let method = match self.method {
            Method::ReplicaRole => "triggers and foreign keys rest while rows are loaded",
            Method::LoadOrder => "tables are loaded in foreign key order, triggers off",
        };
        let mut otherwise = String::new();
        for line in self.selected.lines() {
            otherwise += &format!("\n     {line}");
        }
        format!(
            "{} ({because})\n  1. back up the rows of `{to}` in the same transaction\n  2. replace them by those of `{from}` ({}): {}{otherwise}\n  \
             3. {sets} and {}\n  4. compare both sides' contents, and only then commit\n  {}{notes}",
            style.strong(&format!("sync `{}` to `{}`", self.from, self.to)),
            crate::ui::plural(self.tables.len() as u64, "table"),
            names.join(", "),
            self.auth_users.as_ref().map_or_else(
                || "leave auth users alone".to_owned(),
                |pattern| format!("carry over auth users like `{pattern}`")
            ),
            style.faint(method),
            because = self.because,
            to = self.to,
            from = self.from,
        )
    }
}
