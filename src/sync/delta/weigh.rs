//! Whether only what changed goes along, or everything.

use crate::error::Result;
use crate::pg::TableName;
use crate::sync::apply::Ends;
use crate::sync::delta::look::{Changes, look};
use crate::sync::delta::sketch::places;
use crate::sync::plan::SyncPlan;
use crate::sync::route::{Mode, Route};
use crate::ui::{bytes, plural, thousands};

/// Sides of fewer bytes are copied in less time than it takes to ask what differs.
const WORTH_A_LOOK: u64 = 8_000_000;
/// Rows in a hundred that may differ. A row that is replaced costs the target about as much as four that are copied
/// into a table without indexes, and looking costs both sides four passes over all rows.
const MOST_PERCENT: u64 = 10;

/// Looks at what differs where that is wanted and can pay, and decides by it. Reads both sides, changes nothing.
pub async fn weigh(ends: &mut Ends<'_>, plan: SyncPlan, mode: Mode) -> Result<SyncPlan> {
    if !is_worth_a_look(&plan, mode) {
        return Ok(plan);
    }
    let changes = look(ends, &plan).await?;
    Ok(decide(plan, changes))
}

fn is_worth_a_look(plan: &SyncPlan, mode: Mode) -> bool {
    match mode {
        Mode::Delta => true,
        Mode::Auto => plan.source_bytes.min(plan.target_bytes) >= WORTH_A_LOOK,
        Mode::Full | Mode::Bulk | Mode::Staged => false,
    }
}

fn decide(plan: SyncPlan, changes: Changes) -> SyncPlan {
    let expected = changes.tables.iter().map(|table| table.differing).sum::<Option<u64>>();
    if let Some(objection) = objection(&plan, &changes, expected) {
        let because = format!("{objection}; {}", plan.because);
        return SyncPlan { because, ..plan };
    }
    let because = reason(&plan, &changes, expected.unwrap_or_default());
    SyncPlan { route: Route::Delta, because, changes: Some(changes), ..plan }
}

/// Why everything is to be copied after all.
fn objection(plan: &SyncPlan, changes: &Changes, expected: Option<u64>) -> Option<String> {
    if changes.users {
        return Some("auth users differ, whose triggers may change any row".to_owned());
    }
    let is_changed = |table: &TableName| changes.tables.iter().any(|changed| changed.table == *table);
    if let Some((table, publication)) = plan.details.unnamed.iter().find(|(table, _)| is_changed(table)) {
        return Some(format!(
            "rows of `{table}` have no replica identity by which publication `{publication}` could name those that go"
        ));
    }
    let partly = plan.details.tables.iter().find(|carried| {
        carried.columns.len() != carried.target.stored_columns().count()
            && changes.tables.iter().any(|changed| changed.table == carried.target.name)
    });
    if let Some(carried) = partly {
        return Some(format!("not all columns of `{}` go along", carried.target.name));
    }
    let too_many =
        |table: &&crate::sync::delta::look::ChangedTable| table.differing.and_then(places).is_none();
    if let Some(table) = changes.tables.iter().find(too_many) {
        return Some(format!("most of {} in `{}` differ", plural(table.rows, "row"), table.table));
    }
    let (expected, all) = (expected.unwrap_or(u64::MAX), changes.rows);
    // A few rows are never too many, however few there are in all.
    (expected > 1000 && expected.saturating_mul(100) > all * MOST_PERCENT)
        .then(|| format!("about {} of {} differ", thousands(expected), plural(all, "row")))
}

fn reason(plan: &SyncPlan, changes: &Changes, expected: u64) -> String {
    let all = changes.rows.max(1);
    // Each row that differs is read on both sides and written on one.
    let moved = u128::from(plan.source_bytes) * 3 * u128::from(expected) / u128::from(all);
    format!(
        "about {} of {} differ, in {}: {} to move instead of {}",
        thousands(expected),
        plural(changes.rows, "row"),
        plural(changes.tables.len() as u64, "table"),
        bytes(u64::try_from(moved).unwrap_or(u64::MAX)),
        bytes(plan.source_bytes.saturating_mul(3)),
    )
}
