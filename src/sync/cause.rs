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

/// The two ends of COPY streams: reports the one that broke the other; `what` is what the taking end was doing.
pub(crate) fn of_two<A, B>(giving: PgResult<A>, taking: PgResult<B>, what: &'static str) -> Result<(A, B)> {
    match (giving, taking) {
        (Ok(given), Ok(taken)) => Ok((given, taken)),
        (_, Err(error @ (PgError::Lost { .. } | PgError::Interrupted))) => Err(error.into()),
        (Err(error), _) => Err(Failure::from(error).context("reading the source")),
        (Ok(_), Err(error)) => Err(Failure::from(error).context(what)),
    }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pg::ServerError;

    fn server(code: &str, message: &str) -> PgError {
        PgError::Server(Box::new(ServerError {
            code: code.into(),
            message: message.into(),
            ..ServerError::default()
        }))
    }

    #[test]
    fn what_broke_the_source_is_told_and_not_its_echo() {
        let echo = server("57014", "COPY from stdin failed: the source of the data failed");
        let cause = server("22P02", "invalid input");
        assert!(echo.is_copy_fail());

        let failure = of_two::<(), ()>(Err(cause), Err(echo), "backing up the target").unwrap_err();
        let told = failure.to_string();
        assert!(
            told.contains("reading the source") && !told.contains("the source of the data failed"),
            "{told}"
        );
    }
}
