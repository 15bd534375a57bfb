//! In which order tables are loaded so that every foreign key finds its row. Pure.

use std::collections::{BTreeMap, BTreeSet};

use crate::catalog::{ForeignKey, Table};
use crate::pg::TableName;
use crate::sync::family::Families;

/// An order, and the foreign keys that no order can satisfy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoadOrder {
    /// Referred tables before referring ones.
    pub tables: Vec<TableName>,
    /// Foreign keys on cycles of several tables. Self-references are none of them, since a COPY is one statement and
    /// its keys are checked at its end.
    pub cyclic: Vec<ForeignKey>,
}

/// Orders tables by their foreign keys; ties by name, so that the order is always the same. Partitions go with their
/// roots, and so do the foreign keys that are their own.
#[must_use]
pub fn by_foreign_keys(tables: &[Table]) -> LoadOrder {
    let families = Families::of(tables);
    let roots: BTreeSet<&TableName> =
        tables.iter().filter(|table| !table.is_partition).map(|table| &table.name).collect();
    let mut waiting: BTreeMap<&TableName, BTreeSet<&TableName>> =
        roots.iter().map(|name| (*name, BTreeSet::new())).collect();
    for table in tables {
        let name = families.root(&table.name);
        let referred = table.foreign_keys.iter().map(|key| families.root(&key.references));
        if let Some(waiting) = waiting.get_mut(name) {
            waiting.extend(referred.filter(|other| *other != name && roots.contains(other)));
        }
    }
    let mut order = Vec::with_capacity(tables.len());
    let mut broken: BTreeSet<(&TableName, &TableName)> = BTreeSet::new();
    while !waiting.is_empty() {
        let free: Vec<&TableName> =
            waiting.iter().filter(|(_, referred)| referred.is_empty()).map(|(name, _)| *name).collect();
        if free.is_empty() {
            break_one_cycle(&mut waiting, &mut broken);
            continue;
        }
        for name in &free {
            waiting.remove(name);
            order.push((*name).clone());
        }
        for referred in waiting.values_mut() {
            referred.retain(|name| !free.contains(name));
        }
    }
    let cyclic = tables
        .iter()
        .flat_map(|table| &table.foreign_keys)
        .filter(|key| broken.contains(&(families.root(&key.table), families.root(&key.references))))
        .cloned()
        .collect();
    LoadOrder { tables: order, cyclic }
}

/// Nothing is free, so there is a cycle: follow references from the first table until one repeats, and give
/// up the reference that closes the cycle. Tables that merely wait behind the cycle keep theirs.
fn break_one_cycle<'a>(
    waiting: &mut BTreeMap<&'a TableName, BTreeSet<&'a TableName>>,
    broken: &mut BTreeSet<(&'a TableName, &'a TableName)>,
) {
    let Some(mut current) = waiting.keys().next().copied() else { return };
    let mut seen = BTreeSet::new();
    while seen.insert(current) {
        let Some(next) = waiting.get(current).and_then(|referred| referred.iter().next().copied()) else {
            return;
        };
        if seen.contains(next) {
            broken.insert((current, next));
            if let Some(referred) = waiting.get_mut(current) {
                referred.remove(next);
            }
            return;
        }
        current = next;
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    fn table(name: &str, references: &[&str]) -> Table {
        let name = TableName::new("public", name);
        let foreign_keys = references.iter().map(|other| ForeignKey {
            table: name.clone(),
            name: format!("{}_{other}_fkey", name.name),
            columns: vec![format!("{other}_id")],
            references: TableName::new("public", *other),
            referenced_columns: vec!["id".to_owned()],
            definition: String::new(),
            is_validated: true,
            comment: None,
        });
        Table {
            foreign_keys: foreign_keys.collect(),
            is_key_deferrable: false,
            replica_identity: None,
            name,
            is_partitioned: false,
            is_partition: false,
            partition_of: None,
            columns: Arc::default(),
            primary_key: Vec::new(),
            loose_checks: Vec::new(),
        }
    }

    fn names(order: &LoadOrder) -> Vec<&str> {
        order.tables.iter().map(|table| table.name.as_str()).collect()
    }

    #[test]
    fn referred_tables_come_first_and_ties_go_by_name() {
        let order = by_foreign_keys(&[table("a", &["c"]), table("b", &[]), table("c", &["b", "outside"])]);

        assert_eq!(names(&order), ["b", "c", "a"]);
        assert!(order.cyclic.is_empty());
    }

    #[test]
    fn a_self_reference_is_no_cycle() {
        assert!(by_foreign_keys(&[table("a", &["a"])]).cyclic.is_empty());
    }

    #[test]
    fn a_cycle_gives_up_one_key_and_tables_behind_it_give_up_none() {
        let order = by_foreign_keys(&[
            table("a", &["b"]),
            table("b", &["c"]),
            table("c", &["b"]),
            table("d", &["a"]),
        ]);

        let cyclic: Vec<&str> = order.cyclic.iter().map(|key| key.name.as_str()).collect();
        assert_eq!(cyclic, ["c_b_fkey"]);
        assert_eq!(names(&order), ["c", "b", "a", "d"]);
    }

    #[test]
    fn the_foreign_key_of_a_partition_counts_for_its_root() {
        let mut part = table("part", &["z"]);
        part.is_partition = true;
        part.partition_of = Some(TableName::new("public", "a"));
        let order = by_foreign_keys(&[table("a", &[]), part, table("z", &[]), table("b", &["part"])]);

        assert_eq!(names(&order), ["z", "a", "b"]);
    }
}
