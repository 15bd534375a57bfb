//! One difference as a sentence, from the side of the database. Pure.

use crate::catalog::{Change, Difference};

/// What is different about a database: left are its migrations, right is the database.
#[must_use]
pub fn in_words(difference: &Difference) -> String {
    let object = &difference.object;
    match &difference.change {
        Change::OnlyRight => format!("the database has {object}, which the migrations do not make"),
        Change::OnlyLeft => format!("the database lacks {object}, which the migrations make"),
        Change::Differs { .. } => difference.in_words("the migrations", "the database"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::ObjectName;

    fn told(change: Change) -> String {
        let object = ObjectName { kind: "column".into(), schema: "public".into(), name: "t.a".into() };
        in_words(&Difference { object, change })
    }

    #[test]
    fn the_direction_is_told() {
        assert_eq!(
            told(Change::OnlyRight),
            "the database has column `t.a`, which the migrations do not make"
        );
        assert_eq!(told(Change::OnlyLeft), "the database lacks column `t.a`, which the migrations make");
    }

    #[test]
    fn both_values_are_told() {
        let facts = vec![("type".to_owned(), "text".into(), "integer".into())];

        let words = told(Change::Differs { facts });
        assert_eq!(words, "column `t.a` is `text` in the migrations, `integer` in the database");
    }
}
