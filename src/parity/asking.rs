//! Asking both sides about tables, at the same time and with bounded answers.

use std::sync::{Arc, Mutex, PoisonError};

use crate::parity::failure::ParityError;
use crate::parity::suspect::Sides;
use crate::pg::{Answer, PgError, PgResult, Row, Session, TableName};

/// Two sessions, asked at the same time.
pub(crate) struct Pair<'a>(pub(crate) &'a mut Session, pub(crate) &'a mut Session);

/// A statement for both sides, about a table, and what keeps of the answer what is needed.
pub(crate) struct Question<K> {
    pub(crate) table: TableName,
    pub(crate) sql: Sides<String>,
    pub(crate) keeps: Sides<K>,
}

/// What is kept of an answer while it arrives.
pub(crate) trait Keep: Send + 'static {
    /// What it comes to.
    type Whole;

    /// Takes a row, or not.
    fn take(&mut self, row: Row);

    /// Everything was received.
    fn whole(self) -> PgResult<Self::Whole>;
}

impl Keep for Vec<Row> {
    type Whole = Self;

    fn take(&mut self, row: Row) {
        self.push(row);
    }

    fn whole(self) -> PgResult<Self> {
        Ok(self)
    }
}

impl Pair<'_> {
    /// Asks all questions in one round trip.
    pub(crate) async fn ask<K: Keep>(
        &mut self,
        questions: Vec<Question<K>>,
    ) -> Result<Vec<Sides<K::Whole>>, ParityError> {
        let (mut left, mut right) = (Vec::new(), Vec::new());
        for Question { table, sql, keeps } in questions {
            left.push((table.clone(), sql.left, keeps.left));
            right.push((table, sql.right, keeps.right));
        }
        let (left, right) = tokio::try_join!(asked(self.0, left), asked(self.1, right))?;
        Ok(left.into_iter().zip(right).map(|(left, right)| Sides { left, right }).collect())
    }

    /// That a row is not there which was a moment ago, in the same snapshot.
    pub(crate) fn lost(&self, table: &TableName, key: &str) -> ParityError {
        let cause = PgError::Protocol(format!("the row {key} was there a moment ago, in the same snapshot"));
        ParityError::of_table(self.0, table, cause)
    }
}

async fn asked<K: Keep>(
    session: &mut Session,
    questions: Vec<(TableName, String, K)>,
) -> Result<Vec<K::Whole>, ParityError> {
    let mut waiting = Vec::new();
    for (table, sql, keep) in questions {
        let kept = Arc::new(Mutex::new(Some(keep)));
        let taking = Arc::clone(&kept);
        let reader = move |row| {
            if let Some(keep) = taking.lock().unwrap_or_else(PoisonError::into_inner).as_mut() {
                keep.take(row);
            }
        };
        let sent = session.send_for(&sql, reader);
        sent.map_err(|cause| ParityError::of_table(session, &table, cause))?;
        waiting.push((table, kept));
    }
    let mut answers = Vec::new();
    for (table, kept) in waiting {
        let whole = received(session, &kept).await;
        answers.push(whole.map_err(|cause| ParityError::of_table(session, &table, cause))?);
    }
    Ok(answers)
}

async fn received<K: Keep>(session: &mut Session, kept: &Mutex<Option<K>>) -> PgResult<K::Whole> {
    session.receive().await.and_then(Answer::ok)?;
    let keep = kept.lock().unwrap_or_else(PoisonError::into_inner).take();
    keep.ok_or_else(super::reading::incomplete)?.whole()
}
