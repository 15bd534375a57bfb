//! Two catalogs, and in what they differ. Pure.

use serde::Serialize;
use serde_json::Value;

use crate::catalog::snapshot::is_compared;
use crate::catalog::{Catalog, ObjectName};

/// One object that is not the same on both sides.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// Which object.
    #[serde(flatten)]
    pub object: ObjectName,
    /// What about it.
    #[serde(flatten)]
    pub change: Change,
}

/// In what way an object differs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "change")]
pub enum Change {
    /// Only the left side has it.
    OnlyLeft,
    /// Only the right side has it.
    OnlyRight,
    /// Both have it, with different facts.
    Differs {
        /// The facts that differ: name, left value, right value.
        facts: Vec<(String, Value, Value)>,
    },
}

/// Everything in which two catalogs differ. Parts of an object that is missing as a whole are not repeated;
/// the position of a column does not count.
#[must_use]
pub fn diff(left: &Catalog, right: &Catalog) -> Vec<Difference> {
    let mut differences = Vec::new();
    for (name, facts) in &left.objects {
        match right.objects.get(name) {
            None if is_part_of_missing(name, facts.get("table"), right) => {}
            None => differences.push(Difference { object: name.clone(), change: Change::OnlyLeft }),
            Some(other) => {
                let names: std::collections::BTreeSet<&str> = facts.keys().chain(other.keys()).collect();
                let value = |facts: &crate::catalog::Facts, name: &str| {
                    facts.get(name).cloned().unwrap_or(Value::Null)
                };
                let facts: Vec<_> = names
                    .into_iter()
                    .filter(|fact| is_compared(fact) && facts.get(fact) != other.get(fact))
                    .map(|fact| (fact.to_owned(), value(facts, fact), value(other, fact)))
                    .collect();
                if !facts.is_empty() {
                    differences.push(Difference { object: name.clone(), change: Change::Differs { facts } });
                }
            }
        }
    }
    for (name, facts) in &right.objects {
        if !left.objects.contains_key(name) && !is_part_of_missing(name, facts.get("table"), left) {
            differences.push(Difference { object: name.clone(), change: Change::OnlyRight });
        }
    }
    differences.sort_by(|a, b| a.object.cmp(&b.object));
    differences
}

/// Whether an object belongs to a table of the user that the other side does not have at all.
fn is_part_of_missing(name: &ObjectName, table: Option<&Value>, other: &Catalog) -> bool {
    let Some(table) = table.and_then(Value::as_str) else { return false };
    if crate::catalog::managed::is_managed(&name.schema) {
        return false;
    }
    !["table", "view", "materialized view", "foreign table"].iter().any(|kind| {
        let owner =
            ObjectName { kind: (*kind).to_owned(), schema: name.schema.clone(), name: table.to_owned() };
        other.objects.contains_key(&owner)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn catalog(objects: &[(&str, &str, Value)]) -> Catalog {
        let objects = objects.iter().map(|(kind, name, facts)| {
            let name = ObjectName { kind: (*kind).into(), schema: "public".into(), name: (*name).into() };
            (name, serde_json::from_value(facts.clone()).expect("facts are an object"))
        });
        Catalog { objects: objects.collect() }
    }

    #[test]
    fn equal_catalogs_have_no_differences_and_equal_hashes_whatever_the_column_order() {
        let left =
            catalog(&[("column", "t.a", serde_json::json!({"table": "t", "position": 1, "type": "text"}))]);
        let right =
            catalog(&[("column", "t.a", serde_json::json!({"table": "t", "position": 7, "type": "text"}))]);

        assert_eq!(diff(&left, &right), []);
        assert_eq!(left.hash(), right.hash());
    }

    #[test]
    fn a_missing_table_is_one_difference_and_not_one_per_column() {
        let left = catalog(&[
            ("table", "t", serde_json::json!({})),
            ("column", "t.a", serde_json::json!({"table": "t", "type": "text"})),
        ]);

        let differences = diff(&left, &Catalog::default());
        assert_eq!(differences.len(), 1);
        assert_eq!(differences[0].object.to_string(), "table `t`");
    }

    #[test]
    fn a_changed_fact_is_named_with_both_values() {
        let left = catalog(&[("column", "t.a", serde_json::json!({"type": "text"}))]);
        let right = catalog(&[("column", "t.a", serde_json::json!({"type": "integer"}))]);

        let differences = diff(&left, &right);
        assert_eq!(
            differences[0].change,
            Change::Differs { facts: vec![("type".into(), "text".into(), "integer".into())] }
        );
        assert_ne!(left.hash(), right.hash());
    }
}
