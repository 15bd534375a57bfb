//! How the server writes the values of a type: what is copied in must come out the same, or nothing would ever converge.

use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, SubsecRound};

use crate::seed::own::catalog::Attribute;
use crate::seed::own::given::units;
use crate::seed::own::reader::nearest;

/// What a value of a column looks like.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Form {
    /// At most so many characters.
    Text(Option<usize>),
    Integer {
        least: i64,
        most: i64,
    },
    /// Digits in all and behind the point.
    Numeric(Option<(u32, u32)>),
    Float,
    Boolean,
    Date,
    Time,
    Timestamp {
        has_zone: bool,
    },
    Uuid,
    Json {
        is_binary: bool,
    },
    Address,
    Enum(Vec<String>),
    Array(Box<Self>),
    /// A type of which nothing is known: what the file says is taken as it is, and not compared.
    Other,
}

impl Form {
    pub(crate) fn of(attribute: &Attribute) -> Self {
        match &attribute.element {
            Some(element) => Self::Array(Box::new(Self::named(element, attribute))),
            None => Self::named(&attribute.kind, attribute),
        }
    }

    fn named(kind: &str, attribute: &Attribute) -> Self {
        let length = usize::try_from(attribute.modifier - 4).ok().filter(|length| *length > 0);
        match kind {
            "text" | "citext" => Self::Text(None),
            "name" => Self::Text(Some(63)),
            "varchar" | "bpchar" => Self::Text(length),
            "int2" => Self::Integer { least: i16::MIN.into(), most: i16::MAX.into() },
            "int4" => Self::Integer { least: i32::MIN.into(), most: i32::MAX.into() },
            "int8" => Self::Integer { least: i64::MIN, most: i64::MAX },
            "numeric" => numeric(attribute.modifier),
            "float4" | "float8" => Self::Float,
            "bool" => Self::Boolean,
            "date" => Self::Date,
            "time" => Self::Time,
            "timestamp" => Self::Timestamp { has_zone: false },
            "timestamptz" => Self::Timestamp { has_zone: true },
            "uuid" => Self::Uuid,
            "json" => Self::Json { is_binary: false },
            "jsonb" => Self::Json { is_binary: true },
            "inet" => Self::Address,
            _ if !attribute.labels.is_empty() => Self::Enum(attribute.labels.clone()),
            _ => Self::Other,
        }
    }

    /// Whether the server's text of a value is known beforehand.
    pub(crate) fn is_known(&self) -> bool {
        match self {
            Self::Other => false,
            Self::Array(element) => element.is_known(),
            Self::Text(_)
            | Self::Integer { .. }
            | Self::Numeric(_)
            | Self::Float
            | Self::Boolean
            | Self::Date
            | Self::Time
            | Self::Timestamp { .. }
            | Self::Uuid
            | Self::Json { .. }
            | Self::Address
            | Self::Enum(_) => true,
        }
    }

    pub(crate) fn is_text(&self) -> bool {
        matches!(self, Self::Text(_))
    }

    /// A value of the file as the server would write it, or what is wrong with it.
    pub(crate) fn canonical(&self, value: &str) -> Result<String, (String, Option<String>)> {
        let wrong = |what: &str| (format!("`{value}` is not {what}"), None);
        match self {
            Self::Text(Some(most)) if value.chars().count() > *most => {
                Err((format!("`{value}` is longer than the {most} characters of the column"), None))
            }
            Self::Integer { least, most } => match value.parse::<i64>() {
                Ok(number) if (*least..=*most).contains(&number) => Ok(number.to_string()),
                Ok(_) => Err((format!("`{value}` is out of the range of the column"), None)),
                Err(_) => Err(wrong("a whole number")),
            },
            Self::Numeric(Some((digits, scale))) => {
                let places = value.split_once('.').map_or(0, |(_, rest)| rest.trim_end_matches('0').len());
                let places = u32::try_from(places).ok().filter(|places| places <= scale);
                let number = places.and_then(|places| Some((units(value, places)?, places)));
                let (number, places) =
                    number.ok_or_else(|| wrong(&format!("a number of at most {scale} decimal places")))?;
                if !has_room((*digits, *scale), number, places) {
                    return Err((format!("`{value}` is out of the range of the column"), None));
                }
                let mut text = String::new();
                put_scaled(&mut text, number, places, *scale);
                Ok(text)
            }
            Self::Float => float(value).ok_or_else(|| wrong("a number")),
            Self::Boolean => match value {
                "true" | "t" | "yes" => Ok("true".to_owned()),
                "false" | "f" | "no" => Ok("false".to_owned()),
                _ => Err(wrong("true or false")),
            },
            Self::Date => date(value).map(|day| day.to_string()).ok_or_else(|| wrong("a date")),
            Self::Timestamp { has_zone } => {
                timestamp(value, *has_zone).ok_or_else(|| wrong("a point in time"))
            }
            Self::Uuid => uuid::Uuid::parse_str(value).map(|id| id.to_string()).map_err(|_| wrong("a uuid")),
            Self::Enum(labels) if !labels.iter().any(|label| label == value) => {
                Err((format!("the type has no value `{value}`"), Some(nearest(value, labels))))
            }
            Self::Json { is_binary } => {
                let parsed: serde_json::Value = serde_json::from_str(value).map_err(|_| wrong("JSON"))?;
                if !is_binary {
                    return Ok(value.to_owned());
                }
                let mut text = String::new();
                put_json(&mut text, &parsed);
                Ok(text)
            }
            Self::Text(_)
            | Self::Numeric(None)
            | Self::Time
            | Self::Address
            | Self::Enum(_)
            | Self::Array(_)
            | Self::Other => Ok(value.to_owned()),
        }
    }
}

