//! What a server answers to one message.

use crate::pg::{PgError, PgResult, Row, ServerError};

/// What the server said to one message.
#[derive(Debug, Default)]
pub struct Answer {
    /// Rows of each statement of the message that returned any, one list per statement.
    pub results: Vec<Vec<Row>>,
    /// Command tags, for example `INSERT 0 3`, in order.
    pub tags: Vec<String>,
    /// Warnings and notices.
    pub notices: Vec<ServerError>,
    /// The error that ended the message, if any.
    pub error: Option<ServerError>,
    /// Transaction status afterwards: `I` idle, `T` in a transaction, `E` in a failed one.
    pub status: u8,
}

impl Answer {
    /// The rows of the first statement that returned any.
    #[must_use]
    pub fn rows(self) -> Vec<Row> {
        self.results.into_iter().next().unwrap_or_default()
    }

    /// Takes a remark of the server's, unless there were too many: a loop may make millions of them.
    pub(crate) fn remark(&mut self, remark: ServerError) {
        const MOST: usize = 1000;
        match self.notices.len() {
            MOST => {
                let message = format!("more than {MOST} remarks; the others are left out");
                self.notices.push(ServerError { severity: "NOTICE".to_owned(), message, ..remark });
            }
            0..MOST => self.notices.push(remark),
            _ => {}
        }
    }

    /// The answer, or the error in it.
    pub fn ok(mut self) -> PgResult<Self> {
        match self.error.take() {
            Some(error) => Err(PgError::from_server(error)),
            None => Ok(self),
        }
    }
}
