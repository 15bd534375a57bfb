//! Transient faults are tried again, with exponential backoff and jitter; everything else is not.

use std::time::Duration;

use rand::Rng;

use crate::error::Kind;
use crate::pg::{PgError, PgResult};

/// How often and how patiently something is tried again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backoff {
    /// Tries in all, the first included.
    pub attempts: u32,
    /// The longest pause before the second try; it doubles with each further one.
    pub first: Duration,
    /// No pause is longer than this.
    pub longest: Duration,
}

impl Backoff {
    /// For connecting: five tries within some seconds.
    pub const CONNECT: Self =
        Self { attempts: 5, first: Duration::from_millis(100), longest: Duration::from_secs(2) };
    /// For transactions that met a lock time-out or a deadlock.
    pub const TRANSACTION: Self =
        Self { attempts: 5, first: Duration::from_millis(200), longest: Duration::from_secs(5) };

    /// The longest pause after the try `attempt` (from 1), before jitter.
    #[must_use]
    pub fn ceiling(&self, attempt: u32) -> Duration {
        self.first.saturating_mul(2_u32.saturating_pow(attempt.saturating_sub(1))).min(self.longest)
    }

    /// A random pause of at least half the ceiling ("equal jitter").
    #[must_use]
    pub fn pause(&self, attempt: u32) -> Duration {
        self.ceiling(attempt).mul_f64(rand::rng().random_range(0.5..=1.0))
    }
}

/// Does `work` until it succeeds, fails for good, or the tries are used up.
pub async fn retry<T>(backoff: Backoff, mut work: impl AsyncFnMut(u32) -> PgResult<T>) -> PgResult<T> {
    let mut attempt = 1;
    loop {
        match work(attempt).await {
            Err(error) if error.is_transient() && attempt < backoff.attempts => {
                tokio::time::sleep(backoff.pause(attempt)).await;
                attempt += 1;
            }
            result => return result,
        }
    }
}

/// Whether a failure anywhere in a command may be tried again as a whole.
#[must_use]
pub fn is_transient(failure: &crate::error::Failure) -> bool {
    failure.kind() == Kind::Failed
        && failure.error().downcast_ref::<PgError>().is_some_and(PgError::is_transient)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_the_longest() {
        let ceilings: Vec<u128> =
            (1..=6).map(|attempt| Backoff::CONNECT.ceiling(attempt).as_millis()).collect();

        assert_eq!(ceilings, [100, 200, 400, 800, 1600, 2000]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_refused_login_is_never_tried_again() {
        let mut tries = 0;
        let login = || PgError::Login {
            address: "h:1".into(),
            user: "u".into(),
            reason: "wrong".into(),
            help: String::new(),
        };

        let result: PgResult<()> = retry(Backoff::CONNECT, async |_| {
            tries += 1;
            Err(login())
        })
        .await;
        assert!(matches!(result, Err(PgError::Login { .. })));
        assert_eq!(tries, 1);
    }

    #[tokio::test(start_paused = true)]
    async fn a_transient_fault_is_tried_as_often_as_the_backoff_says() {
        let mut tries = 0;

        let result: PgResult<()> = retry(Backoff::CONNECT, async |_| {
            tries += 1;
            Err(PgError::Connect {
                address: "h:1".into(),
                reason: "reset".into(),
                help: None,
                transient: true,
            })
        })
        .await;
        assert!(result.is_err());
        assert_eq!(tries, 5);
    }
}
