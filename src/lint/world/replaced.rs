//! What a later statement takes back or writes anew: nobody needs to hear what was wrong with it before.

use crate::lint::words::{Name, Words};
use crate::lint::world::World;

impl World<'_> {
    /// Takes note that this statement, the `number`th of all, ends what earlier ones made.
    pub(crate) fn learn_end(&mut self, words: Words, number: usize) {
        let mut ends = |key: String| self.ended.insert(key, number);
        if words.begins(&["drop", "policy"]) {
            policy(words).map(&mut ends);
        } else if words.begins(&["drop"]) {
            let rest = words.from(1).behind(&["materialized"]);
            let kinds = ["table", "view", "function", "procedure", "routine"];
            if kinds.iter().any(|kind| rest.begins(&[kind])) {
                rest.from(1).names_before_arguments().iter().for_each(|name| {
                    ends(name.to_string());
                });
            }
        } else if words.begins(&["alter", "function"]) && words.has(&["set", "search_path"]) {
            words.from(2).name().map(|(name, _)| ends(format!("path {name}")));
        } else if let Some(key) = made(words) {
            ends(key);
        }
    }

    /// Whether what this statement makes, a policy, a view or a function, does not last.
    pub(crate) fn is_replaced(&self, words: Words, number: usize) -> bool {
        let ends_later = |key: &str| self.ended.get(key).is_some_and(|end| *end > number);
        if words.begins(&["create", "policy"]) {
            return policy(words).is_some_and(|key| ends_later(&key))
                || on(words).is_some_and(|table| ends_later(&table.to_string()));
        }
        let Some(key) = made(words) else { return false };
        let name = key.split('(').next().unwrap_or_default();
        ends_later(&key) || ends_later(name)
    }

    /// Whether a later statement gives the function a search path.
    pub(crate) fn gets_path(&self, function: &Name) -> bool {
        self.ended.contains_key(&format!("path {function}"))
    }
}

fn on(words: Words) -> Option<Name> {
    words.find(&["on"]).and_then(|at| words.from(at + 1).name()).map(|(name, _)| name)
}

fn policy(words: Words) -> Option<String> {
    let (name, _) = words.from(2).name()?;
    Some(format!("policy {} {}", on(words)?, name.relation))
}

/// The function with its arguments, or the view, that a statement makes.
fn made(words: Words) -> Option<String> {
    if !words.begins(&["create"]) {
        return None;
    }
    let rest = words.from(1).behind(&["or", "replace"]).behind(&["materialized"]);
    let is_view = rest.begins(&["view"]);
    if !is_view && !rest.begins(&["function"]) && !rest.begins(&["procedure"]) {
        return None;
    }
    let (name, rest) = rest.from(1).name()?;
    if is_view {
        return Some(name.to_string());
    }
    let arguments: Vec<String> = rest.inside().0.iter().map(|word| word.text.to_lowercase()).collect();
    Some(format!("{name}({})", arguments.join(" ")))
}
