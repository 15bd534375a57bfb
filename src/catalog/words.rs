//! Differences in words that a person understands. Pure.

mod lines;
mod phrase;

use serde_json::Value;

use crate::catalog::{Change, Difference};
use phrase::{SHOWN, cut, names, phrase};

/// Characters that are shown before the place where long texts differ.
const CONTEXT: usize = 24;

impl Difference {
    /// What is different, told of both sides by what they are called: column `contacts.phone` is `text` in local,
    /// `character varying(20)` in cloud. A changed definition of several lines is followed by the lines that changed.
    #[must_use]
    pub fn in_words(&self, left: &str, right: &str) -> String {
        match &self.change {
            Change::OnlyLeft => format!("{}: only in {left}", self.object),
            Change::OnlyRight => format!("{}: only in {right}", self.object),
            Change::Differs { facts } => {
                let told = told(&self.object.kind, facts, &format!("in {left}"), &format!("in {right}"));
                format!("{} {told}", self.object)
            }
        }
    }

    /// What a change does, left being before it and right after it: creates table `notes`.
    #[must_use]
    pub fn as_change(&self) -> String {
        match &self.change {
            Change::OnlyRight => format!("creates {}", self.object),
            Change::OnlyLeft => format!("drops {}", self.object),
            Change::Differs { facts } => {
                format!(
                    "changes {}, which {}",
                    self.object,
                    told(&self.object.kind, facts, "before", "after")
                )
            }
        }
    }
}

fn told(kind: &str, facts: &[(String, Value, Value)], left: &str, right: &str) -> String {
    // What another fact tells already is told only where nothing else is.
    let is_new = |(fact, _, _): &&(String, Value, Value)| !is_repeated(kind, fact);
    let differs = |(fact, ours, theirs): &(String, Value, Value)| {
        let sides = [Side { value: ours, place: left }, Side { value: theirs, place: right }];
        differs(kind, fact, &sides)
    };
    let mut told: Vec<String> = facts.iter().filter(is_new).map(differs).collect();
    if told.is_empty() {
        told = facts.iter().map(differs).collect();
    }
    told.join("; it ")
}

/// What one side has, and where that is: `in local`, `before`.
struct Side<'a> {
    value: &'a Value,
    place: &'a str,
}

/// Whether a fact is told by another one already: what is in a definition.
fn is_repeated(kind: &str, fact: &str) -> bool {
    match kind {
        "constraint" => {
            matches!(fact, "columns" | "references" | "referenced_columns" | "table" | "type" | "validated")
        }
        "function" | "procedure" => matches!(fact, "settings" | "language"),
        _ => fact == "table",
    }
}

fn differs(kind: &str, fact: &str, sides: &[Side<'_>; 2]) -> String {
    let [left, right] = sides;
    if left.value.is_array() || right.value.is_array() {
        return lists(fact, sides);
    }
    let text = |side: &Side| side.value.as_str().map(str::to_owned);
    if let (Some(ours), Some(theirs)) = (text(left), text(right)) {
        if ours.contains('\n') || theirs.contains('\n') {
            let changed = lines::diff(&ours, &theirs);
            return format!(
                "has another {} {} (-) than {} (+):\n{changed}",
                fact.replace('_', " "),
                left.place,
                right.place
            );
        }
        if ours.chars().count().max(theirs.chars().count()) > SHOWN {
            let start = ours.chars().zip(theirs.chars()).take_while(|(ours, theirs)| ours == theirs).count();
            let from = |text: &str| from_character(text, start.saturating_sub(CONTEXT));
            let fact = fact.replace('_', " ");
            let (ours, theirs) = (from(&ours), from(&theirs));
            return format!("has the {fact} `{ours}` {}, `{theirs}` {}", left.place, right.place);
        }
    }
    // A switch that is told only where it is set.
    let value = |this: &Value, that: &Value| match (this, that) {
        (Value::Null, Value::Bool(that)) => Value::Bool(!that),
        (this, _) => this.clone(),
    };
    let (ours, theirs) = (value(left.value, right.value), value(right.value, left.value));
    let (ours, theirs) = (phrase(kind, fact, &ours), phrase(kind, fact, &theirs));
    // What both have in common is said once: is `text` in local, `integer` in cloud.
    let common = ours.split('`').next().filter(|start| theirs.starts_with(*start) && theirs != **start);
    let theirs = common.map_or(theirs.as_str(), |start| &theirs[start.len()..]);
    format!("{ours} {}, {theirs} {}", left.place, right.place)
}

/// Lists are told by what only one side has.
fn lists(fact: &str, sides: &[Side<'_>; 2]) -> String {
    let entries = |side: &Side| side.value.as_array().cloned().unwrap_or_default();
    let [ours, theirs] = [entries(&sides[0]), entries(&sides[1])];
    let only = |these: &[Value], those: &[Value]| -> Vec<Value> {
        these.iter().filter(|entry| !those.contains(entry)).cloned().collect()
    };
    let only = [(only(&ours, &theirs), sides[0].place), (only(&theirs, &ours), sides[1].place)];
    let told: Vec<String> = only
        .iter()
        .filter(|(entries, _)| !entries.is_empty())
        .map(|(entries, place)| format!("{} only {place}", names(fact, entries)))
        .collect();
    match (told.is_empty(), fact) {
        // The same entries in another order.
        (true, _) => {
            format!("has its {} in another order {}", fact.replace('_', " "), sides[1].place)
        }
        (false, "acl") => format!("lets {}", told.join(", ")),
        (false, "roles") => format!("is for {}", told.join(", ")),
        (false, "unenforced") => format!("does not enforce {}", told.join(", ")),
        (false, "inherits") => format!("inherits from {}", told.join(", ")),
        (false, _) => format!("has the {} {}", fact.replace('_', " "), told.join(", ")),
    }
}

/// A long text from shortly before the place where it differs.
fn from_character(text: &str, start: usize) -> String {
    let rest: String = text.chars().skip(start).collect();
    if start == 0 { cut(&rest) } else { format!("...{}", cut(&rest)) }
}

#[cfg(test)]
mod tests;