/// The digits in all and behind the point; of a column that rounds before the point nothing is known.
fn numeric(modifier: i64) -> Form {
    let Ok(packed) = u32::try_from(modifier - 4) else { return Form::Numeric(None) };
    match (packed >> 16, packed & 0x7ff) {
        (_, scale) if scale > 1000 => Form::Other,
        bounds => Form::Numeric(Some(bounds)),
    }
}

/// Whether a number in units of so many places has no more digits before the point than the column.
pub(crate) fn has_room((digits, scale): (u32, u32), number: i64, places: u32) -> bool {
    // One that is smaller than its places say has digits behind the point only.
    let before = digits.saturating_add(places).saturating_sub(scale);
    10_u64.checked_pow(before).is_none_or(|end| number.unsigned_abs() < end)
}

/// A number as the server writes it, where it is written without an exponent.
fn float(value: &str) -> Option<String> {
    let number: f64 = value.parse().ok()?;
    Some(match number.abs() {
        size if size.is_nan() => "NaN".to_owned(),
        size if size.is_infinite() => if number > 0.0 { "Infinity" } else { "-Infinity" }.to_owned(),
        size if size == 0.0 || (1e-4..1e15).contains(&size) => number.to_string(),
        _ => value.to_owned(),
    })
}

/// A day in a year of four digits: others are written otherwise.
fn date(value: &str) -> Option<NaiveDate> {
    value.parse::<NaiveDate>().ok().filter(|day| (1..=9999).contains(&day.year()))
}

fn timestamp(value: &str, has_zone: bool) -> Option<String> {
    let zone = if has_zone { "+00" } else { "" };
    let plain = value.replacen('T', " ", 1);
    let moment = DateTime::parse_from_rfc3339(value).map(|moment| moment.naive_utc());
    let moment = moment.or_else(|_| NaiveDateTime::parse_from_str(&plain, "%Y-%m-%d %H:%M:%S%.f"));
    let moment = moment.ok().or_else(|| date(&plain)?.and_hms_opt(0, 0, 0))?.round_subsecs(6);
    date(&moment.date().to_string())?;
    let text = moment.to_string();
    let text = if text.contains('.') { text.trim_end_matches('0') } else { &text };
    Some(format!("{text}{zone}"))
}

/// A number in units of so many decimal places.
pub(crate) fn put_units(text: &mut String, number: i64, places: u32) {
    use std::fmt::Write;
    let one = 10_u64.pow(places.min(18));
    let (sign, number) = (if number < 0 { "-" } else { "" }, number.unsigned_abs());
    // Writing to a `String` cannot fail.
    let _ = if places == 0 {
        write!(text, "{sign}{number}")
    } else {
        let width = usize::try_from(places).unwrap_or(0);
        write!(text, "{sign}{}.{:0width$}", number / one, number % one)
    };
}

/// The same for a column of more places than the number has.
pub(crate) fn put_scaled(text: &mut String, number: i64, places: u32, scale: u32) {
    put_units(text, number, places);
    if places == 0 && scale > 0 {
        text.push('.');
    }
    text.extend((places..scale).map(|_| '0'));
}

/// As `jsonb` writes it: keys by length and then by bytes.
fn put_json(text: &mut String, value: &serde_json::Value) {
    match value {
        serde_json::Value::Object(fields) => {
            let mut fields: Vec<_> = fields.iter().collect();
            fields.sort_by_key(|(name, _)| (name.len(), name.as_bytes()));
            text.push('{');
            for (index, (name, value)) in fields.into_iter().enumerate() {
                text.push_str(if index > 0 { ", " } else { "" });
                put_quoted(text, name);
                text.push_str(": ");
                put_json(text, value);
            }
            text.push('}');
        }
        serde_json::Value::Array(items) => {
            text.push('[');
            for (index, item) in items.iter().enumerate() {
                text.push_str(if index > 0 { ", " } else { "" });
                put_json(text, item);
            }
            text.push(']');
        }
        serde_json::Value::String(value) => put_quoted(text, value),
        other => text.push_str(&other.to_string()),
    }
}

/// A JSON string.
pub(crate) fn put_quoted(text: &mut String, value: &str) {
    text.push_str(&serde_json::Value::from(value).to_string());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_the_file_become_what_the_server_writes() {
        let money = Form::Numeric(Some((10, 2)));
        let whole = Form::Integer { least: 0, most: 10 };
        let jsonb = Form::Json { is_binary: true };
        let zoned = Form::Timestamp { has_zone: true };

        for (form, given, wanted) in [
            (&money, "5", "5.00"),
            (&money, "-0.5", "-0.50"),
            (&whole, "07", "7"),
            (&jsonb, r#"{"bb":1,"a":[true,"x"]}"#, r#"{"a": [true, "x"], "bb": 1}"#),
            (&zoned, "2026-01-15T10:00:00+02:00", "2026-01-15 08:00:00+00"),
            (&zoned, "2026-01-15", "2026-01-15 00:00:00+00"),
        ] {
            assert_eq!(form.canonical(given).as_deref(), Ok(wanted));
        }
        for (form, given) in [(&money, "1.234"), (&whole, "11"), (&jsonb, "{"), (&zoned, "now")] {
            assert!(form.canonical(given).is_err(), "{given}");
        }
    }
}
