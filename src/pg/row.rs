//! Rows in text form, as the simple query protocol delivers them.

use std::io;
use std::str::FromStr;
use std::sync::Arc;

use fallible_iterator::FallibleIterator;
use postgres_protocol::message::backend::DataRowBody;

use crate::pg::{PgError, PgResult};

/// One row. Values are PostgreSQL's text output; `None` is NULL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    columns: Arc<[String]>,
    values: Vec<Option<String>>,
}

impl Row {
    pub(crate) fn new(columns: Arc<[String]>, values: Vec<Option<String>>) -> Self {
        Self { columns, values }
    }

    /// The text of a column, or `None` for NULL and for a column that is not there.
    #[must_use]
    pub fn text(&self, column: &str) -> Option<&str> {
        let index = self.columns.iter().position(|name| name == column)?;
        self.values.get(index)?.as_deref()
    }

    /// All values, in column order.
    #[must_use]
    pub fn values(&self) -> &[Option<String>] {
        &self.values
    }

    /// The names of the columns.
    #[must_use]
    pub fn columns(&self) -> &[String] {
        &self.columns
    }

    /// A column's value, parsed. NULL and values of another type are an error.
    pub fn get<T: FromStr>(&self, column: &str) -> PgResult<T> {
        self.text(column)
            .and_then(|text| text.parse().ok())
            .ok_or_else(|| PgError::Protocol(format!("column `{column}` does not hold what was asked for")))
    }

    /// A boolean column: `t` is true, everything else false.
    #[must_use]
    pub fn flag(&self, column: &str) -> bool {
        matches!(self.text(column), Some("t" | "true"))
    }
}

/// The values of a row's message.
pub(crate) fn values(body: &DataRowBody) -> io::Result<Vec<Option<String>>> {
    let buffer = body.buffer();
    body.ranges()
        .map(|range| {
            range
                .map(|range| {
                    std::str::from_utf8(&buffer[range])
                        .map(str::to_owned)
                        .map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "a value that is not UTF-8"))
                })
                .transpose()
        })
        .collect()
}
