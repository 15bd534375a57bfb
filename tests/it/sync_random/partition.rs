//! Partitioned tables.

use super::chance::Chance;
use super::schema::Draft;
use super::table::{Source, Table};

/// Makes a table in partitions, some of them partitioned again, some with their columns in another order.
pub(super) fn make(table: &mut Table, definitions: &[String], draft: &mut Draft) {
    let able: Vec<String> = table
        .columns
        .iter()
        .filter(|column| column.source != Source::Generated)
        .map(|column| column.name.clone())
        .collect();
    if able.is_empty() {
        return;
    }
    let key = draft.chance.pick(&able).clone();
    let way = *draft.chance.pick(&["range", "list", "hash"]);
    draft.run(format!("create table {} ({}) partition by {way} ({key})", table.sql, definitions.join(", ")));
    parts(&table.sql.clone(), table, (way, &key), 2, draft);
    (table.is_partitioned, table.keys) = (true, vec![vec![key]]);
}

/// The partitions of a table or of a partition; levels below it are made of hashes.
fn parts(of: &str, table: &Table, (way, key): (&str, &str), levels: usize, draft: &mut Draft) {
    for bounds in bounds(table, way, key, &mut draft.chance) {
        let part = draft.fresh().to_string();
        let further = levels > 0 && draft.chance.once_in(4);
        if further {
            draft.run(format!("create table {part} partition of {of} {bounds} partition by hash ({key})"));
            parts(&part, table, ("hash", key), levels - 1, draft);
        } else if draft.chance.once_in(2) {
            draft.run(format!("create table {part} partition of {of} {bounds}"));
        } else {
            attach(&part, of, (table, &bounds), draft);
        }
    }
}

/// A partition that was a table before: a column stands elsewhere, and one is gone.
fn attach(part: &str, of: &str, (table, bounds): (&Table, &str), draft: &mut Draft) {
    let hole = table.fresh_column(&mut draft.chance);
    draft.run(format!("create table {part} (like {of} including generated)"));
    let moved = draft.chance.pick(&table.columns).clone();
    if moved.source == Source::Given {
        let (name, sql, collation) = (&moved.name, &moved.data_type.sql, &moved.data_type.collation);
        draft.run(format!("alter table {part} add {hole} int, drop column {name} cascade"));
        draft.run(format!("alter table {part} drop column {hole}, add {name} {sql}{collation}"));
    }
    draft.run(format!("alter table {of} attach partition {part} {bounds}"));
}

fn bounds(table: &Table, way: &str, key: &str, chance: &mut Chance) -> Vec<String> {
    let data_type = &table.column(key).data_type;
    let values = |chance: &mut Chance| (data_type.value(chance), data_type.value(chance));
    let mut bounds: Vec<String> = match way {
        "hash" => {
            let modulus = 1 + chance.below(3);
            (0..modulus)
                .map(|rest| format!("for values with (modulus {modulus}, remainder {rest})"))
                .collect()
        }
        "list" => {
            let (one, other) = values(chance);
            vec![format!("for values in ({one}, null)"), format!("for values in ({other})")]
        }
        _ => {
            // One of the two orders is right; the server says which.
            let (one, other) = values(chance);
            vec![
                format!("for values from (minvalue) to ({one})"),
                format!("for values from ({one}) to ({other})"),
                format!("for values from ({other}) to (maxvalue)"),
            ]
        }
    };
    if way != "hash" && !chance.once_in(4) {
        bounds.push("default".to_owned());
    }
    bounds
}
