//! What statements tell about the world that the rules look at.

use crate::lint::items::{self, Item};
use crate::lint::rules::types::type_words;
use crate::lint::words::{Name, Words};
use crate::lint::world::World;

impl World<'_> {
    /// Takes note of what a statement does.
    pub(crate) fn learn(&mut self, words: Words) {
        if let Some((name, items)) = items::created(words) {
            self.learn_table(&name, &items);
        } else if let Some((name, actions)) = words.alter_table() {
            self.learn_actions(&name, &actions);
        } else if words.begins(&["drop", "table"]) {
            for table in words.from(2).names().iter().map(Name::to_string) {
                if !self.created.contains(&table) {
                    self.dropped_first.insert(table.clone());
                }
                self.dropped.insert(table);
            }
        } else if words.begins(&["create", "policy"]) {
            let table = words.find(&["on"]).and_then(|index| words.from(index + 1).name());
            self.with_policy.extend(table.map(|(name, _)| name.to_string()));
        } else if words.begins(&["grant"]) {
            self.learn_grant(words);
        } else if words.begins(&["revoke"]) {
            self.learn_revoke(words);
        } else if words.begins(&["alter", "default", "privileges"]) {
            self.learn_default_rights(words);
        } else if words.begins(&["alter", "view"]) && words.has(&["security_invoker"]) {
            self.invoking.extend(words.from(2).name().map(|(name, _)| name.to_string()));
        } else if words.begins(&["create"]) {
            self.created.extend(temporary(words).map(|name| name.to_string()));
            self.learn_object(words);
        }
    }

    fn learn_table(&mut self, name: &Name, items: &[Item]) {
        let table = name.to_string();
        if !self.dropped_first.contains(&table) {
            self.created.insert(table.clone());
        }
        self.dropped.remove(&table);
        for item in items {
            self.learn_item(&table, item);
        }
    }

    fn learn_item(&mut self, table: &str, item: &Item) {
        if let Item::Column { name, definition } = item {
            self.types.insert(format!("{table}.{name}"), type_words(*definition));
        }
        self.indexed.extend(item.key().map(|column| format!("{table}.{column}")));
        self.checked.extend(item.not_null_check().map(|column| format!("{table}.{column}")));
        if item.is_primary_key() {
            self.keyed.insert(table.to_owned());
        }
    }

    fn learn_actions(&mut self, name: &Name, actions: &[Words]) {
        let table = name.to_string();
        for action in actions {
            if action.begins(&["enable", "row", "level", "security"]) {
                self.secured.insert(table.clone());
            }
            if let Some(item) = items::added(*action) {
                if let Item::Constraint { .. } = item {
                    self.constrained.insert(table.clone());
                }
                self.learn_item(&table, &item);
            }
        }
    }

    fn learn_object(&mut self, words: Words) {
        let rest = words.from(1).behind(&["or", "replace"]).behind(&["unique"]).behind(&["materialized"]);
        if rest.begins(&["index"]) {
            self.learn_index(rest);
        } else if ["view", "function", "procedure", "sequence"].iter().any(|kind| rest.begins(&[kind])) {
            self.made.extend(rest.from(1).name().map(|(name, _)| name.to_string()));
        }
    }

    fn learn_index(&mut self, words: Words) {
        let rest = words.from(1).behind(&["concurrently"]).behind(&["if", "not", "exists"]);
        let Some((table, columns)) = words.find(&["on"]).and_then(|on| words.from(on + 1).name()) else {
            return;
        };
        if !rest.begins(&["on"])
            && let Some((index, _)) = rest.name()
        {
            let index = Name { schema: table.schema.clone(), ..index };
            self.indexes.insert(index.to_string(), table.to_string());
        }
        if let Some((column, _)) = columns.inside().name() {
            self.indexed.insert(format!("{table}.{}", column.relation));
        }
    }

    fn learn_grant(&mut self, words: Words) {
        let Some(on) = words.find(&["on"]) else { return };
        let object = words.from(on + 1);
        if object.begins(&["all", "tables", "in", "schema"]) {
            self.granted_schemas.extend(object.from(4).names().into_iter().map(|name| name.relation));
        } else {
            self.granted.extend(object.behind(&["table"]).names().iter().map(Name::to_string));
        }
    }

    /// Who takes the right to call a function from `public`, which everybody has by default.
    fn learn_revoke(&mut self, words: Words) {
        let (Some(on), Some(from)) = (words.find(&["on"]), words.find(&["from"])) else { return };
        if !words.from(from + 1).0.iter().any(|word| word.is("public")) {
            return;
        }
        let object = words.from(on + 1);
        if object.begins(&["all", "functions", "in", "schema"]) || object.begins(&["all", "routines", "in"]) {
            self.closed_schemas.extend(object.from(4).names().into_iter().map(|name| name.relation));
        } else if ["function", "procedure", "routine"].iter().any(|kind| object.begins(&[kind])) {
            let names = object.from(1).names_before_arguments();
            self.closed.extend(names.iter().map(Name::to_string));
        }
    }

    fn learn_default_rights(&mut self, words: Words) {
        let schemas = words.find(&["in", "schema"]).map(|index| words.from(index + 2).names());
        let schemas = schemas.unwrap_or_default().into_iter().map(|name| name.relation);
        if words.has(&["grant"]) && words.has(&["tables"]) {
            self.granted_schemas.extend(schemas);
        } else if words.has(&["revoke"]) && (words.has(&["functions"]) || words.has(&["routines"])) {
            // The right of `public` is one of the whole database: a schema's defaults cannot take it.
            self.closed_schemas.extend(["public".to_owned()]);
            self.closed_schemas.extend(schemas);
        }
    }
}

/// The table that a statement creates for this session only.
fn temporary(words: Words) -> Option<Name> {
    let rest = words.from(1).behind(&["local"]).behind(&["global"]);
    let is_temporary = rest.begins(&["temp", "table"]) || rest.begins(&["temporary", "table"]);
    if is_temporary { rest.from(2).name().map(|(name, _)| name) } else { None }
}
