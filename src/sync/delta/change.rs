//! The statements that put rows into the place of others, in the target and in its backup alike. Pure.
//!
//! For each table there are two temporary ones: the keys of the rows that go, and the rows that come. A row that
//! changed is in both.
//!
//! Where triggers and foreign keys rest, what goes is deleted everywhere and what comes is inserted everywhere: neither
//! the order of tables nor values that rows exchange matter. Where they do not rest, rows that changed are updated in
//! place, so that rows which refer to them stay: new ones first and the gone ones last, along the foreign keys. This
//! cannot be done when a row takes a unique value over from another, for example, or when a foreign key would change the
//! rows that refer to it by itself. Then, and only then, the foreign keys are taken off, as everywhere else, and put back:
//! readers wait meanwhile.

use crate::catalog::ForeignKey;
use crate::pg::{TableName, identifier, literal};
use crate::sync::carried::Carried;
use crate::sync::delta::class::{key, same_key, same_row};
use crate::sync::plan::{Method, SyncPlan};
use crate::sync::undo::{column_list, columns_sql};

/// A table whose rows change.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Changed<'a> {
    /// Which.
    pub(crate) carried: &'a Carried,
    /// Its number, which the temporary tables are called by.
    pub(crate) number: usize,
}

impl Changed<'_> {
    /// The temporary table with the rows that come, as SQL.
    pub(crate) fn rows(&self) -> String {
        format!("pg_temp.crmctl_rows_{}", self.number)
    }

    /// The temporary table with the keys of the rows that go, as SQL.
    pub(crate) fn keys(&self) -> String {
        format!("pg_temp.crmctl_keys_{}", self.number)
    }

    /// The columns of the keys: all columns for a table without one.
    pub(crate) fn key_columns(&self) -> String {
        let key = key(self.carried);
        if key.is_empty() {
            return self.carried.columns_sql();
        }
        columns_sql(&key.iter().map(|column| column.name.as_str()).collect::<Vec<_>>())
    }

    /// Makes the temporary table for the rows that come.
    pub(crate) fn create_rows(&self) -> String {
        self.create("rows", &self.carried.columns_sql(), " with no data")
    }

    /// Makes the temporary table for the keys of those that go, with the keys of the rows for which `condition` holds.
    pub(crate) fn create_keys(&self, condition: Option<&str>) -> String {
        let rows =
            condition.map_or_else(|| " with no data".to_owned(), |condition| format!(" where {condition}"));
        self.create("keys", &self.key_columns(), &rows)
    }

    fn create(&self, what: &str, columns: &str, rows: &str) -> String {
        let from = self.carried.target.from_clause();
        format!(
            "create temp table crmctl_{what}_{} on commit drop as select {columns} from {from} as t{rows}",
            self.number
        )
    }

    /// Whether a row of `t` is among the rows or keys in `table`.
    fn is_in(&self, table: &str) -> String {
        let key = key(self.carried);
        let same = if key.is_empty() { same_row(&self.carried.columns, "o") } else { same_key(&key, "o") };
        format!("exists (select from {table} as o where {same})")
    }

    /// The rows of `t` that go.
    pub(crate) fn going(&self) -> String {
        self.is_in(&self.keys())
    }

    fn delete(&self, more: &str) -> String {
        format!("delete from {} as t where {}{more}", self.carried.target.from_clause(), self.going())
    }

    fn insert(&self, condition: &str) -> String {
        let columns = self.carried.columns_sql();
        format!(
            "insert into {} {} overriding system value select {columns} from {} as o{condition}",
            self.carried.target.name.sql(),
            column_list(&columns),
            self.rows()
        )
    }

    /// Puts new rows in, those with a key that is not there yet.
    fn insert_new(&self) -> String {
        let from = self.carried.target.from_clause();
        let same = same_key(&key(self.carried), "o");
        self.insert(&format!(" where not exists (select from {from} as t where {same})"))
    }

    /// Brings the rows that are there to what they are to be.
    fn update(&self) -> Option<String> {
        let columns: Vec<String> = self
            .carried
            .columns
            .iter()
            .filter(|column| column.identity.as_deref() != Some("a"))
            .map(|column| identifier(&column.name))
            .collect();
        let values: Vec<String> = columns.iter().map(|column| format!("o.{column}")).collect();
        let from = self.carried.target.from_clause();
        (!columns.is_empty()).then(|| {
            format!(
                "update {from} as t set ({}) = row({}) from {} as o where {}",
                columns.join(", "),
                values.join(", "),
                self.rows(),
                same_key(&key(self.carried), "o")
            )
        })
    }

    /// Whether its rows can be updated: they have a key, and no other column that only the server may number.
    fn can_be_updated(&self) -> bool {
        let key = key(self.carried);
        let numbered = self.carried.columns.iter().filter(|column| column.identity.as_deref() == Some("a"));
        !key.is_empty() && numbered.into_iter().all(|column| key.contains(&column))
    }
}

