//! How far rows have moved, as a line of text. Pure.

use std::time::Duration;

use crate::plan::{Moved, Transfer};
use crate::ui::{bytes, duration, thousands};

/// Rows on their way: what was expected, and what came.
#[derive(Debug)]
pub(crate) struct Transfers {
    pub(crate) title: String,
    tables: Vec<(Transfer, Moved)>,
}

impl Transfers {
    pub(crate) fn new(title: &str, tables: &[Transfer]) -> Self {
        let tables = tables.iter().map(|table| (table.clone(), Moved::default())).collect();
        Self { title: title.to_owned(), tables }
    }

    pub(crate) fn record(&mut self, index: usize, moved: Moved) {
        if let Some((_, so_far)) = self.tables.get_mut(index) {
            *so_far = moved;
        }
    }

    /// Thousandths of the work that are done. What a table weighs is its size on disk, the same measure for all of
    /// them; how much of it has moved is told by its rows if their number is known.
    pub(crate) fn permille(&self) -> u64 {
        let (mut done, mut all) = (0, 0);
        for (table, moved) in &self.tables {
            let weight = u128::from(table.bytes.max(8192));
            all += weight;
            done += weight * u128::from(permille(table, moved)) / 1000;
        }
        (done * 1000).checked_div(all).and_then(|permille| u64::try_from(permille).ok()).unwrap_or(1000)
    }

    /// `12,345 rows, 1.2 MB, 3.4 MB/s, 5 s left, public.contacts 1,200/3,000 rows`.
    pub(crate) fn line(&self, elapsed: Duration) -> String {
        let rows: u64 = self.tables.iter().map(|(_, moved)| moved.rows).sum();
        let moved: u64 = self.tables.iter().map(|(_, moved)| moved.bytes).sum();
        let milliseconds = elapsed.as_millis().max(1);
        let rate = u64::try_from(u128::from(moved) * 1000 / milliseconds).unwrap_or(u64::MAX);
        let mut parts = vec![format!("{} rows", thousands(rows)), bytes(moved), format!("{}/s", bytes(rate))];
        parts.extend(left(self.permille(), elapsed).map(|left| format!("{} left", duration(left))));
        parts.extend(self.present());
        parts.join(", ")
    }

    /// The tables that are on their way.
    fn present(&self) -> Option<String> {
        let moving = self.tables.iter().filter(|(_, moved)| moved.bytes > 0 && !moved.done);
        let told: Vec<String> = moving
            .map(|(table, moved)| {
                let of = table.rows.map_or_else(String::new, |rows| format!("/{}", thousands(rows)));
                format!("{} {}{of} rows", table.table, thousands(moved.rows))
            })
            .collect();
        (!told.is_empty()).then(|| told.join(", "))
    }
}

/// Not the end until it was said: estimates are too small as often as too large.
fn permille(table: &Transfer, moved: &Moved) -> u64 {
    const ALMOST: u64 = 990;
    let (so_far, all) = match table.rows {
        Some(rows) => (moved.rows, rows),
        None => (moved.bytes, table.bytes),
    };
    if moved.done {
        1000
    } else if all == 0 {
        0
    } else {
        u64::try_from(u128::from(so_far) * 1000 / u128::from(all)).unwrap_or(ALMOST).min(ALMOST)
    }
}

/// As long again as it took so far, in proportion. Nothing is said of the first moments.
fn left(permille: u64, elapsed: Duration) -> Option<Duration> {
    ((20..1000).contains(&permille) && elapsed >= Duration::from_secs(1)).then(|| {
        let milliseconds = elapsed.as_millis() * u128::from(1000 - permille) / u128::from(permille);
        Duration::from_millis(u64::try_from(milliseconds).unwrap_or(u64::MAX))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expected(table: &str, rows: Option<u64>, bytes: u64) -> Transfer {
        Transfer { table: table.to_owned(), rows, bytes }
    }

    #[test]
    fn a_line_tells_rows_bytes_rate_and_time_left_and_the_tables_on_their_way() {
        let tables =
            [expected("public.a", Some(1000), 1_000_000), expected("public.b", Some(3000), 3_000_000)];
        let mut transfers = Transfers::new("copying", &tables);
        transfers.record(0, Moved { rows: 1000, bytes: 900_000, done: true });
        transfers.record(1, Moved { rows: 1500, bytes: 1_100_000, done: false });

        assert_eq!(transfers.permille(), 625);
        assert_eq!(
            transfers.line(Duration::from_secs(5)),
            "2,500 rows, 2.0 MB, 400.0 kB/s, 3.0 s left, public.b 1,500/3,000 rows"
        );
    }

    #[test]
    fn an_estimate_that_was_too_small_does_not_end_before_the_rows_do() {
        let mut transfers = Transfers::new("copying", &[expected("public.a", None, 10_000)]);
        transfers.record(0, Moved { rows: 9, bytes: 50_000, done: false });

        assert_eq!(transfers.permille(), 990);
        transfers.record(0, Moved { rows: 9, bytes: 50_000, done: true });
        assert_eq!(transfers.permille(), 1000);
    }

    #[test]
    fn nothing_is_promised_in_the_first_second() {
        let mut transfers = Transfers::new("copying", &[expected("public.a", Some(10), 10_000)]);
        transfers.record(0, Moved { rows: 5, bytes: 500, done: false });

        assert_eq!(transfers.line(Duration::from_millis(500)), "5 rows, 500 B, 1.0 kB/s, public.a 5/10 rows");
    }
}
