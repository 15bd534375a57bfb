//! The facts of an object: most have few, and there are tens of thousands. Read straight out of the rows of the catalog.

use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, Visitor};
use serde_json::Value;

/// The facts of an object that make it what it is, by name and in its order. A list, because a tree has room for eleven
/// where most have five: two schemas of hundreds of tables are in memory at once.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Facts(Vec<(Box<str>, Value)>);

impl Facts {
    /// None yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// One of them.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.place(name).ok().map(|place| &self.0[place].1)
    }

    /// One of them, to be changed.
    pub fn get_mut(&mut self, name: &str) -> Option<&mut Value> {
        self.place(name).ok().map(|place| &mut self.0[place].1)
    }

    /// Whether there is one of that name.
    #[must_use]
    pub fn contains_key(&self, name: &str) -> bool {
        self.place(name).is_ok()
    }

    /// Adds one; false if there is one of that name, which stays.
    pub fn insert(&mut self, name: &str, value: Value) -> bool {
        match self.place(name) {
            Ok(_) => false,
            Err(place) => {
                self.0.insert(place, (name.into(), value));
                true
            }
        }
    }

    /// All of them, in the order of their names.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.0.iter().map(|(name, value)| (&**name, value))
    }

    /// Their names, in order.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(name, _)| &**name)
    }

    fn place(&self, name: &str) -> Result<usize, usize> {
        self.0.binary_search_by(|(other, _)| (**other).cmp(name))
    }
}

impl serde::Serialize for Facts {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter())
    }
}

impl<'de> serde::Deserialize<'de> for Facts {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut facts = Self::default();
        Adding(&mut facts).deserialize(deserializer)?;
        Ok(facts)
    }
}

/// Adds the facts of a JSON object, but not those that are null. Names with dots in them can meet, and then a fact
/// is there twice: better no answer than one that leaves an object out.
pub(super) fn add(facts: &mut Facts, json: &str) -> serde_json::Result<()> {
    let mut reader = serde_json::Deserializer::from_str(json);
    Adding(facts).deserialize(&mut reader).and_then(|()| reader.end())?;
    facts.0.shrink_to_fit();
    Ok(())
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
            if !value.is_null() && !self.0.insert(&fact, value) {
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
