//! Relations that are no tables: sequences, views, materialized views.

use super::schema::Draft;

/// Sequences of nobody, and of columns that do not use them.
pub(super) fn sequences(draft: &mut Draft) {
    for _ in 0..draft.chance.below(4) {
        let sql = draft.fresh();
        let behind = draft.chance.pick(&[
            "",
            "as smallint cycle",
            "increment -7 maxvalue 100 minvalue -5000",
            "start 41 cache 5",
        ]);
        draft.run(format!("create sequence {sql} {behind}"));
        let table = draft.chance.pick(&draft.tables).clone();
        if let (true, Some(column)) = (draft.chance.once_in(2), table.columns.first()) {
            draft.run(format!("alter sequence {sql} owned by {}.{}", table.sql, column.name));
            if draft.chance.once_in(2) {
                draft.run(format!("alter sequence {sql} set schema {}", table.schema));
            }
        }
    }
}

/// Views, and materialized views, each of which may read those that came before.
pub(super) fn views(draft: &mut Draft) {
    // What reads all columns would read them in another order in the target.
    let mut readable: Vec<(String, Vec<String>)> =
        draft.tables.iter().map(|table| (table.sql.clone(), table.names())).collect();
    for _ in 0..draft.chance.below(6) {
        let (read, columns) = draft.chance.pick(&readable).clone();
        let sql = draft.fresh().to_string();
        let (list, columns) = if columns.is_empty() || draft.chance.once_in(3) {
            ("count(*) as \"Ünï %s\"".to_owned(), vec!["\"Ünï %s\"".to_owned()])
        } else {
            let columns = draft.chance.some(&columns, 5);
            (columns.join(", "), columns)
        };
        let only = draft.chance.pick(&["", "only"]);
        let (kind, behind) = draft.chance.pick(&[
            ("view", ""),
            ("materialized view", ""),
            ("materialized view", ""),
            ("materialized view", "with no data"),
        ]);
        draft.run(format!("create {kind} {sql} as select {list} from {only} {read} {behind}"));
        readable.push((sql, columns));
    }
}
