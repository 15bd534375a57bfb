//! What of the source goes along, and as what: rows by filters, columns, masks. Pure.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::catalog::{Column, ObjectName, Table};
use crate::error::Result;
use crate::mask::{self, Masking, Rule};
use crate::pg::{TableName, identifier};
use crate::sync::carried::Carried;
use crate::sync::filter::Filter;
use crate::sync::observe::Side;
use crate::sync::plan::Options;
use crate::sync::selected::{Narrowed, Selected, Trial, Tried, root};
use crate::sync::selection_error::SelectionError;
use crate::sync::subset::{self, Narrowing};

/// Which columns are carried over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, clap::ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum Columns {
    /// All; both sides must have the same
    #[default]
    All,
    /// Those that both sides have; the others keep their defaults in the target
    Common,
}

/// What the user asked to go along, and as what.
#[derive(Debug, Clone, Default)]
pub struct Selection {
    /// Conditions on tables.
    pub filters: Vec<Filter>,
    /// Masks; none for a source whose rows may be seen by everybody.
    pub masks: Vec<Rule>,
    /// Which columns.
    pub columns: Columns,
    /// Whether a column that looks personal must have a rule.
    pub is_guarded: bool,
    /// Whether users that rows refer to go along as shells, without anything personal.
    pub has_shells: bool,
}

/// Each table of the target with what it is filled from.
pub(crate) fn select(
    targets: Vec<Table>,
    sources: &[Table],
    (source, target): (&Side, &Side),
    options: &Options,
) -> Result<(Vec<Carried>, Selected)> {
    let selection = &options.selection;
    let pairs: Vec<(Table, &Table)> = targets
        .into_iter()
        .filter_map(|table| Some((sources.iter().find(|found| found.name == table.name)?, table)))
        .map(|(source, target)| (target, source))
        .collect();
    let tables: Vec<&Table> = pairs.iter().map(|(_, source)| *source).collect();
    let guarded = selection.is_guarded.then_some(&options.from);
    let masking = mask::decide(&selection.masks, (&source.catalog, sources), &tables, guarded)?;
    check_filters(&selection.filters, &tables, sources)?;
    let narrowings = subset::narrow(&tables, &selection.filters.iter().collect::<Vec<_>>(), &source.catalog);
    check_narrowed(&narrowings, &tables, sources)?;

    let mut selected = Selected {
        narrowed: narrowings.keys().map(|number| narrowed(&tables[*number].name)).collect(),
        trials: trials(&selection.filters, &masking, &tables),
        ..Selected::default()
    };
    let mut carried = Vec::with_capacity(pairs.len());
    for (number, (theirs, ours)) in pairs.into_iter().enumerate() {
        let columns = match selection.columns {
            Columns::All => theirs.stored_columns().cloned().collect(),
            Columns::Common => common(&theirs, ours, (target, options), &mut selected.left_out)?,
        };
        let relation = relation(ours, &columns, narrowings.get(&number), &masking.expressions);
        carried.push(Carried { columns, source: relation, ..Carried::whole(theirs, ours) });
    }
    // Nobody goes along where no users do.
    if selection.has_shells && options.auth_users.is_some() {
        selected.referred_users = referred_users(&carried, |table| table.source.clone());
        selected.referred_there = referred_users(&carried, |table| table.target.from_clause());
        selected.has_shells = selected.referred_users.is_some();
    }
    selected.masked = masking.columns;
    Ok((carried, selected))
}

fn narrowed(table: &TableName) -> Narrowed {
    Narrowed { table: table.clone(), kept: None, of: None, is_estimate: false }
}

/// What is read of a table, as SQL after `from` and before an alias.
fn relation(
    table: &Table,
    columns: &[Column],
    narrowing: Option<&Narrowing>,
    masks: &BTreeMap<(TableName, String), String>,
) -> String {
    let alias = identifier(&table.name.name);
    let mut is_masked = false;
    let list: Vec<String> = columns
        .iter()
        .map(|column| {
            let name = identifier(&column.name);
            let mask = masks.get(&(table.name.clone(), column.name.clone()));
            is_masked |= mask.is_some();
            mask.map_or_else(|| format!("{alias}.{name}"), |mask| format!("{mask} as {name}"))
        })
        .collect();
    match narrowing {
        Some(Narrowing { with, from, condition }) => {
            format!("({with}select {} from {from} where {condition})", list.join(", "))
        }
        None if is_masked => format!("(select {} from {} as {alias})", list.join(", "), table.from_clause()),
        None => table.from_clause(),
    }
}

