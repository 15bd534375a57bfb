//! What a column can hold, as far as masks must know. Pure.

use crate::catalog::Catalog;

/// Sorts of types that masks tell apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Family {
    /// Any text; equal without regard to case or not.
    Text {
        ignores_case: bool,
    },
    Uuid,
    Date,
    Timestamp,
    /// With the greatest value.
    Integer(i64),
    /// With the greatest value, where there is one.
    Decimal(Option<String>),
    Float,
    /// An address with its network.
    Inet,
    /// A network.
    Cidr,
    Json {
        is_binary: bool,
    },
    Bytes,
    /// One of some words.
    Enum,
    /// Anything else.
    Other,
}

/// A column's type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Shape {
    /// Of the elements, if it is an array.
    pub(crate) family: Family,
    pub(crate) is_array: bool,
    /// Characters that fit.
    pub(crate) room: Option<u32>,
    /// The type as SQL.
    pub(crate) sql: String,
}

impl Shape {
    pub(crate) fn of(data_type: &str, catalog: &Catalog) -> Self {
        let mut base = data_type.to_owned();
        // A domain over a domain over a domain has an end.
        while let Some(under) = base_of(&base, catalog) {
            base = under;
        }
        let (mut element, is_array) = match base.strip_suffix("[]") {
            Some(element) => (element.to_owned(), true),
            None => (base, false),
        };
        while let Some(under) = base_of(&element, catalog) {
            element = under;
        }
        let (name, numbers) = modifier(&element);
        let family = if is_enum(&name, catalog) { Family::Enum } else { family(&name, &numbers) };
        let is_text = matches!(family, Family::Text { .. });
        let room = numbers.first().filter(|_| is_text).copied();
        let room = if name == "name" { Some(63) } else { room };
        Self { family, is_array, room, sql: data_type.to_owned() }
    }

    pub(crate) fn is_text(&self) -> bool {
        matches!(self.family, Family::Text { .. })
    }
}

/// What a domain is made over.
pub(crate) fn base_of(data_type: &str, catalog: &Catalog) -> Option<String> {
    let plain = data_type.replace('"', "");
    if !plain.contains('.') {
        return None;
    }
    let found = catalog.of_kind("type").find(|(name, _)| plain == format!("{}.{}", name.schema, name.name));
    found.and_then(|(_, facts)| facts.get("base")?.as_str().map(str::to_owned))
}

fn is_enum(name: &str, catalog: &Catalog) -> bool {
    let plain = name.replace('"', "");
    let mut types = catalog.of_kind("type");
    plain.contains('.')
        && types.any(|(of, facts)| {
            facts.get("form").is_some_and(|form| form == "enum")
                && plain == format!("{}.{}", of.schema, of.name)
        })
}

/// `numeric(10,2)` as its name and its numbers.
fn modifier(data_type: &str) -> (String, Vec<u32>) {
    match (data_type.find('('), data_type.find(')')) {
        (Some(start), Some(end)) if start < end => {
            let numbers =
                data_type[start + 1..end].split(',').filter_map(|number| number.trim().parse().ok());
            ([&data_type[..start], &data_type[end + 1..]].concat(), numbers.collect())
        }
        _ => (data_type.to_owned(), Vec::new()),
    }
}

fn family(name: &str, numbers: &[u32]) -> Family {
    match name {
        "text" | "character varying" | "character" | "bpchar" | "name" => {
            Family::Text { ignores_case: false }
        }
        "uuid" => Family::Uuid,
        "date" => Family::Date,
        "timestamp without time zone" | "timestamp with time zone" => Family::Timestamp,
        "smallint" => Family::Integer(i64::from(i16::MAX)),
        "integer" => Family::Integer(i64::from(i32::MAX)),
        "bigint" => Family::Integer(i64::MAX),
        "numeric" => Family::Decimal(greatest(numbers)),
        "real" | "double precision" => Family::Float,
        "inet" => Family::Inet,
        "cidr" => Family::Cidr,
        "json" => Family::Json { is_binary: false },
        "jsonb" => Family::Json { is_binary: true },
        "bytea" => Family::Bytes,
        _ if name.rsplit('.').next() == Some("citext") => Family::Text { ignores_case: true },
        _ => Family::Other,
    }
}

/// The greatest number of so many digits, so many of them behind the point.
fn greatest(numbers: &[u32]) -> Option<String> {
    let digits = usize::try_from(*numbers.first()?).ok()?;
    let behind = numbers.get(1).map_or(Ok(0), |behind| usize::try_from(*behind)).ok()?.min(digits);
    let before = "9".repeat(digits - behind);
    Some(format!("{}.{}", if before.is_empty() { "0" } else { &before }, "9".repeat(behind.max(1))))
        .map(|number| if behind == 0 { number.replace(".9", "") } else { number })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shape(data_type: &str) -> Shape {
        Shape::of(data_type, &Catalog::default())
    }

    #[test]
    fn lengths_arrays_and_extensions_are_seen() {
        let text = Family::Text { ignores_case: false };
        assert_eq!((shape("character varying(20)").room, shape("text").room), (Some(20), None));
        assert_eq!(shape("character varying(20)[]").family, text);
        assert!(shape("text[]").is_array && shape("extensions.citext").is_text());
        assert_eq!(shape("public.mood").family, Family::Other);
        assert_eq!(shape("timestamp(3) with time zone").family, Family::Timestamp);
    }

    #[test]
    fn the_greatest_number_of_a_type_is_known() {
        assert_eq!(greatest(&[4, 2]).as_deref(), Some("99.99"));
        assert_eq!(greatest(&[2, 2]).as_deref(), Some("0.99"));
        assert_eq!(greatest(&[3]).as_deref(), Some("999"));
        assert_eq!(greatest(&[]), None);
    }
}
