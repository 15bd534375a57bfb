//! A sketch of a set of rows, made by a server, and what the difference of two sketches says. Pure.
//!
//! It is an invertible Bloom lookup table (Goodrich and Mitzenmacher, 2011) over a prime field. Each row has a class
//! `k`, which its key gives, and a hash `h`. A row is added to three cells, whose places its class gives. A cell
//! holds the sums of `h`, `k * h` and `k⁴ * h`. Rows that both sides have cancel out when the sketches are subtracted;
//! where all that is left in a cell is of one class, whatever happened to its rows, the class is the quotient of the
//! first two sums, and the third and the place of the cell confirm it. That class is then taken out of its two other
//! cells, which leaves one class in some of those, and so on. Unlike in a table of hashes, a row that changed is one
//! thing and not two, and nothing has to be counted.
//!
//! The size of a sketch depends on how many classes differ and not on how many rows there are. One that was made too
//! small cannot be read, which is noticed; a wrong class is harmless, since it only names rows that are equal on both
//! sides; one that goes missing is found by the digests at the end.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// 2³¹ - 1: products of two numbers below it fit a `bigint`.
pub(crate) const PRIME: u64 = 2_147_483_647;
/// Cells that a class is in: one in each part of the sketch.
pub(crate) const PARTS: u32 = 3;
/// Bytes of a cell on the wire: three numbers.
pub(crate) const CELL_BYTES: usize = 12;
/// Cells of a part that a sketch has at most: three sums in memory and as text.
pub(crate) const MOST_PLACES: u32 = 400_000;

/// A sketch, or the difference of two.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sketch {
    /// Cells of each part.
    places: u32,
    cells: Vec<[u32; 3]>,
}

/// Cells of each part that are needed for so many classes: the limit is 1.22 cells for each, reached only by large
/// sketches; in small ones, two classes may well be in the same three cells. One in two hundred cannot be read and is
/// made anew, larger. `None` when there would be too many.
pub(crate) fn places(classes: u64) -> Option<u32> {
    let cells = classes + classes / 3 + 60 + 20 * classes.isqrt();
    let places = u32::try_from(cells / u64::from(PARTS) + 1).ok()?;
    (places <= MOST_PLACES).then_some(places)
}

impl Sketch {
    pub(crate) fn new(places: u32) -> Self {
        Self { places, cells: vec![[0; 3]; (places * PARTS) as usize] }
    }

    /// Adds a piece of a sketch of the same size as a server sent it, beginning with the cell `first`, or takes it
    /// away. False when it is not one.
    #[must_use]
    pub(crate) fn take_in(&mut self, first: usize, piece: &str, sign: Sign) -> bool {
        let compact: Vec<u8> = piece.bytes().filter(|byte| *byte != b'\n').collect();
        let Ok(bytes) = STANDARD.decode(compact) else { return false };
        let cells = bytes.chunks_exact(CELL_BYTES);
        if !cells.remainder().is_empty() || self.cells.len() < first + cells.len() {
            return false;
        }
        for (cell, bytes) in self.cells[first..].iter_mut().zip(cells) {
            for (sum, bytes) in cell.iter_mut().zip(bytes.chunks_exact(4)) {
                let value = bytes.iter().fold(0, |value: u64, byte| value << 8 | u64::from(*byte)) % PRIME;
                *sum = reduced(u64::from(*sum) + if sign == Sign::Plus { value } else { PRIME - value });
            }
        }
        true
    }

    /// The classes that differ, in order. `None` when there are too many for this sketch.
    pub(crate) fn read(mut self) -> Option<Vec<u32>> {
        let mut found = Vec::new();
        let mut waiting: Vec<usize> = (0..self.cells.len()).collect();
        while let Some(place) = waiting.pop() {
            let Some(class) = self.only_class(place) else { continue };
            let [hash, ..] = self.cells[place];
            for other in self.cells_of(class) {
                let left = terms(class, hash);
                for (sum, term) in self.cells[other].iter_mut().zip(left) {
                    *sum = reduced(u64::from(*sum) + PRIME - u64::from(term));
                }
                waiting.push(other);
            }
            found.push(class);
            // Only a sketch that was tampered with goes on for ever.
            if found.len() > self.cells.len() {
                return None;
            }
        }
        found.sort_unstable();
        found.dedup();
        self.cells.iter().all(|cell| *cell == [0; 3]).then_some(found)
    }

    /// The class of a cell in which only one is left.
    fn only_class(&self, place: usize) -> Option<u32> {
        let [hash, product, check] = self.cells[place];
        if hash == 0 {
            return None;
        }
        let class = multiplied(product, inverse(hash));
        let is_alone = terms(class, hash)[2] == check && self.cells_of(class).contains(&place);
        is_alone.then_some(class)
    }

