//! Values as the server writes them.

use std::fmt::Write;

use crate::seed::generate::time::Moment;
use crate::seed::own::dice::Dice;
use crate::seed::own::form::{Form, put_scaled, put_units};
use crate::seed::own::value::Value;

/// On a workday between eight and eighteen o'clock, where there is one.
pub(super) fn draw_at_work(dice: &mut Dice, low: i64, high: i64) -> i64 {
    let wish = dice.between(low, high);
    let minute = dice.between(0, 599);
    Moment::at_work((Moment::of_seconds(low), Moment::of_seconds(high)), Moment::of_seconds(wish), minute)
        .seconds()
}

/// The seconds of what `put_moment` wrote.
pub(super) fn seconds(text: &str) -> Option<i64> {
    let plain = text.strip_suffix("+00").unwrap_or(text);
    let day = chrono::NaiveDate::parse_from_str(plain.get(..10)?, "%Y-%m-%d").ok()?;
    let time = match plain.get(11..) {
        Some(time) => chrono::NaiveTime::parse_from_str(time, "%H:%M:%S").ok()?,
        None => chrono::NaiveTime::MIN,
    };
    Some(day.and_time(time).and_utc().timestamp())
}

pub(super) fn put(text: &mut String, value: impl std::fmt::Display) {
    // Writing to a `String` cannot fail.
    let _ = write!(text, "{value}");
}

pub(super) fn put_number(text: &mut String, number: i64, places: u32, form: &Form) {
    match form {
        Form::Numeric(Some((_, scale))) if *scale > places => {
            put_scaled(text, number, places, *scale);
        }
        Form::Float => {
            put_units(text, number, places);
            if places > 0 {
                text.truncate(text.trim_end_matches('0').trim_end_matches('.').len());
            }
        }
        Form::Text(_)
        | Form::Integer { .. }
        | Form::Numeric(_)
        | Form::Boolean
        | Form::Date
        | Form::Time
        | Form::Timestamp { .. }
        | Form::Uuid
        | Form::Json { .. }
        | Form::Address
        | Form::Enum(_)
        | Form::Array(_)
        | Form::Other => put_units(text, number, places),
    }
}

pub(super) fn put_moment(text: &mut String, seconds: i64, form: &Form) {
    let moment = Moment::of_seconds(seconds);
    match form {
        Form::Date => put(text, moment.day()),
        Form::Timestamp { has_zone: false } => {
            put(text, moment);
            text.truncate(text.len() - "+00".len());
        }
        Form::Time => {
            let start = text.len();
            put(text, moment);
            let time = text[start + 11..start + 19].to_owned();
            text.truncate(start);
            text.push_str(&time);
        }
        Form::Text(_)
        | Form::Integer { .. }
        | Form::Numeric(_)
        | Form::Float
        | Form::Boolean
        | Form::Timestamp { has_zone: true }
        | Form::Uuid
        | Form::Json { .. }
        | Form::Address
        | Form::Enum(_)
        | Form::Array(_)
        | Form::Other => put(text, moment),
    }
}

/// An element of an array, in quotes where the server writes them.
pub(super) fn put_element(text: &mut String, value: &str) {
    let is_special = |c: char| matches!(c, '{' | '}' | ',' | '"' | '\\') || c.is_ascii_whitespace();
    if !value.is_empty() && !value.eq_ignore_ascii_case("null") && !value.contains(is_special) {
        text.push_str(value);
        return;
    }
    text.push('"');
    for c in value.chars() {
        if matches!(c, '"' | '\\') {
            text.push('\\');
        }
        text.push(c);
    }
    text.push('"');
}

/// Whether JSON writes the value without quotes.
pub(super) fn is_bare(value: &Value, text: &str) -> bool {
    match value {
        Value::Integer(_)
        | Value::Decimal { .. }
        | Value::Boolean(_)
        | Value::Number
        | Value::Serial(_)
        | Value::Json(_) => true,
        Value::Constant(_) | Value::Choice(_) => {
            matches!(text, "true" | "false")
                || text.parse::<i64>().is_ok_and(|number| number.to_string() == text)
        }
        Value::Null
        | Value::EachOnce(_)
        | Value::Known(_)
        | Value::Words { .. }
        | Value::Moment(_)
        | Value::Linked { .. }
        | Value::User(_)
        | Value::Template(_)
        | Value::Array { .. }
        | Value::Uuid => false,
    }
}

/// The number of the row behind a value that must be no other row's.
pub(super) fn number_if(is_unique: bool, slot: u64, separator: &str, text: &mut String) {
    if is_unique {
        put(text, format_args!("{separator}{}", slot + 1));
    }
}

/// At most so many characters; a number at the end stays.
pub(super) fn shorten(text: &mut String, start: usize, most: usize) {
    let value = &text[start..];
    if value.len() <= most || value.chars().count() <= most {
        return;
    }
    let digits = value.len() - value.trim_end_matches(|c: char| c.is_ascii_digit()).len();
    let tail = value[value.len() - digits..].to_owned();
    let head: String = value.chars().take(most.saturating_sub(tail.len())).collect();
    text.truncate(start);
    text.push_str(head.trim_end());
    text.push_str(&tail);
}
