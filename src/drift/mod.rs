//! Drift: what a database has become beside its migrations.
//!
//! The files that were applied to it, as they were when they were, are replayed on a throwaway server, and both
//! schemas are compared. What the history does not know any more nobody can judge: that is said, never guessed.

mod applied;
mod error;
mod observe;
mod platform;
mod report;
mod stage;
mod words;

pub use applied::applied_files;
pub use error::DriftError;
pub(crate) use observe::{MAJOR, major};
pub use observe::{Observed, observe};
pub(crate) use platform::differences;
pub use report::DriftReport;
pub use stage::{Replayed, like, replay, replayed_catalog};
pub(crate) use stage::{apply_applied, of_version};
pub use words::in_words;

use crate::catalog::{Catalog, Difference};

/// In what a database differs from what its migrations make. Left are the migrations, right is the database.
#[must_use]
pub fn drift(replayed: &Replayed, target: &Catalog) -> Vec<Difference> {
    differences(&replayed.catalog, target)
}
