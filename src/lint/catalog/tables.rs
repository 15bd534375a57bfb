//! Tables, their keys and their indexes.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::catalog::{Catalog, Facts, ObjectName};
use crate::lint::catalog::{Found, is_exposed, list, text};
use crate::lint::finding::Severity::{Error, Warning};

pub(super) fn check(catalog: &Catalog, found: &mut Found) {
    security(catalog, found);
    primary_keys(catalog, found);
    foreign_keys(catalog, found);
    duplicate_indexes(catalog, found);
    for (name, facts) in catalog.of_kind("foreign table") {
        if is_exposed(name, facts) {
            let message = format!(
                "foreign table `{}` is shown by the API, and row level security cannot guard it",
                name.name
            );
            found.add(("C03", Warning), name, message, "move it to a schema that the API does not show");
        }
    }
    for (name, facts) in catalog.of_kind("extension") {
        if name.schema == "public" || text(facts, "schema") == "public" {
            let message = format!("extension `{}` is installed in public", name.name);
            found.add(("S13", Warning), name, message, "`alter extension ... set schema extensions`");
        }
    }
}

fn security(catalog: &Catalog, found: &mut Found) {
    let with_policy: BTreeSet<(&str, &str)> =
        catalog.of_kind("policy").map(|(name, facts)| (name.schema.as_str(), text(facts, "table"))).collect();
    for (name, facts) in catalog.of_kind("table") {
        let has_policy = with_policy.contains(&(name.schema.as_str(), name.name.as_str()));
        let table = format!("{}.{}", name.schema, name.name);
        match (facts.get("row_security") == Some(&Value::Bool(true)), has_policy) {
            (false, true) => {
                let message =
                    format!("`{table}` has policies, and row level security is off: they do nothing");
                found.add(("S15", Error), name, message, "`alter table ... enable row level security`");
            }
            (false, false) if is_exposed(name, facts) => {
                let message = format!(
                    "table `{table}` is shown by the API and has no row level security: everybody reads it"
                );
                found.add(
                    ("S01", Error),
                    name,
                    message,
                    "`alter table ... enable row level security`, and policies",
                );
            }
            (true, false) if name.schema == "public" => {
                let message = format!(
                    "`{table}` has row level security and no policy: nobody but service_role sees a row"
                );
                found.add(
                    ("S02", Warning),
                    name,
                    message,
                    "`create policy ... on ... for ... to ... using (...)`",
                );
            }
            _ => {}
        }
    }
}

fn of_type<'a>(catalog: &'a Catalog, kind: &'a str) -> impl Iterator<Item = (&'a ObjectName, &'a Facts)> {
    catalog.of_kind("constraint").filter(move |(_, facts)| text(facts, "type") == kind)
}

fn primary_keys(catalog: &Catalog, found: &mut Found) {
    let keyed: BTreeSet<(&str, &str)> =
        of_type(catalog, "p").map(|(name, facts)| (name.schema.as_str(), text(facts, "table"))).collect();
    for (name, facts) in catalog.of_kind("table") {
        let is_part = facts.contains_key("partition") || facts.contains_key("inherits");
        if !is_part && !keyed.contains(&(name.schema.as_str(), name.name.as_str())) {
            let message = format!(
                "table `{}.{}` has no primary key: rows cannot be told apart, nor replicated",
                name.schema, name.name
            );
            let help = "`id bigint generated always as identity primary key`, or the columns that name a row";
            found.add(("H06", Warning), name, message, help);
        }
    }
}

fn foreign_keys(catalog: &Catalog, found: &mut Found) {
    let mut indexed: BTreeSet<(&str, &str, String)> = BTreeSet::new();
    for (name, facts) in catalog.of_kind("index") {
        let columns = text(facts, "definition").split_once('(').map_or("", |(_, columns)| columns);
        let first = columns.split([',', ')', ' ']).next().unwrap_or_default().trim_matches('"');
        indexed.insert((&name.schema, text(facts, "table"), first.to_owned()));
    }
    for (name, facts) in of_type(catalog, "f") {
        let table = text(facts, "table");
        let Some(column) = list(facts, "columns").first().copied() else { continue };
        if !indexed.contains(&(name.schema.as_str(), table, column.to_owned())) {
            let message = format!(
                "`{column}` of `{}.{table}` has no index: each delete over there reads all of this table",
                name.schema
            );
            found.add(("H05", Warning), name, message, "an index that begins with the column");
        }
        let target =
            |key: &str| facts.get("references").and_then(|target| target.get(key)).and_then(Value::as_str);
        if target("schema") != Some("auth") {
            continue;
        }
        if target("name") == Some("users") && !text(facts, "definition").contains("ON DELETE") {
            let message = format!(
                "`{}.{table}` refers to auth.users without `on delete`: that login can never be deleted",
                name.schema
            );
            found.add(("S07", Warning), name, message, "add `on delete cascade`, or `on delete set null`");
        }
        if list(facts, "referenced_columns") != ["id"] {
            let message = format!(
                "`{}.{table}` stands on an index of the platform's, which may go in an update",
                name.schema
            );
            found.add(("C07", Warning), name, message, "refer to `auth.users (id)`");
        }
    }
}

fn duplicate_indexes(catalog: &Catalog, found: &mut Found) {
    let mut seen: BTreeMap<String, &ObjectName> = BTreeMap::new();
    for (name, facts) in catalog.of_kind("index") {
        let Some((head, on)) = text(facts, "definition").split_once(" ON ") else { continue };
        let is_unique = head.starts_with("CREATE UNIQUE");
        let first = *seen.entry(format!("{is_unique} {on}")).or_insert(name);
        if first != name {
            let message =
                format!("`{}` and `{}` are the same index: each write pays for both", first.name, name.name);
            found.add(("C06", Warning), name, message, "`drop index` one of them");
        }
    }
}
