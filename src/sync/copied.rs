//! The COPYs of a sync: what is read in the source, where it goes, and what is backed up before. Pure.

use crate::mask::shell_column;
use crate::pg::{identifier, literal};
use crate::sync::observe::user_condition;
use crate::sync::plan::SyncPlan;
use crate::sync::undo::{auth_table, columns_sql, replaced_users};

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
        let (table, list) = (auth_table(name), columns_sql(columns));
        let condition = user_condition(plan.auth_users.as_deref(), name);
        let select = with_shells(plan, name, columns)
            .unwrap_or_else(|| format!("select {list} from {table} where {condition}"));
        Copied {
            select,
            columns: list.clone(),
            backup_select: format!("select {list} from {table} where {}", replaced_users(plan, name)),
            backup_columns: list,
            table,
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

/// The test users as they are, and of the users that rows refer to nothing but what makes a user.
fn with_shells(plan: &SyncPlan, name: &str, columns: &[String]) -> Option<String> {
    let referred = plan.selected.referred_users.as_ref().filter(|_| name == "users")?;
    let is_test = format!("coalesce(u.email like {}, false)", literal(plan.auth_users.as_deref()?));
    let list: Vec<String> = columns
        .iter()
        .map(|column| {
            let own = format!("u.{}", identifier(column));
            let shell = shell_column(column, &own);
            format!("case when {is_test} then {own} else {shell} end as {}", identifier(column))
        })
        .collect();
    Some(format!("select {} from auth.users as u where {is_test} or u.id in ({referred})", list.join(", ")))
}
