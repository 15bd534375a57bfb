//! Counts what would be lost.

use std::collections::BTreeSet;

use crate::migration::down::loss::Lost;
use crate::migration::down::plan::DownPlan;
use crate::pg::{PgResult, Session, TableName, literal};

/// The same plan, knowing how many rows are lost. Two round trips, however many tables there are.
pub async fn count_losses(session: &mut Session, plan: DownPlan) -> PgResult<DownPlan> {
    let lost: Vec<Lost> = plan.lost().cloned().collect();
    if lost.is_empty() {
        return Ok(plan);
    }
    let tables: BTreeSet<&TableName> = lost.iter().map(Lost::table).collect();
    for table in &tables {
        session.send(&format!(
            "select pg_catalog.to_regclass({}) is not null as found",
            literal(&table.sql())
        ))?;
    }
    let mut found = BTreeSet::new();
    for table in tables {
        if session.receive().await?.ok()?.rows().first().is_some_and(|row| row.flag("found")) {
            found.insert(table);
        }
    }
    let counted: Vec<&Lost> = lost.iter().filter(|lost| found.contains(lost.table())).collect();
    // Whoever locks a table out for good shall not keep the plan from being shown.
    session.send("set lock_timeout = '1s'")?;
    for lost in &counted {
        session.send(&lost.count())?;
    }
    session.send("set lock_timeout = 0")?;
    session.receive().await?.ok()?;
    let mut rows = Vec::new();
    for lost in counted {
        // A column that is gone, rows that may not be read or are locked: then the plan knows no number.
        let answer = session.receive().await?.ok();
        rows.push((lost, answer.ok().and_then(|answer| answer.rows().first()?.get("rows").ok())));
    }
    session.receive().await?.ok()?;
    let count = |lost: &Lost| match rows.iter().find(|(counted, _)| *counted == lost) {
        Some((_, rows)) => *rows,
        None => Some(0),
    };
    Ok(plan.with_rows(count))
}
