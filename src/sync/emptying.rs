//! How the tables of the target are emptied. Pure.

use std::collections::BTreeSet;

use crate::catalog::Table;
use crate::pg::TableName;
use crate::sync::carried::{Carried, Emptying};
use crate::sync::family::Families;
use crate::sync::observe::Side;
use crate::sync::plan::Method;
use crate::sync::route::Route;

/// A table up to this size is emptied row by row: some milliseconds.
const FEW_BYTES: u64 = 1024 * 1024;

/// Decides for each table. `members` are these tables and their partitions. Those that refer to a truncated one must be
/// truncated with it. In bulk, a table that gets many rows is truncated as well: only what begins anew may be frozen.
pub(crate) fn decide(
    tables: &mut [Carried],
    members: &[Table],
    (source, target): (&Side, &Side),
    (method, route): (Method, Route),
) {
    let ruled: BTreeSet<TableName> = target
        .catalog
        .of_kind("rule")
        .filter_map(|(name, facts)| Some(TableName::new(&name.schema, facts.get("table")?.as_str()?)))
        .collect();
    let is_large_on =
        |side: &Side, name: &TableName| side.sizes.get(name).is_none_or(|size| size.bytes > FEW_BYTES);
    let is_large =
        |name: &TableName| is_large_on(target, name) || (route == Route::Bulk && is_large_on(source, name));
    let must = |table: &Table| method != Method::ReplicaRole || ruled.contains(&table.name);
    choose(tables, members, |table, root| must(table) || is_large(root));
}

/// Tables whose rows cannot be deleted or updated one by one, with the publication that is in the way: subscribers could
/// not be told which row it was, so the server refuses.
pub(crate) fn unnamed(members: &[Table], target: &Side) -> Vec<(TableName, String)> {
    let families = Families::of(members);
    let refused = members.iter().filter(|table| {
        !table.is_partitioned
            && !table.has_replica_identity()
            && target.surroundings.is("published", &table.name)
    });
    refused
        .map(|table| (families.root(&table.name).clone(), target.surroundings.of("published", &table.name)))
        .collect()
}

fn choose(tables: &mut [Carried], members: &[Table], must: impl Fn(&Table, &TableName) -> bool) {
    let families = Families::of(members);
    let mut truncated: BTreeSet<TableName> = members
        .iter()
        .filter(|table| {
            let has_rows = !table.is_partitioned;
            must(table, families.root(&table.name)) || (has_rows && !table.has_replica_identity())
        })
        .map(|table| families.root(&table.name).clone())
        .collect();
    loop {
        let refers = |table: &&Table| {
            table.foreign_keys.iter().any(|key| truncated.contains(families.root(&key.references)))
        };
        let drawn_in: Vec<TableName> = members
            .iter()
            .filter(refers)
            .map(|table| families.root(&table.name).clone())
            .filter(|root| !truncated.contains(root))
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

/// The statements; a `delete` without a condition is refused where the platform's `safeupdate` is loaded. One `truncate`
/// for all it is meant for, so that foreign keys among them do not matter; tables that inherit from one of them are
/// emptied only when they are meant themselves.
pub(crate) fn statements(tables: &[Carried]) -> Vec<String> {
    let by = |way: Emptying| {
        tables
            .iter()
            .filter(move |carried| carried.emptying == way)
            .map(|carried| carried.target.from_clause())
    };
    let mut statements: Vec<String> =
        by(Emptying::Delete).map(|table| format!("delete from {table} where true")).collect();
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
            .map(|carried| carried.target.from_clause())
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
                table: TableName::new("public", name),
                name: format!("{name}_{other}"),
                columns: vec!["id".to_owned()],
                references: TableName::new("public", *other),
                referenced_columns: vec!["id".to_owned()],
                definition: String::new(),
                comment: None,
                is_validated: true,
            })
            .collect();
        Carried::whole(target.clone(), &target)
    }

    fn decided<const N: usize>(mut tables: [Carried; N], large: &[&str]) -> [Carried; N] {
        let members: Vec<Table> = tables.iter().map(|carried| carried.target.clone()).collect();
        choose(&mut tables, &members, |_, root| large.contains(&root.name.as_str()));
        tables
    }

    #[test]
    fn small_tables_are_deleted_from_and_nobody_who_reads_waits() {
        let tables = decided([carried("a", &[], &["id"]), carried("b", &["a"], &["id"])], &[]);

        assert_eq!(
            statements(&tables),
            ["delete from only \"public\".\"a\" where true", "delete from only \"public\".\"b\" where true"]
        );
        assert_eq!(
            lock(&tables),
            "lock table only \"public\".\"a\", only \"public\".\"b\" in exclusive mode"
        );
    }

    #[test]
    fn what_refers_to_a_truncated_table_is_truncated_with_it() {
        let tables = [
            carried("a", &[], &["id"]),
            carried("b", &["a"], &["id"]),
            carried("c", &["b"], &["id"]),
            carried("d", &[], &["id"]),
        ];
        let tables = decided(tables, &["a"]);

        assert_eq!(
            statements(&tables),
            [
                "delete from only \"public\".\"d\" where true",
                "truncate table only \"public\".\"a\", only \"public\".\"b\", only \"public\".\"c\""
            ]
        );
        assert!(lock(&tables).ends_with("only \"public\".\"c\" in access exclusive mode"));
    }

    #[test]
    fn rows_that_subscribers_could_not_be_told_of_are_truncated() {
        let tables = decided([carried("a", &[], &[]), carried("b", &[], &["id"])], &[]);

        assert_eq!(tables.each_ref().map(|table| table.emptying), [Emptying::Truncate, Emptying::Delete]);
    }

    #[test]
    fn a_partition_without_a_key_of_its_own_has_its_root_truncated() {
        let mut root = carried("root", &[], &["id"]);
        root.target.is_partitioned = true;
        let mut part = table("part", &[("id", "integer")], &[]);
        part.is_partition = true;
        part.partition_of = Some(root.target.name.clone());
        let members = [root.target.clone(), part];
        let mut tables = [root];
        choose(&mut tables, &members, |_, _| false);

        assert_eq!(tables[0].emptying, Emptying::Truncate);
    }
}
