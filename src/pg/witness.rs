//! What became of a COMMIT whose answer was lost: the server remembers it by the number of the transaction.
//!
//! The number is asked for in the flight of the transaction itself, so it costs no round trip, and no table of ours in
//! the user's database. A server that crashes may forget a number before it has written anything of it down, and give it
//! to somebody else: `committed` is believed only of a server that has not crashed since. Those are told apart by when
//! its statistics were reset, which every crash does and no orderly restart.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::sleep;

use crate::pg::afterwards::{connect, in_time};
use crate::pg::{PgResult, Row, Session, Target, literal};

/// Since when this server has not crashed.
const SINCE: &str = "(select pg_catalog.to_char(stats_reset, 'YYYY-MM-DD HH24:MI:SS.US TZH') from pg_catalog.pg_stat_bgwriter)";
/// How often an unfinished transaction is asked about.
const PAUSE: Duration = Duration::from_millis(200);
/// How often, before a session that still waits for its client, who is gone, is ended.
const PATIENT_QUESTIONS: u32 = 10;

/// A transaction as its server will know it later.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Witness {
    /// Its number, of 64 bits.
    pub(crate) transaction: String,
    since: Option<String>,
}

/// Where the answer to [`question`] is put.
pub(crate) type Slot = Arc<Mutex<Option<Witness>>>;

/// What became of a transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    Committed,
    RolledBack,
    Unknown,
}

/// A statement inside of the transaction that says who it is.
pub(crate) fn question() -> String {
    format!("select pg_catalog.pg_current_xact_id() as transaction, {SINCE} as since")
}

/// Keeps what the answer says.
pub(crate) fn keep(slot: &Slot, row: &Row) {
    let text = |column| row.text(column).map(str::to_owned);
    let witness = text("transaction").map(|transaction| Witness { transaction, since: text("since") });
    *slot.lock().unwrap_or_else(PoisonError::into_inner) = witness;
}

impl Witness {
    /// Asks the server, on a connection of its own, as soon as it can be reached and knows.
    pub(crate) async fn fate(&self, target: &Target) -> Fate {
        in_time(self.ask(target)).await.unwrap_or(Fate::Unknown)
    }

    async fn ask(&self, target: &Target) -> PgResult<Fate> {
        let mut session = connect(target).await?;
        for number in 0.. {
            let row = match session.query(&self.status()).await {
                Ok(rows) => rows.into_iter().next(),
                // A number that this server has not given to anybody yet: it has lost whatever was done with it.
                Err(error) if error.code() == Some("22023") => return Ok(Fate::RolledBack),
                Err(error) => return Err(error),
            };
            let Some(row) = row else { break };
            let is_same = row.text("since") == self.since.as_deref();
            match row.text("status") {
                // What is written down is not forgotten, so of ours nothing was.
                Some("aborted") => return Ok(Fate::RolledBack),
                Some("in progress") if !is_same => return Ok(Fate::RolledBack),
                Some("committed") if is_same => return Ok(Fate::Committed),
                Some("in progress") => {}
                _ => break,
            }
            if number == PATIENT_QUESTIONS {
                self.end_forsaken(&mut session).await?;
            }
            sleep(PAUSE).await;
        }
        session.close().await;
        Ok(Fate::Unknown)
    }

    fn status(&self) -> String {
        // A standby may not have heard of it yet.
        format!(
            "select case when not pg_catalog.pg_is_in_recovery() then pg_catalog.pg_xact_status({}::pg_catalog.xid8) end as status, \
             {SINCE} as since",
            literal(&self.transaction)
        )
    }

    /// Ends the session that was lost, should the server not know of it and wait for the next statement for ever, with
    /// all its locks. COMMIT cannot come any more then.
    async fn end_forsaken(&self, session: &mut Session) -> PgResult<()> {
        let end = format!(
            "select pg_catalog.pg_terminate_backend(pid) from pg_catalog.pg_stat_activity \
             where state operator(pg_catalog.=) 'idle in transaction' \
             and backend_xid operator(pg_catalog.=) {}::pg_catalog.xid8::pg_catalog.xid",
            literal(&self.transaction)
        );
        session.query(&end).await.map(drop)
    }
}
