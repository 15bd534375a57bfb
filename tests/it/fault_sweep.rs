//! A connection is cut at every message, every message fails once, and the program is killed where the server has just
//! done what it was told: exact, where random moments are only many.

use crate::fault_scenarios as scenarios;
use crate::support::{Hurt, Moment, Scenario, Side, Stage};

/// Does something to every message that the command says to one side in its main connection.
fn sweep(scenario: &Scenario, side: Side, hurt: fn(usize) -> Hurt) {
    let mut stage = Stage::of(scenario);
    let said = stage.said(side);
    for number in 1..=said.len() {
        let hurt = hurt(number);
        // A farewell is not answered.
        let is_answered = !said[number - 1].is_empty();
        if !is_answered && !matches!(hurt, Hurt::At(Moment::Before(_))) {
            continue;
        }
        let output = stage.hurt(side, hurt);
        stage.survived(&format!("{hurt:?} of {}, `{:.80}`", said.len(), said[number - 1]), &output);
    }
}

fn cut(number: usize) -> Hurt {
    Hurt::At(Moment::Before(number))
}

fn unanswered(number: usize) -> Hurt {
    Hurt::At(Moment::Unanswered(number))
}

fn refused(number: usize) -> Hurt {
    Hurt::At(Moment::Refused(number))
}

fn killed(number: usize) -> Hurt {
    Hurt::KilledAt(Moment::Unanswered(number))
}

macro_rules! sweeps {
    ($($module:ident $scenario:ident $side:ident)*) => {
        $(mod $module {
            use super::*;

            #[test]
            fn cut_before_any_message() {
                sweep(&scenarios::$scenario, Side::$side, cut);
            }

            #[test]
            fn cut_before_any_answer() {
                sweep(&scenarios::$scenario, Side::$side, unanswered);
            }

            #[test]
            fn refused_at_any_message() {
                sweep(&scenarios::$scenario, Side::$side, refused);
            }

            #[test]
            fn killed_before_any_answer() {
                sweep(&scenarios::$scenario, Side::$side, killed);
            }
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
    migrate_down DOWN Target
    migrate_baseline BASELINE Target
    migrate_repair REPAIR Target
    migrate_squash SQUASH Target
}
