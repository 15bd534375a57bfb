//! Chance that is the same everywhere and for ever: each row draws from a generator of its own.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};
use sha2::{Digest, Sha256};

use crate::seed::description::Role;
use crate::seed::generate::Table;

/// The generator of one row. `ChaCha` is a fixed stream of numbers; what is drawn from it is computed here and not by
/// `rand`, whose ways of drawing change between versions.
pub(crate) struct Random(ChaCha8Rng);

impl Random {
    /// The generator of a row: seeded by what the row is, so another table or a longer one changes no other row.
    pub(crate) fn of_row(seed: u64, table: Table, role: Role, index: u64) -> Self {
        let mut hash = Sha256::new();
        hash.update(b"crmctl seed row");
        hash.update(seed.to_le_bytes());
        hash.update([table as u8, role as u8]);
        hash.update(index.to_le_bytes());
        Self(ChaCha8Rng::from_seed(hash.finalize().into()))
    }

    /// A number from 0 to `bound - 1`; 0 when `bound` is 0.
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        // The bias of a multiplication instead of a rejection is below 2^-32 for the bounds there are.
        let wide = u128::from(self.0.next_u64()) * u128::from(bound);
        u64::try_from(wide >> 64).unwrap_or(u64::MAX)
    }

    /// A number from `low` to `high`, both included; `low` when `high` is less.
    pub(crate) fn between(&mut self, low: i64, high: i64) -> i64 {
        let span = high.saturating_sub(low).max(0).unsigned_abs();
        low + i64::try_from(self.below(span + 1)).unwrap_or(0)
    }

    /// True in `percent` of 100 draws.
    pub(crate) fn percent(&mut self, percent: u8) -> bool {
        self.below(100) < u64::from(percent)
    }

    /// One of `items`, which are checked not to be empty when the description is read.
    pub(crate) fn pick<'items, T>(&mut self, items: &'items [T]) -> &'items T {
        let index = self.below(items.len() as u64);
        &items[usize::try_from(index).unwrap_or(0)]
    }

    /// One of `words`.
    pub(crate) fn word<'words>(&mut self, words: &'words [String]) -> &'words str {
        self.pick(words).as_str()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn random(index: u64) -> Random {
        Random::of_row(1, Table::Contacts, Role::Admin, index)
    }

    #[test]
    fn the_numbers_of_a_row_never_change() {
        let mut random = random(0);

        let numbers: Vec<u64> = (0..4).map(|_| random.below(1000)).collect();
        assert_eq!(numbers, [974, 38, 382, 896]);
    }

    #[test]
    fn draws_stay_within_their_bounds() {
        let mut random = random(1);

        for _ in 0..1000 {
            assert!((-3..=4).contains(&random.between(-3, 4)));
            assert!(random.below(2) < 2);
        }
        assert_eq!(random.between(5, 4), 5);
        assert_eq!(random.below(0), 0);
    }
}
