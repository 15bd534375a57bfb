//! Types, and values of them as SQL.

use super::built_in::{BUILT_IN, UNORDERED};
use super::chance::Chance;

/// A type, with how values of it are made.
#[derive(Debug, Clone)]
pub(super) struct DataType {
    /// What it is called in a cast.
    pub(super) sql: String,
    /// What stands behind it in a column's definition.
    pub(super) collation: String,
    form: Form,
}

#[derive(Debug, Clone)]
enum Form {
    Values(Vec<String>),
    Domain(Box<DataType>),
    Array(Box<DataType>),
    Range(Box<DataType>),
    Multirange(Box<DataType>),
    Composite(Vec<DataType>),
}

/// `text` as an SQL literal.
pub(super) fn literal(text: &str) -> String {
    format!(" E'{}'", text.replace('\\', "\\\\").replace('\'', "''"))
}

/// All types that the server brings along, and arrays and ranges of them.
pub(super) fn built_in() -> Vec<DataType> {
    let mut types: Vec<DataType> = BUILT_IN
        .iter()
        .map(|(sql, values)| {
            DataType::labels(sql, &values.iter().map(ToString::to_string).collect::<Vec<_>>())
        })
        .collect();
    let of = |sql: &str| Box::new(types.iter().find(|one| one.sql == sql).expect("it is built in").clone());
    let ranges = [
        ("int4", "integer"),
        ("int8", "bigint"),
        ("num", "numeric"),
        ("ts", "timestamp"),
        ("tstz", "timestamptz"),
        ("date", "date"),
    ]
    .map(|(name, of_type)| DataType::new(&format!("{name}range"), Form::Range(of(of_type))));
    types.extend(ranges.iter().map(|range| {
        let name = range.sql.replace("range", "multirange");
        DataType::new(&name, Form::Multirange(Box::new(range.clone())))
    }));
    types.extend(ranges);
    types
}

impl DataType {
    fn new(sql: &str, form: Form) -> Self {
        Self { sql: sql.to_owned(), collation: String::new(), form }
    }

    pub(super) fn collated(self, collation: &str) -> Self {
        Self { collation: format!(" collate {collation}"), ..self }
    }

    pub(super) fn labels(sql: &str, labels: &[String]) -> Self {
        Self::new(sql, Form::Values(labels.to_vec()))
    }

    pub(super) fn domain(sql: &str, over: Self) -> Self {
        Self::new(sql, Form::Domain(Box::new(over)))
    }

    pub(super) fn array(of: &Self) -> Self {
        Self::new(&format!("{}[]", of.sql), Form::Array(Box::new(of.clone())))
    }

    pub(super) fn range(sql: &str, over: Self) -> Self {
        Self::new(sql, Form::Range(Box::new(over)))
    }

    pub(super) fn multirange(sql: &str, of: &Self) -> Self {
        Self::new(sql, Form::Multirange(Box::new(of.clone())))
    }

    pub(super) fn composite(sql: &str, fields: Vec<Self>) -> Self {
        Self::new(sql, Form::Composite(fields))
    }

    pub(super) fn is_array(&self) -> bool {
        matches!(self.form, Form::Array(_))
    }

    pub(super) fn is_range(&self) -> bool {
        matches!(self.form, Form::Range(_))
    }

    /// Whether values of it have an order, without which an index of it holds one row at most.
    pub(super) fn is_ordered(&self) -> bool {
        match &self.form {
            Form::Values(_) => !UNORDERED.contains(&self.sql.as_str()),
            Form::Domain(of) | Form::Array(of) | Form::Range(of) | Form::Multirange(of) => of.is_ordered(),
            Form::Composite(fields) => fields.iter().all(Self::is_ordered),
        }
    }

    /// A value as an expression, never NULL. Not every one of them can be had: two bounds of a range may not fit.
    pub(super) fn value(&self, chance: &mut Chance) -> String {
        let made = match &self.form {
            Form::Values(values) => literal(chance.pick::<String>(values)),
            Form::Domain(over) => over.value(chance),
            Form::Array(of) => array(of, &self.sql, chance),
            Form::Range(_) if chance.once_in(6) => literal("empty"),
            Form::Range(over) => {
                let (one, other) = (over.value(chance), over.value(chance));
                let mut bound = |which| {
                    if chance.once_in(5) { "null".to_owned() } else { format!("{which}({one}, {other})") }
                };
                let bounds = format!("{}, {}", bound("least"), bound("greatest"));
                format!("{}({bounds}, '{}')", self.sql, chance.pick(&["[]", "[)", "(]", "()"]))
            }
            Form::Multirange(range) => {
                let count = chance.below(3);
                let ranges: Vec<String> = (0..count).map(|_| range.value(chance)).collect();
                format!("{}({})", self.sql, ranges.join(", "))
            }
            Form::Composite(fields) => {
                let fields: Vec<String> = fields.iter().map(|field| field.maybe(chance)).collect();
                format!("row({})", fields.join(", "))
            }
        };
        format!("({made})::{}", self.sql)
    }

    /// A value, or NULL.
    pub(super) fn maybe(&self, chance: &mut Chance) -> String {
        if chance.once_in(7) { format!("null::{}", self.sql) } else { self.value(chance) }
    }
}

/// Of one dimension or two, with NULLs, and with bounds of its own.
fn array(of: &DataType, sql: &str, chance: &mut Chance) -> String {
    let row = |count: usize, chance: &mut Chance| {
        let items: Vec<String> = (0..count).map(|_| of.maybe(chance)).collect();
        format!("array[{}]", items.join(", "))
    };
    let count = chance.below(4);
    match (count, chance.below(4)) {
        (0, _) => "'{}'".to_owned(),
        // An array of arrays is one of two dimensions, but for a domain's.
        (_, 0) if !of.is_array() => format!("array[{}, {}]", row(count, chance), row(count, chance)),
        (_, 1) => format!("'[7:{}]=' || ({}::{sql})::text", count + 6, row(count, chance)),
        _ => row(count, chance),
    }
}
