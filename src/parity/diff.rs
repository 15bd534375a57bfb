//! What counts as a difference. Pure.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::catalog::{self, Difference, Table};
use crate::parity::Level;
use crate::parity::columns::{ColumnsDifference, has_same_columns};
use crate::parity::digest::digested;
use crate::parity::observe::{Side, TestUser};
use crate::parity::rows::ComparedAs;
use crate::parity::share::Share;
use crate::parity::suspect::{Sides, Suspect};
use crate::parity::uncompared::{self, NotCompared};
use crate::pg::TableName;

/// Everything two sides were compared in.
#[derive(Debug, Default)]
pub(crate) struct Comparison {
    pub(crate) schema: Vec<Difference>,
    pub(crate) history: Option<HistoryDifference>,
    pub(crate) tables: Vec<TableParity>,
    pub(crate) test_users: Vec<UserParity>,
    pub(crate) not_compared: Vec<NotCompared>,
}

/// Migrations that only one side has.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct HistoryDifference {
    /// The newest on the left.
    pub left_head: Option<String>,
    /// The newest on the right.
    pub right_head: Option<String>,
    /// Versions that only the left side has applied.
    pub only_left: Vec<String>,
    /// Versions that only the right side has applied.
    pub only_right: Vec<String>,
}

/// The rows of one table on both sides.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TableParity {
    /// The table.
    pub table: TableName,
    /// Rows on the left; `None` when the table is not there.
    pub left: Option<u64>,
    /// Rows on the right.
    pub right: Option<u64>,
    /// What that means.
    pub verdict: Verdict,
    /// In which columns the tables themselves differ, so that their rows cannot be compared.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub columns: Option<ColumnsDifference>,
}

/// Whether a table's rows are the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// As far as the level looks, they are.
    Equal,
    /// There are more on one side.
    CountsDiffer,
    /// As many, but others.
    ContentsDiffer,
    /// The columns are not the same, so that rows cannot be compared.
    ColumnsDiffer,
    /// The right side has no such table.
    OnlyLeft,
    /// The left side has no such table.
    OnlyRight,
}

/// A test user on both sides.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct UserParity {
    /// The e-mail address.
    pub email: String,
    /// The user on the left.
    pub left: Option<TestUser>,
    /// The user on the right.
    pub right: Option<TestUser>,
    /// What that means.
    pub verdict: UserVerdict,
}

/// Whether a test user is the same, and can log in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum UserVerdict {
    /// The same on both sides, and fit to log in.
    Equal,
    /// The right side has no such user.
    OnlyLeft,
    /// The left side has no such user.
    OnlyRight,
    /// Another id: what refers to the user does not find it on the other side.
    IdDiffers,
    /// Another role.
    RoleDiffers,
    /// The user could not log in, on one side or on both.
    CannotLogIn,
}

/// Compares two sides as far as the level goes. What a level leaves out is empty.
pub(crate) fn compare(left: &Side, right: &Side, level: Level) -> Comparison {
    let with_schema = level.has_schema();
    Comparison {
        schema: if with_schema { catalog::diff(&left.catalog, &right.catalog) } else { Vec::new() },
        history: with_schema.then(|| history(left, right)).flatten(),
        tables: if level == Level::Schema { Vec::new() } else { tables(left, right, level) },
        test_users: if level == Level::All { users(left, right) } else { Vec::new() },
        not_compared: uncompared::list(left, right, level),
    }
}

/// The tables whose rows are to be found, with columns that both sides have.
pub(crate) fn suspects<'a>(
    left: &'a Side,
    right: &'a Side,
    tables: &[TableParity],
    level: Level,
) -> Vec<Suspect<'a>> {
    let differs =
        |table: &&TableParity| matches!(table.verdict, Verdict::CountsDiffer | Verdict::ContentsDiffer);
    let differing = tables.iter().filter(|_| level.has_contents()).filter(differs);
    let pairs: Vec<(u64, Sides<&Table>)> = differing
        .filter_map(|parity| {
            let find = |table: &&Table| table.name == parity.table;
            let (left, right) = (left.tables.iter().find(find)?, right.tables.iter().find(find)?);
            let rows = parity.left.max(parity.right).unwrap_or_default();
            has_same_columns(left, right).then_some((rows, Sides { left, right }))
        })
        .collect();
    let share = Share::of(pairs.len());
    let suspect = |(rows, tables): (u64, Sides<&'a Table>)| Suspect {
        compared_as: compared_as(tables.left, tables.right),
        tables,
        rows,
        share,
    };
    pairs.into_iter().map(suspect).collect()
}

