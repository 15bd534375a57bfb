//! Times of rows: all are counted from the reference date, none from the clock.

use std::fmt;

use chrono::{DateTime, NaiveDate};

use crate::seed::random::Random;

/// Seconds of a day.
pub(crate) const DAY: i64 = 24 * 3600;

/// Working hours, in seconds since midnight.
const OPENS: i64 = 8 * 3600;
const CLOSES: i64 = 18 * 3600;

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

    /// When the office opens: on this day, or on the next day that somebody works.
    pub(crate) fn opening(self) -> Self {
        Self(self.day().workday().0 * DAY + OPENS)
    }

    /// A moment from `earliest` to `latest`: from eight to eighteen o'clock on a workday if there is any between.
    pub(crate) fn draw(random: &mut Random, earliest: Self, latest: Self) -> Self {
        let latest = latest.max(earliest);
        let wish = Self(random.between(earliest.0, latest.0));
        Self::at_work((earliest, latest), wish, random.between(0, 599))
    }

    /// The same for a wished moment and a minute of the working hours.
    pub(crate) fn at_work((earliest, latest): (Self, Self), wish: Self, minute: i64) -> Self {
        let wish = wish.day();
        let at_work = |days: i64| {
            let day = wish.plus(days);
            let (first, last) =
                ((day.0 * DAY + OPENS).max(earliest.0), (day.0 * DAY + CLOSES - 60).min(latest.0));
            let has_time = first <= last && day.is_workday();
            has_time.then(|| Self(first + 60 * (minute % ((last - first) / 60 + 1))))
        };
        // The nearest day: most are the wished one, and a week has two others in a row at most.
        [0, -1, -2, 1, 2, -3, 3].into_iter().find_map(at_work).unwrap_or(earliest)
    }

    /// Seconds since 1970.
    pub(crate) fn seconds(self) -> i64 {
        self.0
    }

    pub(crate) fn of_seconds(seconds: i64) -> Self {
        Self(seconds)
    }
}

impl Day {
    /// Days since 1970, a Thursday.
    pub(crate) fn is_workday(self) -> bool {
        !matches!((self.0 + 3).rem_euclid(7), 5 | 6)
    }

    /// This day, or the Monday after a weekend.
    pub(crate) fn workday(self) -> Self {
        match (self.0 + 3).rem_euclid(7) {
            5 => self.plus(2),
            6 => self.plus(1),
            _ => self,
        }
    }

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
