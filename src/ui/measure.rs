//! Sizes and durations as people say them.

use std::time::Duration;

/// `17 B`, `1.5 kB`, `43.0 MB`: powers of a thousand.
#[must_use]
pub fn bytes(count: u64) -> String {
    if count < 1000 {
        return format!("{count} B");
    }
    let mut tenths = count;
    for unit in ["kB", "MB", "GB", "TB", "PB", "EB"] {
        // Tenths of the unit, rounded; the next unit takes over before `1000.0`.
        let rounded = (u128::from(tenths) + 50) / 100;
        if rounded < 10_000 || unit == "EB" {
            return format!("{}.{} {unit}", rounded / 10, rounded % 10);
        }
        tenths /= 1000;
    }
    unreachable!("the last unit takes everything")
}

/// `8 ms`, `1.2 s`, `3 min 4 s`, `2 h 5 min`, `3 d 2 h`.
#[must_use]
pub fn duration(duration: Duration) -> String {
    let milliseconds = duration.as_millis();
    let tenths = (milliseconds + 50) / 100;
    let seconds = (milliseconds + 500) / 1000;
    if milliseconds < 1000 {
        format!("{milliseconds} ms")
    } else if tenths < 600 {
        format!("{}.{} s", tenths / 10, tenths % 10)
    } else if seconds < 3600 {
        format!("{} min {} s", seconds / 60, seconds % 60)
    } else if seconds < 86_400 {
        format!("{} h {} min", seconds / 3600, seconds % 3600 / 60)
    } else {
        format!("{} d {} h", seconds / 86_400, seconds % 86_400 / 3600)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_at_most_three_digits_before_the_point() {
        let shown = [0, 999, 1000, 1549, 999_949, 999_950, 43_000_000, u64::MAX].map(bytes);
        assert_eq!(shown, ["0 B", "999 B", "1.0 kB", "1.5 kB", "999.9 kB", "1.0 MB", "43.0 MB", "18.4 EB"]);
    }

    #[test]
    fn durations_are_said_in_the_two_largest_units() {
        let shown = [8, 1240, 59_940, 59_960, 184_000, 7_500_000, 266_400_000]
            .map(|milliseconds| duration(Duration::from_millis(milliseconds)));
        assert_eq!(shown, ["8 ms", "1.2 s", "59.9 s", "1 min 0 s", "3 min 4 s", "2 h 5 min", "3 d 2 h"]);
    }
}
