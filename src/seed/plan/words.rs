//! How a plan is told.

use crate::plan::{Fingerprint, Hazard, Plan, Render};
use crate::seed::plan::{SeedPlan, TableAction, TableStep, UserAction};
use crate::ui::Style;

impl Plan for SeedPlan {
    fn hazards(&self) -> Vec<Hazard> {
        let mut hazards = Vec::new();
        let users = self.users.iter().filter(|step| step.action != UserAction::Keep).count();
        if users > 0 {
            hazards.push(Hazard::WritesRows(format!("{users} test users")));
        }
        let of = |action| self.tables.iter().filter(move |step| step.action == action);
        let new: Vec<&TableStep> = of(TableAction::Fill).chain(of(TableAction::Grow)).collect();
        if !new.is_empty() {
            let rows: u64 = new.iter().map(|step| step.wanted - step.present).sum();
            hazards.push(Hazard::WritesRows(format!("{rows} generated rows in {} tables", new.len())));
        }
        let old: Vec<&str> =
            of(TableAction::Merge).chain(of(TableAction::Shrink)).map(|step| step.table.as_str()).collect();
        if !old.is_empty() {
            hazards.push(Hazard::OverwritesRows(format!("generated rows of {}", old.join(", "))));
        }
        if hazards.is_empty() && self.writes_counts {
            hazards.push(Hazard::WritesRows("the entries of the test users".to_owned()));
        }
        hazards
    }

    fn fingerprint(&self) -> &Fingerprint {
        &self.fingerprint
    }
}

impl Render for SeedPlan {
    fn render(&self, style: &Style) -> String {
        if self.is_empty() {
            return "nothing to do: users and rows are as described".to_owned();
        }
        let mut lines = Vec::new();
        for step in &self.users {
            let word = match step.action {
                UserAction::Create => style.good("create"),
                UserAction::Update => style.attention("update"),
                UserAction::SetPassword => style.attention("update, with a new password"),
                UserAction::Keep => style.faint("keep"),
            };
            lines.push(format!("{word} {} ({})", step.login.email, step.login.role));
        }
        for step in &self.tables {
            let (name, wanted, present) = (&step.table, step.wanted, step.present);
            lines.push(match step.action {
                TableAction::Fill => format!("{} {name}: {wanted} rows", style.good("fill")),
                TableAction::Grow => {
                    format!("{} {name}: {present} rows, and {} more", style.good("grow"), wanted - present)
                }
                TableAction::Shrink => format!(
                    "{} {name}: {present} rows, {} of them go",
                    style.attention("shrink"),
                    present.saturating_sub(wanted)
                ),
                TableAction::Merge => {
                    format!(
                        "{} {name}: {wanted} rows wanted, {present} generated ones there",
                        style.attention("merge")
                    )
                }
                TableAction::Keep => format!("{} {name}: {present} rows", style.faint("keep")),
            });
        }
        lines.extend(self.samples.iter().map(|sample| sample.render(*style)));
        if let Some(source) = &self.password {
            lines.push(style.faint(&format!("all users: {source}")));
        }
        lines.join("\n")
    }
}
