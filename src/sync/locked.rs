//! How every transaction that changes a target begins: writers are kept out, what was planned is looked at once more, and
//! what a backup must know that no lock keeps is read.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::pg::{PgResult, Row, TableName, Writer, literal, still_as_planned};
use crate::plan::Fingerprint;
use crate::sync::observe::Sequence;
use crate::sync::plan::SyncPlan;
use crate::sync::shape;
use crate::sync::statements::setval;
use crate::sync::undo::replaced_users;

/// The settings of the writing transaction; a lock that is not had in this time fails it.
/// What is reported as committed is on the server's disk, whatever the role or the database is set to.
pub(crate) const SETTINGS: &str = "set local lock_timeout = '10s'; \
    select pg_catalog.set_config('synchronous_commit', 'on', true) where current_setting('synchronous_commit') = 'off'";

/// What the sequences that are set held under the lock. Before it, numbers are still given away: put back as they were
/// when the plan was made, they would be given twice.
#[derive(Debug, Clone, Default)]
pub(crate) struct Numbers(Arc<Mutex<BTreeMap<usize, (i64, bool)>>>);

impl Numbers {
    /// Queues one message: the `lock` on the tables, a lock on the users who are replaced, the second look, and the numbers.
    pub(crate) fn send_lock(&self, writer: &mut Writer<'_>, plan: &SyncPlan, lock: &str) -> PgResult<()> {
        let mut statements = vec![lock.to_owned()];
        statements.extend(lock_users(plan));
        statements.push(still_as_planned(&Fingerprint {
            query: shape::query(),
            value: Some(plan.details.shape.clone()),
        }));
        statements.extend(question(plan));
        let found = Arc::clone(&self.0);
        writer.send_for(&statements.join("; "), move |row| keep(&found, &row))
    }

    /// The statements that put the sequences back. One whose number is not here yet, since no row had to be waited for,
    /// goes back to what the plan knew of it.
    pub(crate) fn setvals(&self, plan: &SyncPlan) -> Vec<String> {
        let found = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let planned = plan.sequences.iter().zip(&plan.details.previous_setvals).enumerate();
        let put_back = |(number, (name, planned)): (usize, (&TableName, &String))| match found.get(&number) {
            Some(&(value, is_called)) => {
                setval(name, &Sequence { owner: None, column: None, value, is_called })
            }
            None => planned.clone(),
        };
        planned.map(put_back).collect()
    }
}

fn keep(found: &Mutex<BTreeMap<usize, (i64, bool)>>, row: &Row) {
    if let (Ok(number), Ok(value)) = (row.get("number"), row.get("last_value")) {
        found.lock().unwrap_or_else(PoisonError::into_inner).insert(number, (value, row.flag("is_called")));
    }
}

fn question(plan: &SyncPlan) -> Option<String> {
    let questions: Vec<String> = plan
        .sequences
        .iter()
        .enumerate()
        .map(|(number, name)| format!("select {number} as number, last_value, is_called from {}", name.sql()))
        .collect();
    (!questions.is_empty()).then(|| questions.join(" union all "))
}

/// Whoever changes a user who is about to be replaced is waited for, so that the backup has what came of it. Rows may
/// refer to him meanwhile, and nobody else has to wait.
fn lock_users(plan: &SyncPlan) -> Option<String> {
    let mut columns = plan.details.auth_columns.iter();
    columns.any(|(name, _)| name == "users").then(|| {
        let condition = replaced_users(plan, "users");
        format!(
            "do {}",
            literal(&format!("begin perform from auth.users where {condition} for no key update; end"))
        )
    })
}
