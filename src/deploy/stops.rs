//! What stops a deploy: the first such thing ends it, and a plan goes on looking to tell all of them.

use serde::Serialize;

use crate::error::{Failure, Kind, Result};
use crate::ui::Style;

/// What has been found that stops a deploy.
#[derive(Debug, Default)]
pub struct Stops {
    goes_on: bool,
    found: Vec<Failure>,
}

impl Stops {
    /// Of a deploy, which ends at the first; of a plan, which goes on looking.
    #[must_use]
    pub fn new(goes_on: bool) -> Self {
        Self { goes_on, found: Vec::new() }
    }

    /// Whether the first one does not end it.
    #[must_use]
    pub fn goes_on(&self) -> bool {
        self.goes_on
    }

    /// The value, or nothing where there is none and the rest is looked at all the same.
    pub fn pass<T>(&mut self, result: Result<T>) -> Result<Option<T>> {
        match result {
            Ok(value) => Ok(Some(value)),
            Err(failure) if self.goes_on && failure.kind() != Kind::Interrupted => {
                self.found.push(failure);
                Ok(None)
            }
            Err(failure) => Err(failure),
        }
    }

    /// What a person and a program read of them.
    #[must_use]
    pub fn told(&self) -> Vec<Stop> {
        self.found.iter().map(Stop::of).collect()
    }

    /// The first one, which a deploy would end with.
    #[must_use]
    pub fn into_first(self) -> Option<Failure> {
        self.found.into_iter().next()
    }
}

/// One thing that stops a deploy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Stop {
    /// Which kind of failure it would be.
    pub kind: Kind,
    /// What it is.
    pub message: String,
    /// What to type or to do.
    pub help: Option<String>,
    /// File, line and column, where it has a place.
    pub place: Option<String>,
}

impl Stop {
    fn of(failure: &Failure) -> Self {
        Self {
            kind: failure.kind(),
            message: failure.to_string(),
            help: failure.help().map(str::to_owned),
            place: failure.location().map(ToString::to_string),
        }
    }

    pub(crate) fn line(&self, style: Style) -> String {
        let place = self.place.as_ref().map(|place| format!(" ({place})")).unwrap_or_default();
        format!("{} {}{place}", style.bad("stops it:"), self.message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused() -> Result<u8> {
        Err(Failure::from(anyhow::anyhow!("no")).of_kind(Kind::Refused))
    }

    #[test]
    fn a_deploy_ends_at_the_first_and_a_plan_tells_all_in_order() {
        assert_eq!(Stops::new(false).pass(refused()).expect_err("it ends").kind(), Kind::Refused);

        let mut stops = Stops::new(true);
        assert_eq!(stops.pass(refused()).expect("it goes on"), None);
        assert_eq!(stops.pass(Ok(7)).expect("nothing is wrong"), Some(7));
        assert!(stops.pass::<u8>(Err(anyhow::anyhow!("broken").into())).is_ok());
        let messages: Vec<String> = stops.told().into_iter().map(|stop| stop.message).collect();
        assert_eq!(messages, ["no", "broken"]);
        assert_eq!(stops.into_first().expect("two").kind(), Kind::Refused);
    }

    #[test]
    fn somebody_who_asks_to_stop_ends_a_plan_too() {
        let interrupted = Failure::from(anyhow::anyhow!("interrupted")).of_kind(Kind::Interrupted);

        assert!(Stops::new(true).pass::<u8>(Err(interrupted)).is_err());
    }
}
