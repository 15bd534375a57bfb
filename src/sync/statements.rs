//! The statements around the load: what rests meanwhile, what is checked, what sequences are set to. Pure.

use std::collections::BTreeSet;

use crate::catalog::Table;
use crate::pg::{TableName, identifier, literal};
use crate::sync::observe::{AUTH_TABLES, Sequence, Side};
use crate::sync::order;
use crate::sync::plan::{Method, Options};

/// Statements before and after the load that keep triggers and foreign keys from interfering.
pub(crate) fn switches(
    method: Method,
    tables: &[Table],
    load: &order::LoadOrder,
    target: &Side,
) -> (Vec<String>, Vec<String>) {
    // Deferred foreign keys are checked now: a table with checks ahead of it cannot be altered.
    let (mut before, mut after) = (Vec::new(), vec!["set constraints all immediate".to_owned()]);
    if method == Method::ReplicaRole {
        before.push("set local session_replication_role = replica".to_owned());
        after.push("set local session_replication_role = origin".to_owned());
    }
    for (name, facts) in target.catalog.of_kind("trigger") {
        let fact = |fact: &str| facts.get(fact).and_then(serde_json::Value::as_str).unwrap_or_default();
        let table = TableName::new(&name.schema, fact("table"));
        // Under the replica role only those fire that were told to.
        let rests = match fact("enabled") {
            "D" => true,
            "O" => method == Method::ReplicaRole,
            _ => false,
        };
        if rests || !tables.iter().any(|synced| synced.name == table) {
            continue;
        }
        let trigger = identifier(&name.name[table.name.len() + 1..]);
        let enable = match fact("enabled") {
            "A" => "enable always",
            "R" => "enable replica",
            _ => "enable",
        };
        before.push(format!("alter table {} disable trigger {trigger}", table.sql()));
        after.push(format!("alter table {} {enable} trigger {trigger}", table.sql()));
    }
    for (table, key) in load.cyclic.iter().filter(|_| method == Method::LoadOrder) {
        let name = identifier(&key.name);
        before.push(format!("alter table {} drop constraint {name}", table.sql()));
        after.push(format!("alter table {} add constraint {name} {}", table.sql(), key.definition));
    }
    (before, after)
}

/// Foreign keys of excluded tables to the users: a user who goes would take their rows along, and those are in no
/// backup.
pub(crate) fn bystanders(excluded: &[Table]) -> Vec<(TableName, String)> {
    let users = TableName::new("auth", "users");
    let keys = excluded.iter().flat_map(|table| table.foreign_keys.iter().map(move |key| (table, key)));
    keys.filter(|(_, key)| key.references == users && key.columns.len() == 1)
        .map(|(table, key)| (table.name.clone(), key.columns[0].clone()))
        .collect()
}

/// Foreign keys that leave the synced set are not checked under the replica role: one anti-join each.
pub(crate) fn outgoing_keys(tables: &[Table], names: &BTreeSet<&TableName>, method: Method) -> Vec<String> {
    if method == Method::LoadOrder {
        return Vec::new();
    }
    let keys = tables.iter().flat_map(|table| table.foreign_keys.iter().map(move |key| (table, key)));
    keys.filter(|(_, key)| !names.contains(&key.references))
        .map(|(table, key)| {
            let pairs = key.columns.iter().zip(&key.referenced_columns);
            let matches: Vec<String> = pairs
                .map(|(own, other)| format!("r.{} = t.{}", identifier(other), identifier(own)))
                .collect();
            let present: Vec<String> =
                key.columns.iter().map(|own| format!("t.{} is not null", identifier(own))).collect();
            let found = format!(
                "select from {} t where {} and not exists (select from {} r where {})",
                table.from_clause(),
                present.join(" and "),
                key.references.sql(),
                matches.join(" and ")
            );
            let problem =
                format!("rows of {} refer to rows of {} that are not there", table.name, key.references);
            format!(
                "do {}",
                literal(&format!(
                    "begin if exists ({found}) then raise exception using errcode = '23503', message = {}, \
                     constraint = {}; end if; end",
                    literal(&problem),
                    literal(&key.name)
                ))
            )
        })
        .collect()
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
