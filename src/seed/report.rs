//! What seeding did.

use serde::Serialize;

use crate::plan::Render;
use crate::seed::plan::{SeedPlan, TableAction, UserAction, UserStep};
use crate::seed::users::PasswordSource;
use crate::ui::Style;

/// What was done to a table's generated rows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TableReport {
    /// Which.
    pub table: String,
    /// New rows.
    pub inserted: u64,
    /// Rows that became others.
    pub updated: u64,
    /// Rows that were so already.
    pub kept: u64,
    /// Rows that are gone.
    pub removed: u64,
}

/// What was done.
#[derive(Debug, Clone, Serialize)]
pub struct SeedReport {
    /// The logins.
    pub users: Vec<UserStep>,
    /// Where their password comes from; never the password.
    pub password: Option<PasswordSource>,
    /// The tables, parents first.
    pub tables: Vec<TableReport>,
}

impl SeedReport {
    /// What will have been done once the plan is carried out, but for the numbers of merged tables.
    pub(crate) fn of(plan: &SeedPlan) -> Self {
        let tables = plan.tables.iter().map(|step| TableReport {
            table: step.table.clone(),
            inserted: 0,
            updated: 0,
            kept: match step.action {
                TableAction::Keep | TableAction::Grow => step.present,
                TableAction::Shrink => step.wanted,
                TableAction::Fill | TableAction::Merge => 0,
            },
            removed: 0,
        });
        Self { users: plan.users.clone(), password: plan.password.clone(), tables: tables.collect() }
    }

    /// Rows that were inserted, updated or removed.
    #[must_use]
    pub fn changed_rows(&self) -> u64 {
        self.tables.iter().map(|table| table.inserted + table.updated + table.removed).sum()
    }
}

impl Render for SeedReport {
    fn render(&self, style: &Style) -> String {
        let mut lines = Vec::new();
        for step in &self.users {
            let word = match step.action {
                UserAction::Create => style.good("created"),
                UserAction::Update => style.good("updated"),
                UserAction::SetPassword => style.good("updated, with a new password"),
                UserAction::Keep => style.faint("kept"),
            };
            lines.push(format!("{word} {} ({})", step.login.email, step.login.role));
        }
        if let Some(source) = &self.password {
            lines.push(format!("log in with any of them: {source}"));
        }
        if !self.tables.is_empty() {
            lines.push(style.strong(&format!(
                "{:<22}{:>10}{:>10}{:>10}{:>10}",
                "table", "inserted", "updated", "kept", "removed"
            )));
        }
        for table in &self.tables {
            lines.push(format!(
                "{:<22}{:>10}{:>10}{:>10}{:>10}",
                table.table, table.inserted, table.updated, table.kept, table.removed
            ));
        }
        lines.join("\n")
    }
}
