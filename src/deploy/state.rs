//! What a deploy is called, and how far it came.

use std::fmt;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// The name of a deploy: the second it was planned in, and four characters that make it the only one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct DeployId(String);

impl DeployId {
    /// A name for a deploy that is planned now.
    #[must_use]
    pub fn new(now: DateTime<Utc>) -> Self {
        let unique = uuid::Uuid::new_v4().simple().to_string();
        Self(format!("{}-{}", now.format("%Y%m%dT%H%M%SZ"), &unique[..4]))
    }

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for DeployId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// How far a deploy came. Each is written when it is true: `applied` inside the transaction that applies the files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeployState {
    /// Consent was given; the commands before it run, and the backup is made.
    Planned,
    /// The backup is whole on the disk.
    BackedUp,
    /// The files run. Files of one transaction have changed nothing as long as this is what the journal says.
    Applying,
    /// The files are applied; the commands after it run.
    Applied,
    /// Everything is done.
    Done,
    /// It ended, and nothing was changed.
    Failed,
    /// What it did was undone.
    RolledBack,
}

impl DeployState {
    /// The state in words.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Planned => "planned",
            Self::BackedUp => "backed up",
            Self::Applying => "applying",
            Self::Applied => "applied",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::RolledBack => "rolled back",
        }
    }

    /// Whether nothing comes after it.
    #[must_use]
    pub fn is_end(self) -> bool {
        match self {
            Self::Done | Self::Failed | Self::RolledBack => true,
            Self::Planned | Self::BackedUp | Self::Applying | Self::Applied => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_begins_with_its_time_and_is_the_only_one() {
        let now = DateTime::from_timestamp(1_767_225_600, 0).unwrap();
        let (one, other) = (DeployId::new(now), DeployId::new(now));

        assert!(one.as_str().starts_with("20260101T000000Z-"), "{one}");
        assert_ne!(one, other);
    }
}
