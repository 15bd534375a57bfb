//! How a server finds the row that a foreign key leads to. Pure.
//!
//! Not always as `=` would: the key knows its operator (that of `citext` stands in the schema of the extension, and without
//! its name texts would be compared as they are written), and it compares by the collation of the column referred to.

use crate::catalog::{Catalog, Facts, ForeignKey, ObjectName};
use crate::mask::base_of;
use crate::pg::{TableName, identifier};

/// Whether two values, given as SQL, are the same for a key at one of its places.
pub(crate) fn equal(catalog: &Catalog, key: &ForeignKey, place: usize, [parent, child]: [&str; 2]) -> String {
    let ends = key.referenced_columns.get(place).zip(key.columns.get(place));
    let Some((referred, own)) = ends else { return format!("{parent} = {child}") };
    let types = [(&key.references, referred), (&key.table, own)]
        .map(|(table, column)| Type { catalog, facts: facts(catalog, table, column) });
    let operator = types[0].operator();
    let [there, here] = types.map(|of| of.collation());
    let collate = if there == here {
        String::new()
    } else {
        format!(" collate {}", there.unwrap_or_else(|| "pg_catalog.\"default\"".to_owned()))
    };
    format!("{parent} {operator} {child}{collate}")
}

fn facts<'a>(catalog: &'a Catalog, table: &TableName, column: &str) -> Option<&'a Facts> {
    catalog.objects.get(&ObjectName {
        kind: "column".to_owned(),
        schema: table.schema.clone(),
        name: format!("{}.{column}", table.name),
    })
}

#[derive(Clone, Copy)]
struct Type<'a> {
    catalog: &'a Catalog,
    facts: Option<&'a Facts>,
}

impl Type<'_> {
    /// The type, and those that it is a domain over, down to the last.
    fn names(&self) -> Vec<String> {
        let first = self.facts.and_then(|facts| Some(facts.get("type")?.as_str()?.to_owned()));
        std::iter::successors(first, |name| base_of(name, self.catalog)).collect()
    }

    /// `=`, or that of the extension whose type it is.
    fn operator(&self) -> String {
        let names = self.names();
        let schema = names.last().filter(|name| !name.ends_with("[]")).and_then(|name| schema_of(name));
        let is_own = names.last().is_some_and(|name| {
            let plain = name.replace('"', "");
            self.catalog.of_kind("type").any(|(of, _)| plain == format!("{}.{}", of.schema, of.name))
        });
        match schema {
            Some(schema) if !is_own => format!("operator({schema}.=)"),
            _ => "=".to_owned(),
        }
    }

    /// The collation, where it is not that of the database.
    fn collation(&self) -> Option<String> {
        let text = |facts: &Facts| facts.get("collation")?.as_str().map(str::to_owned);
        let of_domain = |name: &String| {
            let plain = name.replace('"', "");
            let mut types = self.catalog.of_kind("type");
            types
                .find(|(of, _)| plain == format!("{}.{}", of.schema, of.name))
                .and_then(|(_, facts)| text(facts))
        };
        let name = self.facts.and_then(text).or_else(|| self.names().iter().find_map(of_domain))?;
        let mut own = self.catalog.of_kind("collation");
        let own = own.find(|(of, _)| name == format!("{}.{}", of.schema, of.name));
        let plain = name.strip_prefix("pg_catalog.").unwrap_or(&name);
        match own {
            Some((of, _)) => Some(format!("{}.{}", identifier(&of.schema), identifier(&of.name))),
            None if plain == "default" => None,
            None => Some(format!("pg_catalog.{}", identifier(plain))),
        }
    }
}

/// The schema before a type's name, as SQL.
fn schema_of(name: &str) -> Option<&str> {
    let end = match name.strip_prefix('"') {
        Some(quoted) => quoted.find("\".")? + 2,
        None => name.find('.')?,
    };
    name.get(..end)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn catalog(columns: &[(&str, serde_json::Value)]) -> Catalog {
        let mut catalog = Catalog::default();
        for (name, facts) in columns {
            let (kind, name) = name.split_once(' ').unwrap();
            let name =
                ObjectName { kind: kind.to_owned(), schema: "public".to_owned(), name: name.to_owned() };
            catalog.objects.insert(name, serde_json::from_value(facts.clone()).unwrap());
        }
        catalog
    }

    fn key() -> ForeignKey {
        ForeignKey {
            table: TableName::new("public", "child"),
            name: "k".to_owned(),
            columns: vec!["own".to_owned()],
            references: TableName::new("public", "parent"),
            referenced_columns: vec!["id".to_owned()],
            definition: String::new(),
            is_validated: true,
            comment: None,
        }
    }

    fn of(parent: serde_json::Value, child: serde_json::Value) -> String {
        let domain =
            serde_json::json!({"form": "domain", "base": "\"my ext\".citext", "collation": "pg_catalog.C"});
        let catalog = catalog(&[
            ("column parent.id", parent),
            ("column child.own", child),
            ("type mail", domain),
            ("type mood", serde_json::json!({"form": "enum"})),
        ]);
        equal(&catalog, &key(), 0, ["p", "c"])
    }

    #[test]
    fn an_extension_s_type_is_compared_by_its_own_operator_also_below_a_domain() {
        use serde_json::json;
        assert_eq!(of(json!({"type": "text"}), json!({"type": "text"})), "p = c");
        assert_eq!(of(json!({"type": "public.mood"}), json!({"type": "public.mood"})), "p = c");
        let citext = json!({"type": "extensions.citext"});
        assert_eq!(of(citext.clone(), citext), "p operator(extensions.=) c");
        let domain = json!({"type": "public.mail"});
        assert_eq!(of(domain.clone(), domain), "p operator(\"my ext\".=) c");
    }

    #[test]
    fn columns_of_two_collations_are_compared_by_that_of_the_one_referred_to() {
        use serde_json::json;
        let plain = json!({"type": "text"});
        let other = json!({"type": "text", "collation": "en_US.utf8"});
        assert_eq!(of(plain.clone(), other.clone()), "p = c collate pg_catalog.\"default\"");
        assert_eq!(of(other, plain), "p = c collate pg_catalog.\"en_US.utf8\"");
    }
}
