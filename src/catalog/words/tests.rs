use serde_json::{Value, json};

use crate::catalog::{Catalog, ObjectName, diff};

fn told(kind: &str, left: Value, right: Value) -> String {
    let catalog = |facts: Value| {
        let name = ObjectName { kind: kind.into(), schema: "crm".into(), name: "contacts.phone".into() };
        Catalog { objects: [(name, serde_json::from_value(facts).unwrap())].into() }
    };
    let differences = diff(&catalog(left), &catalog(right));
    assert_eq!(differences.len(), 1);
    differences[0].in_words("local", "cloud")
}

#[test]
fn a_changed_column_is_told_with_both_types() {
    assert_eq!(
        told(
            "column",
            json!({"type": "text", "not_null": true}),
            json!({"type": "character varying(20)", "not_null": false, "default": "'x'::text"})
        ),
        "column `crm.contacts.phone` has no default in local, defaults to `'x'::text` in cloud; \
         it refuses NULL in local, allows NULL in cloud; it is `text` in local, `character varying(20)` in cloud"
    );
}

#[test]
fn security_is_told_in_words() {
    assert_eq!(
        told("table", json!({"row_security": false}), json!({"row_security": true})),
        "table `crm.contacts.phone` has row level security off in local, has row level security on in cloud"
    );
    assert_eq!(
        told("policy", json!({"roles": ["anon"], "using": "true"}), json!({"roles": [], "using": "(a = 1)"})),
        "policy `crm.contacts.phone` is for `anon` only in local; it shows rows where `true` in local, `(a = 1)` in cloud"
    );
    assert_eq!(
        told("table", json!({"acl": ["anon=SELECT,INSERT*", "owner=ALL"]}), json!({"acl": ["owner=ALL"]})),
        "table `crm.contacts.phone` lets `anon` SELECT, INSERT (and pass it on) only in local"
    );
    assert_eq!(
        told("function", json!({}), json!({"acl": ["public=EXECUTE"]})),
        "function `crm.contacts.phone` lets everybody EXECUTE only in cloud"
    );
    assert_eq!(
        told("trigger", json!({"enabled": "O"}), json!({"enabled": "D"})),
        "trigger `crm.contacts.phone` is on in local, is off in cloud"
    );
}

#[test]
fn a_switch_that_is_told_only_where_it_is_set_has_words_for_both_sides() {
    assert_eq!(
        told("table", json!({}), json!({"unlogged": true})),
        "table `crm.contacts.phone` is not unlogged in local, is unlogged in cloud"
    );
    assert_eq!(
        told("materialized view", json!({}), json!({"populated": false})),
        "materialized view `crm.contacts.phone` is populated in local, is not populated in cloud"
    );
    assert_eq!(
        told("constraint", json!({"enforced": false}), json!({})),
        "constraint `crm.contacts.phone` is not enforced (its triggers are off) in local, is enforced in cloud"
    );
    assert_eq!(
        told("table", json!({}), json!({"unenforced": ["FOREIGN KEY (a) REFERENCES b(c)"]})),
        "table `crm.contacts.phone` does not enforce `FOREIGN KEY (a) REFERENCES b(c)` only in cloud"
    );
}

#[test]
fn what_few_objects_have_is_told_in_words() {
    assert_eq!(
        told("view", json!({"owner": "postgres"}), json!({"owner": "admin"})),
        "view `crm.contacts.phone` lends the rights of `postgres` in local, `admin` in cloud"
    );
    assert_eq!(
        told("column", json!({}), json!({"storage": "main"})),
        "column `crm.contacts.phone` has the default storage in local, has the storage `main` in cloud"
    );
    assert_eq!(
        told("cast", json!({"context": "e"}), json!({"context": "i"})),
        "cast `crm.contacts.phone` is done when asked for in local, is done everywhere in cloud"
    );
    assert_eq!(
        told("sequence", json!({"owned_by": "public.t.a"}), json!({})),
        "sequence `crm.contacts.phone` belongs to the column `public.t.a` in local, belongs to no column in cloud"
    );
}

#[test]
fn a_definition_is_told_by_the_lines_that_changed() {
    assert_eq!(
        told("function", json!({"definition": "a\nb\nc"}), json!({"definition": "a\nx\nc"})),
        "function `crm.contacts.phone` has another definition in local (-) than in cloud (+):\n    - b\n    + x"
    );
}

#[test]
fn a_long_line_is_told_from_where_it_differs() {
    let long = |end: &str| json!({"definition": format!("{}{end}", "x".repeat(200))});

    assert_eq!(
        told("index", long("left"), long("right")),
        format!(
            "index `crm.contacts.phone` has the definition `...{0}left` in local, `...{0}right` in cloud",
            "x".repeat(super::CONTEXT)
        )
    );
}

#[test]
fn the_order_of_a_list_is_told_when_its_entries_are_the_same() {
    assert_eq!(
        told("type", json!({"labels": ["a", "b"]}), json!({"labels": ["b", "a"]})),
        "type `crm.contacts.phone` has its labels in another order in cloud"
    );
}

#[test]
fn a_change_is_told_as_what_it_does() {
    let one = |facts: Value| {
        let name = ObjectName { kind: "table".into(), schema: "public".into(), name: "notes".into() };
        Catalog { objects: [(name, serde_json::from_value(facts).unwrap())].into() }
    };
    let change = |left: &Catalog, right: &Catalog| diff(left, right)[0].as_change();

    let table = one(json!({"row_security": false}));
    assert_eq!(change(&Catalog::default(), &table), "creates table `notes`");
    assert_eq!(change(&table, &Catalog::default()), "drops table `notes`");
    assert_eq!(
        change(&table, &one(json!({"row_security": true}))),
        "changes table `notes`, which has row level security off before, has row level security on after"
    );
}
