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

fn share(count: usize) -> f64 {
    f64::from(u32::try_from(count).expect("not so many"))
}

fn kill_at_random_moments(scenario: &Scenario) {
    let all = number("CRASH_KILLS").map_or(KILLS, |kills| usize::try_from(kills).unwrap());
    let kills = all.div_ceil(ALL.len());
    let seed = number("CRASH_SEED").unwrap_or_else(rand::random);
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut stage = Stage::of(scenario);
    let commits = stage.commits();
    let (mut fates, mut is_late) = (Vec::new(), false);

    while fates.len() < kills {
        let (output, moment) = if fates.len().is_multiple_of(2) || commits.is_empty() {
            // One in every part of its life; where that turned out to be its end, anywhere.
            let spread = (share(fates.len()) + random.random::<f64>()) / share(kills);
            let part = if is_late { random.random() } else { spread };
            (stage.stopped(Stop::Kill, part), format!("{part:.3} of {:?}", stage.lifetime))
        } else {
            // Where it commits, which by the clock would hardly ever be met.
            let number = random.random_range(0..commits.len());
            let delay = commits[number].mul_f64(random.random());
            (stage.killed_after_commit(number, delay), format!("{delay:?} after COMMIT {number}"))
        };
        let fault = format!("kill {} at {moment}, seed {seed}", fates.len() + 1);
        let fate = stage.survived(&fault, &output);
        // One that had ended before was not killed.
        is_late = output.code.is_some();
        fates.extend((!is_late).then_some(fate));
    }
    let count = |wanted: Fate| fates.iter().filter(|fate| **fate == wanted).count();
    let (old, between, new) = (count(Fate::Old), count(Fate::Between), count(Fate::New));
    eprintln!("| `{}` | {kills} | {old} | {between} | {new} | 0 |", scenario.name);
}

scenarios!(test_each kill_at_random_moments);
