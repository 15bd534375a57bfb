use super::*;
use crate::deploy::Rehearsal;
use crate::migration::{Directory, History, Options};

fn object(kind: &str, name: &str) -> ObjectName {
    ObjectName { kind: kind.into(), schema: "public".into(), name: name.into() }
}

fn catalog_of(objects: &[(&str, &str, serde_json::Value)]) -> Catalog {
    let facts = |value: &serde_json::Value| serde_json::from_value(value.clone()).expect("facts");
    Catalog {
        objects: objects.iter().map(|(kind, name, value)| (object(kind, name), facts(value))).collect(),
    }
}

fn plan(before: Catalog, predicted: Option<Catalog>, changes: Vec<Difference>) -> DeployPlan {
    let migrations = crate::migration::plan(&Directory::default(), &History::default(), &Options::default())
        .expect("empty");
    let rehearsal = Rehearsal { skipped: None, predicted, changes, ..Rehearsal::skipped(String::new()) };
    DeployPlan {
        migrations,
        findings: Vec::new(),
        rehearsal,
        changes: Vec::new(),
        allowed: Vec::new(),
        tables: losses::Before::default(),
        doors: None,
        asked: Vec::new(),
        before,
    }
}

#[test]
fn the_predicted_schema_passes_and_another_is_named() {
    let column = |data_type: &str| catalog_of(&[("column", "t.a", serde_json::json!({ "type": data_type }))]);
    let plan = plan(Catalog::default(), Some(column("text")), Vec::new());

    assert!(super::catalog(&plan, &column("text")).is_ok());
    let error = super::catalog(&plan, &column("integer")).expect_err("it is another one");
    assert!(
        error.to_string().contains("column `t.a` is `text` in the rehearsal, `integer` in the target"),
        "{error}"
    );
    let error = super::catalog(&plan, &Catalog::default()).expect_err("it is missing");
    assert!(error.to_string().contains("column `t.a` is not there"), "{error}");
}

#[test]
fn where_only_changes_were_predicted_those_are_compared() {
    let after = catalog_of(&[("table", "t", serde_json::json!({}))]);
    let expected = diff(&Catalog::default(), &after);
    let plan = plan(Catalog::default(), None, expected);

    assert!(super::catalog(&plan, &after).is_ok());
    let error = super::catalog(&plan, &Catalog::default()).expect_err("nothing changed");
    assert!(error.to_string().contains("table `t` did not change"), "{error}");
}

#[test]
fn an_index_that_does_not_work_is_refused_unless_it_was_there_before() {
    let broken = catalog_of(&[("index", "t.i", serde_json::json!({ "table": "t", "valid": false }))]);

    let created = plan(Catalog::default(), Some(broken.clone()), Vec::new());
    assert!(matches!(super::catalog(&created, &broken), Err(CheckError::Invalid { .. })));
    let kept = plan(broken.clone(), Some(broken.clone()), Vec::new());
    assert!(super::catalog(&kept, &broken).is_ok());
}

#[test]
fn a_constraint_that_is_not_validated_is_noted() {
    let after = catalog_of(&[("constraint", "t.c", serde_json::json!({ "validated": false }))]);
    let plan = plan(Catalog::default(), Some(after.clone()), Vec::new());

    let words = super::catalog(&plan, &after).expect("it is allowed");
    assert!(
        words.iter().any(|word| word.starts_with("leaves constraint `t.c` to be validated")),
        "{words:?}"
    );
}
