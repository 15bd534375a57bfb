//! How many rows differ, from digests of buckets. Pure.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::sync::delta::sketch::PRIME;

/// Sums of the rows' hashes by the class of their keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Buckets(Vec<u32>);

impl Buckets {
    /// From what a server sent: the number of a bucket in two bytes and its sum in four, for each that is not empty.
    pub(crate) fn parse(count: usize, sums: &str) -> Option<Self> {
        let compact: Vec<u8> = sums.bytes().filter(|byte| *byte != b'\n').collect();
        let bytes = STANDARD.decode(compact).ok()?;
        let mut buckets = vec![0; count];
        let entries = bytes.chunks_exact(6);
        if !count.is_power_of_two() || !entries.remainder().is_empty() {
            return None;
        }
        for entry in entries {
            let number =
                |bytes: &[u8]| bytes.iter().fold(0, |value: u32, byte| value << 8 | u32::from(*byte));
            *buckets.get_mut(number(&entry[..2]) as usize)? = number(&entry[2..]);
        }
        Some(Self(buckets))
    }

    /// The same in fewer buckets.
    fn in_so_many(&self, count: usize) -> Vec<u32> {
        let mut buckets = vec![0_u32; count];
        for (number, sum) in self.0.iter().enumerate() {
            let place = &mut buckets[number & (count - 1)];
            let total = (u64::from(*place) + u64::from(*sum)) % PRIME;
            *place = u32::try_from(total).unwrap_or_default();
        }
        buckets
    }

    /// About how many classes differ (linear counting): so many fall into buckets that others have made differ already.
    /// `None` when nearly every bucket does.
    pub(crate) fn differing(&self, other: &Self) -> Option<u64> {
        let count = self.0.len().min(other.0.len());
        let (left, right) = (self.in_so_many(count), other.in_so_many(count));
        let clean = left.iter().zip(&right).filter(|(left, right)| left == right).count();
        // Below this the answer is anybody's guess.
        if clean * 256 < count {
            return None;
        }
        #[expect(
            clippy::cast_precision_loss,
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "an estimate"
        )]
        let classes = (count as f64 * (count as f64 / clean as f64).ln()).ceil() as u64;
        Some(classes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn buckets(sums: &[u32]) -> Buckets {
        Buckets(sums.to_vec())
    }

    /// Buckets of which so many differ from empty ones, by `classes` that look random.
    fn changed(count: usize, classes: usize) -> Buckets {
        let mut sums = vec![0_u32; count];
        let mut number = 1_u64;
        for _ in 0..classes {
            number = number.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let bucket = usize::try_from(number >> 33).expect("31 bits") % count;
            sums[bucket] += 1;
        }
        Buckets(sums)
    }

    #[test]
    fn the_number_of_rows_that_differ_is_known_within_a_tenth() {
        for (count, classes) in [(16_384, 100), (16_384, 20_000), (16_384, 80_000), (1_024, 2_000)] {
            let found = buckets(&vec![0; count]).differing(&changed(count, classes)).expect("not too many");
            let error = found.abs_diff(classes as u64);

            assert!(error * 10 <= classes as u64, "{found} instead of {classes}");
        }
    }

    #[test]
    fn equal_sides_differ_in_nothing_and_wholly_different_ones_in_too_much() {
        let full = changed(64, 10_000);

        assert_eq!(full.differing(&full), Some(0));
        assert_eq!(full.differing(&buckets(&[0; 64])), None);
    }

    #[test]
    fn sides_with_another_number_of_buckets_are_compared_in_the_smaller() {
        assert_eq!(buckets(&[1, 2, 3, 4]).differing(&buckets(&[4, 6])), Some(0));
        assert_eq!(buckets(&[1, 2, 3, 4]).differing(&buckets(&[4, 7])), Some(2));
    }

    #[test]
    fn what_a_server_sent_is_read() {
        let text = STANDARD.encode([0, 3, 0, 0, 1, 2, 0, 0, 0, 0, 0, 9]);

        assert_eq!(Buckets::parse(4, &text), Some(buckets(&[9, 0, 0, 258])));
        assert_eq!(Buckets::parse(2, &text), None);
        assert_eq!(Buckets::parse(4, "AAAA"), None);
        assert_eq!(Buckets::parse(4, ""), Some(buckets(&[0; 4])));
    }
}