/// A key of the same columns in another order is the same key.
fn compared_as(ours: &Table, theirs: &Table) -> ComparedAs {
    let key = |table: &'_ Table| -> BTreeSet<String> { table.primary_key.iter().cloned().collect() };
    match (key(ours), key(theirs)) {
        (ours, theirs) if ours != theirs => ComparedAs::BagOfOtherKeys,
        (ours, _) if ours.is_empty() => ComparedAs::BagWithoutKey,
        _ => ComparedAs::Keyed,
    }
}

fn history(left: &Side, right: &Side) -> Option<HistoryDifference> {
    if left.history == right.history {
        return None;
    }
    let none = BTreeSet::new();
    let (ours, theirs) = (left.history.as_ref().unwrap_or(&none), right.history.as_ref().unwrap_or(&none));
    Some(HistoryDifference {
        left_head: ours.last().cloned(),
        right_head: theirs.last().cloned(),
        only_left: ours.difference(theirs).cloned().collect(),
        only_right: theirs.difference(ours).cloned().collect(),
    })
}

fn tables(left: &Side, right: &Side, level: Level) -> Vec<TableParity> {
    let by_name = |side: &'_ Side| -> BTreeMap<TableName, Table> {
        digested(&side.tables).map(|table| (table.name.clone(), table.clone())).collect()
    };
    let (ours, theirs) = (by_name(left), by_name(right));
    let names: BTreeSet<&TableName> = ours.keys().chain(theirs.keys()).collect();
    let parity = |name: &TableName| {
        let (left, right) = (left.digests.get(name), right.digests.get(name));
        let verdict = match (ours.get(name).zip(left), theirs.get(name).zip(right)) {
            (Some(_) | None, None) => Verdict::OnlyLeft,
            (None, Some(_)) => Verdict::OnlyRight,
            (Some((_, left)), Some((_, right))) if left.rows != right.rows => Verdict::CountsDiffer,
            (Some((ours, _)), Some((theirs, _)))
                if level.has_contents() && !has_same_columns(ours, theirs) =>
            {
                Verdict::ColumnsDiffer
            }
            (Some((_, left)), Some((_, right))) if left.digest != right.digest => Verdict::ContentsDiffer,
            (Some(_), Some(_)) => Verdict::Equal,
        };
        let columns = ours.get(name).zip(theirs.get(name)).filter(|_| level.has_contents());
        TableParity {
            table: name.clone(),
            left: left.map(|left| left.rows),
            right: right.map(|right| right.rows),
            verdict,
            columns: columns.and_then(|(ours, theirs)| ColumnsDifference::between(ours, theirs)),
        }
    };
    names.into_iter().map(parity).collect()
}

fn users(left: &Side, right: &Side) -> Vec<UserParity> {
    let none = BTreeMap::new();
    let (ours, theirs) =
        (left.test_users.as_ref().unwrap_or(&none), right.test_users.as_ref().unwrap_or(&none));
    let emails: BTreeSet<&String> = ours.keys().chain(theirs.keys()).collect();
    let parity = |email: &String| {
        let (left, right) = (ours.get(email).cloned(), theirs.get(email).cloned());
        let verdict = match (&left, &right) {
            (Some(left), Some(right)) if left.id != right.id => UserVerdict::IdDiffers,
            (Some(left), Some(right)) if left.role != right.role => UserVerdict::RoleDiffers,
            (Some(left), Some(right)) if left.problems.is_empty() && right.problems.is_empty() => {
                UserVerdict::Equal
            }
            (Some(_), Some(_)) => UserVerdict::CannotLogIn,
            (Some(_) | None, None) => UserVerdict::OnlyLeft,
            (None, Some(_)) => UserVerdict::OnlyRight,
        };
        UserParity { email: email.clone(), left, right, verdict }
    };
    emails.into_iter().map(parity).collect()
}

#[cfg(test)]
mod tests;
