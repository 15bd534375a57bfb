use serde_json::json;

use super::*;

fn catalog(objects: &[(&str, &str, Value)]) -> Catalog {
    let objects = objects.iter().map(|(kind, name, facts)| {
        let name = ObjectName { kind: (*kind).into(), schema: "public".into(), name: (*name).into() };
        (name, serde_json::from_value(facts.clone()).expect("facts are an object"))
    });
    Catalog { objects: objects.collect() }
}

fn found(objects: &[(&str, &str, Value)]) -> Vec<&'static str> {
    check(&catalog(objects)).into_iter().map(|finding| finding.rule).collect()
}

fn key() -> (&'static str, &'static str, Value) {
    ("constraint", "t.t_pkey", json!({"table": "t", "type": "p", "columns": ["id"]}))
}

fn table(row_security: bool, acl: &[&str]) -> (&'static str, &'static str, Value) {
    ("table", "t", json!({"row_security": row_security, "acl": acl}))
}

fn policy(facts: &Value) -> (&'static str, &'static str, Value) {
    let mut all = json!({"table": "t", "permissive": true, "roles": ["authenticated"], "command": "r", "using": "true"});
    for (name, value) in facts.as_object().expect("facts are an object") {
        all[name] = value.clone();
    }
    ("policy", "t.p", all)
}

#[test]
fn an_open_table_is_found_when_somebody_may_read_it() {
    assert_eq!(found(&[key(), table(false, &["anon=SELECT", "owner=SELECT"])]), ["S01"]);
    assert!(found(&[key(), table(false, &["owner=SELECT", "service_role=SELECT"])]).is_empty());
}

#[test]
fn row_security_and_policies_belong_together() {
    assert_eq!(found(&[key(), table(true, &[])]), ["S02"]);
    assert_eq!(found(&[key(), table(false, &[]), policy(&json!({}))]), ["S15"]);
    assert!(found(&[key(), table(true, &["anon=SELECT"]), policy(&json!({}))]).is_empty());
}

#[test]
fn policies_are_read() {
    let found = |facts: Value| found(&[key(), table(true, &[]), policy(&facts)]);
    assert_eq!(found(json!({"using": "(( SELECT auth.jwt() AS jwt) -> 'user_metadata'::text)"})), ["S05"]);
    assert_eq!(found(json!({"command": "*"})), ["S09"]);
    assert_eq!(found(json!({"using": "(auth.uid() = id)"})), ["S10"]);
    assert!(found(json!({"using": "(( SELECT auth.uid() AS uid) = id)"})).is_empty());
    assert!(found(json!({"command": "*", "roles": ["service_role"]})).is_empty());
}

#[test]
fn several_policies_for_one_role_are_a_note() {
    let another = ("policy", "t.q", policy(&json!({"command": "*", "using": "(a = b)"})).2);
    let findings = check(&catalog(&[key(), table(true, &[]), policy(&json!({})), another]));
    assert_eq!(
        findings.iter().map(|finding| (finding.rule, finding.severity)).collect::<Vec<_>>(),
        [("C05", Severity::Note)]
    );
}

#[test]
fn views_answer_for_those_who_ask() {
    let view = |options: &[&str], acl: &str, definition: &str| {
        found(&[("view", "v", json!({"options": options, "acl": [acl], "definition": definition}))])
    };
    assert_eq!(view(&[], "anon=SELECT", "select 1"), ["S12"]);
    assert_eq!(view(&[], "anon=SELECT", "select * from auth.users"), ["C01", "S12"]);
    assert!(view(&["security_invoker=true"], "anon=SELECT", "select 1").is_empty());
    assert!(view(&[], "service_role=SELECT", "select 1").is_empty());
    assert_eq!(found(&[("materialized view", "v", json!({"acl": ["anon=SELECT"]}))]), ["C02"]);
    assert_eq!(found(&[("foreign table", "v", json!({"acl": ["anon=SELECT"]}))]), ["C03"]);
}

#[test]
fn functions_are_read_up_to_their_bodies() {
    let function = |head: &str, acl: &str| {
        let definition = format!(
            "CREATE OR REPLACE FUNCTION public.f()\n RETURNS integer\n{head}\nAS $function$ SECURITY DEFINER $function$\n"
        );
        found(&[("function", "f()", json!({"definition": definition, "acl": [acl]}))])
    };
    assert_eq!(function(" LANGUAGE sql", "public=EXECUTE"), ["C04"]);
    assert_eq!(function(" LANGUAGE sql SECURITY DEFINER", "owner=EXECUTE"), ["S04"]);
    assert_eq!(function(" SECURITY DEFINER\n SET search_path TO ''", "public=EXECUTE"), ["S11"]);
    assert!(function(" SET search_path TO ''", "public=EXECUTE").is_empty());
}

#[test]
fn keys_and_indexes_are_compared() {
    let reference = json!({"table": "t", "type": "f", "columns": ["a"], "definition": "FOREIGN KEY (a) REFERENCES auth.users(email)",
        "references": {"schema": "auth", "name": "users"}, "referenced_columns": ["email"]});
    assert_eq!(found(&[("constraint", "t.f", reference)]), ["C07", "H05", "S07"]);
    assert_eq!(found(&[table(false, &[])]), ["H06"]);
    let index = |name: &'static str| {
        (
            "index",
            name,
            json!({"table": "t", "definition": format!("CREATE INDEX {name} ON public.t USING btree (a)")}),
        )
    };
    assert_eq!(found(&[index("t.i"), index("t.j")]), ["C06"]);
}

#[test]
fn only_what_is_new_is_new() {
    let before = catalog(&[table(false, &["anon=SELECT"])]);
    let after = catalog(&[
        table(false, &["anon=SELECT"]),
        ("materialized view", "v", json!({"acl": ["anon=SELECT"]})),
    ]);

    let rules: Vec<&str> = new_findings(&before, &after).iter().map(|finding| finding.rule).collect();
    assert_eq!(rules, ["C02"]);
}

#[test]
fn what_a_file_tells_or_allows_is_not_told_again() {
    let before = Catalog::default();
    let after = catalog(&[key(), table(true, &[]), policy(&json!({"using": "(auth.uid() = id)"}))]);
    let left = |sql: &str| {
        let file = crate::migration::file::test_file("1_a", sql);
        let told = crate::lint::lint(&[&file], &crate::lint::LiveFacts::default());
        without_told(new_findings(&before, &after), &told, &[&file]).len()
    };

    assert_eq!(left("create policy p on public.other for select\nusing (auth.uid() = id)"), 1);
    assert_eq!(left("create policy p on public.t for select\nusing (auth.uid() = id)"), 0);
    assert_eq!(left("-- crmctl:allow S10 because t is small\nalter policy p on t using (x)"), 0);
}
