//! Times of rows: all are counted from the reference date, none from the clock.

use std::fmt;

use chrono::{DateTime, NaiveDate};

use crate::seed::random::Random;

/// Seconds of a day.
pub(crate) const DAY: i64 = 24 * 3600;

/// A point in time: seconds since 1970, UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Moment(i64);

/// A date.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Day(i64);

impl Moment {
    /// Midnight at the start of `date`.
    pub(crate) fn start_of(date: NaiveDate) -> Self {
        let days = date.signed_duration_since(NaiveDate::default()).num_days();
        Self(days * DAY)
    }

    pub(crate) fn minus_days(self, days: i64) -> Self {
        Self(self.0 - days * DAY)
    }

    pub(crate) fn day(self) -> Day {
        Day(self.0.div_euclid(DAY))
    }

    /// A moment from `earliest` to `latest`, in working hours if there are any between.
    pub(crate) fn draw(random: &mut Random, earliest: Self, latest: Self) -> Self {
        let day = Self(random.between(earliest.0, latest.0)).day();
        // From eight to eighteen o'clock, by the minute.
        let moment = day.0 * DAY + 8 * 3600 + 60 * random.between(0, 599);
        Self(moment.max(earliest.0).min(latest.0.max(earliest.0)))
    }
}

impl Day {
    pub(crate) fn plus(self, days: i64) -> Self {
        Self(self.0 + days)
    }
}

/// As PostgreSQL writes it where the time zone is UTC.
impl fmt::Display for Moment {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let moment = DateTime::from_timestamp(self.0, 0).unwrap_or_default().naive_utc();
        write!(formatter, "{moment}+00")
    }
}

/// As PostgreSQL writes it in ISO style.
impl fmt::Display for Day {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let date = DateTime::from_timestamp(self.0 * DAY, 0).unwrap_or_default().date_naive();
        write!(formatter, "{date}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_written_as_the_server_writes_them() {
        let moment = Moment::start_of(NaiveDate::from_ymd_opt(2026, 1, 15).unwrap());

        assert_eq!(moment.to_string(), "2026-01-15 00:00:00+00");
        assert_eq!(moment.minus_days(15).day().to_string(), "2025-12-31");
    }
}
