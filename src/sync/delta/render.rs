//! What a plan says of a delta.

use crate::plan::Hazard;
use crate::sync::delta::look::{ChangedTable, Changes};
use crate::sync::plan::SyncPlan;
use crate::ui::{Style, plural, thousands};

impl SyncPlan {
    /// Whether it is known that both sides hold the same.
    #[must_use]
    pub fn changes_nothing(&self) -> bool {
        self.changes.as_ref().is_some_and(Changes::is_empty)
    }
}

impl Changes {
    pub(crate) fn hazards(&self, plan: &SyncPlan) -> Vec<Hazard> {
        if self.is_empty() {
            return Vec::new();
        }
        let tables = plural(self.tables.len() as u64, "table");
        vec![Hazard::OverwritesRows(format!("the rows of {tables} in `{}` that differ", plan.to))]
    }

    pub(crate) fn render(&self, plan: &SyncPlan, style: Style) -> String {
        let (from, to) = (&plan.from, &plan.to);
        let compared =
            format!("{} of {}", plural(self.rows, "row"), plural(plan.tables.len() as u64, "table"));
        if self.is_empty() {
            let otherwise = plan.selected.lines().join("\n  ");
            let otherwise = if otherwise.is_empty() { otherwise } else { format!("\n  {otherwise}") };
            return format!(
                "{} `{to}` holds what `{from}` {}: {compared} were compared, there is nothing to do{otherwise}",
                style.good("the same"),
                if plan.selected.is_everything() { "holds" } else { "gives" },
            );
        }
        let tables: Vec<String> = self.tables.iter().map(told).collect();
        let tables = if tables.is_empty() { "only sequences".to_owned() } else { tables.join(", ") };
        let otherwise = plan.selected.lines().join("\n     ");
        let otherwise = if otherwise.is_empty() { otherwise } else { format!("\n     {otherwise}") };
        format!(
            "{} ({})\n  1. keep writers out of `{to}`, and find the rows that differ: {tables}\n  \
             2. back up those rows of `{to}`, and put those of `{from}` in their place; {} set{otherwise}\n  \
             3. compare both sides' contents in full, and only then commit\n  {}",
            style.strong(&format!("sync what differs from `{from}` to `{to}`")),
            plan.because,
            plural(plan.sequences.len() as u64, "sequence"),
            style.faint("readers of the tables do not have to wait"),
        )
    }
}

fn told(table: &ChangedTable) -> String {
    let differing = table.differing.unwrap_or(table.rows);
    format!("{} (about {} of {})", table.table, thousands(differing), plural(table.rows, "row"))
}
