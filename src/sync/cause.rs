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
        (Err(error), _) => Err(of_source(error)),
        (Ok(_), Err(error)) => Err(Failure::from(error).context(what)),
    }
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
    let is_quote = |sign: char| "\"„“”«»".contains(sign);
    let last = message.rfind(is_quote).and_then(|last| message[last..].split_once(is_quote));
    let unquoted = match (message.find(is_quote), last) {
        (Some(first), Some((_, rest))) => format!("{}...{rest}", &message[..first]),
        _ => message.to_owned(),
    };
    unquoted.split(": ").next().unwrap_or_default().to_owned()
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
        (Err(error), _) => Err(of_source(error)),
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
            ("ungültige Eingabesyntax für Typ integer: „Zaphod“", "ungültige Eingabesyntax für Typ integer"),
        ] {
            assert_eq!(without_values(message), told);
        }
    }
}