/// Replaces what goes by what comes, in all tables, which are in load order.
pub(crate) fn replace(plan: &SyncPlan, tables: &[Changed<'_>]) -> Vec<String> {
    match plan.method {
        Method::ReplicaRole => deletes_and_inserts(tables),
        Method::LoadOrder if tables.is_empty() => Vec::new(),
        Method::LoadOrder => {
            let (in_place, without) = (in_place(tables), without_foreign_keys(plan, tables));
            let is_acted_on = tables.iter().any(|table| is_acted_on(plan, table));
            // Whoever may not take keys off tries with them: what they did would be seen before COMMIT.
            let (first, failure, second) = if is_acted_on {
                (without, "insufficient_privilege", in_place)
            } else {
                (in_place, "integrity_constraint_violation", without)
            };
            let (first, second) = (first.join(";\n"), second.join(";\n"));
            vec![format!(
                "do {}",
                literal(&format!("begin {first};\nexception when {failure} then {second};\nend"))
            )]
        }
    }
}

fn deletes_and_inserts(tables: &[Changed<'_>]) -> Vec<String> {
    let deletes = tables.iter().map(|table| table.delete(""));
    deletes.chain(tables.iter().map(|table| table.insert(""))).collect()
}

/// Leaves the rows in place that only changed.
fn in_place(tables: &[Changed<'_>]) -> Vec<String> {
    let mut statements = vec!["set constraints all deferred".to_owned()];
    for table in tables {
        if table.can_be_updated() {
            statements.push(table.insert_new());
        } else {
            statements.extend([table.delete(""), table.insert("")]);
        }
    }
    let updatable = || tables.iter().filter(|table| table.can_be_updated());
    statements.extend(updatable().filter_map(Changed::update));
    statements.extend(updatable().rev().map(|table| {
        let comes_back = format!(" and not {}", table.is_in(&table.rows()));
        table.delete(&comes_back)
    }));
    statements.push("set constraints all immediate".to_owned());
    statements
}

/// Whether a foreign key would act on rows that are the same on both sides, because the row they refer to is put in anew or
/// exchanges what they refer to with another. A row that is gone has none on the other side. Where subscribers could not
/// be told of such rows, the server refuses to act even if there are none.
fn is_acted_on(plan: &SyncPlan, changed: &Changed<'_>) -> bool {
    let keys = plan.details.tables.iter().flat_map(|carried| &carried.target.foreign_keys);
    let row_key = key(changed.carried);
    let is_of_row = |name: &String| row_key.iter().any(|column| column.name == *name);
    let is_unnamed = |table: &TableName| plan.details.unnamed.iter().any(|(unnamed, _)| unnamed == table);
    keys.filter(|key| key.is_validated && key.references == changed.carried.target.name).any(|key| {
        // Where names have these words in them, readers wait without need.
        let acts_on = |event: &str| {
            let actions = ["CASCADE", "SET NULL", "SET DEFAULT"];
            actions.iter().any(|action| key.definition.contains(&format!(" ON {event} {action}")))
        };
        acts_on("DELETE") && (!changed.can_be_updated() || is_unnamed(&key.table))
            || acts_on("UPDATE") && !key.referenced_columns.iter().all(is_of_row)
    })
}

/// Takes off the foreign keys by which rows of the plan's tables refer to the ones that change.
fn without_foreign_keys(plan: &SyncPlan, tables: &[Changed<'_>]) -> Vec<String> {
    let is_changed = |name: &TableName| tables.iter().any(|table| table.carried.target.name == *name);
    let keys: Vec<(&TableName, &ForeignKey)> = plan
        .details
        .tables
        .iter()
        .flat_map(|carried| carried.target.foreign_keys.iter().map(|key| (&carried.target.name, key)))
        // Those that are not valid rest already.
        .filter(|(_, key)| key.is_validated && is_changed(&key.references))
        .collect();
    let alter = |(table, key): &(&TableName, &ForeignKey), what: &str, definition: &str| {
        format!("alter table {} {what} constraint {}{definition}", table.sql(), identifier(&key.name))
    };
    let mut statements: Vec<String> = keys.iter().map(|key| alter(key, "drop", "")).collect();
    statements.push("set constraints all deferred".to_owned());
    statements.extend(deletes_and_inserts(tables));
    statements.push("set constraints all immediate".to_owned());
    for (table, key) in keys {
        statements.push(alter(&(table, key), "add", &format!(" {}", key.definition)));
        if let Some(comment) = &key.comment {
            let name = identifier(&key.name);
            statements.push(format!(
                "comment on constraint {name} on {} is {}",
                table.sql(),
                literal(comment)
            ));
        }
    }
    statements
}
