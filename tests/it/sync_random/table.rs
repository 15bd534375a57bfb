//! Tables of every shape, with keys, and foreign keys between them.

use std::collections::BTreeSet;

use super::chance::Chance;
use super::data_type::DataType;
use super::partition;
use super::schema::Draft;

/// A table that rows are put into.
#[derive(Debug, Clone)]
pub(super) struct Table {
    /// Its name with its schema, as SQL.
    pub(super) sql: String,
    /// Its schema.
    pub(super) schema: String,
    pub(super) columns: Vec<Column>,
    /// Columns that tell rows apart.
    pub(super) keys: Vec<Vec<String>>,
    pub(super) foreign_keys: Vec<ForeignKey>,
    pub(super) is_partitioned: bool,
}

#[derive(Debug, Clone)]
pub(super) struct Column {
    /// Quoted.
    pub(super) name: String,
    pub(super) data_type: DataType,
    pub(super) source: Source,
}

/// Where the values of a column come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Source {
    Given,
    /// Given or made by the server.
    Default,
    Generated,
    /// A row of another table.
    Reference,
}

#[derive(Debug, Clone)]
pub(super) struct ForeignKey {
    pub(super) columns: Vec<String>,
    /// Which of the tables.
    pub(super) parent: usize,
    pub(super) parent_columns: Vec<String>,
}

impl Table {
    pub(super) fn column(&self, name: &str) -> &Column {
        self.columns.iter().find(|column| column.name == name).expect("a column of the table")
    }

    pub(super) fn names(&self) -> Vec<String> {
        self.columns.iter().map(|column| column.name.clone()).collect()
    }

    /// The columns that an index can be made of.
    pub(super) fn ordered(&self) -> Vec<String> {
        let ordered = self.columns.iter().filter(|column| column.data_type.is_ordered());
        ordered.map(|column| column.name.clone()).collect()
    }

    pub(super) fn fresh_column(&self, chance: &mut Chance) -> String {
        let unquoted = |column: &Column| column.name[1..column.name.len() - 1].replace("\"\"", "\"");
        chance.name(&mut self.columns.iter().map(unquoted).collect())
    }
}

/// Makes a table, and what comes with it at once.
pub(super) fn make(draft: &mut Draft) {
    let name = draft.fresh();
    let mut table = Table {
        sql: name.to_string(),
        schema: name.schema,
        columns: Vec::new(),
        keys: Vec::new(),
        foreign_keys: Vec::new(),
        is_partitioned: false,
    };
    let mut definitions = Vec::new();
    let count = if draft.chance.once_in(12) { 0 } else { 1 + draft.chance.below(7) };
    for _ in 0..count {
        let (column, definition) = column(&table, draft);
        definitions.push(definition);
        table.columns.push(column);
    }
    let parents = parents(draft);
    match draft.chance.below(4) {
        0 if !table.columns.is_empty() => partition::make(&mut table, &definitions, draft),
        1 if !parents.is_empty() => inherit(&mut table, &definitions, &parents, draft),
        _ => {
            let unlogged = draft.chance.pick(&["", "", "", "unlogged"]);
            let behind = draft.chance.pick(&["", "", "with (fillfactor = 50)", "tablespace pg_default"]);
            // One that goes again leaves a hole.
            let hole = format!("{} int default 7", table.fresh_column(&mut draft.chance));
            let is_holed = draft.chance.once_in(4);
            definitions.extend(is_holed.then(|| hole.clone()));
            // A column may stand elsewhere in the target, but not where the order is that of a type.
            let sides = [definitions.clone(), draft.chance.shuffled(&definitions)];
            let create = |columns: &[String]| {
                format!("create {unlogged} table {} ({}) {behind}", table.sql, columns.join(", "))
            };
            if draft.chance.once_in(4) {
                draft.run(create(&definitions));
                let fields = table.columns.iter().map(|column| column.data_type.clone()).collect();
                draft.types.extend((!is_holed).then(|| DataType::composite(&table.sql, fields)));
            } else {
                draft.run_each([create(&sides[0]), create(&sides[1])]);
            }
            if is_holed {
                let hole = hole.trim_end_matches(" int default 7");
                draft.run(format!("alter table {} drop column {hole}", table.sql));
            }
        }
    }
    keys(&mut table, draft);
    draft.tables.push(table);
}

