//! One difference as a sentence, from the side of the database. Pure.

use serde_json::Value;

use crate::catalog::{Change, Difference};

/// Values that are longer are only said to differ.
const LONGEST_VALUE: usize = 60;

/// What is different about a database: left are its migrations, right is the database.
#[must_use]
pub fn in_words(difference: &Difference) -> String {
    let object = &difference.object;
    match &difference.change {
        Change::OnlyRight => format!("the database has {object}, which the migrations do not make"),
        Change::OnlyLeft => format!("the database lacks {object}, which the migrations make"),
        Change::Differs { facts } => {
            let facts: Vec<String> =
                facts.iter().map(|(name, left, right)| fact(name, left, right)).collect();
            format!("{object} differs: {}", facts.join("; "))
        }
    }
}

fn fact(name: &str, left: &Value, right: &Value) -> String {
    let name = name.replace('_', " ");
    match (short(left), short(right)) {
        (Some(left), Some(right)) => {
            format!("{name} is {right} in the database, the migrations make it {left}")
        }
        (None, _) | (_, None) => format!("its {name} is another one"),
    }
}

fn short(value: &Value) -> Option<String> {
    let text = match value {
        Value::Null => return Some("nothing".to_owned()),
        Value::String(text) => format!("`{text}`"),
        Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => value.to_string(),
    };
    (text.len() <= LONGEST_VALUE && !text.contains('\n')).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::ObjectName;

    fn difference(change: Change) -> Difference {
        let object = ObjectName { kind: "column".into(), schema: "public".into(), name: "t.a".into() };
        Difference { object, change }
    }

    #[test]
    fn the_direction_is_told() {
        assert_eq!(
            in_words(&difference(Change::OnlyRight)),
            "the database has column `t.a`, which the migrations do not make"
        );
        assert_eq!(
            in_words(&difference(Change::OnlyLeft)),
            "the database lacks column `t.a`, which the migrations make"
        );
    }

    #[test]
    fn values_are_shown_where_they_are_short() {
        let facts = vec![
            ("type".to_owned(), "text".into(), "integer".into()),
            ("default".to_owned(), Value::Null, "x".repeat(100).into()),
        ];
        assert_eq!(
            in_words(&difference(Change::Differs { facts })),
            "column `t.a` differs: type is `integer` in the database, the migrations make it `text`; \
             its default is another one"
        );
    }
}
