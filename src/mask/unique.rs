//! Which columns hold no value twice. Pure.

use std::collections::BTreeSet;

use crate::catalog::Catalog;
use crate::pg::TableName;

/// Columns that a unique index of a table names, in itself or in an expression.
pub(crate) fn unique_columns(catalog: &Catalog) -> Vec<(TableName, BTreeSet<String>)> {
    let text = |facts: &crate::catalog::Facts, fact: &str| {
        facts.get(fact).and_then(serde_json::Value::as_str).unwrap_or_default().to_owned()
    };
    let unique = catalog.of_kind("index").filter_map(|(name, facts)| {
        let definition = text(facts, "definition");
        let is_unique = definition.starts_with("CREATE UNIQUE INDEX");
        let (_, columns) = definition.split_once(" USING ").filter(|_| is_unique)?;
        Some((TableName::new(&name.schema, text(facts, "table")), words(columns)))
    });
    unique.collect()
}

/// The names in a piece of SQL.
fn words(sql: &str) -> BTreeSet<String> {
    let quoted = sql.split('"').skip(1).step_by(2).map(str::to_owned);
    let plain = sql.split(|letter: char| !(letter.is_alphanumeric() || letter == '_')).map(str::to_owned);
    quoted.chain(plain).filter(|word| !word.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_in_expressions_and_quotes() {
        let found = words("btree (lower(email), \"Phone No\")");

        assert!(found.contains("email") && found.contains("Phone No"));
    }
}
