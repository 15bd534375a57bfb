//! The rows of one table and one side that are looked at, in the order of their keys and within a bound. Pure.

use crate::parity::asking::Keep;
use crate::parity::share::ENTRY;
use crate::pg::{PgError, PgResult, Row};

/// A row, or all rows that hold the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    /// The primary key as text; the hash of a row without one.
    pub(crate) key: Box<str>,
    /// The hash of the row; how often it is there, without a key.
    pub(crate) value: i64,
    /// Where one of them is, without a key.
    pub(crate) place: Option<Box<str>>,
}

/// Entries in the order of their keys: all of them, or the first that found room.
#[derive(Debug)]
pub(crate) struct Listed {
    entries: Vec<Entry>,
    bytes: usize,
    most_rows: usize,
    most_bytes: usize,
    is_cut: bool,
    failure: Option<PgError>,
}

impl Listed {
    /// Empty, with room for so much. The query that fills it ends by itself after `most_rows`.
    pub(crate) fn new(most_rows: usize, most_bytes: usize) -> Self {
        Self { entries: Vec::new(), bytes: 0, most_rows, most_bytes, is_cut: false, failure: None }
    }

    /// Adds an entry behind all others, if there is room. Of several, the first always finds some.
    pub(crate) fn add(&mut self, key: String, value: i64, place: Option<String>) {
        self.bytes += ENTRY + key.len() + place.as_deref().map_or(0, str::len);
        if self.is_cut || (self.bytes > self.most_bytes && !self.entries.is_empty()) {
            self.is_cut = true;
            return;
        }
        self.entries.push(Entry { key: key.into(), value, place: place.map(Into::into) });
        // There may be more, or not: nobody asked.
        self.is_cut = self.entries.len() >= self.most_rows;
    }

    /// The last key up to which everything is known; `None` where all is.
    fn known_up_to(&self) -> Option<&str> {
        self.entries.last().filter(|_| self.is_cut).map(|entry| &*entry.key)
    }

    /// Gives the entries of both sides by key, as far as both are known. True when there may be more.
    pub(crate) fn pairs(
        left: &Self,
        right: &Self,
        mut give: impl FnMut(Option<&Entry>, Option<&Entry>),
    ) -> bool {
        let ends = [left.known_up_to(), right.known_up_to()];
        let end = ends.into_iter().flatten().min();
        let known = |entry: &&Entry| end.is_none_or(|end| &*entry.key <= end);
        let (mut ours, mut theirs) = (
            left.entries.iter().take_while(known).peekable(),
            right.entries.iter().take_while(known).peekable(),
        );
        loop {
            let (left, right) = (ours.peek().copied(), theirs.peek().copied());
            let order = match (left, right) {
                (None, None) => return end.is_some(),
                (Some(_), None) => std::cmp::Ordering::Less,
                (None, Some(_)) => std::cmp::Ordering::Greater,
                (Some(left), Some(right)) => left.key.cmp(&right.key),
            };
            give(left.filter(|_| order.is_le()), right.filter(|_| order.is_ge()));
            if order.is_le() {
                ours.next();
            }
            if order.is_ge() {
                theirs.next();
            }
        }
    }
}

impl Keep for Listed {
    type Whole = Self;

    fn take(&mut self, row: Row) {
        let entry = || Ok::<_, PgError>((row.get("key")?, row.get("value")?));
        match entry() {
            Ok((key, value)) => self.add(key, value, row.text("place").map(str::to_owned)),
            Err(error) => self.failure = Some(error),
        }
    }

    fn whole(self) -> PgResult<Self> {
        match self.failure {
            Some(error) => Err(error),
            None => Ok(self),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listed(keys: &[&str], most_rows: usize, most_bytes: usize) -> Listed {
        let mut listed = Listed::new(most_rows, most_bytes);
        for key in keys {
            listed.add((*key).to_owned(), 1, None);
        }
        listed
    }

    fn told(left: &Listed, right: &Listed) -> (Vec<String>, bool) {
        let mut told = Vec::new();
        let may_be_more = Listed::pairs(left, right, |left, right| {
            let key = |entry: Option<&Entry>| entry.map_or("-", |entry| &entry.key).to_owned();
            told.push(key(left) + &key(right));
        });
        (told, may_be_more)
    }

    #[test]
    fn entries_meet_by_their_keys() {
        let (told, may_be_more) = told(&listed(&["a", "c"], 9, 999), &listed(&["b", "c", "d"], 9, 999));

        assert_eq!((told.join(" "), may_be_more), ("a- -b cc -d".to_owned(), false));
    }

    #[test]
    fn what_lies_behind_a_cut_is_not_taken_for_missing() {
        let (rows, may_be_more) =
            told(&listed(&["a", "b", "c"], 3, 999), &listed(&["b", "c", "d", "e"], 9, 999));
        assert_eq!((rows.join(" "), may_be_more), ("a- bb cc".to_owned(), true));

        let room_for_one = ENTRY + 1;
        let (rows, _) = told(&listed(&["a", "b"], 9, room_for_one), &listed(&["a", "b"], 9, 999));
        assert_eq!(rows, ["aa"]);
    }
}
