//! Tells how far rows have come while they are on their way.

use std::future::Future;
use std::pin::pin;
use std::time::Duration;

use tokio::time::{MissedTickBehavior, interval};

use crate::pg::Meter;
use crate::plan::{Moved, Progress};

/// How often it is told.
const EVERY: Duration = Duration::from_millis(200);

/// Does `work`, and tells what has gone through `meters` meanwhile: one for each table of the transfer, in its order.
pub(crate) async fn watched<T>(
    work: impl Future<Output = T>,
    meters: &[Meter],
    progress: &dyn Progress,
) -> T {
    let (mut work, mut ticks) = (pin!(work), interval(EVERY));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            biased;
            done = &mut work => return done,
            _ = ticks.tick() => tell(meters, progress),
        }
    }
}

fn tell(meters: &[Meter], progress: &dyn Progress) {
    for (index, meter) in meters.iter().enumerate() {
        progress.moved(index, Moved { rows: meter.rows(), bytes: meter.bytes(), done: meter.has_ended() });
    }
}
