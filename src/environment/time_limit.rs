//! A time as it is written in `crmctl.toml`.

use std::time::Duration;

use serde::Deserialize;

use crate::migration::directive::duration;

/// A time, written with its unit: `90s`, `10min`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct TimeLimit(pub Duration);

impl TryFrom<String> for TimeLimit {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let read = duration(&text).filter(|limit| !limit.is_zero());
        read.map(Self).ok_or_else(|| {
            format!("`{text}` is no time: write a number and its unit, such as `90s` or `10min`")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_has_a_unit_and_is_more_than_nothing() {
        assert_eq!("10min".to_owned().try_into(), Ok(TimeLimit(Duration::from_mins(10))));
        for wrong in ["10", "0", "0s", "soon"] {
            assert!(TimeLimit::try_from(wrong.to_owned()).is_err(), "{wrong}");
        }
    }
}
