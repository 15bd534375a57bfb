use super::*;
use crate::deploy::journal::{DeployState, Journal, test_record};
use crate::migration::file::test_file;
use crate::migration::history_row::test_history;

fn record(second: i64, state: DeployState, title: &str) -> DeployRecord {
    let mut record = test_record(state, &[&test_file(title, "select 1;")]);
    record.started_at += chrono::TimeDelta::seconds(second);
    let id = format!("\"id-{second}\"");
    record.id = serde_json::from_str(&id).unwrap();
    record
}

/// Newest first, as the journal is read.
fn journal() -> Journal {
    Journal {
        records: vec![
            record(3, DeployState::RolledBack, "3_c"),
            record(2, DeployState::Done, "2_b"),
            record(1, DeployState::Done, "1_a"),
        ],
    }
}

#[test]
fn the_last_deploy_is_meant_and_an_older_one_by_its_name_only() {
    let chosen = |id| choose(&journal(), id).map(|record| record.map(|record| record.id.to_string()));

    assert_eq!(chosen(None).unwrap(), None, "it is undone already, and whoever asks twice must not undo two");
    assert_eq!(
        choose(&Journal { records: journal().records[1..].to_vec() }, None).unwrap().unwrap().id.as_str(),
        "id-2"
    );
    assert_eq!(chosen(Some("id-1")).unwrap().unwrap(), "id-1");
    assert!(matches!(chosen(Some("id-3")), Err(RollbackError::NothingToUndo { .. })));
    assert!(matches!(chosen(Some("id-")), Err(RollbackError::Unknown(_))), "which one?");
    assert_eq!(choose(&Journal::default(), None), Ok(None));
}

#[test]
fn an_unfinished_deploy_comes_before_all_others() {
    let mut journal = journal();
    journal.records[2].state = DeployState::Applied;

    assert_eq!(choose(&journal, None).unwrap().unwrap().id.as_str(), "id-1");
}

#[test]
fn what_was_applied_later_forbids_it() {
    let journal = journal();
    let both = test_history([("1_a", ""), ("2_b", "")]);

    assert_eq!(check_last(&journal.records[1], &journal, &both), Ok(()));
    let error = check_last(&journal.records[2], &journal, &both).expect_err("2_b came later");
    assert_eq!(
        error.to_string(),
        "after the deploy id-1, `2` was applied: undoing it would undo them as well"
    );
    let by_another_tool = test_history([("1_a", ""), ("2_b", ""), ("9_z", "")]);
    assert!(check_last(&journal.records[1], &journal, &by_another_tool).is_err());
}

#[test]
fn nothing_is_written_without_consent_not_even_the_end_of_a_deploy_that_did_nothing() {
    let record = record(1, DeployState::Applying, "1_a");
    let plan = RollbackPlan::new(record, &test_history([]), Way::Close);

    assert!(!plan.hazards().is_empty());
}
