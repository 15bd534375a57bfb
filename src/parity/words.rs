//! Differences of schemas in words. Pure.

use serde_json::Value;

use crate::catalog::{Change, Difference};

/// Characters of a value or a line that are shown.
const SHOWN: usize = 80;
/// Characters that are shown before the place where long texts differ.
const CONTEXT: usize = 24;

/// One sentence about one object; `left` and `right` are what the sides are called.
#[must_use]
pub fn sentence(difference: &Difference, left: &str, right: &str) -> String {
    let object = &difference.object;
    match &difference.change {
        Change::OnlyLeft => format!("{object}: only in {left}"),
        Change::OnlyRight => format!("{object}: only in {right}"),
        Change::Differs { facts } => {
            let facts: Vec<String> =
                facts.iter().map(|(fact, ours, theirs)| words(fact, (ours, left), (theirs, right))).collect();
            format!("{object}: {}", facts.join("; "))
        }
    }
}

type Named<'a> = (&'a Value, &'a str);

fn words(fact: &str, (ours, left): Named<'_>, (theirs, right): Named<'_>) -> String {
    let name = name(fact);
    if (ours.is_array() || theirs.is_array())
        && let (Value::Array(ours), Value::Array(theirs)) = (list(ours), list(theirs))
    {
        let mut parts = Vec::new();
        for (these, those, side) in [(&ours, &theirs, left), (&theirs, &ours, right)] {
            let only: Vec<String> = these.iter().filter(|entry| !those.contains(entry)).map(value).collect();
            if !only.is_empty() {
                parts.push(format!("{} only in {side}", only.join(" ")));
            }
        }
        // The same entries in another order.
        if parts.is_empty() {
            return format!("{name} is in another order");
        }
        return format!("{name} has {}", parts.join(", "));
    }
    if let (Value::String(ours), Value::String(theirs)) = (ours, theirs)
        && (ours.contains('\n') || theirs.contains('\n'))
    {
        let (line, ours, theirs) = first_difference(ours, theirs);
        return format!(
            "{name} differs from line {line} on: `{}` in {left}, `{}` in {right}",
            cut(ours),
            cut(theirs)
        );
    }
    if let (Value::String(ours), Value::String(theirs)) = (ours, theirs)
        && ours.chars().count().max(theirs.chars().count()) > SHOWN
    {
        let start = ours.chars().zip(theirs.chars()).take_while(|(ours, theirs)| ours == theirs).count();
        let from = |text| from_character(text, start.saturating_sub(CONTEXT));
        return format!("{name} is `{}` in {left}, `{}` in {right}", from(ours), from(theirs));
    }
    format!("{name} is {} in {left}, {} in {right}", state(fact, ours), state(fact, theirs))
}

/// A long text from shortly before the place where it differs.
fn from_character(text: &str, start: usize) -> String {
    let rest: String = text.chars().skip(start).collect();
    if start == 0 { cut(&rest) } else { format!("...{}", cut(&rest)) }
}

/// A fact that is a list on one side and missing on the other is a list that is empty there.
fn list(value: &Value) -> Value {
    match value {
        Value::Null => Value::Array(Vec::new()),
        other => other.clone(),
    }
}

fn name(fact: &str) -> String {
    match fact {
        "acl" => "the list of privileges".to_owned(),
        "not_null" => "NOT NULL".to_owned(),
        "row_security" => "row level security".to_owned(),
        "force_row_security" => "row level security for the owner".to_owned(),
        "enabled" => "the firing mode".to_owned(),
        other => other.replace('_', " "),
    }
}

fn state(fact: &str, fact_value: &Value) -> String {
    match (fact, fact_value) {
        ("enabled", Value::String(mode)) => match mode.as_str() {
            "O" => "on".to_owned(),
            "D" => "off".to_owned(),
            "R" => "on replicas only".to_owned(),
            "A" => "always".to_owned(),
            other => other.to_owned(),
        },
        (_, Value::Bool(true)) => "on".to_owned(),
        (_, Value::Bool(false)) => "off".to_owned(),
        (_, Value::Null) => "not set".to_owned(),
        (_, other) => value(other),
    }
}

fn value(value: &Value) -> String {
    match value {
        Value::String(text) => cut(text),
        other => cut(&other.to_string()),
    }
}

/// The number of the first line that differs, from 1, and the line on both sides.
fn first_difference<'a>(ours: &'a str, theirs: &'a str) -> (usize, &'a str, &'a str) {
    let (mut left, mut right) = (ours.lines(), theirs.lines());
    let mut line = 0;
    loop {
        line += 1;
        match (left.next(), right.next()) {
            (Some(ours), Some(theirs)) if ours == theirs => {}
            (None, None) => return (line, "", ""),
            (ours, theirs) => {
                return (line, ours.unwrap_or_default().trim(), theirs.unwrap_or_default().trim());
            }
        }
    }
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}...", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::diff;
    use crate::parity::fixture::catalog;
    use serde_json::json;

    fn sentences(left: Value, right: Value) -> Vec<String> {
        let differences = diff(
            &catalog(&[("column", "contacts.phone", left)]),
            &catalog(&[("column", "contacts.phone", right)]),
        );
        differences.iter().map(|difference| sentence(difference, "local", "cloud")).collect()
    }

    #[test]
    fn a_changed_type_is_told_with_both_types() {
        assert_eq!(
            sentences(
                json!({"type": "text", "not_null": true}),
                json!({"type": "character varying(20)", "not_null": false})
            ),
            [
                "column `contacts.phone`: NOT NULL is on in local, off in cloud; type is text in local, character varying(20) in cloud"
            ]
        );
    }

    #[test]
    fn privileges_are_told_by_the_entries_that_one_side_has() {
        assert_eq!(
            sentences(json!({"acl": ["anon=SELECT", "owner=ALL"]}), json!({"acl": ["owner=ALL"]})),
            ["column `contacts.phone`: the list of privileges has anon=SELECT only in local"]
        );
        assert_eq!(
            sentences(json!({}), json!({"acl": ["anon=SELECT"]})),
            ["column `contacts.phone`: the list of privileges has anon=SELECT only in cloud"]
        );
    }

    #[test]
    fn a_long_definition_is_told_by_its_first_line_that_differs() {
        assert_eq!(
            sentences(json!({"definition": "a\nb\nc"}), json!({"definition": "a\nx\nc"})),
            ["column `contacts.phone`: definition differs from line 2 on: `b` in local, `x` in cloud"]
        );
    }

    #[test]
    fn a_long_line_is_told_from_where_it_differs() {
        let long = |end: &str| json!({"definition": format!("{}{end}", "x".repeat(200))});

        assert_eq!(
            sentences(long("left"), long("right")),
            [format!(
                "column `contacts.phone`: definition is `...{0}left` in local, `...{0}right` in cloud",
                "x".repeat(CONTEXT)
            )]
        );
    }
}
