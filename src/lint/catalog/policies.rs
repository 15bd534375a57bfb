//! Policies.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::catalog::{Catalog, Facts, ObjectName};
use crate::lint::catalog::{Found, list, text};
use crate::lint::finding::Severity::{Note, Warning};

/// Roles of the server and the platform, whom policies need not keep out.
const TRUSTED: [&str; 4] = ["service_role", "postgres", "supabase_admin", "supabase_storage_admin"];

pub(super) fn check(catalog: &Catalog, found: &mut Found) {
    for (name, facts) in catalog.of_kind("policy") {
        policy(name, facts, found);
    }
    several(catalog, found);
}

fn policy(name: &ObjectName, facts: &Facts, found: &mut Found) {
    let (using, check) = (text(facts, "using"), text(facts, "check"));
    if [using, check]
        .iter()
        .any(|expression| expression.contains("user_metadata") || expression.contains("raw_user_meta_data"))
    {
        let message = format!("policy `{}` reads user metadata, which every user can write", name.name);
        found.add(("S05", Warning), name, message, "read `app_metadata`, or a table that users cannot write");
    }
    let is_open = match text(facts, "command") {
        "*" | "w" | "d" => using == "true",
        "a" => check == "true",
        _ => false,
    };
    if is_open && is_permissive(facts) && !list(facts, "roles").iter().all(|role| TRUSTED.contains(role)) {
        let message = format!("policy `{}` lets everybody write every row", name.name);
        let help = "say whose rows: `using (owner_id = (select auth.uid()))`, or name a role in `to`";
        found.add(("S09", Warning), name, message, help);
    }
    if [using, check].iter().any(|expression| asks_per_row(expression)) {
        let message = format!("policy `{}` calls an auth function again for every row", name.name);
        found.add(
            ("S10", Warning),
            name,
            message,
            "`(select auth.uid())`: the server then asks once for the whole query",
        );
    }
}

fn is_permissive(facts: &Facts) -> bool {
    facts.get("permissive") != Some(&Value::Bool(false))
}

fn asks_per_row(expression: &str) -> bool {
    ["auth.uid()", "auth.jwt()", "auth.role()", "auth.email()", "current_setting("].iter().any(|call| {
        let mut places = expression.match_indices(call);
        places.any(|(at, _)| !expression[..at].trim_end().ends_with("SELECT"))
    })
}

/// C05: the server asks all of them for every row.
fn several(catalog: &Catalog, found: &mut Found) {
    let mut counts: BTreeMap<(&str, &str, &str, &str), usize> = BTreeMap::new();
    for (name, facts) in catalog.of_kind("policy").filter(|(_, facts)| is_permissive(facts)) {
        let commands = match text(facts, "command") {
            "*" => vec!["r", "a", "w", "d"],
            command => vec![command],
        };
        for role in list(facts, "roles").into_iter().filter(|role| !TRUSTED.contains(role)) {
            for command in &commands {
                *counts.entry((&name.schema, text(facts, "table"), role, command)).or_default() += 1;
            }
        }
    }
    let tables: BTreeSet<(&str, &str)> = counts
        .iter()
        .filter(|(_, count)| **count > 1)
        .map(|((schema, table, _, _), _)| (*schema, *table))
        .collect();
    for (schema, table) in tables {
        let name = ObjectName { kind: "table".to_owned(), schema: schema.to_owned(), name: table.to_owned() };
        let message = format!(
            "`{schema}.{table}` has several policies for the same role and command: each row is asked about by all of them"
        );
        found.add(("C05", Note), &name, message, "one policy with `or`, where that stays readable");
    }
}
