//! Rows that fit a schema, more or less: those that do not are refused one by one.

use super::chance::Chance;
use super::data_type::literal;
use super::table::{Column, Source, Table};

/// A text that is stored beside its row.
const LONG: &str = "(select string_agg(md5(n::text), 'é') from generate_series(1, 4000) n)";

/// Statements that put rows into tables, in rounds, so that rows of later tables can be referred to by earlier ones.
pub(super) fn inserts(tables: &[Table], chance: &mut Chance) -> Vec<String> {
    let mut statements = Vec::new();
    for round in 0..3 {
        for table in tables {
            // One that stays empty now and then.
            let most = if chance.once_in(4) { 1 } else { 6 };
            for _ in 0..chance.below(most) {
                statements.push(insert(table, tables, chance));
            }
            if round == 2 && chance.once_in(8) {
                let times = *chance.pick(&[1, 1, 1, 500]);
                statements.push(multiplied(table, times));
            }
        }
    }
    for table in tables {
        statements.extend(table.foreign_keys.iter().filter(|_| chance.once_in(2)).map(|key| {
            let parent = &tables[key.parent].sql;
            let (own, other) = (key.columns.join(", "), key.parent_columns.join(", "));
            format!(
                "update {} set ({own}) = (select {other} from {parent} v order by md5(v::text) limit 1) where exists (select from {parent})",
                table.sql
            )
        }));
    }
    statements.push(moved(chance));
    statements
}

/// A row, whose foreign keys lead to rows that are there.
fn insert(table: &Table, tables: &[Table], chance: &mut Chance) -> String {
    let given = |column: &&Column, chance: &mut Chance| match column.source {
        Source::Given => true,
        Source::Default => chance.once_in(2),
        Source::Generated | Source::Reference => false,
    };
    let (mut names, mut values, mut from) = (Vec::new(), Vec::new(), vec!["(select) \"source\"".to_owned()]);
    for column in &table.columns {
        if given(&column, chance) {
            names.push(column.name.clone());
            let is_long = column.data_type.sql == "text" && chance.once_in(20);
            values.push(if is_long { LONG.to_owned() } else { column.data_type.maybe(chance) });
        }
    }
    for (number, key) in table.foreign_keys.iter().enumerate() {
        if chance.once_in(4) {
            continue;
        }
        let salt = chance.below(1000);
        let parent = &tables[key.parent].sql;
        from.push(format!("join lateral (select * from {parent} v order by md5(v::text || '{salt}') limit 1) \"parent {number}\" on true"));
        names.extend(key.columns.iter().cloned());
        values.extend(key.parent_columns.iter().map(|column| format!("\"parent {number}\".{column}")));
    }
    if names.is_empty() {
        return format!("insert into {} default values", table.sql);
    }
    format!(
        "insert into {} ({}) overriding system value select {} from {}",
        table.sql,
        names.join(", "),
        values.join(", "),
        from.join(" ")
    )
}

/// All rows so many times more, where no key forbids it.
fn multiplied(table: &Table, times: usize) -> String {
    let given = table.columns.iter().filter(|column| column.source != Source::Generated);
    let columns = given.map(|column| column.name.as_str()).collect::<Vec<_>>().join(", ");
    format!(
        "insert into {0} ({columns}) overriding system value select {columns} from {0} v, generate_series(1, {times}) \
         where octet_length(v::text) < 500",
        table.sql
    )
}

/// Sequences stand somewhere.
fn moved(chance: &mut Chance) -> String {
    let body = format!(
        "declare s record; begin for s in select c.oid::regclass as name, row_number() over (order by c.oid) + {} as step \
         from pg_class c where relkind = 'S' and relnamespace::regnamespace::text !~ '^(auth|storage|realtime|supabase_.*)$' loop begin perform setval(s.name, s.step, s.step % 2 = 0); \
         exception when others then null; end; end loop; end",
        chance.below(50)
    );
    format!("do {}", literal(&body))
}

/// One way to change a table by one row.
pub(super) fn damage(table: &Table, chance: &mut Chance) -> String {
    let (sql, salt) = (&table.sql, chance.below(1000));
    let chosen = format!("(select tableoid, ctid from {sql} v order by md5(v::text || '{salt}') limit 1)");
    let column = table
        .columns
        .iter()
        .filter(|column| column.source == Source::Given)
        .max_by_key(|_| chance.below(1000));
    match (chance.below(3), column) {
        (0, Some(column)) => {
            let value = column.data_type.maybe(chance);
            format!("update {sql} set {} = {value} where (tableoid, ctid) = {chosen}", column.name)
        }
        (1, _) => format!("delete from {sql} where (tableoid, ctid) = {chosen}"),
        _ => insert(&Table { foreign_keys: Vec::new(), ..table.clone() }, &[], chance),
    }
}