    fn cells_of(&self, class: u32) -> [usize; 3] {
        let square = multiplied(class, class);
        let of_part = |part: u32, number: u32| (part * self.places + number % self.places) as usize;
        [of_part(0, class), of_part(1, square), of_part(2, multiplied(square, class))]
    }

    #[cfg(test)]
    fn add(&mut self, class: u32, hash: u32) {
        for place in self.cells_of(class) {
            for (sum, term) in self.cells[place].iter_mut().zip(terms(class, hash)) {
                *sum = reduced(u64::from(*sum) + u64::from(term));
            }
        }
    }
}

/// Whether a sketch is added or taken away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sign {
    Plus,
    Minus,
}

/// What a row adds to each of its cells.
fn terms(class: u32, hash: u32) -> [u32; 3] {
    let square = multiplied(class, class);
    [hash, multiplied(class, hash), multiplied(multiplied(square, square), hash)]
}

fn reduced(value: u64) -> u32 {
    u32::try_from(value % PRIME).unwrap_or_default()
}

fn multiplied(one: u32, other: u32) -> u32 {
    reduced(u64::from(one) * u64::from(other))
}

/// The number whose product with this one is 1, by Fermat.
fn inverse(number: u32) -> u32 {
    let (mut result, mut power, mut exponent) = (1, number, PRIME - 2);
    while exponent > 0 {
        if exponent & 1 == 1 {
            result = multiplied(result, power);
        }
        power = multiplied(power, power);
        exponent >>= 1;
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers that look random and are the same every time.
    struct Numbers(u64);

    impl Numbers {
        fn next(&mut self) -> u32 {
            self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
            let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
            let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
            reduced(mixed ^ (mixed >> 31))
        }
    }

    /// The difference of two sides: so many classes with a row that one side has, or that changed.
    fn difference(classes: usize, places: u32, seed: u64) -> (Sketch, Vec<u32>) {
        let mut numbers = Numbers(seed << 32);
        let mut sketch = Sketch::new(places);
        let mut all: Vec<u32> = (0..classes).map(|_| numbers.next()).collect();
        for class in &all {
            sketch.add(*class, numbers.next().max(1));
        }
        all.sort_unstable();
        all.dedup();
        (sketch, all)
    }

    #[test]
    fn a_sketch_of_the_planned_size_is_read_whatever_the_number_of_classes() {
        for classes in [0, 1, 2, 3, 7, 20, 100, 1_000, 20_000] {
            let rounds = if classes > 1_000 { 3 } else { 200 };
            let places = places(classes as u64).expect("not too many");
            let failed = (0..rounds)
                .filter(|seed| {
                    let (sketch, all) = difference(classes, places, *seed);
                    let read = sketch.read();
                    assert!(read.is_none() || read.as_ref() == Some(&all), "a wrong answer for {classes}");
                    read.is_none()
                })
                .count();

            assert!(failed <= 2, "{failed} of {rounds} sketches of {classes} classes could not be read");
        }
    }

    #[test]
    fn too_many_classes_are_noticed_and_never_a_wrong_answer() {
        for seed in 0..200 {
            assert_eq!(difference(500, places(100).expect("few"), seed).0.read(), None);
        }
    }

    #[test]
    fn rows_that_both_sides_have_cancel_out_in_any_order() {
        let (mut left, mut right) = (Sketch::new(20), Sketch::new(20));
        for class in 0..1_000 {
            left.add(class, class * 7 + 1);
            right.add(999 - class, (999 - class) * 7 + 1);
        }
        left.add(4_711, 5);
        right.add(815, 6);
        right.add(17, 2);

        let mut difference = Sketch::new(20);
        assert!(difference.take_in(0, &encoded(&left), Sign::Plus));
        assert!(difference.take_in(0, &encoded(&right), Sign::Minus));
        assert_eq!(difference.read(), Some(vec![17, 815, 4_711]));
    }

    fn encoded(sketch: &Sketch) -> String {
        let bytes: Vec<u8> = sketch.cells.iter().flatten().flat_map(|sum| sum.to_be_bytes()).collect();
        STANDARD.encode(bytes)
    }

    #[test]
    fn a_piece_that_does_not_fit_is_refused() {
        let mut sketch = Sketch::new(1);

        assert!(!sketch.take_in(0, "AAAA", Sign::Plus));
        assert!(!sketch.take_in(3, "AAAAAAAAAAAAAAAA", Sign::Plus));
        assert!(!sketch.take_in(0, "no base64", Sign::Plus));
    }

    #[test]
    fn a_number_times_its_inverse_is_one() {
        for number in [1, 2, 3, 65_537, 2_147_483_646] {
            assert_eq!(multiplied(number, inverse(number)), 1);
        }
    }
}
