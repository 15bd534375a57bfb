//! What is decided by chance, always the same for one seed.

use std::collections::BTreeSet;

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// What programs stumble over that put SQL together: key words, aliases that others use, and what must be quoted.
const NAMES: [&str; 56] = [
    "select",
    "user",
    "Table",
    "t",
    "s",
    "r",
    "x",
    "k",
    "o",
    "a.b",
    "a\"b",
    "it's",
    "back\\slash",
    "new\nline",
    "100%",
    "$1",
    "$$",
    "ünï",
    "日本",
    " lead",
    "trail ",
    "tab\t",
    "-- comment",
    "/*",
    ";",
    "oid",
    "public",
    "😀",
    "{a,b}",
    "*",
    ",",
    "(",
    "%I",
    "%1$s",
    ":v",
    "?",
    "NULL",
    "\"\"",
    "\\",
    "\\.",
    "row",
    "key",
    "hash",
    "n",
    "old",
    "new",
    "excluded",
    "a b",
    "schema",
    "name",
    "e'",
    "true",
    "pg_class",
    "id",
    "value",
    "\u{202e}left",
];

/// A relation or a type.
#[derive(Debug, Clone)]
pub(super) struct Name {
    /// Quoted.
    pub(super) schema: String,
    name: String,
}

impl Name {
    pub(super) fn new(schema: &str, name: String) -> Self {
        Self { schema: schema.to_owned(), name }
    }
}

impl std::fmt::Display for Name {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{}.{}", self.schema, self.name)
    }
}

/// A source of decisions.
pub(super) struct Chance(ChaCha8Rng);

impl Chance {
    pub(super) fn of(seed: u64) -> Self {
        Self(ChaCha8Rng::seed_from_u64(seed))
    }

    /// Below `end`.
    pub(super) fn below(&mut self, end: usize) -> usize {
        self.0.random_range(0..end)
    }

    /// True once in so many times.
    pub(super) fn once_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }

    pub(super) fn pick<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        &items[self.below(items.len())]
    }

    /// At most so many of them, each once, in any order; one at least.
    pub(super) fn some<T: Clone>(&mut self, items: &[T], most: usize) -> Vec<T> {
        let mut left = items.to_vec();
        let wanted = 1 + self.below(most.min(items.len()));
        (0..wanted).map(|_| left.swap_remove(self.below(left.len()))).collect()
    }

    pub(super) fn shuffled<T: Clone>(&mut self, items: &[T]) -> Vec<T> {
        let mut left = items.to_vec();
        (0..left.len()).map(|_| left.swap_remove(self.below(left.len()))).collect()
    }

    /// A name that is not taken yet, quoted.
    pub(super) fn name(&mut self, taken: &mut BTreeSet<String>) -> String {
        loop {
            let mut name = (*self.pick(&NAMES)).to_owned();
            if self.once_in(3) {
                name += &self.below(100).to_string();
            }
            if self.once_in(8) {
                // As long as a name can be: what is derived from it is cut, in the middle of a letter if need be.
                let rest = 63 - name.len();
                name += &"é".repeat(rest / 2);
                name += if rest.is_multiple_of(2) { "" } else { "z" };
            }
            if taken.insert(name.clone()) {
                return format!("\"{}\"", name.replace('"', "\"\""));
            }
        }
    }
}
