//! What a fact says of an object. Pure.

use serde_json::Value;

/// Characters of a value or a line that are shown.
pub(super) const SHOWN: usize = 80;

/// A predicate for an object: is `text`, refuses NULL.
pub(super) fn phrase(kind: &str, fact: &str, value: &Value) -> String {
    match (kind, fact, value) {
        (_, "comment", Value::Null) => "has no comment".to_owned(),
        ("column", "type", value) => format!("is {}", quoted(value)),
        ("column", "not_null", value) => flag(value, "refuses NULL", "allows NULL"),
        ("column", "default", Value::Null) => "has no default".to_owned(),
        ("column", "default", value) => format!("defaults to {}", quoted(value)),
        ("column", "generated", Value::Null) => "is not generated".to_owned(),
        ("column", "generated", value) => format!("is generated as {}", quoted(&generated(value))),
        ("column", "identity", Value::Null) => "is no identity".to_owned(),
        ("column", "identity", value) => {
            let always = value.as_str() == Some("a");
            format!("is an identity, generated {}", if always { "always" } else { "by default" })
        }
        ("table", "row_security", value) => {
            flag(value, "has row level security on", "has row level security off")
        }
        ("table", "force_row_security", value) => {
            flag(value, "holds its owner to row level security", "spares its owner row level security")
        }
        ("table", "replica_identity", Value::Null) => "has the default replica identity".to_owned(),
        ("index", "valid", value) => flag(value, "is valid", "is not valid"),
        ("constraint", "validated", value) => flag(value, "is validated", "is not validated"),
        ("constraint", "enforced", value) => {
            flag(value, "is enforced", "is not enforced (its triggers are off)")
        }
        ("view" | "function" | "procedure" | "aggregate", "owner", Value::Null) => {
            "lends nobody's rights".to_owned()
        }
        ("view" | "function" | "procedure" | "aggregate", "owner", value) => {
            format!("lends the rights of {}", quoted(value))
        }
        ("trigger" | "rule" | "event trigger", "enabled", value) => firing(value).to_owned(),
        ("function" | "procedure", "security_definer", value) => {
            flag(value, "runs with the rights of its owner", "runs with the rights of its caller")
        }
        ("policy", "command", value) => format!("is for {}", command(value)),
        ("policy", "permissive", value) => {
            flag(value, "allows (permissive)", "narrows what others allow (restrictive)")
        }
        ("policy", "using", Value::Null) => "has no condition for rows that are read".to_owned(),
        ("policy", "using", value) => format!("shows rows where {}", quoted(value)),
        ("policy", "check", Value::Null) => "has no condition for rows that are written".to_owned(),
        ("policy", "check", value) => format!("accepts rows where {}", quoted(value)),
        _ => rare(kind, fact, value),
    }
}

