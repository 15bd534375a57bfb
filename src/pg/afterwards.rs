//! What became of the work of a lost connection: asked on a new one, once the server is done with it.

use std::time::Duration;

use tokio::time::{sleep, timeout};

use crate::cancel::Cancel;
use crate::pg::{PgResult, Session, Target, lock};

/// How long the server may take to be reached again and to end what the lost connection had sent.
const PATIENCE: Duration = Duration::from_secs(15);
/// How often it is looked whether the lost connection still holds crmctl's lock.
const PAUSE: Duration = Duration::from_millis(200);

/// Asks `question` when the server has ended what the lost connection had sent; None when it cannot be asked in time.
pub(crate) async fn ask_afterwards<T>(
    target: &Target,
    question: impl AsyncFnOnce(&mut Session) -> PgResult<T>,
) -> Option<T> {
    timeout(PATIENCE, ask(target, question)).await.ok()?.ok()
}

async fn ask<T>(target: &Target, question: impl AsyncFnOnce(&mut Session) -> PgResult<T>) -> PgResult<T> {
    // The user may have asked to stop; this is how it is told what that came to.
    let mut session = Session::open(target, &Cancel::default()).await?;
    let is_held = |rows: &[crate::pg::Row]| rows.first().is_some_and(|row| row.text("holder").is_some());
    while is_held(&session.query(&lock::holder_query()).await?) {
        sleep(PAUSE).await;
    }
    let answer = question(&mut session).await?;
    session.close().await;
    Ok(answer)
}
