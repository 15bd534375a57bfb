//! What every writing command is tried with: a scenario says what a command starts from and where it leads, a fault is
//! done to it, and one judge says whether that was survived.
//!
//! A scenario is one entry of `fault_scenarios.rs`; a new command, or a new mode of one, is tried with everything once it
//! is in that table.

mod judge;
mod moment;
mod scenario;
mod stage;

pub(crate) use moment::{Hurt, Side, Stop};
pub(crate) use scenario::{Built, OLDEST_BACKUP, Scenario};
pub(crate) use stage::{Fate, Stage};
