//! Every writing command is killed at random moments of its life, and judged each time.
//!
//! `CRASH_KILLS` says how many times in all: a soak is this with another number. A failure prints the seed, and
//! `CRASH_SEED` repeats it. What each command came to is on stderr, as lines of the table in `docs/faults.md`.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::fault_scenarios::{ALL, scenarios};
use crate::support::{Fate, Scenario, Stage, Stop};

/// Kills of all commands together when nobody asks for more.
const KILLS: usize = 100;

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok().map(|text| text.parse().expect("a number"))
}

fn kill_at_random_moments(scenario: &Scenario) {
    let all = number("CRASH_KILLS").map_or(KILLS, |kills| usize::try_from(kills).unwrap());
    let kills = all.div_ceil(ALL.len());
    let seed = number("CRASH_SEED").unwrap_or_else(rand::random);
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut stage = Stage::of(scenario);
    let mut fates = Vec::new();

    while fates.len() < kills {
        // Half of them at the end of its life, where it commits.
        let from = if random.random() { 0.0 } else { 0.75 };
        let part = random.random_range(from..1.05);
        let output = stage.stopped(Stop::Kill, part);
        let fault = format!("kill {} at {part:.3} of {:?}, seed {seed}", fates.len() + 1, stage.lifetime);
        let fate = stage.survived(&fault, &output);
        // One that had ended before was not killed.
        fates.extend(output.code.is_none().then_some(fate));
    }
    let count = |wanted: Fate| fates.iter().filter(|fate| **fate == wanted).count();
    let (old, between, new) = (count(Fate::Old), count(Fate::Between), count(Fate::New));
    eprintln!("| `{}` | {kills} | {old} | {between} | {new} | 0 |", scenario.name);
}

scenarios!(test_each kill_at_random_moments);
