//! What matters about a statement to who runs it, told from its first words.

use serde::Serialize;

use crate::sql::scanner::{Scanner, Token, TokenKind};

/// How a statement gets on with the transaction its file runs in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// Nothing but comments.
    Empty,
    /// Runs well in a transaction.
    Plain,
    /// Begins or ends a transaction itself.
    TransactionControl,
    /// The server refuses it inside a transaction.
    NonTransactional,
    /// Adds a value to an enum: allowed in a transaction, but the value cannot be used before its end.
    AddsEnumValue,
    /// Changes a setting, or the role, beyond the end of the transaction.
    LeakingSet,
}

/// The class of a statement, and its first words. `tokens` are its first ones, without comments.
pub(crate) fn classify(text: &str, tokens: &[Token]) -> (Class, String) {
    if tokens.is_empty() {
        return (Class::Empty, String::new());
    }
    let words: Vec<String> = tokens
        .iter()
        .map(|token| match token.kind {
            TokenKind::Word => text[token.range.clone()].to_ascii_lowercase(),
            TokenKind::Symbol(byte) => char::from(byte).to_string(),
            // Anything else counts as one thing whose content does not matter.
            TokenKind::QuotedName
            | TokenKind::Text
            | TokenKind::Number
            | TokenKind::Space
            | TokenKind::Comment
            | TokenKind::Backslash => "?".to_owned(),
        })
        .collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let class = if controls_transaction(&words) {
        Class::TransactionControl
    } else if is_non_transactional(&words) || words[0] == "do" && ends_transactions(text, tokens) {
        Class::NonTransactional
    } else if words.starts_with(&["alter", "type"]) && has(&words, &["add", "value"]) {
        Class::AddsEnumValue
    } else if leaks(&words) {
        Class::LeakingSet
    } else {
        Class::Plain
    };
    (class, command(&words))
}

/// Whether the body of a `do` commits or rolls back by itself, which the server refuses inside a transaction.
fn ends_transactions(text: &str, tokens: &[Token]) -> bool {
    let bodies =
        tokens.iter().filter(|token| token.kind == TokenKind::Text).map(|token| &text[token.range.clone()]);
    bodies.map(inside_quotes).any(|body| {
        let tokens: Vec<Token> =
            Scanner::new(body).map_while(Result::ok).filter(|token| !token.kind.is_trivia()).collect();
        let word = |token: &Token| body[token.range.clone()].to_ascii_lowercase();
        tokens.windows(2).any(|pair| {
            matches!(word(&pair[0]).as_str(), "commit" | "rollback")
                && matches!(word(&pair[1]).as_str(), ";" | "and")
        })
    })
}

/// What stands inside of `$tag$ ... $tag$` or `'...'`.
fn inside_quotes(text: &str) -> &str {
    let tag = match text[1..].find('$') {
        Some(end) if text.starts_with('$') => end + 2,
        _ => 1,
    };
    text.get(tag..text.len() - tag).unwrap_or_default()
}

/// Whether a statement makes the server read the strings behind it in another way than they were cut.
pub(crate) fn changes_strings(text: &str, tokens: &[Token]) -> bool {
    let word = |token: &Token| text[token.range.clone()].trim_matches(['\'', '"']).to_ascii_lowercase();
    let words: Vec<String> = tokens.iter().take(5).map(word).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let (["set", "session" | "local", rest @ ..] | ["set", rest @ ..]) = &words[..] else { return false };
    // As the server reads a boolean: any beginning of these words that could not be another one.
    let is_off = |value: &str| {
        value == "0"
            || value.len() > 1 && "off".starts_with(value)
            || !value.is_empty() && ["false", "no"].iter().any(|word| word.starts_with(value))
    };
    matches!(rest, ["standard_conforming_strings", "=" | "to", value, ..] if is_off(value))
}

fn has(words: &[&str], wanted: &[&str]) -> bool {
    words.windows(wanted.len()).any(|window| window == wanted)
}

fn controls_transaction(words: &[&str]) -> bool {
    match words {
        ["rollback", "to", ..] | ["rollback", "work" | "transaction", "to", ..] => false,
        ["begin" | "commit" | "end" | "abort" | "rollback", ..]
        | ["start" | "prepare", "transaction", ..] => true,
        _ => false,
    }
}

fn is_non_transactional(words: &[&str]) -> bool {
    let concurrently = words.contains(&"concurrently");
    match words {
        ["create" | "drop", "index", ..] | ["create", "unique", "index", ..] => concurrently,
        ["reindex", rest @ ..] => {
            let target = behind_options(rest).first();
            concurrently || matches!(target, Some(&("database" | "system" | "schema")))
        }
        ["vacuum", ..]
        | ["alter", "system", ..]
        | ["create" | "drop", "database" | "tablespace", ..]
        | ["drop", "subscription", ..]
        | ["discard", "all", ..] => true,
        ["alter", "database", ..] => has(words, &["set", "tablespace"]),
        // What talks to the publisher to change something there, or to look which tables there are.
        ["create", "subscription", ..] => !is_off(words, "connect") && !is_off(words, "create_slot"),
        ["alter", "subscription", ..] => {
            words.contains(&"publication") && !is_off(words, "refresh")
                || words.contains(&"failover")
                || words.contains(&"two_phase")
        }
        ["cluster", rest @ ..] => {
            let rest = behind_options(rest);
            rest.is_empty() || rest == ["verbose"]
        }
        ["alter", "table", ..] => has(words, &["detach", "partition"]) && concurrently,
        _ => false,
    }
}

/// Whether an option of that name is switched off.
fn is_off(words: &[&str], option: &str) -> bool {
    words
        .windows(3)
        .any(|window| window[0] == option && window[1] == "=" && matches!(window[2], "false" | "off"))
}

/// The words behind a list of options in parentheses.
fn behind_options<'a>(words: &'a [&'a str]) -> &'a [&'a str] {
    if words.first() != Some(&"(") {
        return words;
    }
    words.iter().position(|&word| word == ")").map_or(&[], |close| &words[close + 1..])
}

fn leaks(words: &[&str]) -> bool {
    match words {
        ["set", "local" | "transaction" | "constraints", ..] => false,
        ["set", ..] => true,
        // `set_config(name, value, false)`, as pg_dump writes it for search_path.
        ["select", rest @ ..] => {
            let (["pg_catalog", ".", "set_config", call @ ..] | ["set_config", call @ ..]) = rest else {
                return false;
            };
            has(call, &[",", "false", ")"])
        }
        _ => false,
    }
}

/// The first words as far as they say what is done: up to the first name, three at most.
fn command(words: &[&str]) -> String {
    const VERBS: [&str; 42] = [
        "create",
        "or",
        "replace",
        "unique",
        "temp",
        "temporary",
        "unlogged",
        "index",
        "concurrently",
        "table",
        "view",
        "materialized",
        "function",
        "procedure",
        "trigger",
        "policy",
        "schema",
        "type",
        "domain",
        "extension",
        "sequence",
        "role",
        "publication",
        "subscription",
        "database",
        "tablespace",
        "alter",
        "drop",
        "system",
        "default",
        "privileges",
        "transaction",
        "prepared",
        "on",
        "delete",
        "from",
        "insert",
        "into",
        "foreign",
        "event",
        "constraint",
        "aggregate",
    ];
    let first = words.first().copied().unwrap_or_default();
    words
        .iter()
        .skip(1)
        .take(4)
        .take_while(|word| VERBS.contains(word))
        .fold(first.to_owned(), |text, word| text + " " + word)
}

#[cfg(test)]
mod tests;
