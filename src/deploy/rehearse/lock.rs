//! The locks of PostgreSQL on tables, and who waits for them.

use serde::Serialize;

/// The locks of PostgreSQL on tables, the weakest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names are PostgreSQL's")]
pub enum LockMode {
    AccessShare,
    RowShare,
    RowExclusive,
    ShareUpdateExclusive,
    Share,
    ShareRowExclusive,
    Exclusive,
    AccessExclusive,
}

impl LockMode {
    /// A mode as `pg_locks` shows it.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "AccessShareLock" => Self::AccessShare,
            "RowShareLock" => Self::RowShare,
            "RowExclusiveLock" => Self::RowExclusive,
            "ShareUpdateExclusiveLock" => Self::ShareUpdateExclusive,
            "ShareLock" => Self::Share,
            "ShareRowExclusiveLock" => Self::ShareRowExclusive,
            "ExclusiveLock" => Self::Exclusive,
            "AccessExclusiveLock" => Self::AccessExclusive,
            _ => return None,
        })
    }

    /// Its name and who waits for it, where somebody who reads or writes rows does.
    pub(crate) fn who_waits(self) -> Option<(&'static str, &'static str)> {
        match self {
            Self::AccessShare | Self::RowShare | Self::RowExclusive | Self::ShareUpdateExclusive => None,
            Self::Share => Some(("SHARE", "writers wait")),
            Self::ShareRowExclusive => Some(("SHARE ROW EXCLUSIVE", "writers wait")),
            Self::Exclusive => Some(("EXCLUSIVE", "writers wait")),
            Self::AccessExclusive => Some(("ACCESS EXCLUSIVE", "readers and writers wait")),
        }
    }
}
