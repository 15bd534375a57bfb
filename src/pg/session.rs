//! A session that reads. PostgreSQL itself refuses its writes until a plan is approved.

use std::collections::VecDeque;
use std::sync::PoisonError;
use std::time::Duration;

use tokio::time::{Instant, sleep, sleep_until};

use crate::cancel::Cancel;
use crate::environment::{DatabaseUrl, EnvironmentName, Secret};
use crate::pg::connect::{self, Canceller};
use crate::pg::wire::Wire;
use crate::pg::witness::{self, Slot, Witness};
use crate::pg::{Answer, Backoff, CopySink, PgError, PgResult, Row, SqlText, literal, lock, pooler, retry};

/// The very first words: a role's time-out may be shorter than it takes to read all the settings. Should even this take
/// too long, they end it just as well.
const NO_HURRY: &str = "set statement_timeout = 0";

/// Settings every session starts with: nothing on the server's or the role's side may change what values look
/// like, stop a long backup, or hide rows (`row_security = off` makes a filter an error). Compiling a statement that
/// digests many tables takes longer than running it. Nobody waits for ever for what somebody else has locked and forgotten.
pub(crate) const SETTINGS: &str = "\
    set statement_timeout = 0; set default_transaction_read_only = on; set lock_timeout = '20s'; \
    set idle_in_transaction_session_timeout = 0; set idle_session_timeout = 0; set client_min_messages = warning; set search_path = ''; \
    set timezone = 'UTC'; set datestyle = 'ISO, MDY'; set intervalstyle = 'postgres'; \
    set extra_float_digits = 3; set bytea_output = 'hex'; set lc_monetary = 'C'; set array_nulls = on; set xmloption = 'content'; \
    set standard_conforming_strings = on; set quote_all_identifiers = off; set row_security = off; set jit = off; \
    select case when current_setting('server_version_num')::int >= 170000 \
      then pg_catalog.set_config('transaction_timeout', '0', false) end";

/// How long a cancelled server may take before the connection is given up.
const PATIENCE_AFTER_CANCEL: Duration = Duration::from_secs(3);

/// Which database to connect to, and on whose behalf.
#[derive(Debug, Clone)]
pub struct Target {
    /// The environment the database is.
    pub environment: EnvironmentName,
    /// Its address.
    pub url: DatabaseUrl,
    /// What the server shows as `application_name`.
    pub application_name: String,
}

/// One connection. Read-only until [`Session::unlock`].
pub struct Session {
    wire: Wire,
    canceller: Canceller,
    target: Target,
    cancel: Cancel,
    /// Messages in front of all others whose answers nobody has to fetch.
    ahead: VecDeque<Ahead>,
    is_locked_early: bool,
    /// A setting of this session and of every other made from it: name and value.
    kept_setting: Option<(&'static str, Secret)>,
    /// The transaction that was begun last, as its server will know it later.
    witness: Slot,
}

/// A message that goes with the next question, so that it costs no round trip.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ahead {
    NoHurry,
    Settings,
    EarlyLock,
    Writable,
}

impl Session {
    /// Connects, trying again when the fault is transient; a refused login is final.
    pub async fn open(target: &Target, cancel: &Cancel) -> PgResult<Self> {
        let connecting =
            retry(Backoff::CONNECT, async |_| connect::connect(&target.url, &target.application_name).await);
        let connection = tokio::select! {
            connection = connecting => connection?,
            () = cancel.raised() => return Err(PgError::Interrupted),
        };
        let is_suspect = pooler::is_suspect(&target.url, &connection);
        let mut wire = Wire::new(connection.stream, connect::address(&target.url));
        if is_suspect {
            Box::pin(pooler::refuse_shared(&mut wire, &target.url, &target.application_name)).await?;
        }
        wire.query(NO_HURRY)?;
        wire.query(SETTINGS)?;
        Ok(Self {
            wire,
            canceller: connection.canceller,
            target: target.clone(),
            cancel: cancel.clone(),
            ahead: VecDeque::from([Ahead::NoHurry, Ahead::Settings]),
            is_locked_early: false,
            kept_setting: None,
            witness: Slot::default(),
        })
    }

    /// Tries to take crmctl's lock with the first query, at the cost of no round trip: what is read then cannot be
    /// changed by another crmctl any more, and [`Session::unlock`] has nothing left to ask. Not for a session whose plan
    /// somebody will think about: everybody else would wait. Whoever holds the lock is waited for when it is needed.
    pub fn lock_early(&mut self) -> PgResult<()> {
        self.send_ahead(Ahead::EarlyLock, &lock::early_attempt())
    }

    /// Whether everything was read under crmctl's lock.
    pub(crate) fn is_locked_early(&self) -> bool {
        self.is_locked_early
    }

    /// Ends being read-only with the next message.
    pub(crate) fn become_writable(&mut self) -> PgResult<()> {
        self.send_ahead(Ahead::Writable, "set default_transaction_read_only = off")
    }

    fn send_ahead(&mut self, ahead: Ahead, sql: &str) -> PgResult<()> {
        if self.in_flight() > 0 {
            return Err(PgError::Protocol("what goes ahead was sent behind a query".to_owned()));
        }
        self.ahead.push_back(ahead);
        self.wire.query(sql)
    }