/// What few objects have.
fn rare(kind: &str, fact: &str, value: &Value) -> String {
    match (kind, fact, value) {
        (_, "tablespace" | "access_method" | "storage" | "statistics" | "target", Value::Null) => {
            format!("has the default {}", fact.replace('_', " "))
        }
        ("table", "partition", Value::Null) => "is no partition".to_owned(),
        ("table", "partition", value) => format!("is a partition {}", quoted(value)),
        ("table", "partitioned_by", Value::Null) => "is not partitioned".to_owned(),
        ("table", "partitioned_by", value) => format!("is partitioned by {}", quoted(value)),
        ("column" | "constraint", "inherited_and_local", value) => {
            flag(value, "is also its own, not only inherited", "is inherited only")
        }
        ("column", "not_null_validated", value) => {
            flag(value, "holds NOT NULL for the rows there are", "has NOT NULL not validated")
        }
        ("column", "not_null_no_inherit", value) => {
            flag(value, "keeps NOT NULL to itself", "hands NOT NULL down")
        }
        ("index", "partition_of", Value::Null) => "is attached to no index".to_owned(),
        ("index", "partition_of", value) => format!("is attached to {}", quoted(value)),
        ("index", "clustered", value) => {
            flag(value, "is what its table is clustered by", "is not what its table is clustered by")
        }
        ("index", "replica_identity", value) => {
            flag(value, "is the replica identity", "is not the replica identity")
        }
        ("sequence", "owned_by", Value::Null) => "belongs to no column".to_owned(),
        ("sequence", "owned_by", value) => format!("belongs to the column {}", quoted(value)),
        ("sequence", "identity", value) => flag(value, "is of an identity", "is not of an identity"),
        ("sequence", "cycle", value) => flag(value, "begins anew at its end", "ends at its end"),
        ("publication", "all_tables", value) => flag(value, "is for all tables", "is for chosen tables"),
        ("publication", "publishes", value) => format!("publishes {}", quoted(value)),
        ("publication", "via_root", value) => {
            flag(value, "publishes by the root of partitions", "publishes by each partition")
        }
        ("publication table", "filter", Value::Null) => "publishes every row".to_owned(),
        ("publication table", "filter", value) => format!("publishes rows where {}", quoted(value)),
        ("cast", "context", value) => match value.as_str() {
            Some("i") => "is done everywhere".to_owned(),
            Some("a") => "is done in assignments".to_owned(),
            _ => "is done when asked for".to_owned(),
        },
        ("aggregate" | "function", "parallel", value) => match value.as_str() {
            Some("s") => "is parallel safe".to_owned(),
            Some("r") => "is parallel restricted".to_owned(),
            _ => "is parallel unsafe".to_owned(),
        },
        ("collation", "provider", value) => match value.as_str() {
            Some("i") => "is of ICU".to_owned(),
            Some("c") => "is of libc".to_owned(),
            _ => "is built in".to_owned(),
        },
        _ => other(fact, value),
    }
}

fn other(fact: &str, value: &Value) -> String {
    let name = fact.replace('_', " ");
    match value {
        Value::Null => format!("has no {name}"),
        Value::Bool(true) => format!("is {name}"),
        Value::Bool(false) => format!("is not {name}"),
        Value::String(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
            format!("has the {name} {}", quoted(value))
        }
    }
}

/// The entries of a list that only one side has.
pub(super) fn names(fact: &str, entries: &[Value]) -> String {
    let entry = |value: &Value| match (fact, value.as_str().and_then(|entry| entry.split_once('='))) {
        ("acl", Some((grantee, privileges))) => {
            let grantee = if grantee == "public" { "everybody".to_owned() } else { format!("`{grantee}`") };
            let words: Vec<String> = privileges.split(',').map(privilege).collect();
            format!("{grantee} {}", words.join(", "))
        }
        _ => quoted(value),
    };
    entries.iter().map(entry).collect::<Vec<_>>().join(", ")
}

fn privilege(text: &str) -> String {
    match text.strip_suffix('*') {
        Some(privilege) => format!("{privilege} (and pass it on)"),
        None => text.to_owned(),
    }
}

fn flag(value: &Value, on: &str, off: &str) -> String {
    if value == &Value::Bool(true) { on } else { off }.to_owned()
}

/// Without the letter for its kind.
fn generated(value: &Value) -> Value {
    value
        .as_str()
        .and_then(|text| text.split_once(' '))
        .map_or_else(|| value.clone(), |(_, text)| text.into())
}

fn firing(value: &Value) -> &'static str {
    match value.as_str() {
        Some("D") => "is off",
        Some("R") => "is on for replicated changes only",
        Some("A") => "is on, also for replicated changes",
        _ => "is on",
    }
}

fn command(value: &Value) -> &'static str {
    match value.as_str() {
        Some("r") => "SELECT",
        Some("a") => "INSERT",
        Some("w") => "UPDATE",
        Some("d") => "DELETE",
        _ => "every command",
    }
}

fn quoted(value: &Value) -> String {
    match value {
        Value::String(text) => format!("`{}`", cut(text)),
        other => format!("`{}`", cut(&other.to_string())),
    }
}

/// A text of one line, not too long.
pub(super) fn cut(text: &str) -> String {
    let text = text.replace('\n', " ");
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}...", &text[..end]),
        None => text,
    }
}
