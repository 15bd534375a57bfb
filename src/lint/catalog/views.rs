//! Views and functions.

use crate::catalog::{Catalog, Facts, ObjectName};
use crate::lint::catalog::{EXPOSED, Found, is_exposed, is_granted, list, text};
use crate::lint::finding::Severity::{Error, Note, Warning};

pub(super) fn check(catalog: &Catalog, found: &mut Found) {
    for (name, facts) in catalog.of_kind("view") {
        view(name, facts, found);
    }
    for (name, facts) in catalog.of_kind("materialized view") {
        if is_exposed(name, facts) {
            let message = format!(
                "materialized view `{}.{}` is shown by the API, and policies do not hold for it",
                name.schema, name.name
            );
            found.add(
                ("C02", Warning),
                name,
                message,
                "`revoke select` from anon and authenticated, or move it to another schema",
            );
        }
        reads_logins(name, facts, found);
    }
    for (name, facts) in catalog.of_kind("function").chain(catalog.of_kind("procedure")) {
        function(name, facts, found);
    }
}

fn view(name: &ObjectName, facts: &Facts, found: &mut Found) {
    let asks = list(facts, "options").iter().any(|option| {
        option
            .strip_prefix("security_invoker=")
            .is_some_and(|value| ["true", "on", "1", "yes"].contains(&value))
    });
    if is_exposed(name, facts) && !asks {
        let message = format!(
            "view `{}.{}` shows rows with the rights of its owner: policies do not hold for it",
            name.schema, name.name
        );
        found.add(("S12", Warning), name, message, "`alter view ... set (security_invoker = true)`");
    }
    if !asks {
        reads_logins(name, facts, found);
    }
}

fn reads_logins(name: &ObjectName, facts: &Facts, found: &mut Found) {
    if is_exposed(name, facts) && text(facts, "definition").contains("auth.users") {
        let message =
            format!("`{}.{}` shows rows of auth.users to whoever the API lets in", name.schema, name.name);
        let help = "keep what users may see of each other in a table of your own, with policies";
        found.add(("C01", Error), name, message, help);
    }
}

fn function(name: &ObjectName, facts: &Facts, found: &mut Found) {
    let definition = text(facts, "definition");
    let body =
        ["\nAS ", "\nBEGIN ATOMIC", "\n RETURN "].iter().filter_map(|mark| definition.find(mark)).min();
    let head = &definition[..body.unwrap_or(definition.len())];
    let is_definer = head.contains("SECURITY DEFINER");
    let shown = format!("{}.{}", name.schema, name.name);
    if !head.contains("SET search_path") {
        let help = "add `set search_path = ''` and write every name with its schema";
        let (rule, what) = if is_definer {
            (("S04", Warning), "works with the rights of its owner and trusts the caller's search_path")
        } else {
            (("C04", Note), "trusts the caller's search_path")
        };
        found.add(rule, name, format!("function `{shown}` {what}"), help);
    }
    let is_trigger = head.contains("RETURNS trigger") || head.contains("RETURNS event_trigger");
    if is_definer && !is_trigger && name.schema == EXPOSED && is_granted(facts, &["anon", "public"]) {
        let message = format!("everybody may call `{shown}`, and it works with the rights of its owner");
        let help = "`revoke execute on function ... from public, anon`, and grant it to who needs it";
        found.add(("S11", Warning), name, message, help);
    }
}
