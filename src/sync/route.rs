//! Which way rows are carried over, and why. Pure.

use serde::Serialize;

use crate::ui::bytes;

/// How rows are carried over, as the user asks for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, clap::ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// As fits best; the plan says how, and why
    #[default]
    Auto,
    /// All rows of all tables
    Full,
    /// The rows that differ
    Delta,
    /// All rows in one transaction, which rebuilds indexes and keys behind them: the fastest, for tables that nobody reads
    Bulk,
    /// All rows, by way of staged tables: the target's own stay open to readers and writers until the end
    Staged,
}

/// What a plan is made for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Intent {
    /// To be looked at: what it says of rows is exact, and nothing is made for it.
    Look,
    /// To be carried out: nothing is read that can do without.
    Overwrite,
}

/// The way that is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Route {
    /// One transaction on one connection, everything in flight at once ([`crate::sync`]'s `pipeline`).
    Pipeline,
    /// One transaction, indexes and keys rebuilt behind the rows ([`crate::sync`]'s `bulk`).
    Bulk,
    /// Several streams into tables of our own in the target, then one short transaction ([`crate::sync`]'s `staging`).
    Staging,
    /// Only the rows that differ ([`crate::sync`]'s `delta`).
    Delta,
}

/// Up to so many bytes, keeping everything in flight gains more than rebuilding indexes does.
const SMALL: u64 = 8_000_000;

/// What is known before anything is copied.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Weight {
    /// Bytes of the source's tables that go along.
    pub(crate) source_bytes: u64,
    /// Bytes of the target's tables that are replaced.
    pub(crate) target_bytes: u64,
    /// From how many bytes on rows are staged.
    pub(crate) staging_from: u64,
    /// Whether the target lets us make a schema to stage them in.
    pub(crate) may_stage: bool,
}

/// A way and the reason for it, as a sentence without a full stop.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Choice {
    pub(crate) route: Route,
    pub(crate) because: String,
}

/// Rows in a hundred that may differ.
const MOST_PERCENT: u64 = 5;
/// So few rows are never too many, whatever part they are.
const FEW_ROWS: u64 = 1000;

/// Whether carrying over only the rows that differ is worth it, where nobody asked for it.
///
/// A copy of all rows costs as much whatever differs. A delta costs four passes of hashing on both sides and then for each
/// row that differs a delete and an insert with its indexes, about four times what a row costs that is copied. Measured
/// with both sides on one machine, where bytes cost nothing (300,000 rows of 130 bytes, three indexes), the time of `bulk`
/// is 1: medians of three on a busy machine are 0.73, 0.97, 1.34 and 1.14 while 1, 2, 4 and 6 % differ. So up to here the
/// delta costs little even there: it writes a sixth of the WAL, moves far fewer bytes, and readers go on. Beyond, all
/// depends on the network.
pub(crate) fn is_worth_a_delta(differing: u64, all: u64) -> bool {
    differing <= FEW_ROWS || differing.saturating_mul(100) <= all.saturating_mul(MOST_PERCENT)
}

/// The way for all rows. Whether only those go along that differ is decided when it is known how many do.
pub(crate) fn choose(mode: Mode, weight: &Weight) -> Choice {
    match mode {
        Mode::Bulk => Choice { route: Route::Bulk, because: "it was asked for".to_owned() },
        Mode::Staged => staged("the target stays in use meanwhile".to_owned(), weight),
        Mode::Full => {
            let Choice { route, because } = by_size(weight);
            Choice { route, because: format!("all rows were asked for; {because}") }
        }
        Mode::Auto | Mode::Delta => by_size(weight),
    }
}

fn by_size(weight: &Weight) -> Choice {
    let Weight { source_bytes, target_bytes, staging_from, .. } = weight;
    let sizes = format!("{} replace {}", bytes(*source_bytes), bytes(*target_bytes));
    if source_bytes >= staging_from && *target_bytes > SMALL {
        staged(format!("{sizes}, which stay in use meanwhile"), weight)
    } else if *source_bytes > SMALL {
        Choice { route: Route::Bulk, because: format!("{sizes}, indexes are rebuilt behind the rows") }
    } else {
        Choice { route: Route::Pipeline, because: sizes }
    }
}

fn staged(because: String, weight: &Weight) -> Choice {
    if weight.may_stage {
        return Choice { route: Route::Staging, because };
    }
    Choice {
        route: Route::Bulk,
        because: "without staging, since the role may not create a schema".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MB: u64 = 1_000_000;

    fn weight(source_bytes: u64, target_bytes: u64) -> Weight {
        Weight { source_bytes, target_bytes, staging_from: 64 * MB, may_stage: true }
    }

    #[test]
    fn few_bytes_go_at_once_and_many_by_what_is_in_their_way() {
        let route = |source, target| choose(Mode::Auto, &weight(source, target)).route;

        assert_eq!(route(8 * MB, 500 * MB), Route::Pipeline);
        assert_eq!(route(9 * MB, 9 * MB), Route::Bulk);
        assert_eq!(route(64 * MB, 9 * MB), Route::Staging);
        assert_eq!(route(2000 * MB, MB), Route::Bulk, "nobody reads what is hardly there");
    }

    #[test]
    fn what_was_asked_for_is_done() {
        let route = |mode| choose(mode, &weight(0, 0)).route;

        assert_eq!(route(Mode::Staged), Route::Staging);
        assert_eq!(route(Mode::Bulk), Route::Bulk);
        assert_eq!(choose(Mode::Full, &weight(900 * MB, 900 * MB)).route, Route::Staging);
    }

    #[test]
    fn few_rows_or_a_small_part_of_them_are_worth_a_delta() {
        assert!(is_worth_a_delta(1000, 1001));
        assert!(is_worth_a_delta(5_000, 100_000) && !is_worth_a_delta(5_001, 100_000));
    }

    #[test]
    fn the_reason_names_what_decided() {
        assert_eq!(choose(Mode::Auto, &weight(3 * MB, 0)).because, "3.0 MB replace 0 B");
        assert!(choose(Mode::Full, &weight(3 * MB, 0)).because.starts_with("all rows were asked for"));
        let locked_out = Weight { may_stage: false, ..weight(100 * MB, 100 * MB) };
        let refused = choose(Mode::Staged, &locked_out);
        assert_eq!(refused.route, Route::Bulk);
        assert!(refused.because.contains("may not create a schema"), "{}", refused.because);
    }
}