    /// Sets a secret for this session and all that are made from it, with the next message: statements that need it name
    /// the setting, so that it stands in none of them. `pg_stat_statements` shows a `$1` in its place.
    pub(crate) fn keep_setting(&mut self, name: &'static str, value: Secret) -> PgResult<()> {
        let sql =
            format!("select pg_catalog.set_config({}, {}, false)", literal(name), literal(value.expose()));
        self.kept_setting = Some((name, value));
        self.send_ahead(Ahead::Settings, &sql)
    }

    /// Another session on the same database, on the same behalf.
    pub(crate) async fn another(&self) -> PgResult<Self> {
        let mut other = Self::open(&self.target, &self.cancel).await?;
        if let Some((name, value)) = &self.kept_setting {
            other.keep_setting(name, value.clone())?;
        }
        Ok(other)
    }

    /// Which database this is.
    #[must_use]
    pub fn target(&self) -> &Target {
        &self.target
    }

    /// Whether the user asked to stop.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.cancel.is_raised()
    }

    /// Waits until the user asks to stop.
    pub(crate) fn cancelled(&self) -> impl Future<Output = ()> + use<> {
        let cancel = self.cancel.clone();
        async move { cancel.raised().await }
    }

    /// From now on a request to stop is not passed on to the server: for the last word on what was stopped.
    pub(crate) fn heed_no_stop(&mut self) {
        self.cancel = Cancel::default();
    }

    /// Waits before a transaction is tried again after the try `attempt`, unless the user asks to stop meanwhile.
    pub(crate) async fn pause(&self, attempt: u32) -> PgResult<()> {
        tokio::select! {
            () = tokio::time::sleep(Backoff::TRANSACTION.pause(attempt)) => Ok(()),
            () = self.cancel.raised() => Err(PgError::Interrupted),
        }
    }

    /// Runs one message of statements and returns the rows of the first that has any.
    pub async fn query(&mut self, sql: &str) -> PgResult<Vec<Row>> {
        Ok(self.run(sql).await?.rows())
    }

    /// Runs one message of statements.
    pub async fn run(&mut self, sql: &str) -> PgResult<Answer> {
        self.send(sql)?;
        self.receive().await?.ok()
    }

    /// Queues one message; its answer is fetched by [`Self::receive`], in order.
    pub fn send(&mut self, sql: &str) -> PgResult<()> {
        self.wire.query(sql)
    }

    /// The same for SQL that is not copied.
    pub fn send_text(&mut self, sql: SqlText) -> PgResult<()> {
        self.wire.query(sql)
    }

    /// Queues a query whose rows go to `reader` while the server still makes others. The answer has none.
    pub(crate) fn send_for(&mut self, sql: &str, reader: impl FnMut(Row) + Send + 'static) -> PgResult<()> {
        self.wire.query(sql)?;
        self.wire.give_rows(reader);
        Ok(())
    }

    /// Queues a `copy .. to stdout` whose rows go to `sink`.
    pub fn send_copy_out(&mut self, sql: &str, sink: CopySink) -> PgResult<()> {
        self.wire.copy_out(sql, sink)
    }

    /// Messages whose answers have not been fetched.
    #[must_use]
    pub fn in_flight(&self) -> usize {
        self.wire.in_flight().saturating_sub(self.ahead.len())
    }

    /// The answer to the oldest message. An error the server reported is inside it.
    ///
    /// When the user asks to stop, the server is told so, again and again until it has answered: what this
    /// returns is the truth about what was done, and a statement that was stopped is [`PgError::Interrupted`].
    pub async fn receive(&mut self) -> PgResult<Answer> {
        while let Some(ahead) = self.ahead.front().copied() {
            let answer = self.attend().await?;
            self.ahead.pop_front();
            match ahead {
                Ahead::Settings => drop(answer.ok()?),
                Ahead::EarlyLock => {
                    let rows = answer.ok()?.rows();
                    self.is_locked_early = rows.first().is_some_and(|row| row.flag("locked"));
                }
                // If they failed, the settings say it again, or the server refuses what is written: answer enough.
                Ahead::NoHurry | Ahead::Writable => {}
            }
        }
        let answer = self.attend().await?;
        match &answer.error {
            Some(error) if error.code == "57014" && self.cancel.is_raised() => Err(PgError::Interrupted),
            _ => Ok(answer),
        }
    }

    async fn attend(&mut self) -> PgResult<Answer> {
        let Self { wire, canceller, cancel, .. } = self;
        tokio::select! {
            biased;
            answer = wire.answer() => return answer,
            () = cancel.raised() => {}
        }
        let deadline = Instant::now() + PATIENCE_AFTER_CANCEL;
        let insisting = async {
            loop {
                canceller.request().await;
                sleep(Duration::from_millis(100)).await;
            }
        };
        tokio::select! {
            biased;
            answer = wire.answer() => answer,
            () = insisting => unreachable!("an endless loop"),
            // An answer that came after all must not be taken for that to another question.
            () = sleep_until(deadline) => Err(wire.give_up("the server did not stop the statement in time")),
        }
    }

    /// Queues statements inside of a transaction, and who it is behind them; their rows are lost.
    pub(super) fn send_with_witness(&mut self, sql: &str) -> PgResult<()> {
        let slot = Slot::clone(&self.witness);
        self.send_for(&format!("{sql}; {}", witness::question()), move |row| witness::keep(&slot, &row))
    }

    /// Who the present transaction is, if that was asked and answered.
    pub(super) fn witness(&self) -> Option<Witness> {
        self.witness.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn wire(&mut self) -> &mut Wire {
        &mut self.wire
    }

    /// Ends the session politely.
    pub async fn close(mut self) {
        self.wire.say_goodbye().await;
    }
}
