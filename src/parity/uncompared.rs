//! What a comparison leaves out, so that an equality says no more than it knows. Pure.

use serde::Serialize;

use crate::parity::Level;
use crate::parity::observe::Side;

/// Something that both sides may hold differently without being told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NotCompared {
    /// What.
    pub what: &'static str,
    /// How many of them the left side has.
    pub left: u64,
    /// The same of the right side.
    pub right: u64,
    /// Why not.
    pub reason: &'static str,
}

/// What of both sides was not compared. Their definitions were, where the schema was.
pub(crate) fn list(left: &Side, right: &Side, level: Level) -> Vec<NotCompared> {
    if !level.has_contents() {
        return Vec::new();
    }
    let of_kind = |side: &Side, kind| side.catalog.of_kind(kind).count() as u64;
    let both = |kind| (of_kind(left, kind), of_kind(right, kind));
    let all = [
        (
            "rows of materialized views",
            both("materialized view"),
            "`refresh materialized view` makes them from the tables",
        ),
        ("rows of foreign tables", both("foreign table"), "they are in another database"),
        (
            "positions of sequences",
            both("sequence"),
            "inserts that were rolled back move them; `crmctl validate` finds those that lag behind their tables",
        ),
        (
            "large objects",
            (left.large_objects, right.large_objects),
            "they belong to no table; `pg_dump --large-objects` carries them",
        ),
    ];
    let item = |(what, (left, right), reason)| NotCompared { what, left, right, reason };
    all.map(item).into_iter().filter(|item| item.left + item.right > 0).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_neither_side_has_is_not_mentioned() {
        let with = Side { large_objects: 3, ..Side::default() };

        let listed = list(&with, &Side::default(), Level::All);
        assert_eq!(
            listed.iter().map(|item| (item.what, item.left)).collect::<Vec<_>>(),
            [("large objects", 3)]
        );
        assert!(list(&with, &with, Level::Schema).is_empty());
    }
}
