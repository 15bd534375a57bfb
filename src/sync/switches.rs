//! What rests while rows are loaded and is as before afterwards: triggers, rules, foreign keys on cycles, constraints that the
//! rows at hand do not fulfil. Pure.

use std::collections::{BTreeMap, BTreeSet};

use crate::catalog::{ForeignKey, Table};
use crate::pg::{TableName, identifier, literal};
use crate::sync::family::Families;
use crate::sync::observe::Side;
use crate::sync::order::LoadOrder;
use crate::sync::plan::Method;

/// Statements before and after the load that keep triggers, rules and foreign keys from interfering.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Switches {
    pub(crate) before: Vec<String>,
    pub(crate) after: Vec<String>,
    /// Tables that are altered: only who owns them may do so.
    pub(crate) altered: BTreeSet<TableName>,
}

/// `tables` are those that go along, with their partitions.
pub(crate) fn switches(method: Method, tables: &[Table], load: &LoadOrder, target: &Side) -> Switches {
    let mut switches = Switches::default();
    // Deferred foreign keys are checked now: a table with checks ahead of it cannot be altered.
    switches.after.push("set constraints all immediate".to_owned());
    if method == Method::ReplicaRole {
        switches.before.push("set local session_replication_role = replica".to_owned());
        switches.after.push("set local session_replication_role = origin".to_owned());
    }
    triggers(method, tables, target, &mut switches);
    rules(method, tables, target, &mut switches);
    keys(method, tables, load, &mut switches);
    checks(tables, target, &mut switches);
    switches
}

/// Triggers that would fire. What is switched at a partitioned table is switched at its partitions, so that theirs come
/// off after it and are put right after it.
fn triggers(method: Method, tables: &[Table], target: &Side, switches: &mut Switches) {
    let tables: BTreeMap<&TableName, &Table> = tables.iter().map(|table| (&table.name, table)).collect();
    let mut of_partitions = Vec::new();
    for (name, facts) in target.catalog.of_kind("trigger") {
        let fact = |fact: &str| facts.get(fact).and_then(serde_json::Value::as_str).unwrap_or_default();
        let table = TableName::new(&name.schema, fact("table"));
        let Some(known) = tables.get(&table) else { continue };
        let is_inherited = facts.contains_key("inherited");
        // Under the replica role only those fire that were told to.
        let rests = match fact("enabled") {
            "D" => true,
            "O" => method == Method::ReplicaRole,
            _ => false,
        };
        if rests && !is_inherited {
            continue;
        }
        let trigger = identifier(&name.name[table.name.len() + 1..]);
        let enable = match fact("enabled") {
            "A" => "enable always",
            "R" => "enable replica",
            "D" => "disable",
            _ => "enable",
        };
        let off = format!("alter table {} disable trigger {trigger}", table.sql());
        let on = format!("alter table {} {enable} trigger {trigger}", table.sql());
        switches.altered.insert(table);
        if known.is_partition {
            of_partitions.push((off, on));
        } else {
            switches.before.push(off);
            switches.after.push(on);
        }
    }
    for (off, on) in of_partitions {
        switches.before.push(off);
        switches.after.push(on);
    }
}

/// Rules that would apply: no COPY sees them, but rows that were staged, or that alone differ, are put in by INSERT. Rows
/// go by the roots of partitions, whose rules alone count.
fn rules(method: Method, tables: &[Table], target: &Side, switches: &mut Switches) {
    let roots: BTreeSet<&TableName> =
        tables.iter().filter(|table| !table.is_partition).map(|table| &table.name).collect();
    for (name, facts) in target.catalog.of_kind("rule") {
        let fact = |fact: &str| facts.get(fact).and_then(serde_json::Value::as_str).unwrap_or_default();
        let table = TableName::new(&name.schema, fact("table"));
        let enable = match fact("enabled") {
            "D" => continue,
            "O" if method == Method::ReplicaRole => continue,
            "A" => "enable always",
            "R" => "enable replica",
            _ => "enable",
        };
        if !roots.contains(&table) {
            continue;
        }
        let (sql, rule) = (table.sql(), identifier(&name.name[table.name.len() + 1..]));
        switches.before.push(format!("alter table {sql} disable rule {rule}"));
        switches.after.push(format!("alter table {sql} {enable} rule {rule}"));
        switches.altered.insert(table);
    }
}

/// Foreign keys that no order of loading fulfils, and those that are known not to be fulfilled. Not under the replica
/// role, where none is looked at.
fn keys(method: Method, tables: &[Table], load: &LoadOrder, switches: &mut Switches) {
    if method == Method::ReplicaRole {
        return;
    }
    let loose = tables.iter().flat_map(|table| &table.foreign_keys).filter(|key| !key.is_validated);
    let mut seen = BTreeSet::new();
    for key in load.cyclic.iter().chain(loose) {
        if seen.insert((&key.table, &key.name)) {
            rebuild(key, switches);
        }
    }
}

fn rebuild(key: &ForeignKey, switches: &mut Switches) {
    let ForeignKey { table, name, definition, comment, .. } = key;
    constraint(table, name, definition, comment.as_deref(), switches);
}

/// A constraint comes off and comes back as it was: also `NOT VALID`.
fn constraint(
    table: &TableName,
    name: &str,
    definition: &str,
    comment: Option<&str>,
    switches: &mut Switches,
) {
    let (sql, constraint) = (table.sql(), identifier(name));
    switches.before.push(format!("alter table {sql} drop constraint {constraint}"));
    switches.after.push(format!("alter table {sql} add constraint {constraint} {definition}"));
    if let Some(comment) = comment {
        let comment = literal(comment);
        switches.after.push(format!("comment on constraint {constraint} on {sql} is {comment}"));
    }
    switches.altered.insert(table.clone());
}

/// COPY checks every CHECK, but rows may be there that do not fulfil one that is `NOT VALID`. Whoever may not take it
/// off tries without.
fn checks(tables: &[Table], target: &Side, switches: &mut Switches) {
    let mine = tables.iter().filter(|table| !target.surroundings.is("unowned", &table.name));
    let mut back = Vec::new();
    for table in mine {
        for check in &table.loose_checks {
            let mut own = Switches::default();
            constraint(&table.name, &check.name, &check.definition, check.comment.as_deref(), &mut own);
            switches.before.append(&mut own.before);
            back.push(own.after);
            switches.altered.append(&mut own.altered);
        }
    }
    // The last that came off comes back first: a child's own before the one that it has from its parent too.
    switches.after.extend(back.into_iter().rev().flatten());
}

/// The tables that go along, with their partitions.
pub(crate) fn with_partitions(roots: &BTreeSet<&TableName>, all: &[Table]) -> Vec<Table> {
    let families = Families::of(all);
    all.iter().filter(|table| roots.contains(families.root(&table.name))).cloned().collect()
}
