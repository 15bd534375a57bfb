use std::sync::Arc;

use super::*;
use crate::pg::TableName;

fn table(name: &str, references: &[&str]) -> Table {
    let key = |other: &&str| ForeignKey {
        table: TableName::new("public", name),
        comment: None,
        is_validated: true,
        name: format!("{other}_fkey"),
        columns: vec![format!("{other}_id")],
        references: TableName::new("public", *other),
        referenced_columns: vec!["id".to_owned()],
        definition: String::new(),
    };
    Table {
        loose_checks: Vec::new(),
        partition_of: None,
        name: TableName::new("public", name),
        is_partitioned: false,
        is_partition: false,
        columns: Arc::default(),
        primary_key: Vec::new(),
        is_key_deferrable: false,
        replica_identity: None,
        foreign_keys: references.iter().map(key).collect(),
    }
}

fn narrowed(tables: &[Table], filter: &str) -> BTreeMap<usize, Narrowing> {
    narrow(&tables.iter().collect::<Vec<_>>(), &[&filter.parse().expect("a filter")], &Catalog::default())
}

#[test]
fn only_what_leads_to_a_filtered_table_is_narrowed() {
    let tables =
        [table("a", &[]), table("b", &["a"]), table("c", &["b"]), table("d", &[]), table("e", &["d"])];
    let found = narrowed(&tables, "b=x > 1");

    assert_eq!(found.keys().copied().collect::<Vec<_>>(), [1, 2]);
    assert_eq!(found[&1].with, "");
    assert!(found[&2].with.contains("\"crmctl kept 1\""));
}

#[test]
fn a_table_that_many_ways_lead_to_is_told_once() {
    let tables = [table("a", &[]), table("b", &["a"]), table("c", &["a"]), table("d", &["b", "c"])];
    let with = &narrowed(&tables, "a=true")[&3].with;

    assert_eq!(with.matches("\"crmctl kept 0\" (").count(), 1, "{with}");
}

#[test]
fn a_circle_is_one_recursive_query_and_a_chain_is_none() {
    let tables = [table("a", &["b"]), table("b", &["a"]), table("c", &["a"]), table("s", &["s"])];
    let found = narrowed(&tables, "b=true");

    assert!(found[&2].with.contains("union select e.node"));
    assert!(!found.contains_key(&3));
    assert!(narrowed(&tables, "s=true")[&3].condition.contains("crmctl gone 3"));
}
