//! What became of the work of a lost connection: asked on a new one, once the server is done with it.

use std::time::Duration;

use tokio::time::{sleep, timeout};

use crate::cancel::Cancel;
use crate::pg::{PgError, PgResult, Session, Target, lock};

/// How long the server may take to be reached again and to end what the lost connection had sent.
const PATIENCE: Duration = Duration::from_secs(15);
/// How often it is looked whether the lost connection still holds crmctl's lock.
const PAUSE: Duration = Duration::from_millis(200);

/// Asks `question` when the server has ended what the lost connection had sent; None when it cannot be asked in time.
pub(crate) async fn ask_afterwards<T>(
    target: &Target,
    question: impl AsyncFnOnce(&mut Session) -> PgResult<T>,
) -> Option<T> {
    // Big, and hardly ever needed: nobody's future shall be so big for it.
    in_time(Box::pin(ask(target, question))).await
}

/// What is found out in time, if anything is.
pub(super) async fn in_time<T>(work: impl Future<Output = PgResult<T>>) -> Option<T> {
    timeout(PATIENCE, work).await.ok()?.ok()
}

async fn ask<T>(target: &Target, question: impl AsyncFnOnce(&mut Session) -> PgResult<T>) -> PgResult<T> {
    let mut session = connect(target).await?;
    let is_held = |rows: &[crate::pg::Row]| rows.first().is_some_and(|row| row.text("holder").is_some());
    while is_held(&session.query(&lock::holder_query()).await?) {
        sleep(PAUSE).await;
    }
    let answer = question(&mut session).await?;
    session.close().await;
    Ok(answer)
}

/// A new connection, as soon as there is somebody to connect to: the server may be on its way back.
pub(super) async fn connect(target: &Target) -> PgResult<Session> {
    loop {
        // The user may have asked to stop; this is how it is told what that came to.
        match Session::open(target, &Cancel::default()).await {
            Err(PgError::Connect { .. }) => sleep(PAUSE).await,
            session => return session,
        }
    }
}
