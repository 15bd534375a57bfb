//! A session that may write, to be had only for an approved plan.

use std::ops::{Deref, DerefMut};
use std::time::Duration;

use tokio::time::Instant;

use crate::guard::Approved;
use crate::pg::witness::Fate;
use crate::pg::{CopySource, PgError, PgResult, Row, Session, SqlText, lock};
use crate::plan::{Plan, Progress};

/// How long another crmctl is waited for. Long enough for the server to finish what a killed one had sent.
const LOCK_WAIT: Duration = Duration::from_secs(15);

/// The same in tenths of a second, for waiting on the server.
const LOCK_TRIES: u32 = 150;

/// A session that may write.
pub struct Writer<'session> {
    session: &'session mut Session,
}

impl Session {
    /// Takes crmctl's lock until the session ends, checks that the plan still fits, and lets the session
    /// write. Costs one round trip when nobody else is at work, and none behind [`Session::lock_early`]; polls while
    /// somebody is.
    pub async fn unlock<P: Plan>(
        &mut self,
        approved: &Approved<P>,
        progress: &dyn Progress,
    ) -> PgResult<Writer<'_>> {
        self.check(approved)?;
        if self.is_locked_early() {
            // No other crmctl can have made the plan stale.
            self.become_writable()?;
            return Ok(Writer { session: self });
        }
        let fingerprint = approved.plan().fingerprint();
        let deadline = Instant::now() + LOCK_WAIT;
        let mut attempt = 0;
        loop {
            let answer = self.run(&lock::attempt(fingerprint)).await?;
            let of = |result: usize| answer.results.get(result).and_then(|rows: &Vec<Row>| rows.first());
            if of(0).is_some_and(|row| row.flag("locked")) {
                // The second result is empty where the plan did not fit: the session still cannot write then.
                return if of(1).is_some() { Ok(Writer { session: self }) } else { Err(PgError::Stale) };
            }
            let rows = self.query(&lock::holder_query()).await?;
            let holder = rows.first().and_then(|row| row.text("holder"));
            let holder = holder.map(|holder| format!(": {holder}")).unwrap_or_default();
            if Instant::now() >= deadline {
                return Err(PgError::Busy { holder });
            }
            if attempt == 0 {
                progress.notice(&format!("waiting for another crmctl{holder}"));
            }
            attempt += 1;
            self.pause(attempt).await?;
        }
    }

    /// Lets the session write inside transactions that start with [`Writer::begin`], which takes the lock and
    /// checks the plan in the same flight as the work. Costs no round trip.
    pub fn unlock_in_transaction<P: Plan>(
        &mut self,
        approved: &Approved<P>,
    ) -> PgResult<(Writer<'_>, Begin)> {
        self.check(approved)?;
        let guard = lock::guard(approved.plan().fingerprint(), LOCK_TRIES);
        Ok((Writer { session: self }, Begin(guard)))
    }

    fn check<P: Plan>(&self, approved: &Approved<P>) -> PgResult<()> {
        if approved.environment() == &self.target().environment {
            Ok(())
        } else {
            Err(PgError::Protocol(format!(
                "a plan approved for `{}` was about to be carried out on `{}`",
                approved.environment(),
                self.target().environment
            )))
        }
    }
}

/// A session that writes beside a [`Writer`], under whose lock it works: when that one ends, so must this.
pub(crate) struct Companion(Session);

impl Companion {
    /// The session, which may write.
    pub(crate) fn writer(&mut self) -> Writer<'_> {
        Writer { session: &mut self.0 }
    }

    /// Ends the session politely.
    pub(crate) async fn close(self) {
        self.0.close().await;
    }
}

/// That a transaction is committed, and how that is known.
#[derive(Debug)]
pub struct Committed {
    is_found_out: Option<String>,
}

impl Committed {
    /// Tells the user when it had to be found out.
    pub fn tell(&self, progress: &dyn Progress) {
        if let Some(remark) = &self.is_found_out {
            progress.notice(remark);
        }
    }
}

/// What a transaction must begin with: the lock, and the check that the plan still fits.
#[derive(Debug, Clone)]
pub struct Begin(String);

