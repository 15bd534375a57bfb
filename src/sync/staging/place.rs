//! The statements that put staged rows into place. Pure.
//!
//! Two rows are the same when their images are: the server's own record comparison for that, `*=`, tells 1.0 from 1.00.
//! A row that changed is deleted and inserted, in two statements over the whole table: values of unique columns that
//! rows exchange do not collide in between.

use crate::pg::identifier;
use crate::sync::carried::Carried;
use crate::sync::staging::room::Berth;

/// Rows that are looked up to know how much of a table changes.
const SAMPLE: u64 = 1000;

/// A condition: the row `t` of the table is the staged row `s`. The key is in it so that rows find each other.
fn is_same(carried: &Carried) -> String {
    let keys = carried.columns.iter().filter(|column| carried.target.primary_key.contains(&column.name));
    let mut conditions: Vec<String> = keys
        .map(|column| {
            let name = identifier(&column.name);
            if has_operators(&column.data_type) {
                format!("t.{name} = s.{name}")
            } else {
                // What a record's text is, no cast of a user decides.
                format!("row(t.{name})::text collate \"C\" = row(s.{name})::text collate \"C\"")
            }
        })
        .collect();
    let image = |alias| {
        let columns: Vec<String> =
            carried.columns.iter().map(|column| format!("{alias}.{}", identifier(&column.name))).collect();
        format!("row({})::record", columns.join(", "))
    };
    conditions.push(format!("{} operator(pg_catalog.*=) {}", image("t"), image("s")));
    conditions.join(" and ")
}

/// Whether `=` means what the key's index means: types of users have their operators in schemas of their own.
fn has_operators(data_type: &str) -> bool {
    !data_type.contains('.')
}

/// Deletes the rows that are not staged as they are.
pub(crate) fn delete(carried: &Carried, berth: &Berth) -> String {
    format!(
        "delete from {} as t where not exists (select from {} as s where {})",
        carried.target.from_clause(),
        berth.sql(),
        is_same(carried)
    )
}

/// Inserts the staged rows that are missing.
pub(crate) fn insert_missing(carried: &Carried, berth: &Berth) -> String {
    format!(
        "{} as s where not exists (select from {} as t where {})",
        insert(carried, berth),
        carried.target.from_clause(),
        is_same(carried)
    )
}

/// Inserts all staged rows.
pub(crate) fn insert(carried: &Carried, berth: &Berth) -> String {
    let columns = carried.columns_sql();
    let list = crate::sync::undo::column_list(&columns);
    format!(
        "insert into {} {list} overriding system value select {columns} from {}",
        carried.target.name.sql(),
        berth.sql()
    )
}

/// Deletes all rows of a table that cannot be truncated.
pub(crate) fn delete_all(carried: &Carried) -> String {
    format!("delete from {} where true", carried.target.from_clause())
}

/// Looks some staged rows up in the table: how many, and how many of them are not there as they are. `None` when that
/// would be slow.
pub(crate) fn sample(carried: &Carried, berth: &Berth, rows: u64, number: usize) -> Option<String> {
    let keys = carried.columns.iter().filter(|column| carried.target.primary_key.contains(&column.name));
    let (mut is_keyed, mut is_fast) = (false, true);
    for column in keys {
        is_keyed = true;
        is_fast &= has_operators(&column.data_type);
    }
    (is_keyed && is_fast && rows > 0).then(|| {
        let percent = (100 * SAMPLE).checked_div(rows).unwrap_or(100).clamp(1, 100);
        format!(
            "select {number} as number, count(*) as rows, count(*) filter (where not exists (select from {} as t \
             where {})) as changed from (select * from {} tablesample system ({percent}) limit {SAMPLE}) as s",
            carried.target.from_clause(),
            is_same(carried),
            berth.sql()
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parity::fixture::table;

    fn carried() -> Carried {
        let table =
            table("a", &[("id", "integer"), ("kind", "public.mood"), ("x", "numeric")], &["id", "kind"]);
        Carried::whole(table.clone(), &table)
    }

    fn berth() -> Berth {
        Berth { relation: "t1".to_owned(), left: None }
    }

    #[test]
    fn rows_are_compared_by_their_image_and_found_by_their_key() {
        assert_eq!(
            delete(&carried(), &berth()),
            "delete from only \"public\".\"a\" as t where not exists (select from crmctl_sync.\"t1\" as s \
             where t.\"id\" = s.\"id\" and row(t.\"kind\")::text collate \"C\" = row(s.\"kind\")::text collate \"C\" \
             and row(t.\"id\", t.\"kind\", t.\"x\")::record operator(pg_catalog.*=) row(s.\"id\", s.\"kind\", s.\"x\")::record)"
        );
    }

    #[test]
    fn a_key_of_a_user_s_type_is_not_looked_up_row_by_row() {
        assert_eq!(sample(&carried(), &berth(), 10, 1), None);

        let table = table("a", &[("id", "integer")], &["id"]);
        let carried = Carried::whole(table.clone(), &table);
        assert!(sample(&carried, &berth(), 1_000_000, 1).is_some_and(|sql| sql.contains("system (1)")));
        assert!(sample(&carried, &berth(), 2000, 1).is_some_and(|sql| sql.contains("system (50)")));
        assert_eq!(sample(&carried, &berth(), 0, 1), None);
    }
}
