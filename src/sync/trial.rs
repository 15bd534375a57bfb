//! The user's SQL is tried by the source before anything is copied, and the rows that filters keep are counted.

use crate::error::Result;
use crate::pg::{Answer, PgError, PgResult, Session, TableName};
use crate::sync::cause::of_source;
use crate::sync::plan::SyncPlan;
use crate::sync::route::Intent;
use crate::sync::selected::{Narrowed, Tried};
use crate::sync::selection_error::SelectionError;

/// Tries in the snapshot that is open in the source, and learns how many rows filters keep; nothing of it is left. One
/// round trip, and none when there is nothing of the user's. Who looks at a plan is told exactly; before rows are copied
/// anyway the planner is asked, which reads none of them.
pub(crate) async fn rehearse(source: &mut Session, mut plan: SyncPlan, intent: Intent) -> Result<SyncPlan> {
    for trial in &plan.selected.trials {
        // A snapshot outlives an error behind a savepoint.
        source.send("savepoint crmctl_trial")?;
        source.send(&trial.sql)?;
        // Released as well: below a savepoint no snapshot can be exported, which other connections need.
        source.send("rollback to savepoint crmctl_trial; release savepoint crmctl_trial")?;
    }
    let tables: Vec<TableName> =
        plan.selected.narrowed.iter().map(|narrowed| narrowed.table.clone()).collect();
    for table in &tables {
        source.send(&query(&plan, table, intent))?;
    }
    let mut refused = None;
    for trial in &plan.selected.trials {
        source.receive().await?.ok()?;
        if let Some(error) = source.receive().await?.error {
            let message = error.to_string();
            refused.get_or_insert(match &trial.of {
                Tried::Filter(filter) => {
                    SelectionError::BadFilter { filter: Box::new(filter.clone()), message }
                }
                Tried::Mask(rule) => SelectionError::BadMask { rule: Box::new(rule.clone()), message },
            });
        }
        source.receive().await?.ok()?;
    }
    let mut answers = Vec::new();
    for _ in &tables {
        answers.push(source.receive().await?);
    }
    if let Some(error) = refused {
        return Err(error.into());
    }
    for (table, answer) in tables.into_iter().zip(answers) {
        let kept = kept(&plan, table, answer, intent).map_err(of_source)?;
        plan.keep(kept);
    }
    Ok(plan)
}

fn query(plan: &SyncPlan, table: &TableName, intent: Intent) -> String {
    let carried = plan.details.tables.iter().find(|carried| carried.target.name == *table);
    let Some(carried) = carried else { return String::new() };
    match intent {
        Intent::Look => format!(
            "select (select count(*) from {} as t) as kept, (select count(*) from {}) as of",
            carried.source,
            carried.target.from_clause()
        ),
        Intent::Overwrite => format!("explain (format json) select from {} as t", carried.source),
    }
}

fn kept(plan: &SyncPlan, table: TableName, answer: Answer, intent: Intent) -> PgResult<Narrowed> {
    let rows = answer.ok()?.rows();
    let wrong = || PgError::Protocol("no answer about the rows that a filter keeps".to_owned());
    let row = rows.first().ok_or_else(wrong)?;
    Ok(match intent {
        Intent::Look => {
            Narrowed { table, kept: Some(row.get("kept")?), of: Some(row.get("of")?), is_estimate: false }
        }
        Intent::Overwrite => {
            let transfer = plan.tables.iter().zip(&plan.details.transfers).find(|(name, _)| **name == table);
            let of = transfer.and_then(|(_, transfer)| transfer.rows);
            let planned: Option<serde_json::Value> =
                row.text("QUERY PLAN").and_then(|plan| serde_json::from_str(plan).ok());
            let kept = planned.as_ref().and_then(|plan| plan.pointer("/0/Plan/Plan Rows")?.as_u64());
            // Without statistics the planner's guess means nothing.
            let kept = kept.zip(of).map(|(kept, of)| kept.min(of));
            Narrowed { table, kept, of, is_estimate: true }
        }
    })
}
