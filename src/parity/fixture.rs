//! Values for tests.

use std::sync::Arc;

use crate::catalog::Table;
use crate::pg::{Row, TableName};

/// A table of schema `public` with columns of these names and types.
pub(crate) fn table(name: &str, columns: &[(&str, &str)], primary_key: &[&str]) -> Table {
    let name = name.trim_start_matches("public.");
    let columns = columns.iter().map(|(column, data_type)| {
        let facts =
            serde_json::json!({"table": name, "column": column, "type": data_type, "not_null": false});
        serde_json::from_value(facts).expect("a column")
    });
    Table {
        name: TableName::new("public", name),
        is_partitioned: false,
        is_partition: false,
        partition_of: None,
        columns: Arc::new(columns.collect()),
        primary_key: primary_key.iter().map(ToString::to_string).collect(),
        foreign_keys: Vec::new(),
        is_key_deferrable: false,
        replica_identity: None,
        loose_checks: Vec::new(),
    }
}

/// A row of these columns and values.
pub(crate) fn row(values: &[(&str, &str)]) -> Row {
    let columns: Arc<[String]> = values.iter().map(|(column, _)| (*column).to_owned()).collect();
    Row::new(columns, values.iter().map(|(_, value)| Some((*value).to_owned())).collect())
}
