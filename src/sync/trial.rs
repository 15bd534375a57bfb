//! The user's SQL is tried by the source before anything is copied, and the rows that filters keep are counted.

use crate::error::Result;
use crate::pg::{Answer, PgError, Session, TableName};
use crate::sync::plan::SyncPlan;
use crate::sync::selected::{Narrowed, Tried};
use crate::sync::selection::count_query;
use crate::sync::selection_error::SelectionError;

/// Tries and counts in the snapshot that is open in the source; nothing of it is left. One round trip, and none when
/// there is nothing of the user's.
pub async fn rehearse(source: &mut Session, mut plan: SyncPlan) -> Result<SyncPlan> {
    let (trials, narrowed) = (&plan.selected.trials, &plan.selected.narrowed);
    if trials.is_empty() && narrowed.is_empty() {
        return Ok(plan);
    }
    for trial in trials {
        // A snapshot outlives an error behind a savepoint.
        source.send("savepoint crmctl_trial")?;
        source.send(&trial.sql)?;
        // Released as well: below a savepoint no snapshot can be exported, which other connections need.
        source.send("rollback to savepoint crmctl_trial; release savepoint crmctl_trial")?;
    }
    let tables: Vec<TableName> = narrowed.iter().map(|narrowed| narrowed.table.clone()).collect();
    let counts = (!tables.is_empty()).then(|| count_query(&plan.details.tables, &plan.selected, &tables));
    if let Some(counts) = &counts {
        source.send(counts)?;
    }
    let mut refused = None;
    for trial in trials {
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
    let counted = if counts.is_some() { Some(source.receive().await?) } else { None };
    if let Some(error) = refused {
        return Err(error.into());
    }
    let counted = counted.map(Answer::ok).transpose()?;
    for row in counted.map(Answer::rows).unwrap_or_default() {
        let table = TableName::new(row.get::<String>("schema")?, row.get::<String>("name")?);
        let (kept, of) = (Some(row.get("kept")?), Some(row.get("of")?));
        let place = plan.selected.narrowed.iter_mut().find(|narrowed| narrowed.table == table);
        let place =
            place.ok_or_else(|| PgError::Protocol("a table was counted that is not narrowed".to_owned()))?;
        *place = Narrowed { table, kept, of };
    }
    Ok(plan)
}
