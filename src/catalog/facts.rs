//! The facts of one row, read straight into those of its object: most have few, and there are tens of thousands.

use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, Visitor};
use serde_json::Value;

use crate::catalog::Facts;

/// Adds the facts of a JSON object, but not those that are null. Names with dots in them can meet, and then a fact
/// is there twice: better no answer than one that leaves an object out.
pub(super) fn add(facts: &mut Facts, json: &str) -> serde_json::Result<()> {
    let mut reader = serde_json::Deserializer::from_str(json);
    Adding(facts).deserialize(&mut reader).and_then(|()| reader.end())
}

struct Adding<'a>(&'a mut Facts);

impl<'de> DeserializeSeed<'de> for Adding<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Adding<'_> {
    type Value = ();

    fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("the facts of an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(fact) = map.next_key::<String>()? {
            let value: Value = map.next_value()?;
            if !value.is_null() && self.0.insert(fact, value).is_some() {
                return Err(A::Error::custom("two objects of the catalog are called so"));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn facts_of_several_rows_come_together_without_nulls() {
        let mut facts = Facts::new();

        add(&mut facts, r#"{"type":"text","comment":null}"#).expect("facts");
        add(&mut facts, r#"{"comment":"x","columns":["a","b"]}"#).expect("facts");
        assert_eq!(
            serde_json::to_value(&facts).expect("JSON"),
            serde_json::json!({"columns": ["a", "b"], "comment": "x", "type": "text"})
        );
    }

    #[test]
    fn a_fact_that_is_there_twice_is_an_error() {
        let mut facts = Facts::new();
        add(&mut facts, r#"{"type":"text"}"#).expect("facts");

        add(&mut facts, r#"{"type":"text"}"#).expect_err("two objects of one name");
        add(&mut facts, "[]").expect_err("no facts");
    }
}
