//! Killing a command at random moments, for what a scenario of the harness cannot say.
//!
//! A failure prints the seed, and `CRASH_SEED` repeats it.

use std::time::{Duration, Instant};

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::{Call, Database};

/// How often each command is killed, each run at other moments; `CRASH_KILLS` asks for more.
const KILLS: u32 = 15;

/// Kills a command at random moments of its life. After each, `check` says whether that was survived.
pub(crate) fn kill_often(database: &Database, call: impl Fn() -> Call, mut check: impl FnMut(&str)) {
    let seed =
        std::env::var("CRASH_SEED").ok().and_then(|text| text.parse().ok()).unwrap_or_else(rand::random);
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let started = Instant::now();
    call().success();
    let mut lifetime = started.elapsed();
    check(&format!("not killed at all, seed {seed}"));

    let kills = std::env::var("CRASH_KILLS").ok().and_then(|text| text.parse().ok()).unwrap_or(KILLS);
    for number in 1..=kills {
        // One in every part of its life, and a little beyond.
        let part = (f64::from(number) - random.random::<f64>()) / f64::from(kills);
        let moment = lifetime.mul_f64(part * 1.1);
        let started = Instant::now();
        let mut running = call().spawn();
        let is_killed = loop {
            if running.has_ended() {
                lifetime = (lifetime + started.elapsed()) / 2;
                break false;
            }
            if started.elapsed() >= moment {
                running.kill();
                break true;
            }
            // The moment of the kill is what this is about.
            std::thread::sleep(Duration::from_micros(200));
        };
        let output = running.finish();
        // What the dead one had sent, the server still finishes or rolls back.
        database.until_alone();
        let fate = if is_killed { "killed" } else { "done" };
        check(&format!("run {number}, {fate} after {moment:?} of {lifetime:?}, seed {seed}:{output}"));
    }
}
