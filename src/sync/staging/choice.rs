//! How staged rows take the place of the old ones, table by table. Pure.

use std::collections::BTreeSet;

use crate::parity::TableDigest;
use crate::pg::TableName;
use crate::sync::carried::Carried;
use crate::sync::plan::Method;

/// What is done with one table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    /// Nothing: it holds these rows already.
    Keep,
    /// Rows that are not staged as they are go, and those that are missing come. Readers never wait.
    Merge,
    /// It is emptied at once and filled again. Readers wait until COMMIT.
    Replace,
    /// All rows are deleted and inserted. Readers never wait.
    Rewrite,
}

/// What is known of a table once its rows are staged.
#[derive(Debug, Clone)]
pub(crate) struct Known<'a> {
    pub(crate) carried: &'a Carried,
    /// What is staged.
    pub(crate) staged: &'a TableDigest,
    /// What the target holds.
    pub(crate) before: &'a TableDigest,
    /// Of how many staged rows it was looked up whether the target has them as they are, and of how many it has not.
    pub(crate) sample: Option<(u64, u64)>,
    /// No row of it can be deleted by itself: a publication could not name it.
    pub(crate) is_unnamed: bool,
}

/// Chooses for all tables. `users_change`: statements on the auth users, whose triggers may write anywhere, come first.
pub(crate) fn choose(tables: &[Known<'_>], method: Method, users_change: bool) -> Vec<Way> {
    // Foreign keys that are awake want all rows of all tables gone before the first one comes.
    if method == Method::LoadOrder {
        return vec![Way::Replace; tables.len()];
    }
    let mut ways: Vec<Way> = tables.iter().map(|known| alone(known, users_change)).collect();
    // A table can only be truncated together with all that refer to it. Where rows cannot go in any other way, those do too.
    let names = &tables.iter().map(|known| &known.carried.target.name).collect::<BTreeSet<_>>();
    let mut emptied: BTreeSet<usize> = (0..tables.len()).filter(|at| tables[*at].is_unnamed).collect();
    loop {
        let referring = |at: usize| {
            (0..tables.len()).filter(move |other| *other != at && refers(&tables[*other], &tables[at], names))
        };
        let blocked = (0..tables.len())
            .find(|at| ways[*at] == Way::Replace && referring(*at).any(|other| ways[other] != Way::Replace));
        let Some(at) = blocked else { return ways };
        if emptied.contains(&at) {
            for other in referring(at) {
                ways[other] = Way::Replace;
                emptied.insert(other);
            }
        } else {
            ways[at] = if is_mergeable(&tables[at]) { Way::Merge } else { Way::Rewrite };
        }
    }
}

fn alone(known: &Known<'_>, users_change: bool) -> Way {
    let Known { carried, staged, before, sample, .. } = known;
    if is_whole(carried) && staged == before && !users_change {
        Way::Keep
    } else if is_mergeable(known) && !is_mostly_other(staged.rows, before.rows, *sample) {
        Way::Merge
    } else {
        Way::Replace
    }
}

/// Whether all columns that hold data are written: otherwise rows that stay would keep what others lose.
fn is_whole(carried: &Carried) -> bool {
    carried.columns.len() == carried.target.stored_columns().count()
}

fn is_mergeable(Known { carried, is_unnamed, .. }: &Known<'_>) -> bool {
    // Publications refuse to delete rows that they cannot name.
    !is_unnamed
        && is_whole(carried)
        && !carried.target.primary_key.is_empty()
        && carried.target.has_replica_identity()
}

/// Whether more than half of the rows change, go or come.
fn is_mostly_other(staged: u64, before: u64, sample: Option<(u64, u64)>) -> bool {
    let is_changed = sample.is_some_and(|(rows, changed)| changed.saturating_mul(2) > rows);
    is_changed || before.saturating_mul(2) < staged || staged.saturating_mul(2) < before
}

/// Whether one table refers to another one. A key may refer to a partition, whose root is not among these `names`.
fn refers(from: &Known<'_>, to: &Known<'_>, names: &BTreeSet<&TableName>) -> bool {
    let table = &to.carried.target;
    from.carried
        .target
        .foreign_keys
        .iter()
        .any(|key| key.references == table.name || table.is_partitioned && !names.contains(&key.references))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::ForeignKey;
    use crate::parity::fixture::table;

    fn carried(name: &str, key: &[&str], references: &[&str]) -> Carried {
        let mut table = table(name, &[("id", "integer"), ("other", "integer")], key);
        table.foreign_keys = references
            .iter()
            .map(|other| ForeignKey {
                table: TableName::new("public", name),
                comment: None,
                is_validated: true,
                name: (*other).to_owned(),
                columns: vec!["other".to_owned()],
                references: TableName::new("public", *other),
                referenced_columns: vec!["id".to_owned()],
                definition: String::new(),
            })
            .collect();
        Carried::whole(table.clone(), &table)
    }

    fn digest(rows: u64, digest: &str) -> TableDigest {
        TableDigest { rows, digest: digest.to_owned() }
    }

    #[test]
    fn what_is_equal_stays_and_what_changed_a_little_is_merged() {
        let table = carried("a", &["id"], &[]);
        let (new, old, many) = (digest(100, "new"), digest(90, "old"), digest(1000, "old"));
        let known =
            |staged, before, sample| Known { carried: &table, staged, before, sample, is_unnamed: false };

        let ways = |known| choose(&[known], Method::ReplicaRole, false)[0];
        assert_eq!(ways(known(&new, &new, None)), Way::Keep);
        assert_eq!(ways(known(&new, &old, Some((50, 5)))), Way::Merge);
        assert_eq!(ways(known(&new, &old, Some((50, 40)))), Way::Replace);
        assert_eq!(ways(known(&new, &many, Some((50, 0)))), Way::Replace);
        assert_eq!(choose(&[known(&new, &new, None)], Method::ReplicaRole, true), [Way::Merge]);
    }

    #[test]
    fn a_table_without_a_key_or_with_columns_that_do_not_go_along_is_replaced() {
        let keyless = carried("a", &[], &[]);
        let mut partly = carried("b", &["id"], &[]);
        partly.columns.pop();
        let (new, old) = (digest(100, "new"), digest(90, "old"));
        let known = |carried| Known { carried, staged: &new, before: &old, sample: None, is_unnamed: false };

        assert_eq!(
            choose(&[known(&keyless), known(&partly)], Method::ReplicaRole, false),
            [Way::Replace, Way::Replace]
        );
    }

    #[test]
    fn no_table_is_truncated_to_which_one_refers_that_is_not() {
        let tables = [carried("a", &["id"], &[]), carried("b", &["id"], &["a"]), carried("c", &[], &["b"])];
        let (new, old) = (digest(100, "new"), digest(10, "old"));
        let mut known: Vec<Known> = tables
            .iter()
            .map(|carried| Known { carried, staged: &new, before: &old, sample: None, is_unnamed: false })
            .collect();

        assert_eq!(choose(&known, Method::ReplicaRole, false), [Way::Replace; 3]);
        known[1].before = &new;
        assert_eq!(choose(&known, Method::ReplicaRole, false), [Way::Merge, Way::Keep, Way::Replace]);
        known[2].before = &new;
        known[1].before = &old;
        assert_eq!(choose(&known, Method::ReplicaRole, false), [Way::Merge, Way::Merge, Way::Keep]);
        known[0].is_unnamed = true;
        assert_eq!(choose(&known, Method::ReplicaRole, false), [Way::Replace; 3]);
    }

    #[test]
    fn awake_foreign_keys_leave_no_choice() {
        let table = carried("a", &["id"], &[]);
        let same = digest(1, "same");
        let known = Known { carried: &table, staged: &same, before: &same, sample: None, is_unnamed: false };

        assert_eq!(choose(&[known], Method::LoadOrder, false), [Way::Replace]);
    }
}