fn check_filters(filters: &[Filter], tables: &[&Table], all: &[Table]) -> Result<(), SelectionError> {
    if let Some(filter) = filters.iter().find(|filter| !tables.iter().any(|table| filter.is_of(table))) {
        return Err(SelectionError::NoTable(Box::new(filter.clone())));
    }
    let partition = all.iter().find(|table| table.is_partition && !table.foreign_keys.is_empty());
    match partition {
        Some(table) if !filters.is_empty() => {
            Err(SelectionError::KeyOfPartition { partition: table.name.to_string() })
        }
        _ => Ok(()),
    }
}

/// A key that leads to one partition says of which part the row is that it means, and of what is kept only the whole is known.
fn check_narrowed(
    narrowings: &BTreeMap<usize, Narrowing>,
    tables: &[&Table],
    all: &[Table],
) -> Result<(), SelectionError> {
    let is_narrowed = |name| narrowings.keys().any(|number| tables[*number].name == *root(name, all));
    let mut keys = tables.iter().flat_map(|table| &table.foreign_keys);
    match keys.find(|key| *root(&key.references, all) != key.references && is_narrowed(&key.references)) {
        Some(key) => Err(SelectionError::KeyToPartition {
            table: key.table.to_string(),
            partition: key.references.to_string(),
        }),
        None => Ok(()),
    }
}

/// The columns that both sides have; what only the target has must do without a value.
fn common(
    theirs: &Table,
    ours: &Table,
    (target, options): (&Side, &Options),
    left_out: &mut Vec<String>,
) -> Result<Vec<Column>, SelectionError> {
    let full = |column: &Column| format!("{}.{}", theirs.name, column.name);
    let (mut columns, to) = (Vec::new(), &options.to);
    for column in theirs.stored_columns() {
        let Some(source) = ours.columns.iter().find(|found| found.name == column.name) else {
            let name = ObjectName {
                kind: "column".to_owned(),
                schema: theirs.name.schema.clone(),
                name: format!("{}.{}", theirs.name.name, column.name),
            };
            let has_default =
                target.catalog.objects.get(&name).is_some_and(|facts| facts.contains_key("default"));
            if column.not_null && !has_default && column.identity.is_none() {
                return Err(SelectionError::NoDefault { column: full(column), to: to.clone() });
            }
            left_out.push(format!("{} (only in `{to}`)", full(column)));
            continue;
        };
        if source.data_type != column.data_type && !(is_text(source) && is_text(column)) {
            return Err(SelectionError::TypesDiffer {
                column: full(column),
                left: source.data_type.clone(),
                right: column.data_type.clone(),
                to: to.clone(),
            });
        }
        columns.push(column.clone());
    }
    let is_gone = |column: &&Column| !theirs.columns.iter().any(|found| found.name == column.name);
    let gone = ours.stored_columns().filter(is_gone);
    left_out.extend(gone.map(|column| format!("{} (only in `{}`)", full(column), options.from)));
    Ok(columns)
}

/// Whether a value means the same in every type of this sort; one that is too long is refused by the server.
fn is_text(column: &Column) -> bool {
    column.data_type == "text" || column.data_type.starts_with("character varying")
}

fn trials(filters: &[Filter], masking: &Masking, tables: &[&Table]) -> Vec<Trial> {
    let query = |table: &Table, condition: &str| {
        format!("select from {} as {}{condition} limit 0", table.from_clause(), identifier(&table.name.name))
    };
    let of_filters = filters.iter().filter_map(|filter| {
        let table = tables.iter().find(|table| filter.is_of(table))?;
        let sql = query(table, &format!(" where (\n{}\n)", filter.condition));
        Some(Trial { sql, of: Tried::Filter(filter.clone()) })
    });
    // As a condition: there the server refuses what would not give one value for each row, such as aggregates.
    let of_masks = masking.own.iter().filter_map(|(name, expression, rule)| {
        let table = tables.iter().find(|table| table.name == *name)?;
        let sql = query(table, &format!(" where {expression} is null"));
        Some(Trial { sql, of: Tried::Mask(rule.clone()) })
    });
    of_filters.chain(of_masks).collect()
}

/// The users that rows refer to, as a query on the side where `rows` of a table are read.
fn referred_users(carried: &[Carried], rows: impl Fn(&Carried) -> String) -> Option<String> {
    let users = TableName::new("auth", "users");
    let mut queries = Vec::new();
    for table in carried {
        for key in
            table.target.foreign_keys.iter().filter(|key| key.references == users && key.columns.len() == 1)
        {
            if table.columns.iter().any(|column| column.name == key.columns[0]) {
                queries.push(format!(
                    "select t.{} as id from {} as t",
                    identifier(&key.columns[0]),
                    rows(table)
                ));
            }
        }
    }
    (!queries.is_empty()).then(|| queries.join(" union "))
}
