//! The commands as a user runs them, against real servers. One binary; a file per command, a test is a sentence.

#![allow(
    clippy::disallowed_methods,
    reason = "tests start the program, connect and look at files by themselves"
)]
#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "a test that cannot go on says where and stops")]
#![cfg(unix)]

mod support;

mod access;
mod backup_restore;
mod catalog;
mod demo;
mod deploy;
mod deploy_checks;
mod deploy_crash;
mod deploy_cut;
mod deploy_gate;
mod deploy_hooks;
mod deploy_journal;
mod deploy_plan;
mod deploy_rehearsal;
mod deploy_rollback;
mod doctor;
mod drift;
mod fault_locks;
mod fault_moments;
mod fault_scenarios;
mod fault_sweep;
mod fault_worlds;
mod harness;
mod house_rules;
mod lint;
mod local;
mod local_killed;
mod lost_commit;
mod migrate_awkward;
mod migrate_baseline;
mod migrate_cut;
mod migrate_down;
mod migrate_fetch;
mod migrate_hostile;
mod migrate_locks;
mod migrate_platform;
mod migrate_refused;
mod migrate_repair;
mod migrate_squash;
mod migrate_status;
mod migrate_up;
mod migrate_up_failures;
mod migrate_verify;
mod migrate_wild;
mod network;
mod pages;
mod platform;
mod pooler;
mod reset;
mod restore_live;
mod secrets;
mod seed;
mod seed_hostile;
mod seed_own;
mod seed_proofs;
mod seed_real;
mod server_stopped;
mod soak;
mod splitter;
mod stale_plan;
mod sync;
mod sync_awkward;
mod sync_bulk;
mod sync_delta;
mod sync_faults;
mod sync_hostile;
mod sync_live;
mod sync_mask;
mod sync_narrowed;
mod sync_narrowed_hostile;
mod sync_pagila;
mod sync_published;
mod sync_random;
mod sync_schemas;
mod sync_staged_faults;
mod sync_staging;
mod sync_subset;
mod sync_targets;
mod sync_versions;
mod sync_ways;
mod validate;
mod validate_awkward;
mod verify;
mod verify_formats;
mod verify_hostile;
mod verify_locate;
mod verify_no_verdict;
mod verify_traps;
