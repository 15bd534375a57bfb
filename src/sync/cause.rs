//! The ends of COPY streams that hang together: one fault breaks all, and the one that broke the others is told.

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

/// A fault of the source while rows were read. What its message quotes may be a value of a row, which must not be seen on
/// this side: it stays on the server, whose log has it.
pub(crate) fn of_source(error: PgError) -> Failure {
    let PgError::Server(mut server) = error else {
        return Failure::from(error).context("reading the source");
    };
    let is_raised = server.code.starts_with("P0");
    if !is_raised && !server.code.starts_with("22") {
        return Failure::from(PgError::Server(server)).context("reading the source");
    }
    server.message =
        if is_raised { "a function raised an exception".to_owned() } else { without_values(&server.message) };
    (server.detail, server.hint) = (None, None);
    Failure::from(PgError::Server(server)).context("reading the source").with_help(
        "a condition of `--where` or `[sync.where]`, or `sql` of `[mask]`, fails on a row; which value it was is in the \
         source's log only",
    )
}

/// What a message says before and behind a value: values are quoted, or behind a colon.
fn without_values(message: &str) -> String {
    let unquoted = match (message.find('"'), message.rfind('"')) {
        (Some(first), Some(last)) => format!("{}...{}", &message[..first], &message[last + 1..]),
        _ => message.to_owned(),
    };
    unquoted.split(": ").next().unwrap_or_default().to_owned()
}

/// Three streams hang together, so one fault breaks all: reports the one that broke the others.
pub(crate) fn first(
    left: PgResult<Content>,
    right: PgResult<Content>,
    written: Result<bool>,
) -> Result<(Content, Content)> {
    let complete = written?;
    match (left, right) {
        (Ok(left), Ok(right)) if complete => Ok((left, right)),
        (Ok(_), Ok(_)) => Err(ApplyError::BackupIncomplete.into()),
        (
            _,
            Err(
                error @ (PgError::Lost { .. } | PgError::Interrupted | PgError::Busy { .. } | PgError::Stale),
            ),
        ) => Err(error.into()),
        (Err(error), _) => Err(of_source(error)),
        (Ok(_), Err(error)) => Err(unchanged(error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_message_says_of_a_row_stays_on_the_server() {
        for (message, told) in [
            ("invalid input syntax for type integer: \"Zaph\"od\"", "invalid input syntax for type integer"),
            (
                "value \"99999999999\" is out of range for type integer",
                "value ... is out of range for type integer",
            ),
            ("date field value out of range: 1977-13-25", "date field value out of range"),
            ("division by zero", "division by zero"),
        ] {
            assert_eq!(without_values(message), told);
        }
    }
}
