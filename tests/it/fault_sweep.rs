//! A connection is cut at every message, every message fails once, and the program is killed where the server has just
//! done what it was told: exact, where random moments are only many.

use crate::fault_scenarios as scenarios;
use crate::support::{Fate, Hurt, Moment, Scenario, Side, Stage};

/// Faults per sweep when nobody asks for more. `FAULT_SWEEP=all` does everything to every message.
const FAULTS: usize = 8;

const KINDS: [fn(usize) -> Hurt; 7] = [
    |number| Hurt::At(Moment::Before(number)),
    |number| Hurt::At(Moment::Unanswered(number)),
    |number| Hurt::At(Moment::Refused(number)),
    |number| Hurt::KilledAt(Moment::Unanswered(number)),
    |number| Hurt::At(Moment::Denied(number)),
    |number| Hurt::At(Moment::Ended(number)),
    |number| Hurt::At(Moment::Violated(number)),
];

/// Which faults are done: all of them, or one each of as many messages as there is time for, the last ones always,
/// because that is where it commits.
fn chosen(said: &[String]) -> Vec<(usize, Hurt)> {
    // A farewell is not answered: all that can happen to it is that it does not arrive.
    let kinds = |number: usize| match said[number - 1].as_str() {
        "" => &KINDS[..1],
        text if text.ends_with("commit") => &KINDS[..],
        _ => &KINDS[..KINDS.len() - 1],
    };
    if std::env::var("FAULT_SWEEP").is_ok_and(|which| which == "all") {
        let all = |number| kinds(number).iter().map(move |kind| (number, kind(number)));
        return (1..=said.len()).flat_map(all).collect();
    }
    let step = said.len().div_ceil(FAULTS);
    let numbers = (1..=said.len())
        .filter(|number| (said.len() - number).is_multiple_of(step) || number + 2 > said.len());
    let one = |(index, number): (usize, usize)| (number, kinds(number)[index % kinds(number).len()](number));
    numbers.enumerate().map(one).collect()
}

fn sweep(scenario: &Scenario, side: Side) {
    let mut stage = Stage::of(scenario);
    let said = stage.said(side);
    let mut fates = Vec::new();
    for (number, hurt) in chosen(&said) {
        let output = stage.hurt(side, hurt);
        let fault = format!("{hurt:?} of {}, `{:.80}`", said.len(), said[number - 1]);
        fates.push(stage.survived(&fault, &output));
    }
    let new = fates.iter().filter(|fate| **fate == Fate::New).count();
    eprintln!("| `{}`, {side:?} | {} | {} | {new} | 0 |", scenario.name, fates.len(), fates.len() - new);
}

macro_rules! sweeps {
    ($($test:ident $scenario:ident $side:ident)*) => {
        $(#[test]
        fn $test() {
            sweep(&scenarios::$scenario, Side::$side);
        })*
    };
}

sweeps! {
    sync SYNC Target
    the_source_of_a_sync SYNC Source
    sync_in_load_order SYNC_IN_LOAD_ORDER Target
    seed SEED Target
    seed_users SEED_USERS Target
    reset_cloud RESET_CLOUD Target
    reset_local RESET_LOCAL Target
    restore RESTORE Target
    backup_create BACKUP Target
    migrate_up_in_one_transaction UP_IN_ONE Target
    migrate_down DOWN Target
    migrate_baseline BASELINE Target
    migrate_repair REPAIR Target
    migrate_squash SQUASH Target
    deploy DEPLOY Target
    deploy_rollback ROLLBACK Target
}
