//! Faults that come from outside: somebody stops the program, the network fails at a byte, the disk is full, somebody
//! else is at work.

use rand::Rng;

use crate::fault_scenarios::{self as scenarios, scenarios};
use crate::support::{Direction, Fate, FaultProxy, Hurt, Scenario, Side, Stage, Stop, Which};

mod asked_to_stop {
    use super::*;

    fn interrupted_and_terminated(scenario: &Scenario) {
        let mut stage = Stage::of(scenario);
        for stop in [Stop::Interrupt, Stop::Terminate] {
            let part = rand::rng().random_range(0.3..1.0);
            let output = stage.stopped(stop, part);
            // It may be stopped before it has made itself ready for that, as any program.
            assert!(matches!(output.code, None | Some(0 | 1 | 10 | 130)), "{stop:?} at {part}: {output}");
            stage.survived(&format!("{stop:?} at {part} of {:?}", stage.lifetime), &output);
        }
    }

    scenarios!(test_each interrupted_and_terminated);
}

mod in_a_hurry {
    use super::*;

    /// A network that hangs now and then, and a server that ends whoever makes a pause: everything simply works.
    fn stuttering(scenario: &Scenario) {
        let mut stage = Stage::of(scenario);
        // As hosted roles have them.
        for setting in ["statement_timeout = '200ms'", "idle_in_transaction_session_timeout = '100ms'"] {
            let name = stage.target.name();
            stage.target.query(&format!("alter role postgres in database {name} set {setting}"));
        }
        let output = stage.stutteringly(Side::Target);
        assert_eq!(output.code, Some(0), "{output}");
        assert_eq!(stage.survived("pauses", &output), Fate::New);
    }

    scenarios!(test_each stuttering);
}

/// Cuts at bytes, also in the middle of a message, of every direction.
fn cut_at_bytes(scenario: &Scenario, side: Side) {
    let mut stage = Stage::of(scenario);
    for (direction, bytes) in stage.bytes(side) {
        // At the end it is the farewell that is cut off, or the answer to COMMIT.
        let places =
            [rand::rng().random_range(1..bytes), rand::rng().random_range(bytes / 2..bytes), bytes - 10];
        for place in places {
            let hurt = Hurt::CutAfter(direction, place);
            let output = stage.hurt(side, hurt);
            stage.survived(&format!("{hurt:?} of {bytes}"), &output);
        }
    }
}

#[test]
fn a_sync_whose_target_is_cut_off_at_a_byte() {
    cut_at_bytes(&scenarios::SYNC, Side::Target);
}

#[test]
fn a_sync_whose_source_is_cut_off_at_a_byte() {
    cut_at_bytes(&scenarios::SYNC, Side::Source);
}

#[test]
fn a_seed_that_is_cut_off_at_a_byte() {
    cut_at_bytes(&scenarios::SEED, Side::Target);
}

#[test]
fn a_restore_that_is_cut_off_at_a_byte() {
    cut_at_bytes(&scenarios::RESTORE, Side::Target);
}

/// Nothing arrives any more, and nobody says so: whoever has had enough can stop it.
fn stalled(scenario: &Scenario, side: Side) {
    let direction = Direction::ToClient;
    let mut stage = Stage::of(scenario);
    let bytes = stage.bytes(side).into_iter().find(|(way, _)| *way == direction).expect("a way").1;
    let hurt = Hurt::StallAfter(direction, bytes * 2 / 3);
    let output = stage.hurt(side, hurt);
    assert_eq!(stage.survived(&format!("{hurt:?} of {bytes}"), &output), Fate::Old);
}

#[test]
fn a_sync_whose_target_falls_silent_can_be_stopped() {
    stalled(&scenarios::SYNC, Side::Target);
}

#[test]
fn a_sync_whose_source_falls_silent_can_be_stopped() {
    stalled(&scenarios::SYNC, Side::Source);
}

#[test]
fn a_restore_whose_server_falls_silent_can_be_stopped() {
    stalled(&scenarios::RESTORE, Side::Target);
}

#[test]
fn a_deploy_whose_server_falls_silent_can_be_stopped() {
    stalled(&scenarios::DEPLOY, Side::Target);
}

/// Two at once: one of them does the work, and the other waits for it, is refused, or finds nothing left to do.
fn run_twice_at_once(scenario: &Scenario) {
    let mut stage = Stage::of(scenario);
    let (first, second) = (stage.call().spawn(), stage.call().spawn());
    let outputs = [first.finish(), second.finish()];
    let is_done = |output: &crate::support::Output| output.code == Some(0);
    for output in &outputs {
        assert!(matches!(output.code, Some(0 | 1 | 4 | 5)), "{output}");
    }
    let done = outputs.iter().find(|output| is_done(output)).unwrap_or_else(|| panic!("{outputs:?}"));
    assert_eq!(stage.survived("a second run at the same time", done), Fate::New);
}

mod twice_at_once {
    use super::*;

    scenarios!(test_each run_twice_at_once);
}

/// Its backup does not fit: nothing is touched without a way back.
fn disk_is_full(scenario: &Scenario) {
    let mut stage = Stage::of(scenario);
    let output = stage.call().on_a_full_disk().run();
    assert_eq!(output.code, Some(1), "{output}");
    stage.survived("the disk was full", &output);
    stage.put_back();
}

#[test]
fn a_sync_without_room_for_its_backup_changes_nothing() {
    disk_is_full(&scenarios::SYNC);
}

#[test]
fn a_restore_without_room_for_its_backup_changes_nothing() {
    disk_is_full(&scenarios::RESTORE);
}

#[test]
fn a_reset_without_room_for_its_backup_changes_nothing() {
    disk_is_full(&scenarios::RESET_CLOUD);
}

#[test]
fn a_backup_without_room_is_no_backup() {
    disk_is_full(&scenarios::BACKUP);
}

/// Somebody else's transaction holds a table.
#[test]
fn a_sync_does_not_wait_for_ever_for_a_lock_that_somebody_else_holds() {
    let mut stage = Stage::of(&scenarios::SYNC);
    let url = stage.target.url();
    let holder = std::thread::spawn(move || {
        crate::support::try_query(
            &url,
            "begin; lock table public.tags in row exclusive mode; select pg_sleep(600)",
        )
    });
    stage.target.until(
        "exists (select from pg_stat_activity where wait_event = 'PgSleep' and datname = current_database())",
    );

    let output = stage.call().run();
    stage.target.query("select pg_terminate_backend(pid) from pg_stat_activity where wait_event = 'PgSleep' and datname = current_database()");
    holder.join().unwrap().expect_err("it was ended");
    assert_eq!(output.code, Some(1), "{output}");
    assert_eq!(stage.survived("a lock of somebody else", &output), Fate::Old);
}

#[test]
fn no_command_tries_a_wrong_password_twice() {
    for scenario in
        [&scenarios::SYNC, &scenarios::SEED, &scenarios::BACKUP, &scenarios::UP, &scenarios::DEPLOY]
    {
        let mut stage = Stage::of(scenario);
        let database = crate::support::Database::empty_on(Which::Network);
        let proxy = FaultProxy::to(Which::Network);
        let url = proxy.url(&database.url()).replacen(Which::Network.password(), "s3cret-but-wrong", 1);

        let output = stage.call().env("TARGET_URL", &url).run();
        let output = output.says("password authentication failed").never_says("s3cret-but-wrong");
        assert_eq!((output.code, proxy.connections()), (Some(1), 1), "{output}");
        stage.survived("a wrong password", &output);
    }
}
