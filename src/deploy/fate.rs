//! What became of a deploy whose COMMIT was not answered: the journal, which was committed with it, knows.

use std::time::Duration;

use tokio::time::{sleep, timeout};

use crate::cancel::Cancel;
use crate::deploy::journal::{DeployId, DeployState};
use crate::deploy::ledger;
use crate::pg::{PgResult, Session, Target, lock_holder_query};

/// How long the server may take to be reached again and to end what the lost connection had sent.
const PATIENCE: Duration = Duration::from_secs(15);
/// How many deploys may have been begun since; none, for the lock was held.
const RECENT: u32 = 5;

/// The state of a deploy after the server is done with what the lost connection had sent. None when it cannot be asked.
pub(crate) async fn state_of(id: &DeployId, target: &Target) -> Option<DeployState> {
    timeout(PATIENCE, ask(id, target)).await.ok()?.ok()?
}

async fn ask(id: &DeployId, target: &Target) -> PgResult<Option<DeployState>> {
    // The user may have asked to stop; this is how it is told what that came to.
    let mut session = Session::open(target, &Cancel::default()).await?;
    while session.query(&lock_holder_query()).await?.first().is_some_and(|row| row.text("holder").is_some()) {
        sleep(Duration::from_millis(200)).await;
    }
    let journal = ledger::read(&mut session, RECENT).await?;
    session.close().await;
    Ok(journal.records.iter().find(|record| record.id == *id).map(|record| record.state))
}
