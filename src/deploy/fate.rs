//! What became of a deploy whose COMMIT was not answered: the journal, which was committed with it, knows.

use crate::deploy::journal::{DeployId, DeployState};
use crate::deploy::ledger;
use crate::error::{Failure, Kind, Result};
use crate::pg::{PgError, Target, Writer, ask_afterwards};
use crate::plan::Progress;

/// How many deploys may have been begun since; none, for the lock was held.
const RECENT: u32 = 5;

/// Commits what makes a deploy be in `wanted`, which is written in the same transaction. When the answer is lost the
/// journal is asked: what this returns is the truth.
pub(crate) async fn commit(
    writer: &mut Writer<'_>,
    id: &DeployId,
    wanted: DeployState,
    progress: &dyn Progress,
) -> Result<()> {
    let error = match writer.commit().await {
        Ok(committed) => {
            committed.tell(progress);
            return Ok(());
        }
        Err(error @ PgError::Undecided { .. }) => error,
        Err(error) => return Err(error.into()),
    };
    let environment = writer.target().environment.clone();
    match state_of(id, writer.target()).await {
        Some(state) if state == wanted => {
            progress.notice(&format!("{error}; the journal says that it was committed"));
            Ok(())
        }
        Some(_) => {
            let failure = Failure::from(error).context("the journal says that nothing was committed");
            Err(failure.with_help("run the command again").of_kind(Kind::Failed))
        }
        None => Err(Failure::from(error)
            .context("COMMIT was sent and its answer was lost: either everything is done or nothing")
            .with_help(format!("see which with `crmctl deploy status --env {environment}`"))
            .of_kind(Kind::Partial)),
    }
}

/// The state of a deploy after the server is done with what the lost connection had sent. None when it cannot be asked.
async fn state_of(id: &DeployId, target: &Target) -> Option<DeployState> {
    let journal = ask_afterwards(target, async |session| ledger::read(session, RECENT).await).await?;
    journal.records.iter().find(|record| record.id == *id).map(|record| record.state)
}
