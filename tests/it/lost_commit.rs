//! The answer to COMMIT is lost: the server is asked what came of it, and what is said then is the truth.

use crate::fault_scenarios as scenarios;
use crate::support::{
    Database, Fate, FaultProxy, Hurt, Moment, Output, Project, Scenario, Side, Stage, Which, crmctl,
};

const COMMIT: &str = "commit";

/// The answer to COMMIT is lost on the way; afterwards the server is there again, as it always was.
fn lose_the_answer(scenario: &Scenario) {
    let mut stage = Stage::of(scenario);

    let output = stage.hurt(Side::Target, Hurt::At(Moment::UnansweredText("^commit$")));
    let fate = stage.survived("the answer to COMMIT was lost", &output);
    assert_eq!((fate, output.code), (Fate::New, Some(0)), "{output}");
    assert!(output.stderr.contains("the server says that it was committed"), "{output}");
}

/// COMMIT itself is lost on the way.
fn lose_the_commit(scenario: &Scenario) {
    let mut stage = Stage::of(scenario);
    let said = stage.said(Side::Target);
    let commit = 1 + said.iter().rposition(|message| message == COMMIT).expect("it commits");

    let output = stage.hurt(Side::Target, Hurt::At(Moment::Before(commit)));
    let fate = stage.survived("COMMIT was lost", &output);
    assert_eq!((fate, output.code), (Fate::Old, Some(1)), "{output}");
    assert!(output.stderr.contains("the server says that it was rolled back"), "{output}");
}

/// COMMIT fails: something was deferred to it.
fn violate_at_commit(scenario: &Scenario) {
    let mut stage = Stage::of(scenario);
    let said = stage.said(Side::Target);
    let commit = 1 + said.iter().rposition(|message| message.ends_with(COMMIT)).expect("it commits");

    let output = stage.hurt(Side::Target, Hurt::At(Moment::Violated(commit)));
    let fate = stage.survived("COMMIT failed", &output);
    assert_eq!((fate, output.code), (Fate::Old, Some(1)), "{output}");
    assert!(output.stderr.contains("23505"), "{output}");
}

macro_rules! losses {
    ($($scenario:ident $answer:ident $commit:ident $violated:ident)*) => {
        $(#[test]
        fn $violated() {
            violate_at_commit(&scenarios::$scenario);
        }

        #[test]
        fn $answer() {
            lose_the_answer(&scenarios::$scenario);
        }

        #[test]
        fn $commit() {
            lose_the_commit(&scenarios::$scenario);
        })*
    };
}

losses! {
    SYNC a_sync_whose_commit_was_not_answered_is_done a_sync_whose_commit_did_not_arrive_changed_nothing
        a_sync_whose_commit_fails_changed_nothing
    SEED a_seed_whose_commit_was_not_answered_is_done a_seed_whose_commit_did_not_arrive_changed_nothing
        a_seed_whose_commit_fails_changed_nothing
    RESET_CLOUD a_reset_whose_commit_was_not_answered_is_done a_reset_whose_commit_did_not_arrive_changed_nothing
        a_reset_whose_commit_fails_changed_nothing
    RESTORE a_restore_whose_commit_was_not_answered_is_done a_restore_whose_commit_did_not_arrive_changed_nothing
        a_restore_whose_commit_fails_changed_nothing
    DOWN a_down_whose_commit_was_not_answered_is_done a_down_whose_commit_did_not_arrive_changed_nothing
        a_down_whose_commit_fails_changed_nothing
    REPAIR a_repair_whose_commit_was_not_answered_is_done a_repair_whose_commit_did_not_arrive_changed_nothing
        a_repair_whose_commit_fails_changed_nothing
    SQUASH a_squash_whose_commit_was_not_answered_is_done a_squash_whose_commit_did_not_arrive_changed_nothing
        a_squash_whose_commit_fails_changed_nothing
}

#[test]
fn a_session_that_the_server_keeps_for_a_client_who_is_gone_is_ended() {
    let mut stage = Stage::of(&scenarios::SYNC);
    let said = stage.said(Side::Target);
    let commit = 1 + said.iter().rposition(|message| message == COMMIT).expect("it commits");

    let output = stage.hurt(Side::Target, Hurt::ForsakenAt(Moment::Before(commit)));
    let fate = stage.survived("COMMIT was lost, and the server does not know", &output);
    assert_eq!((fate, output.code), (Fate::Old, Some(1)), "{output}");
    assert!(output.stderr.contains("the server says that it was rolled back"), "{output}");
}

/// Loses the answer to COMMIT while nobody can be asked.
fn seed_and_lose_the_server() -> (Database, Output) {
    let cloud = Database::migrated(Which::Cloud);
    let (proxy, has_come) =
        FaultProxy::to(Which::Cloud).listen(1).halt_at(Moment::UnansweredText("^commit$"));
    let project = Project::new()
        .setting(&format!("[environments.stage]\nurl = \"{}\"", proxy.url(&cloud.url())))
        .with_crm_migrations()
        .with_crm_seeds();
    let seed = crmctl(&project).args(["seed", "--env", "stage"]);
    let running = seed.env("TEST_USER_PASSWORD", "Pa55-of-the-tests").spawn();
    has_come.recv_timeout(std::time::Duration::from_mins(1)).expect("the moment comes");
    drop(proxy);
    (cloud, running.finish())
}

#[test]
fn when_nobody_can_be_asked_it_says_so_and_with_which_words_the_server_will_tell() {
    let (cloud, output) = seed_and_lose_the_server();

    let output = output.expect(10);
    let (_, rest) = output.stderr.split_once("select pg_xact_status('").expect("a question to ask later");
    let (number, _) = rest.split_once('\'').unwrap();
    assert_eq!(cloud.value(&format!("select pg_xact_status('{number}')")), "committed");
}

#[test]
fn an_environment_called_cloud_is_protected_even_at_the_end_of_a_tunnel() {
    let cloud = Database::empty_on(Which::Cloud);
    let proxy = FaultProxy::to(Which::Cloud);
    let project = Project::new()
        .setting(&format!("[environments.cloud]\nurl = \"{}\"", proxy.url(&cloud.url())))
        .migration("20260101000000_a", "create table public.a ()");

    crmctl(&project).args(["migrate", "up", "--env", "cloud", "--yes"]).refused();
    assert_eq!(cloud.applied(), [""; 0]);
}
