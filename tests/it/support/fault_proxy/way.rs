//! One direction of one connection.

use std::sync::Mutex;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};

use super::{Direction, State, lock};

/// Who spoke last, and when.
#[derive(Debug, Default)]
pub(super) struct Turn {
    said: Option<Instant>,
    heard_since: bool,
}

pub(super) struct Way<'a> {
    pub(super) direction: Direction,
    pub(super) state: &'a Mutex<State>,
    pub(super) turn: &'a Mutex<Turn>,
}

impl Way<'_> {
    /// Passes bytes on, late. True when the connection is to be cut.
    pub(super) async fn carry(
        self,
        mut from: impl AsyncRead + Unpin,
        mut to: impl AsyncWrite + Unpin,
    ) -> bool {
        // Bounded, as a network is: a sender must not run ahead without limit.
        let (queue, mut arriving) = mpsc::channel::<(Instant, Vec<u8>)>(256);
        let writing = async {
            while let Some((due, bytes)) = arriving.recv().await {
                sleep_until(due).await;
                if to.write_all(&bytes).await.is_err() {
                    break;
                }
                if self.direction == Direction::ToClient {
                    lock(self.turn).heard_since = true;
                }
            }
            // The other side may have closed already.
            to.shutdown().await.ok();
        };
        let (is_cut, ()) = tokio::join!(self.read(&mut from, queue), writing);
        is_cut
    }

    /// Reads until the end. True when the connection is to be cut.
    async fn read(
        &self,
        from: &mut (impl AsyncRead + Unpin),
        queue: mpsc::Sender<(Instant, Vec<u8>)>,
    ) -> bool {
        let mut buffer = vec![0; 64 * 1024];
        let (mut sum, mut pieces) = (0_u64, 0_usize);
        loop {
            let count = from.read(&mut buffer).await.unwrap_or(0);
            if count == 0 {
                return false;
            }
            if self.direction == Direction::ToServer
                && lock(self.state).is_pooler
                && count > FAREWELL.len()
                && buffer[..count].ends_with(FAREWELL)
            {
                return true;
            }
            if self.direction == Direction::ToClient && lock(self.state).is_pooler {
                make_a_process_up(&mut buffer[..count]);
            }
            let now = Instant::now();
            let (passed, end) = self.note(now, sum, count);
            sum += count as u64;
            if let Some(record) = &mut lock(self.state).record {
                record[self.direction as usize].extend_from_slice(&buffer[..passed]);
            }
            if self.direction == Direction::ToServer && lock(self.state).is_impatient {
                hasten(&mut buffer[..passed]);
            }
            pieces += 1;
            let pause = match lock(self.state).stutter {
                Some((every, pause)) if pieces % every == 0 => pause,
                Some(_) | None => Duration::ZERO,
            };
            let due = now + lock(self.state).delay + pause;
            if queue.send((due, buffer[..passed].to_vec())).await.is_err() {
                return false;
            }
            self.tell_commits(&buffer[..passed]);
            match end {
                Some(End::Cut) => return true,
                Some(End::Stall) => std::future::pending::<()>().await,
                None => {}
            }
        }
    }

    /// One that lies across two reads is missed: who counts on them has others.
    fn tell_commits(&self, bytes: &[u8]) {
        if self.direction == Direction::ToServer
            && let Some(told) = &lock(self.state).commits
        {
            let commits = bytes.windows(7).filter(|bytes| matches!(*bytes, b"commit\0" | b"commit;"));
            for _ in commits {
                // Whoever listened may have gone.
                told.send(std::time::Instant::now()).ok();
            }
        }
    }

    /// Counts, and says how many of the bytes pass and what comes after them.
    fn note(&self, now: Instant, before: u64, count: usize) -> (usize, Option<End>) {
        let mut state = lock(self.state);
        state.bytes[self.direction as usize] += count as u64;
        // A farewell is not waited for: five bytes, or as many within TLS 1.3.
        if self.direction == Direction::ToServer && !matches!(count, 5 | 27) {
            let mut turn = lock(self.turn);
            let could_have_heard =
                turn.said.is_none_or(|said| turn.heard_since && now - said >= state.delay * 2);
            if could_have_heard {
                state.round_trips += 1;
                turn.heard_since = false;
            }
            turn.said = Some(now);
        }
        let limit = |fault: Option<(Direction, u64)>| {
            let (direction, limit) = fault?;
            (direction == self.direction && before + count as u64 >= limit)
                .then(|| usize::try_from(limit.saturating_sub(before)).unwrap().min(count))
        };
        match (limit(state.cut), limit(state.stall)) {
            (Some(passed), _) => (passed, Some(End::Cut)),
            (_, Some(passed)) => {
                state.is_stalled = true;
                (passed, Some(End::Stall))
            }
            (None, None) => (count, None),
        }
    }
}

/// Poolers answer for no process of their own, so they make a number up.
pub(crate) fn make_a_process_up(bytes: &mut [u8]) {
    const BACKEND_KEY: &[u8] = b"K\0\0\0\x0c";
    let place = bytes.windows(BACKEND_KEY.len()).position(|window| window == BACKEND_KEY);
    if let Some(highest) = place.and_then(|place| bytes.get_mut(place + BACKEND_KEY.len())) {
        *highest = 0x7f;
    }
}

/// The last message of a connection.
const FAREWELL: &[u8] = b"X\0\0\0\x04";

/// Makes every time-out for locks a tenth of a second, without making the text longer.
fn hasten(bytes: &mut [u8]) {
    const SETTING: &[u8] = b"lock_timeout = ";
    let mut from = 0;
    while let Some(place) = bytes[from..].windows(SETTING.len()).position(|window| window == SETTING) {
        let start = from + place + SETTING.len() - 3;
        let length = bytes[start..].iter().position(|byte| matches!(byte, b';' | 0)).unwrap_or(0);
        let value = &mut bytes[start..start + length];
        // None at all stays none.
        if length >= 6 && !value.ends_with(b" 0") {
            value.fill(b' ');
            value[..6].copy_from_slice(b"= 100 ");
        }
        from = start + length;
    }
}

enum End {
    Cut,
    Stall,
}
