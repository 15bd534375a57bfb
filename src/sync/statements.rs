//! The statements around the load: what rests meanwhile, what is checked, what sequences are set to. Pure.

use std::collections::{BTreeMap, BTreeSet};

use crate::catalog::{Catalog, ForeignKey, Table};
use crate::pg::{TableName, identifier, literal};
use crate::sync::equality::equal;
use crate::sync::observe::{AUTH_TABLES, Sequence, Side};
use crate::sync::plan::{Method, Options};
use crate::sync::refusal::is_excluded;
use crate::sync::selected::Selected;

/// Foreign keys of excluded tables to the users: a user who goes would take their rows along, and those are in no
/// backup.
pub(crate) fn bystanders(excluded: &[Table]) -> Vec<(TableName, String)> {
    let users = TableName::new("auth", "users");
    let keys = excluded.iter().flat_map(|table| table.foreign_keys.iter().map(move |key| (table, key)));
    keys.filter(|(_, key)| key.references == users && key.columns.len() == 1)
        .map(|(table, key)| (table.name.clone(), key.columns[0].clone()))
        .collect()
}

/// Foreign keys are not looked at under the replica role: one anti-join for each that leaves the tables that go along,
/// for each that the source does not have, where nothing says that its rows fulfil it, and for each whose rows are chosen or
/// whose values are masked.
pub(crate) fn unchecked_keys(
    method: Method,
    (tables, catalog): (&[Table], &Catalog),
    source: &[Table],
    selected: &Selected,
) -> Vec<String> {
    if method == Method::LoadOrder {
        return Vec::new();
    }
    let names: BTreeSet<&TableName> = tables.iter().map(|table| &table.name).collect();
    let fulfilled: BTreeSet<(&TableName, &str)> = source
        .iter()
        .flat_map(|table| &table.foreign_keys)
        .filter(|key| key.is_validated)
        .map(|key| (&key.table, key.definition.as_str()))
        .collect();
    let keys = tables.iter().flat_map(|table| table.foreign_keys.iter().map(move |key| (table, key)));
    keys.filter(|(_, key)| key.is_validated)
        .filter(|(_, key)| {
            !names.contains(&key.references)
                || !fulfilled.contains(&(&key.table, key.definition.as_str()))
                || selected.doubts(key, tables)
        })
        .map(|(table, key)| anti_join(table, key, catalog))
        .collect()
}

fn anti_join(table: &Table, key: &ForeignKey, catalog: &Catalog) -> String {
    let pairs = key.columns.iter().zip(&key.referenced_columns).enumerate();
    let matches: Vec<String> = pairs
        .map(|(place, (own, other))| {
            let ends = [format!("r.{}", identifier(other)), format!("t.{}", identifier(own))];
            equal(catalog, key, place, ends.each_ref().map(String::as_str))
        })
        .collect();
    let present: Vec<String> =
        key.columns.iter().map(|own| format!("t.{} is not null", identifier(own))).collect();
    // Of a key that is to match in full, all columns are NULL or none.
    let is_partly = if key.columns.len() > 1 && key.definition.contains(" MATCH FULL") {
        format!(" or ({}) and not ({})", present.join(" or "), present.join(" and "))
    } else {
        String::new()
    };
    let found = format!(
        "select from {} t where {} and not exists (select from {} r where {}){is_partly}",
        table.from_clause(),
        present.join(" and "),
        key.references.sql(),
        matches.join(" and ")
    );
    let problem = format!("rows of {} refer to rows of {} that are not there", table.name, key.references);
    format!(
        "do {}",
        literal(&format!(
            "begin if exists ({found}) then raise exception using errcode = '23503', message = {}, \
             constraint = {}; end if; end",
            literal(&problem),
            literal(&key.name)
        ))
    )
}

/// The target's sequences with what they hold in the source and what they hold now. One that belongs to a column is that
/// of the same column, whatever it is called; of several that belong to one column, those of one name.
pub(crate) fn set_sequences(
    source: &Side,
    target: &Side,
    options: &Options,
) -> Vec<(TableName, Sequence, Sequence)> {
    let of_column = |sequence: &Sequence| sequence.owner.clone().zip(sequence.column.clone());
    let is_on_both = |name: &TableName| {
        let columns = [source, target].map(|side| side.sequences.get(name).and_then(of_column));
        columns[0].is_some() && columns[0] == columns[1]
    };
    let by_column: BTreeMap<(TableName, String), &Sequence> = source
        .sequences
        .iter()
        .filter(|(name, _)| !is_on_both(name))
        .filter_map(|(_, sequence)| Some((of_column(sequence)?, sequence)))
        .collect();
    let mut set = Vec::new();
    for (name, old) in &target.sequences {
        let renamed = || of_column(old).and_then(|column| by_column.get(&column).copied());
        let new = if is_on_both(name) { None } else { renamed() };
        let new = new.or_else(|| source.sequences.get(name));
        if let Some(new) = new
            && old.owner.as_ref().is_none_or(|owner| !is_excluded(owner, options))
        {
            set.push((name.clone(), new.clone(), old.clone()));
        }
    }
    set
}

/// Sets a sequence so that it is rolled back with everything else: `setval` alone is not, but `restart` gives the sequence
/// a new file, and it is in that one that the number is set. Whoever may set a sequence that is not theirs can do so at
/// once only.
pub(crate) fn setval(name: &TableName, Sequence { value, is_called, .. }: &Sequence) -> String {
    let sequence = name.sql();
    format!(
        "do {}; select pg_catalog.setval({}, {value}, {is_called})",
        literal(&format!(
            "begin alter sequence {sequence} restart; exception when insufficient_privilege then null; end"
        )),
        literal(&sequence)
    )
}

pub(crate) fn common_auth_columns(
    source: &Side,
    target: &Side,
    options: &Options,
) -> Vec<(String, Vec<String>)> {
    if options.auth_users.is_none() {
        return Vec::new();
    }
    AUTH_TABLES
        .iter()
        .filter_map(|table| {
            let columns = source.auth_columns.get(*table)?.intersection(target.auth_columns.get(*table)?);
            Some(((*table).to_owned(), columns.cloned().collect()))
        })
        .collect()
}
