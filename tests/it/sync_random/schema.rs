//! A schema put together by chance: the statements that make it, in the order in which they are run.

use std::collections::BTreeSet;

use super::attached;
use super::chance::{Chance, Name};
use super::data_type::{self, DataType, literal};
use super::relation;
use super::rows;
use super::table::{self, Table};

/// What is run on both sides. A statement that the server refuses is left out.
pub(super) struct Schema {
    /// The tables, if the server did not refuse them.
    pub(super) tables: Vec<Table>,
    /// Types, tables, keys; then rows; then what would be in the way of rows that come one by one. Of the source and of the
    /// target.
    pub(super) parts: [[Vec<String>; 3]; 2],
}

/// What has been made so far.
pub(super) struct Draft {
    pub(super) chance: Chance,
    /// Names that a relation or type has, in whatever schema.
    pub(super) taken: BTreeSet<String>,
    pub(super) schemas: Vec<String>,
    pub(super) types: Vec<DataType>,
    pub(super) tables: Vec<Table>,
    /// Of the source and of the target.
    pub(super) statements: [Vec<String>; 2],
}

impl Draft {
    /// A new relation or type, with its schema.
    pub(super) fn fresh(&mut self) -> Name {
        let name = self.chance.name(&mut self.taken);
        Name::new(self.chance.pick::<String>(&self.schemas), name)
    }

    pub(super) fn any_type(&mut self) -> DataType {
        // Those that were made for this schema come as often as all that are built in.
        let own = self.types.len() - data_type::built_in().len();
        let from = if own > 0 && self.chance.once_in(2) { self.types.len() - own } else { 0 };
        let chosen = self.chance.pick(&self.types[from..]).clone();
        if self.chance.once_in(8) && !chosen.is_array() { DataType::array(&chosen) } else { chosen }
    }

    pub(super) fn run(&mut self, sql: String) {
        self.run_each([sql.clone(), sql]);
    }

    /// Runs something else in the source than in the target, which comes to the same.
    pub(super) fn run_each(&mut self, sql: [String; 2]) {
        self.statements.iter_mut().zip(sql).for_each(|(statements, sql)| statements.push(sql));
    }
}

impl Schema {
    pub(super) fn of(seed: u64) -> Self {
        let mut draft = Draft {
            chance: Chance::of(seed),
            taken: BTreeSet::new(),
            schemas: vec!["public".to_owned()],
            types: data_type::built_in(),
            tables: Vec::new(),
            statements: [Vec::new(), Vec::new()],
        };
        namespaces(&mut draft);
        types(&mut draft);
        for _ in 0..4 + draft.chance.below(6) {
            table::make(&mut draft);
        }
        table::refer(&mut draft);
        relation::sequences(&mut draft);
        attached::before_rows(&mut draft);
        let before = std::mem::take(&mut draft.statements);
        attached::after_rows(&mut draft);
        relation::views(&mut draft);
        let rows = [1, 2].map(|side| rows::inserts(&draft.tables, &mut Chance::of(seed * 3 + side)));
        let [before, after] = [before, draft.statements].map(<[_; 2]>::into_iter);
        let mut sides = before.zip(rows).zip(after).map(|((before, rows), after)| [before, rows, after]);
        let parts = [(); 2].map(|()| sides.next().expect("two sides"));
        Self { tables: draft.tables, parts }
    }
}

fn namespaces(draft: &mut Draft) {
    let mut taken = BTreeSet::from(["public".to_owned()]);
    for _ in 0..=draft.chance.below(3) {
        let name = draft.chance.name(&mut taken);
        draft.run(format!("create schema {name}"));
        draft.schemas.push(name);
    }
    draft.run(
        "create collation public.loose (provider = icu, locale = 'und-u-ks-level2', deterministic = false)"
            .to_owned(),
    );
    let text = draft.types.iter().find(|one| one.sql == "text").cloned();
    draft.types.extend(text.map(|text| text.collated("public.loose")));
}

fn types(draft: &mut Draft) {
    for _ in 0..2 + draft.chance.below(6) {
        let name = draft.fresh();
        let sql = name.to_string();
        let (statement, made) = match draft.chance.below(4) {
            0 => {
                let labels: Vec<String> =
                    (0..=draft.chance.below(4)).map(|n| format!("{}'\"{n}, \\", sql.len())).collect();
                let quoted: Vec<String> = labels.iter().map(|label| literal(label)).collect();
                (
                    format!("create type {sql} as enum ({})", quoted.join(", ")),
                    vec![DataType::labels(&sql, &labels)],
                )
            }
            1 => {
                let over = draft.any_type();
                let unwanted = over.value(&mut draft.chance);
                let check = format!("check (value::text <> {unwanted}::text)");
                let check = *draft.chance.pick(&["", "not null", &check]);
                (
                    format!("create domain {sql} as {}{} {check}", over.sql, over.collation),
                    vec![DataType::domain(&sql, over)],
                )
            }
            2 => {
                let over = draft.any_type();
                let many = Name::new(&name.schema, draft.chance.name(&mut draft.taken)).to_string();
                let range = DataType::range(&sql, over.clone());
                let multirange = DataType::multirange(&many, &range);
                (
                    format!(
                        "create type {sql} as range (subtype = {}, multirange_type_name = {many})",
                        over.sql
                    ),
                    vec![range, multirange],
                )
            }
            _ => {
                let mut taken = BTreeSet::new();
                let fields: Vec<DataType> = (0..=draft.chance.below(4)).map(|_| draft.any_type()).collect();
                let columns: Vec<String> = fields
                    .iter()
                    .map(|field| {
                        format!("{} {}{}", draft.chance.name(&mut taken), field.sql, field.collation)
                    })
                    .collect();
                (
                    format!("create type {sql} as ({})", columns.join(", ")),
                    vec![DataType::composite(&sql, fields)],
                )
            }
        };
        draft.run(statement);
        draft.types.extend(made);
    }
}
