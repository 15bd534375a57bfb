//! How the tables of the target are emptied. Pure.

use std::collections::{BTreeMap, BTreeSet};

use crate::pg::TableName;
use crate::sync::carried::{Carried, Emptying};
use crate::sync::observe::Size;
use crate::sync::plan::Method;

/// A table up to this size is emptied row by row: some milliseconds.
const FEW_BYTES: u64 = 1024 * 1024;

/// Decides for each table. Those that refer to a truncated one must be truncated with it.
pub(crate) fn decide(tables: &mut [Carried], sizes: &BTreeMap<TableName, Size>, method: Method) {
    let mut truncated: BTreeSet<TableName> = tables
        .iter()
        .filter(|carried| {
            let bytes = sizes.get(&carried.target.name).map_or(u64::MAX, |size| size.bytes);
            method != Method::ReplicaRole || bytes > FEW_BYTES || !carried.target.has_replica_identity()
        })
        .map(|carried| carried.target.name.clone())
        .collect();
    loop {
        let drawn_in: Vec<TableName> = tables
            .iter()
            .map(|carried| &carried.target)
            .filter(|table| !truncated.contains(&table.name))
            .filter(|table| table.foreign_keys.iter().any(|key| truncated.contains(&key.references)))
            .map(|table| table.name.clone())
            .collect();
        if drawn_in.is_empty() {
            break;
        }
        truncated.extend(drawn_in);
    }
    for carried in tables {
        let is_truncated = truncated.contains(&carried.target.name);
        carried.emptying = if is_truncated { Emptying::Truncate } else { Emptying::Delete };
    }
}

/// The statements. One `truncate` for all it is meant for, so that foreign keys among them do not matter; tables that
/// inherit from one of them are emptied only when they are meant themselves.
pub(crate) fn statements(tables: &[Carried]) -> Vec<String> {
    let by = |way: Emptying| {
        tables
            .iter()
            .filter(move |carried| carried.emptying == way)
            .map(|carried| carried.target.from_clause())
    };
    let mut statements: Vec<String> =
        by(Emptying::Delete).map(|table| format!("delete from {table}")).collect();
    let truncated: Vec<String> = by(Emptying::Truncate).collect();
    if !truncated.is_empty() {
        statements.push(format!("truncate table {}", truncated.join(", ")));
    }
    statements
}

/// What keeps everybody else from writing from here to COMMIT, so that what is backed up is what is replaced; from
/// reading only tables that are truncated.
pub(crate) fn lock(tables: &[Carried]) -> String {
    let mut statements = Vec::new();
    for (way, mode) in [(Emptying::Delete, "exclusive"), (Emptying::Truncate, "access exclusive")] {
        let names: Vec<String> = tables
            .iter()
            .filter(|carried| carried.emptying == way)
            .map(|carried| carried.target.name.sql())
            .collect();
        if !names.is_empty() {
            statements.push(format!("lock table {} in {mode} mode", names.join(", ")));
        }
    }
    statements.join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::ForeignKey;
    use crate::parity::fixture::table;

    fn carried(name: &str, references: &[&str], key: &[&str]) -> Carried {
        let mut target = table(name, &[("id", "integer")], key);
        target.foreign_keys = references
            .iter()
            .map(|other| ForeignKey {
                name: format!("{name}_{other}"),
                columns: vec!["id".to_owned()],
                references: TableName::new("public", *other),
                referenced_columns: vec!["id".to_owned()],
                definition: String::new(),
            })
            .collect();
        Carried::whole(target.clone(), &target)
    }

    fn sizes(of: &[(&str, u64)]) -> BTreeMap<TableName, Size> {
        of.iter()
            .map(|(name, bytes)| (TableName::new("public", *name), Size { bytes: *bytes, rows: None }))
            .collect()
    }

    #[test]
    fn small_tables_are_deleted_from_and_nobody_who_reads_waits() {
        let mut tables = [carried("a", &[], &["id"]), carried("b", &["a"], &["id"])];
        decide(&mut tables, &sizes(&[("a", 8192), ("b", 0)]), Method::ReplicaRole);

        assert_eq!(
            statements(&tables),
            ["delete from only \"public\".\"a\"", "delete from only \"public\".\"b\""]
        );
        assert_eq!(lock(&tables), "lock table \"public\".\"a\", \"public\".\"b\" in exclusive mode");
    }

    #[test]
    fn what_refers_to_a_truncated_table_is_truncated_with_it() {
        let mut tables =
            [carried("a", &[], &["id"]), carried("b", &["a"], &["id"]), carried("c", &["b"], &["id"])];
        decide(&mut tables, &sizes(&[("a", FEW_BYTES + 1), ("b", 0), ("c", 0)]), Method::ReplicaRole);

        assert_eq!(
            statements(&tables),
            ["truncate table only \"public\".\"a\", only \"public\".\"b\", only \"public\".\"c\""]
        );
        assert!(lock(&tables).ends_with("\"c\" in access exclusive mode"));
    }

    #[test]
    fn rows_that_subscribers_could_not_be_told_of_are_truncated() {
        let mut tables = [carried("a", &[], &[]), carried("b", &[], &["id"])];
        decide(&mut tables, &sizes(&[("a", 0), ("b", 0)]), Method::ReplicaRole);

        assert_eq!(tables.each_ref().map(|table| table.emptying), [Emptying::Truncate, Emptying::Delete]);
    }

    #[test]
    fn where_foreign_keys_fire_everything_is_truncated() {
        let mut tables = [carried("a", &[], &["id"])];
        decide(&mut tables, &sizes(&[("a", 0)]), Method::LoadOrder);

        assert_eq!(tables[0].emptying, Emptying::Truncate);
    }
}
