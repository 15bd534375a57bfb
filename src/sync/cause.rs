//! The ends of COPY streams that hang together: one fault breaks all, and the one that broke the others is told.

use crate::backup::Part;
use crate::cancel::Cancel;
use crate::error::{Failure, Result};
use crate::pg::{PgError, PgResult};
use crate::sync::finish::{Content, unchanged};
use crate::sync::report::ApplyError;

/// Waits for the end that takes rows, and lets the one that gives them go when it failed of itself: nobody takes the
/// rest. When it only heard that its data failed, the other end is waited for, which knows why.
pub(crate) async fn taking<T>(failed: &Cancel, taking: impl Future<Output = PgResult<T>>) -> PgResult<T> {
    let taken = taking.await;
    if taken.as_ref().is_err_and(|error| !error.is_copy_fail()) {
        failed.raise();
    }
    taken
}

/// Three streams hang together, so one fault breaks all: reports the one that broke the others.
pub(crate) fn first(
    left: PgResult<Content>,
    right: PgResult<Content>,
    written: Result<Option<Part>>,
) -> Result<(Content, Content, Part)> {
    let part = written?;
    match (left, right) {
        (Ok(left), Ok(right)) => Ok((left, right, part.ok_or(ApplyError::BackupIncomplete)?)),
        (
            _,
            Err(
                error @ (PgError::Lost { .. } | PgError::Interrupted | PgError::Busy { .. } | PgError::Stale),
            ),
        ) => Err(error.into()),
        (Err(error), _) => Err(Failure::from(error).context("reading the source")),
        (Ok(_), Err(error)) => Err(unchanged(error)),
    }
}
