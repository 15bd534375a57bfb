//! One connection that is stopped at a message instead of at a byte: what was sent, and what was answered.

use std::sync::Mutex;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::sync::watch;

use super::{State, lock};

/// A moment of a connection. Messages are those that the client wants an answer to, and its farewell, from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Moment {
    /// Everything before this message was answered, and it itself never arrives.
    Before(usize),
    /// The server is done with this message, and its answer never arrives.
    Unanswered(usize),
    /// The same for the first message with this text in it, `^` before and `$` behind.
    UnansweredText(&'static str),
    /// No end: the server is kept from carrying this message out, as by a request to stop that meets it alone.
    Refused(usize),
    /// The same, because the role may not do it any more.
    Denied(usize),
    /// The server ends the session instead of carrying this message out.
    Ended(usize),
    /// This message ends with COMMIT, and that fails: something was deferred to it.
    Violated(usize),
}

impl Moment {
    /// What the server gets instead of a message.
    fn instead_of(self, message: &[u8]) -> Vec<u8> {
        let fails = |code: &str| format!("do $$ begin raise sqlstate '{code}'; end $$");
        let sql = match self {
            Self::Refused(_) => fails("57014"),
            Self::Denied(_) => fails("42501"),
            Self::Ended(_) => {
                "select pg_catalog.pg_terminate_backend(pg_catalog.pg_backend_pid())".to_owned()
            }
            Self::Violated(_) => text_of(message).replacen(
                "commit",
                "create temporary table fault (x int unique deferrable initially deferred); \
                 insert into fault values (1), (1); commit",
                1,
            ),
            Self::Before(_) | Self::Unanswered(_) | Self::UnansweredText(_) => text_of(message),
        };
        let length = u32::try_from(sql.len() + 5).unwrap();
        [b"Q".as_slice(), &length.to_be_bytes(), sql.as_bytes(), b"\0"].concat()
    }
}

/// What is asked of one of the connections: the moment it is stopped at, and what was said until then.
#[derive(Debug, Default)]
pub(super) struct Listening {
    /// Which one, in the order they were made in, from 1.
    pub(super) connection: usize,
    pub(super) moment: Option<Moment>,
    /// Who is told when the moment has come, with the connection left open. Otherwise it is cut.
    pub(super) told: Option<std::sync::mpsc::Sender<()>>,
    pub(super) said: Vec<String>,
    /// When the moment has come the client is cut off, and the server does not hear of it.
    pub(super) is_forsaken: bool,
    /// Nothing of what the client may still say passes.
    pub(super) is_over: bool,
}

/// Both directions of such a connection.
pub(super) struct Talk<'a> {
    state: &'a Mutex<State>,
    moment: Mutex<Option<Moment>>,
    answered: watch::Sender<usize>,
}

/// Which answer the server owes when the client wants to encrypt: this code instead of a version.
const SSL_REQUEST: [u8; 4] = 80_877_103_u32.to_be_bytes();

impl<'a> Talk<'a> {
    pub(super) fn new(state: &'a Mutex<State>) -> Self {
        Self { state, moment: Mutex::new(lock(state).listening.moment), answered: watch::Sender::new(0) }
    }

    /// What the client says. True when the moment has come.
    pub(super) async fn up(&self, mut from: impl AsyncRead + Unpin, mut to: impl AsyncWrite + Unpin) -> bool {
        let (mut buffer, mut is_begun, mut sent) = (Vec::new(), false, 0);
        loop {
            while let Some(message) = take(&mut buffer, is_begun) {
                if !is_begun {
                    is_begun = message[4..8] != SSL_REQUEST;
                } else if matches!(message[0], b'Q' | b'X') {
                    sent += 1;
                    let moment = self.moment_at(sent, &message);
                    lock(self.state).listening.said.push(text_of(&message));
                    match moment {
                        Some(Moment::Before(number)) if number == sent => {
                            self.answered
                                .subscribe()
                                .wait_for(|answered| answered + 1 >= sent)
                                .await
                                .unwrap();
                            return true;
                        }
                        // The other direction knows when the server is done with the one before.
                        Some(Moment::Unanswered(number)) if number < sent => {
                            std::future::pending::<()>().await;
                        }
                        Some(
                            moment @ (Moment::Refused(number)
                            | Moment::Denied(number)
                            | Moment::Ended(number)
                            | Moment::Violated(number)),
                        ) if number == sent => {
                            if to.write_all(&moment.instead_of(&message)).await.is_err() {
                                return false;
                            }
                            continue;
                        }
                        Some(_) | None => {}
                    }
                }
                if to.write_all(&message).await.is_err() {
                    return false;
                }
            }
            if from.read_buf(&mut buffer).await.unwrap_or(0) == 0 {
                // The server may have gone already.
                to.shutdown().await.ok();
                return false;
            }
        }
    }

    /// The moment by its number, once its message is there.
    fn moment_at(&self, number: usize, message: &[u8]) -> Option<Moment> {
        let mut moment = lock(&self.moment);
        if let Some(Moment::UnansweredText(wanted)) = *moment
            && format!("^{}$", text_of(message)).contains(wanted)
        {
            *moment = Some(Moment::Unanswered(number));
        }
        *moment
    }

    /// What the server says. True when the moment has come.
    pub(super) async fn down(
        &self,
        mut from: impl AsyncRead + Unpin,
        mut to: impl AsyncWrite + Unpin,
    ) -> bool {
        let (mut buffer, mut is_begun, mut ready) = (Vec::new(), false, 0);
        loop {
            // That it does not encrypt is said in one byte.
            if !is_begun && buffer.first() == Some(&b'N') {
                if to.write_all(&buffer).await.is_err() {
                    return false;
                }
                buffer.clear();
                is_begun = true;
            }
            while let Some(message) = take(&mut buffer, true) {
                ready += usize::from(message[0] == b'Z');
                let is_held = matches!(*lock(&self.moment), Some(Moment::Unanswered(number)) if
                    ready > number || ready == number && message[0] != b'Z' && message[0] != b'G');
                if is_held && message[0] == b'Z' {
                    return true;
                }
                if !is_held && to.write_all(&message).await.is_err() {
                    return false;
                }
                // The first time it is ready for the first message.
                self.answered.send_replace(ready.saturating_sub(1));
            }
            if from.read_buf(&mut buffer).await.unwrap_or(0) == 0 {
                to.shutdown().await.ok();
                return false;
            }
        }
    }
}

fn text_of(message: &[u8]) -> String {
    String::from_utf8_lossy(&message[5..]).trim_end_matches('\0').to_owned()
}

/// Takes a whole message off the front; the very first ones of a client have no letter.
fn take(buffer: &mut Vec<u8>, has_letter: bool) -> Option<Vec<u8>> {
    let start = usize::from(has_letter);
    let length = u32::from_be_bytes(buffer.get(start..start + 4)?.try_into().unwrap()) as usize + start;
    (buffer.len() >= length).then(|| buffer.drain(..length).collect())
}