impl Writer<'_> {
    /// Another session on the same database that may write as well. Only for a writer that holds crmctl's lock until it
    /// ends, as behind [`Session::unlock`].
    pub(crate) async fn companion(&self) -> PgResult<Companion> {
        let mut session = self.session.another().await?;
        session.become_writable()?;
        Ok(Companion(session))
    }

    /// Queues `begin`, the lock and the check of the plan, and the transaction's settings.
    pub fn begin(&mut self, begin: &Begin, settings: &str) -> PgResult<()> {
        // Two messages: should the second fail, everything after it meets a failed transaction.
        // Whatever the role's default: with an older snapshot than its locks a transaction misses rows.
        self.session.send("begin transaction isolation level read committed read write")?;
        self.session.send_with_witness(&format!("{}; {settings}", begin.0))
    }

    /// Runs statements inside of a transaction that was begun in another way, and asks who it is: what becomes of its
    /// COMMIT can be found out then, should the answer be lost.
    pub async fn run_with_witness(&mut self, sql: &str) -> PgResult<()> {
        self.session.send_with_witness(sql)?;
        self.session.receive().await?.ok().map(drop)
    }

    /// Queues SQL whose rows nobody reads: a migration may select what it likes, and as much.
    pub fn send_unread(&mut self, sql: SqlText) -> PgResult<()> {
        self.session.send_text(sql)?;
        self.session.wire().ignore_rows();
        Ok(())
    }

    /// Queues a `copy .. from stdin` and its data.
    pub fn send_copy_in(&mut self, sql: &str, source: CopySource) -> PgResult<()> {
        self.session.wire().copy_in(sql, source)
    }

    /// Fetches all answers in flight, and the first error among them.
    pub async fn settle(&mut self) -> PgResult<()> {
        let mut first = None;
        while self.session.in_flight() > 0 {
            if let Err(error) = self.session.receive().await.and_then(super::Answer::ok) {
                if matches!(error, PgError::Lost { .. } | PgError::Protocol(_)) {
                    return Err(first.unwrap_or(error));
                }
                first.get_or_insert(error);
            }
        }
        first.map_or(Ok(()), Err)
    }

    /// Commits, unless the user asked to stop before: then it rolls back.
    pub async fn commit(&mut self) -> PgResult<Committed> {
        self.send_commit().await?;
        self.receive_commit().await
    }

    /// Commits and ends the session. Nothing can be asked of it afterwards. The farewell is sent once COMMIT is answered:
    /// a pooler that hears both at once ends the server's session before it has committed.
    pub async fn commit_and_end(&mut self) -> PgResult<Committed> {
        let committed = self.commit().await?;
        self.session.wire().say_goodbye().await;
        Ok(committed)
    }

    async fn send_commit(&mut self) -> PgResult<()> {
        if self.session.is_cancelled() {
            self.roll_back().await?;
            return Err(PgError::Interrupted);
        }
        self.session.send("commit")
    }

    async fn receive_commit(&mut self) -> PgResult<Committed> {
        let answer = match self.session.receive().await {
            // Big, and hardly ever needed: nobody's future shall be so big for it.
            Err(PgError::Lost { address, reason }) => return Box::pin(self.find_out(address, reason)).await,
            answer => answer?.ok()?,
        };
        match answer.tags.first().map(String::as_str) {
            Some("COMMIT") => Ok(Committed { is_found_out: None }),
            _ => Err(PgError::Protocol(
                "the server rolled the transaction back instead of committing it".to_owned(),
            )),
        }
    }

    /// COMMIT was sent and not answered: what this returns is the truth, as far as anybody can be asked.
    async fn find_out(&self, address: String, reason: String) -> PgResult<Committed> {
        let Some(witness) = self.session.witness() else {
            return Err(PgError::Undecided { address, reason, transaction: None });
        };
        match witness.fate(self.session.target()).await {
            Fate::Committed => Ok(Committed {
                is_found_out: Some(format!(
                    "the connection to {address} was lost before COMMIT was answered ({reason}); \
                     the server says that it was committed"
                )),
            }),
            Fate::RolledBack => Err(PgError::RolledBack { address, reason }),
            Fate::Unknown => {
                Err(PgError::Undecided { address, reason, transaction: Some(witness.transaction) })
            }
        }
    }

    /// Rolls back whatever is open.
    pub async fn roll_back(&mut self) -> PgResult<()> {
        self.session.run("rollback").await.map(drop)
    }
}

impl Deref for Writer<'_> {
    type Target = Session;

    fn deref(&self) -> &Session {
        self.session
    }
}

impl DerefMut for Writer<'_> {
    fn deref_mut(&mut self) -> &mut Session {
        self.session
    }
}
