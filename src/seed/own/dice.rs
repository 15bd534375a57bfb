//! Chance for tables of any size: a few instructions for a number, the same on every machine.

use sha2::{Digest, Sha256};

/// What the numbers of a column hang on: the seed and the names, so that no other column or table changes them.
pub(crate) fn seed_of(seed: u64, names: &[&str]) -> u64 {
    let mut hash = Sha256::new();
    hash.update(b"crmctl own table");
    hash.update(seed.to_le_bytes());
    for name in names {
        hash.update((name.len() as u64).to_le_bytes());
        hash.update(name);
    }
    let bytes: [u8; 32] = hash.finalize().into();
    bytes[..8].iter().fold(0, |number, byte| number << 8 | u64::from(*byte))
}

/// `SplitMix64`: seeded by column and row, so rows can be made in any order.
#[derive(Debug, Clone)]
pub(crate) struct Dice(u64);

const STEP: u64 = 0x9e37_79b9_7f4a_7c15;

impl Dice {
    pub(crate) fn new(seed: u64, row: u64) -> Self {
        Self(mix(seed ^ mix(row.wrapping_mul(STEP).wrapping_add(STEP))))
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(STEP);
        mix(self.0)
    }

    /// A number from 0 to `bound - 1`; 0 when `bound` is 0.
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        let wide = u128::from(self.next()) * u128::from(bound);
        u64::try_from(wide >> 64).unwrap_or(u64::MAX)
    }

    /// A number from `low` to `high`, both included; `low` when `high` is less.
    pub(crate) fn between(&mut self, low: i64, high: i64) -> i64 {
        let span = u64::try_from(i128::from(high) - i128::from(low)).unwrap_or(0);
        low.wrapping_add_unsigned(self.below(span.saturating_add(1)))
    }

    pub(crate) fn percent(&mut self, percent: u8) -> bool {
        self.below(100) < u64::from(percent)
    }

    /// One of `items`; none of none.
    pub(crate) fn pick<'items, T>(&mut self, items: &'items [T]) -> Option<&'items T> {
        let index = self.below(items.len() as u64);
        items.get(usize::try_from(index).unwrap_or(0))
    }

    /// A number from 0 to `bound - 1`, the first ones far more often: the second is drawn about half as often as the
    /// first, the tenth a tenth as often. Whole numbers only, because powers differ between machines.
    pub(crate) fn zipf(&mut self, bound: u64) -> u64 {
        let widths = u64::from(64 - bound.leading_zeros());
        let width = self.below(widths + 1);
        let top = 1_u64.checked_shl(u32::try_from(width).unwrap_or(63)).unwrap_or(u64::MAX);
        self.below(top.min(bound.max(1)))
    }
}

fn mix(mut number: u64) -> u64 {
    number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ (number >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_numbers_of_a_row_never_change() {
        let mut dice = Dice::new(seed_of(1, &["public", "orders", "total"]), 7);

        let numbers: Vec<u64> = (0..3).map(|_| dice.below(1000)).collect();
        assert_eq!(numbers, NUMBERS);
    }

    const NUMBERS: [u64; 3] = [908, 813, 818];

    #[test]
    fn draws_stay_within_their_bounds_and_few_are_drawn_often() {
        let mut dice = Dice::new(1, 1);

        assert!((0..1000).all(|_| (-3..=4).contains(&dice.between(-3, 4))));
        assert!((0..1000).all(|_| dice.zipf(10) < 10));
        assert_eq!((dice.below(0), dice.between(5, 4), dice.zipf(0)), (0, 5, 0));
        let first = (0..10_000).filter(|_| dice.zipf(1000) < 10).count();
        assert!(first > 3000, "{first} of 10000 are among the first ten of a thousand");
    }
}
