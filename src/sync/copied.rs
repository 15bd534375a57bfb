//! The COPYs of a sync: what is read in the source, where it goes, and what is backed up before. Pure.

use crate::sync::observe::user_condition;
use crate::sync::plan::SyncPlan;
use crate::sync::undo::{auth_table, columns_sql};

/// A COPY that goes along.
pub(crate) struct Copied {
    /// The table as SQL.
    pub(crate) table: String,
    /// The query whose rows are copied, for the source.
    pub(crate) select: String,
    /// The columns of those rows as SQL, in order.
    pub(crate) columns: String,
    /// The query whose rows are backed up, for the target.
    pub(crate) backup_select: String,
    /// The columns of those rows as SQL, in order.
    pub(crate) backup_columns: String,
}

/// The auth tables, then the tables of the plan in its order.
pub(crate) fn copies(plan: &SyncPlan) -> Vec<Copied> {
    let users = plan.details.auth_columns.iter().map(|(name, columns)| {
        let columns = columns_sql(columns);
        let condition = user_condition(plan.auth_users.as_deref(), name);
        let select = format!("select {columns} from {} where {condition}", auth_table(name));
        Copied {
            table: auth_table(name),
            select: select.clone(),
            columns: columns.clone(),
            backup_select: select,
            backup_columns: columns,
        }
    });
    let tables = plan.details.tables.iter().map(|carried| Copied {
        table: carried.target.name.sql(),
        select: carried.select(),
        columns: carried.columns_sql(),
        backup_select: carried.backup_select(),
        backup_columns: carried.stored_columns_sql(),
    });
    users.chain(tables).collect()
}