fn column(table: &Table, draft: &mut Draft) -> (Column, String) {
    let name = table.fresh_column(&mut draft.chance);
    let mut data_type = draft.any_type();
    let mut source = Source::Given;
    let constraint = match draft.chance.below(12) {
        0 => {
            source = Source::Default;
            format!("default {}", data_type.value(&mut draft.chance))
        }
        1 | 2 => {
            source = Source::Default;
            let bigint = |one: &&DataType| one.sql == "bigint";
            data_type = draft.types.iter().find(bigint).expect("a built-in type").clone();
            let kind = draft.chance.pick(&["always as identity", "by default as identity (increment by -3)"]);
            format!("generated {kind}")
        }
        3 if !table.columns.is_empty() => {
            source = Source::Generated;
            let over = &draft.chance.pick(&table.columns).name;
            let boolean = |one: &&DataType| one.sql == "boolean";
            data_type = draft.types.iter().find(boolean).expect("a built-in type").clone();
            format!("generated always as ({over} is null) stored")
        }
        4 => "not null".to_owned(),
        5 => (*draft.chance.pick(&["storage", "compression pglz"])).replace("storage", ""),
        _ => String::new(),
    };
    let definition = format!("{name} {}{} {constraint}", data_type.sql, data_type.collation);
    (Column { name, data_type, source }, definition)
}

/// Tables that others can inherit from.
fn parents(draft: &mut Draft) -> Vec<Table> {
    let able: Vec<Table> = draft.tables.iter().filter(|table| !table.is_partitioned).cloned().collect();
    if able.is_empty() { able } else { draft.chance.some(&able, 2) }
}

fn inherit(table: &mut Table, definitions: &[String], parents: &[Table], draft: &mut Draft) {
    let names: Vec<&str> = parents.iter().map(|parent| parent.sql.as_str()).collect();
    draft.run(format!(
        "create table {} ({}) inherits ({})",
        table.sql,
        definitions.join(", "),
        names.join(", ")
    ));
    for column in parents.iter().flat_map(|parent| &parent.columns) {
        if !table.names().contains(&column.name) {
            // An identity is not inherited.
            let source = if column.source == Source::Default { Source::Given } else { column.source };
            table.columns.push(Column { source, ..column.clone() });
        }
    }
}

/// Up to three keys, the first often a primary one. Of a partitioned table they hold what it is partitioned by.
fn keys(table: &mut Table, draft: &mut Draft) {
    let chance = &mut draft.chance;
    let mut is_primary = !chance.once_in(4);
    let mut statements = Vec::new();
    let ordered = table.ordered();
    for _ in 0..chance.below(4).min(ordered.len()) {
        let mut columns = chance.some(&ordered, 3);
        if let Some(by) = table.keys.first().filter(|_| table.is_partitioned) {
            columns = by.iter().chain(&columns).cloned().collect::<BTreeSet<_>>().into_iter().collect();
        }
        let kind = if std::mem::take(&mut is_primary) {
            "primary key"
        } else {
            *chance.pick(&["unique", "unique", "unique nulls not distinct"])
        };
        let deferrable = chance.pick(&["", "", "", "deferrable", "deferrable initially deferred"]);
        let (sql, list) = (&table.sql, columns.join(", "));
        statements.push(format!("alter table {sql} add {kind} ({list}) {deferrable}"));
        table.keys.push(columns);
    }
    for statement in statements {
        draft.run(statement);
    }
}

/// Foreign keys, each with columns of its own, from any table to any that has a key.
pub(super) fn refer(draft: &mut Draft) {
    let count = draft.tables.len();
    for _ in 0..count + draft.chance.below(count) {
        let (child, parent) = (draft.chance.below(count), draft.chance.below(count));
        if draft.tables[parent].keys.is_empty() {
            continue;
        }
        let parent_columns = draft.chance.pick(&draft.tables[parent].keys).clone();
        let mut columns = Vec::new();
        for referenced in &parent_columns {
            let of = draft.tables[parent].column(referenced).data_type.clone();
            let name = draft.tables[child].fresh_column(&mut draft.chance);
            let needed = if draft.chance.once_in(8) { "not null" } else { "" };
            draft.run(format!(
                "alter table {} add {name} {}{} {needed}",
                draft.tables[child].sql, of.sql, of.collation
            ));
            draft.tables[child].columns.push(Column {
                name: name.clone(),
                data_type: of,
                source: Source::Reference,
            });
            columns.push(name);
        }
        let chance = &mut draft.chance;
        let full = chance.pick(&["", "", "match full"]);
        let action = chance.pick(&[
            "",
            "on delete cascade",
            "on delete set null",
            "on update cascade",
            "on delete set default",
        ]);
        let deferrable = chance.pick(&["", "", "deferrable", "deferrable initially deferred"]);
        let (from, to) = (&draft.tables[child].sql, &draft.tables[parent].sql);
        let (own, other) = (columns.join(", "), parent_columns.join(", "));
        draft.run(format!("alter table {from} add foreign key ({own}) references {to} ({other}) {full} {action} {deferrable}"));
        draft.tables[child].foreign_keys.push(ForeignKey { columns, parent, parent_columns });
    }
}
